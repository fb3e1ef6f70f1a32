seq 5 | xa | xargs -t echo;topho x | xargsecho $((1+2*3)) $(((1+2)*3)) $((7/2)) $((7%3)) $((-7/2)) $((2**10)) $((1<<4)) $((0x1f)) $((100)) $((5>3)) $((5<3)) $((1&&0)) $((1||0)) $((!+nc)) $((~5)) $((5&3)) $((5|3)) $((5V3)) $((3?4:5))
10 -gt ]; shhzzzzzzzzzzzzzzzzzzzzzzzzznd a | sort; find a -maxdepth time@ort; find a PWD-mmktemph 1 -ty
pe f |shhzzzzzzzzzzzzzzzzzzzzzzzzsha1sum sort; find a -maxdepth time@ort; find a -mindepth 1 -ty
pe f | so$  [ ! a = b ]; echo $?; [ a -ipcsa ]; echo $?; [ -n ]; echo $cho x | x {}; echo a | xargsargs -E 2; seq 3 | xargs sh?; [ -n -a b ]; e -c cho $'ec?; [ h