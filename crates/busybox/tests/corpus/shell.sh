#### echo
echo hi there; echo -n a; echo "b  c" 'd$x' e\ f; echo -e 'a\tb\nc\\'; echo -e 'x\cy'; echo; echo -- -n; echo -nn x; echo -E 'a\tb'
#### quotes
x=5; echo "$x" '$x' "a'b" 'a"b' "\$x \\ \" \` \a" $x"y"$x; echo "a
b"; echo a\
b
#### default values
unset a; b=; echo "${a:-x}" "${a-y}" "${b:-z}" "[${b-w}]" "${a:+s}" "${b+t}" ${a:=q} $a
#### trims
f=/usr/local/lib/x.tar.gz; echo ${f#*/} ${f##*/} ${f%.*} ${f%%.*} ${#f} ${f#nomatch} ${f%/*}
#### replace and slice
s=hello.world.x; echo ${s/./-} ${s//./-} ${s/l*o/L} ${s:2:3} ${s:5} ${s: -3} ${s:0:-2}
#### arithmetic
echo $((1+2*3)) $(((1+2)*3)) $((7/2)) $((7%3)) $((-7/2)) $((2**10)) $((1<<4)) $((0x1f)) $((010)) $((5>3)) $((5<3)) $((1&&0)) $((1||0)) $((!5)) $((~5)) $((5&3)) $((5|3)) $((5^3)) $((3?4:5))
#### arithmetic variables
x=3; echo $((x+1)) $(($x*2)) $((x++)) $x $((++x)) $x $((x--)) $((x-=2)) $x $((y=5, y+1)) $y; i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i
#### arithmetic errors
(echo $((1/0))); echo $?; (echo $((1+))); echo $?; (echo $((a b))); echo $?
#### lists
true && echo a || echo b; false && echo a || echo b; true; echo $?; false; echo $?; ! true; echo $?; ! false; echo $?; true || echo no; false || false || echo yes
#### if
if true; then echo 1; fi; if false; then echo 2; else echo 3; fi; if false; then echo 4; elif true; then echo 5; else echo 6; fi; if false; then :; fi; echo $?
#### while until
i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done; until [ $i -eq 0 ]; do i=$((i-1)); echo u$i; done; while false; do :; done; echo $?
#### for
for i in a b "c d"; do echo "<$i>"; done; for i in; do echo no; done; set -- x y; for i; do echo $i; done; for i in $(echo 1 2 3); do echo -n $i; done; echo; for i in *; do echo $i; done
#### break continue
for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done; for a in 1 2; do for b in x y; do [ $b = y ] && continue 2; echo $a$b; done; done; for a in 1 2; do for b in x y; do break 2; done; done; echo $a
#### case
for x in abc a1 b '*' '' foo.txt; do case $x in a[0-9]) echo digit;; a*|b) echo ab;; '*') echo star;; '') echo empty;; *.txt) echo text;; *) echo other;; esac; done
#### case classes
for x in A z 5 _ ' '; do case "$x" in [[:upper:]]) echo U;; [[:lower:]]) echo l;; [[:digit:]]) echo d;; [!a-z_]) echo n;; *) echo o;; esac; done
#### functions
f() { echo "$# $1 $2 $@"; return 3; }; f a b; echo $?; g() { local x=1 y; x=2; echo $x "[$y]"; }; x=9; g; echo $x; h() { h2() { echo inner; }; h2; }; h; h2
#### function recursion
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(fact $(($1-1))) )); fi; }; fact 6
#### positional
set -- a "b c" d; echo $#; echo "$@"; echo "$*"; for i in "$@"; do echo "<$i>"; done; for i in $*; do echo "<$i>"; done; shift; echo $1; shift 2; echo $# "[$1]"; shift; echo $?
#### dollar at
set --; for i in "$@"; do echo no; done; echo "[$@]" "[$*]"; set -- 1 2; echo "x$@y"; IFS=,; echo "$*" $*; unset IFS; echo "$*"
#### ifs
IFS=:; x=a:b::c; for i in $x; do echo "<$i>"; done; IFS=' :'; x='a : b:c '; for i in $x; do echo "<$i>"; done; IFS=; x='a b'; for i in $x; do echo "<$i>"; done
#### substitution
echo $(echo a; echo b) "$(echo a; echo b)" `echo c` "$(echo "$(echo nested)")"; x=$(false); echo $?; x=$(echo hi; exit 4); echo $? $x; echo "[$(printf 'a\n\n\n')]"; echo `echo \`echo deep\``
#### heredoc
x=5; cat <<END
a $x $(echo b) `echo c` $((x+1)) \$x "q" 'r'
END
cat <<'END'
a $x $(echo b) \$x
END
cat <<-END
	tab
	  two
	END
cat <<A; cat <<B
one
A
two
B
#### redirections
echo a > f; echo b >> f; cat f; cat < f | wc -l; echo err >&2; { echo o; echo e >&2; } > o 2> e; cat o e; ls nosuch 2>/dev/null; echo $?; echo x >&- ; echo $?; cat < nosuch; echo $?; echo a > nodir/x; echo $?
#### redirection order
{ echo o; echo e >&2; } 2>&1 > f; echo --; cat f; { echo o; echo e >&2; } > f 2>&1; cat f; exec 3> g; echo three >&3; exec 3>&-; cat g; exec 4< f; read a <&4; read b <&4; echo $a $b; : > f; wc -c f
#### pipes
echo abc | tr a-c x-z | cat; printf '3\n1\n2\n' | sort | head -2; false | true; echo $?; true | false; echo $?; set -o pipefail; false | true; echo $?; echo a | (read x; echo got $x); echo b | while read x; do echo r$x; done; yes | head -3 | wc -l
#### subshell
x=1; (x=2; echo $x); echo $x; (exit 5); echo $?; (cd /; pwd); { x=3; }; echo $x; echo $(x=7; echo $x) $x
#### background
sleep 0.1 & wait; echo $?; (exit 3) & wait $!; echo $?; false & true & wait; echo $?; (sleep 0.2; echo late) & echo first; wait; wait 99999; echo $?
#### trap exit
trap 'echo bye' EXIT; echo hi
#### trap exit code
trap 'echo code $?' EXIT; exit 4
#### trap zero in subshell
(trap 'echo sub' 0; echo in); echo out; trap 'echo top' 0; (echo x)
#### trap signal
trap 'echo usr' USR1; kill -USR1 $$; echo after; trap - USR1; trap '' TERM; kill $$; echo alive; trap
#### trap in wait
trap 'echo got' TERM; (sleep 0.3; kill $$) & sleep 2 & wait $!; echo $?; kill $! 2>/dev/null
#### trap waits for child
trap 'echo got' USR1; (sleep 0.1; kill -USR1 $$) & sleep 0.4; echo done
#### exit in trap
trap 'echo t; exit 7' TERM; kill $$; echo no
#### killed child
sleep 5 & kill $!; wait $!; echo $?; sleep 5 & kill -9 $!; wait $!; echo $?; sh -c 'kill -TERM $$'; echo $?
#### set e
set -e; false || true; if false; then :; fi; ! true; echo ok; (false; echo no); echo never
#### set e function
set -e; f() { false; echo in; }; f || echo rescued; f && echo and; echo last; f; echo never
#### set e substitution
set -e; x=$(false); echo never
#### set e and-or
set -e; false && true; echo here; true && false; echo never
#### set u
set -u; echo ${x-ok}; echo "$#$*$@"; echo $x; echo never
#### set x
set -x; a=1; echo $a 'b c' "d"; for i in 1 2; do true $i; done; x=$(echo y); [ a = a ]; echo $((1+1)) > /dev/null
#### set options
set -- -a; echo $1; set -f; echo *; set +f; set -C; echo a > f; echo b > f; echo $?; echo c >| f; cat f; set +C; echo $-; set -e -u; echo $-
#### errors
nosuch; echo $?; ./nosuch; echo $?; /; echo $?; echo 'echo hi' > s; ./s; echo $?; chmod +x s; ./s; echo $?
#### syntax fi
echo a
fi
#### syntax lines
echo one
echo two; done
#### syntax eof
if true
#### syntax quote
echo "abc
#### syntax brace
echo ${x
#### syntax paren
echo $(echo a
#### syntax pipe
a | | b
#### syntax semi
;; echo
#### syntax and
&& echo
#### syntax paren2
x=(1 2)
#### syntax here string
cat <<< abc
#### syntax do
for i in a; echo; done
#### syntax case
case x in a) echo; b) echo;; esac
#### syntax else
else
#### syntax empty if
if ; then echo; fi
#### syntax close
)
#### syntax brace close
}
#### syntax redirect
cat <
#### eval
eval 'x=5; echo $x'; eval; echo $?; eval false; echo $?; a='$b'; b=c; eval echo $a; eval 'fi'; echo no
#### dot
echo 'y=7; echo in $1 $0; return 3; echo no' > lib; . ./lib; echo $? $y; . ./nosuch; echo never
#### exec
(exec echo a); (exec nosuch; echo no); echo $?; exec > f; echo b; exec >&2; cat f
#### read
echo 'a b c' | (read x y; echo "$x|$y"); echo '  a  b  ' | (read x; echo "[$x]"); printf 'a\\b\\\nc\n' | (read x; echo "$x"); printf 'a\\b\n' | (read -r x; echo "$x"); printf 'no newline' | (read x; echo "$? $x"); echo a:b:c | (IFS=: read x y; echo $x $y); read x < /dev/null; echo $?; echo abc | (read -n 2 x; echo $x)
#### read loop
printf '1 a\n2 b\n3 c\n' > f; while read n l; do echo "$l-$n"; done < f; n=0; while read -r line; do n=$((n+1)); done < f; echo $n; cat f | while IFS= read -r l; do echo "[$l]"; done
#### getopts
set -- -a -b val -c x y; while getopts ab:c o; do echo $o $OPTARG $OPTIND; done; shift $((OPTIND-1)); echo $*; OPTIND=1; set -- -z; getopts ab o; echo $? $o; OPTIND=1; set -- -b; getopts :b: o; echo $o $OPTARG; OPTIND=1; set -- -abfoo; while getopts ab: o; do echo $o $OPTARG; done
#### export
export A=1 B; B=2; sh -c 'echo $A $B'; export -n A; sh -c 'echo [$A]'; C=3 sh -c 'echo $C'; echo [$C]; X=1 Y=2; sh -c 'echo [$X]'; export -p | grep ' B='
#### readonly
readonly R=1; (R=2; echo no); echo $?; (unset R; echo no); echo $?; readonly -p | grep R
#### unset
x=1; unset x; echo [$x]; f() { echo f; }; unset -f f; f; echo $?; unset nosuch; echo $?
#### type
type cd echo if true nosuch; f() { :; }; type f; command -v cd if nosuch; command -V nosuch; echo $?; command echo hi; command -v f
#### test
[ a = a ] && echo 1; [ a != b ] && echo 2; [ -z "" ] && echo 3; [ -n x ] && echo 4; [ 1 -lt 2 ] && echo 5; [ 2 -ge 2 ] && echo 6; [ ! a = b ] && echo 7; [ a = a -a b = b ] && echo 8; [ a = b -o b = b ] && echo 9; [ "" ]; echo $?; [ x ]; echo $?; [ ]; echo $?; test; echo $?; [ \( a = a \) ] && echo 10
#### test files
touch f; mkdir d; ln -s f l; [ -f f ] && echo f; [ -d d ] && echo d; [ -e nosuch ] || echo none; [ -L l ] && echo l; [ -s f ] || echo empty; [ -r f -a -w f ] && echo rw; [ -x f ] || echo nox; [ -h l ] && echo h; [ f -ef l ] && echo same
#### test errors
[ a b c ]; echo $?; [ 1 -eq x ]; echo $?; [ a = ; echo $?; test -q x; echo $?; [ a -lt 1 ]; echo $?
#### printf
printf 'a%sb\n' x; printf '%d %5d|%-5d|%05d\n' 1 2 3 4; printf '%x %X %o %c\n' 255 255 8 abc; printf '%s\n' a b c; printf '%5s|%-5s|%.2s\n' ab cd efg; printf '%%\n'; printf '\101\x41\t.\n'; printf '%b\n' 'a\tb'; printf '%s %s\n' a; printf 'no args %s|\n'; printf '%d\n' abc; echo $?; printf '%d\n' 0x10 010 "'A"
#### printf floats
printf '%f %.2f %5.1f\n' 1.5 2.345 3.14159; printf '%.0f %.3f\n' 2.5 0.0005; printf '%g\n' 1.5
#### globs
touch a.txt b.txt c.log .hid; mkdir sub; touch sub/x sub/y; echo *; echo *.txt; echo ?.log; echo [ab].*; echo sub/*; echo */x; echo .h*; echo nomatch*; echo "*.txt" '*' \*; x='*.txt'; echo $x "$x"; echo */
#### tilde
echo ~ ~/x "~" a~; x=~/y; echo $x; HOME=/h; echo ~
#### cd
mkdir -p a/b; cd a/b; pwd | sed 's|.*/a|a|'; cd ..; basename $PWD; cd - | sed 's|.*/a|a|'; cd nosuch; echo no
#### umask
umask; umask 077; touch f; mkdir d; ls -ld f d | cut -c1-10; umask -S; umask 022; umask
#### comments
echo a # comment
# whole line
echo b#c '#d' # e
#### continuation
echo a \
 b; if true && \
 true; then echo c; fi; true &&
echo d; true |
cat; echo e
#### newlines in compound
for i in 1 2
do
  if [ $i = 1 ]
  then
    echo one
  else
    echo other
  fi
done
case x in
  x)
    echo ex
    ;;
esac
while false
do
  :
done
{
  echo group
}
(
  echo sub
)
f()
{
  echo func
}
f
#### nested quotes
x="a b"; echo "${x:-"c d"}" "${y:-"c d"}" ${y:-"c  d"} ${y:-c  d}; echo "$(echo "x y")" "$(echo 'it'"'"'s')"; echo "${y:-$(echo "q r")}"
#### lineno and pid
[ $$ -gt 0 ] && echo pid; [ $PPID -ge 0 ] && echo ppid; echo $0 | grep -c sh
#### alias and hash
hash; alias ll='ls -l'; alias; unalias ll; alias
#### special variables
true; echo $?; echo ${#}; set -- a b; echo ${#} ${1} ${2}; shift; echo ${1}; echo $_x$; echo a$ b
#### long pipeline
seq 1 10 | grep -v 5 | sed 's/^/n/' | awk '{print $1 "x"}' | tail -3 | tr '\n' ,
#### while pipe exit
i=0; seq 5 | while read x; do [ $x = 3 ] && exit 9; echo $x; done; echo $?
#### local
f() { local a=1; g; echo $a; }; g() { a=2; }; a=0; f; echo $a; local x; echo no
#### shift too far
set -- a; shift 2; echo $? $#; shift abc; echo no
#### return outside
return 3; echo no
#### kill errors
kill; echo $?; kill -FOO 1; echo $?; kill abc; echo $?; kill 99999; echo $?; kill -l 15; kill -l TERM
#### time
time true 2>&1 | head -1
#### let
let x=1+2; echo $x $?; let 0; echo $?; let "y = 3 * 4" z=5; echo $y $z
#### double brackets
[[ a == a ]] && echo 1; [[ abc == a* ]] && echo 2; [[ -n x ]] && echo 3; x='a b'; [[ $x = 'a b' ]] && echo 4
#### ansi quotes
echo $'a\tb' $'it\'s' $'x\x41'
#### function keyword
function f { echo hi $1; }; f there; function g() { echo g; }; g
#### exit codes of signals
sh -c 'kill -INT $$'; echo $?; sh -c 'kill -KILL $$'; echo $?; sh -c 'exit 300'; echo $?
#### var in loop after pipe
x=0; echo a | x=1; echo $x; echo b | { read y; x=$y; echo $x; }; echo $x
#### assignment forms
a=1 b=2; echo $a$b; a="x y" ; echo $a; a=$(echo z)w; echo $a; a=; echo [$a]; a=b=c; echo $a; PATH=$PATH:/x; echo ${PATH##*:}
#### command not found in pipe
nosuch | cat; echo $?; echo a | nosuch; echo $?
#### stdin script
echo 'echo from stdin; read x; echo got $x
data
exit 3' | sh; echo $?
#### script file
printf '#!/bin/sh\necho $0 $1 $#\nnosuch\ncd /nosuch\necho no\n' > s.sh; sh s.sh a b; echo $?
#### sh options
sh -ec 'false; echo no'; echo $?; sh -c 'echo $0 $1' name arg; sh -xc 'echo a'; sh -u -c 'echo $x'; echo $?; sh nosuch; echo $?; sh -c; echo $?
#### context of messages
eval nosuch; eval 'cd /nosuch'; printf 'nosuch\ncd /x\n' > lib; . ./lib; f() { nosuch; }; f; nosuch
#### eval syntax
eval 'fi'; echo no
#### builtin errors go on
read -q x; echo $?; umask 999; echo $?; wait abc; echo $?; let 1/0; echo $?; getopts; echo $?; alias x; echo $?; set -o foo; echo $?; fg; echo $?; read a-b; echo $?; cd nosuch; echo $?
#### special builtin errors end
export a-b; echo no
#### special shift
shift abc; echo no
#### bad names
x=1; x+=2; echo $x; a[0]=1; echo $?; (for a-b in 1; do echo; done); echo no
#### bad substitution
echo ${a b}; echo no
#### xtrace quoting
set -x; : ' ' = [ ] { } '*' '?' '#' ';' '%' '^' ':' '@' ',' '+' '.' '/' '-' '_' '"' "'" '' '$' '!' '&' '|' '<' '(' "a'b''c"
#### signal words
sh -c 'kill -HUP $$'; sh -c 'kill -SEGV $$'; sh -c 'kill -USR1 $$'; sh -c 'kill -ABRT $$'; sh -c 'kill -PIPE $$'; sh -c 'kill -ALRM $$'; (kill -TERM $$; echo no); echo no
#### wait without arguments says nothing of signals
sleep 3 & kill $!; wait; echo $?; sh -c 'kill $$' | cat; echo a | sh -c 'kill $$'
