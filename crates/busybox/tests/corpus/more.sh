#### od
printf '3 three\n1 one\n10 ten\n\0\001\377abc' > hx; for o in '-t d1' '-t d2' '-t d4' '-t d8' '-t u1' '-t u4' '-t u8' '-t o4' '-t o8' '-t x8' '-t a' -a -i -l -s '-t c' '-t x1 -t c' '-A d -c' '-w8 -t x1' '-An -t x2' -x -b -d -o '-t q' '-A z' '-j 3 -N 4 -c' '-A x -t x4'; do echo "== $o"; od $o hx; done; od -c </dev/null; head -c 64 /dev/zero | od -x; head -c 20 /dev/zero | od -v -A x -t x1; od nosuch; echo $?
#### hexdump
printf '3 three\n1 one\n10 ten\n\0\001\377abc' > hx; for o in -b -c -d -o -x -C '' '-n 4 -C' '-s 3 -C'; do echo "== $o"; hexdump $o hx; done; head -c 64 /dev/zero | hexdump -C; head -c 64 /dev/zero | hexdump -v; hexdump nosuch; echo $?; hexdump </dev/null
#### xxd
printf '3 three\n1 one\n10 ten\n\0\001\377abc' > hx; xxd hx; xxd -p hx; xxd -l 5 hx; xxd -s 3 -l 4 hx; xxd -g 1 hx; xxd -c 8 hx; xxd -p hx | xxd -r -p | od -c
#### strings
printf 'abcdef\0xy\nhello there\001z\n' >b; strings b; strings -n 2 b; strings -f b; strings <b
#### fold
printf 'ab\tcd\nabcdefgh ij kl\nlast' >f; fold -w 3 f; echo; fold -s -w 8 f; echo; fold -b -w 4 f; echo; fold -w 0 f; fold -w x f; fold f; fold nosuch
#### paste
printf 'a\nb' >p1; printf '1\n2\n3' >p2; paste p1 p2; paste p2 p1; echo; paste -s p1 p2; paste -d '' p1 p2; paste -d '\n' p1 p2; paste -s -d ',;' p2; paste p2 - < p1; seq 6 | paste - - -; seq 5 | paste -d, - -
#### cut
printf 'a,b,c\nnone\n,x,\n' >c; cut -d, -f2 c; cut -d, -f2 -s c; cut -c 2- c; cut -c 3,1 c; cut -f x c; cut -c 2-1 c; cut -d, -f 2- -O : c; cut -d, -f1,3 c
#### verbose
mkdir -pv q1/q2; mkdir -v q3; echo a >v1; cp -v v1 v2; mv -v v2 v3; chmod -v 600 v3; chmod -c 600 v3; chmod -c 644 v3; chown -v root v3; cp -rv q1 q4; mkdir -pv q1/q2
#### recursion
mkdir r1; touch r1/a; cp -r r1 r1/z; echo $?; find r1 | sort; touch b; cp -r . d; echo $?; find d | sort; cp -r d e; cp -r d e; find e | sort
#### ask
echo a >x1; rm -i x1 </dev/null; echo $?; echo y | rm -i x1; ls x1; echo a >x1; echo b >x2; echo y | cp -i x1 x2; cat x2; echo n | mv -i x1 x2; ls
#### dates
date -u -Iminutes -d @0; date -u -Ihours -d @0; date -u -Iseconds -d @0; date -u -I -d @0; date -u -Ins -d @0; touch -t 202401020304.05 x; stat -c %Y x; touch -t 9 x; echo $?; date -u -d 202401020304 +%s; date -u -d '2024.02.29-10:20' +%c; date -d x; echo $?
#### sums
echo -n abc >a; sha512sum a; md5sum a nosuch; echo $?; sha512sum a >s; sha512sum -c s; sha512sum </dev/null
#### sortdup
printf 'a\nb\nc\n' >x; printf 'b\nc\nd\n' >y; cat x y | sort | uniq -d
#### split unlink link
touch a; link a b; unlink a; unlink a; ls; link nosuch x
#### expand
printf 'a\tb\n\tc  d\n        e   f\n                g\n' >f; expand f; expand -t 4 f; expand -i f; unexpand f; unexpand -a f; unexpand -t 4 f
#### dos
printf 'a\r\nb\n' | dos2unix | od -c; printf 'a\r\nb\n' | unix2dos | od -c; printf 'a\r\n' >f; dos2unix f; od -c f
#### shuf
shuf -e a; shuf -i 3-3; shuf -n 0 </dev/null; seq 10 | shuf | sort -n | wc -l
#### sort z
printf 'b\0a\0' | sort -z | od -c; printf 'b\0a' | sort -z | tr '\0' '\n'
#### uniq w
printf 'aab\naac\nabd\n' | uniq -w 2; printf 'aab\naac\nabd\n' | uniq -w 2 -c
#### xargs I
printf 'x "a b"\n  y\n' | xargs -I{} echo '[{}]'; printf "it's\n" | xargs -I% echo %; echo "it's" | xargs echo; echo $?
#### tty wc
tty -s; echo $?; echo a b | wc -; wc /dev/null - </dev/null
#### ls dangling
ln -s nosuch l; ls l; echo $?; ls -l l | cut -c1-10; ls; ls -L l; ls -d l; ls -F l
#### redirect group e
set -e; { echo a; } <nosuch; echo b; (echo c) <nosuch; echo d
#### dup bad
echo a >&9; echo $?; { echo b; } <&8; echo $?; echo c >&x; echo $?; echo d >& file; cat file
#### arith large
echo $((99999999999999999999)) $((9223372036854775807)) $((9223372036854775808)) $((18446744073709551615)) $((0xffffffffffffffff)); echo $((08)); echo $((0x)); echo b
#### grep opts
printf 'banana\napple\nCherry\napple pie\n\nDate 10\n' >a; printf 'x\napple\n' >b; grep apple a b; grep -h apple a b; grep -H x b; grep -c a a b; grep -l apple a b; grep -L apple a b; grep -n ap a; grep -v a a; grep -i cherry a; grep -o 'an' a; grep -w apple a; grep -x apple a; grep -q apple a; echo $?; grep -q zzz a; echo $?; grep -s x nosuch; echo $?; grep x nosuch; echo $?
#### grep context
seq 12 >s; grep -A1 3 s; echo; grep -B1 3 s; echo; grep -C1 '^[37]$' s; echo; grep -A1 -n '^[26]$' s; grep -m 1 1 s; grep -c -m 2 1 s; grep -m1 -A2 5 s
#### grep regex
printf 'aab\nabc\na.c\na+b\n(x)\nfoo123\n\ttab\n' >a; grep 'a.c' a; grep 'a\.c' a; grep -F 'a.c' a; grep -E 'a+b' a; grep 'a\+b' a; grep 'a+b' a; grep -E '^(a|f)' a; grep '[[:digit:]]\{3\}' a; grep -E '[0-9]{2,}' a; grep '\(a\)\1' a; grep -E '(a)\1' a; grep '^$' a; grep -e ab -e foo a; grep -E 'x|y' a; grep '(x)' a; grep -E '\(x\)' a; grep '\bfoo' a; grep '\<a' a; grep 'c\>' a; grep -o '[a-z]*' a; grep -oE '[0-9]' a; grep '\w\w\w\d' a; grep '\s' a; grep -v '^[a-z]' a; grep '[^a-z0-9]' a
#### grep bad
echo a | grep '['; echo $?; echo a | grep -E '('; echo $?; echo a | grep -E 'a{2'; echo $?; echo a | grep -E '*a'; echo $?; echo a | grep; echo $?; echo a | grep -y a; echo a | grep -P a; echo $?; echo a | grep '\(' ; echo $?; echo a | grep -E 'a**'; echo 'a{' | grep -E 'a{'; echo $?; echo 'a]' | grep ']'; echo a | grep -E '+'; echo $?; echo a | grep -E '()a'; echo a | grep -E 'a|' 
#### grep files
mkdir d; echo hit >d/x; echo no >d/y; grep -r hit d; grep -r hit; grep -rl hit .; grep hit d; echo $?; grep -rn hit d/x; grep -rh hit d; grep -R hit d; echo hit | grep -H hit; echo hit | grep -c hit -; grep -f d/x d/x; printf 'hit\nno\n' >p; grep -f p -r d | sort; grep -F -f p p; grep -vf p p; echo $?; egrep 'h|n' p; fgrep hit p
#### grep z
printf 'a\0b\na\0' | grep -z a | od -c; printf 'a\nb\0' | grep -zc b; grep -e x -- -x </dev/null; echo $?; echo -- -x | grep -- -x
#### sed subst
printf 'hello world\nfoo bar\n' >a; sed s/o/0/ a; sed s/o/0/g a; sed s/o/0/2 a; sed 's/o/0/2g' a; sed 's/\(h\)\(e\)/\2\1/' a; sed -E 's/(\w+) (\w+)/\2 \1/' a; sed 's/.*/[&]/' a; sed 's/.*/\&/' a; sed 's/o/\n/' a; sed 's/ /\t/' a; sed 's#/#-#;s|o|/|' a; sed 's/O/x/I' a; sed -n 's/foo/X/p' a; sed 's/x*/-/g' a; sed 's/\bw/W/' a; sed 's/l\+/L/' a; sed 's/[aeiou]//g' a; sed 's/$/ end/;s/^/start /' a; sed 's/o/a\/b/' a; sed "s/o/'/" a; sed 's/world/\
/' a; sed 's/h\|f/X/' a; sed -r 's/(l)(l)/<\1\2>/' a; sed 's/a/b/w out' a; cat out; sed 's/o/X/;ta;s/$/ none/;:a' a
#### sed addr
seq 10 >s; sed -n 2p s; sed -n '2,4p' s; sed -n '$p' s; sed '3,$d' s; sed -n '/3/,/5/p' s; sed -n '/3/,4p' s; sed -n '2,+2p' s; sed -n '0~3p' s; sed -n '1~4p' s; sed -n '2!p' s; sed '1,3!d' s; sed -n '/1/!p' s; sed 2q s; sed -n '3{p;q}' s; sed '5,2d' s | head -5; sed '0,/1/d' s | head -2; sed -n '/x/,/y/p' s; sed -n '4,~4p' s; sed '2q5' s; echo $?; sed -n '$=' s; sed '\,3,d' s | head -3; sed -n '/1/I,2p' s
#### sed cmds
seq 4 >s; sed '2i\before' s; sed '2a after' s; sed '2c changed' s; sed '2,3c changed' s; sed '$a end' s; sed 'y/123/abc/' s; sed = s; sed -n 'l' s; sed 'N;s/\n/-/' s; sed '$!N;P;D' s; sed -n 'H;${x;s/\n/,/g;p}' s; sed 'G' s; sed '1!G;h;$!d' s; sed n s; sed 'n;d' s; sed '2r s' s; sed '/2/{s/2/two/;s/$/!/}' s; sed -e 1d -e 3d s; sed '1d;3d' s; sed -e 'a\' -e 'x' s | head -2; sed '2{h;d};${G}' s; sed 'x;p;x' s | head -4; sed ':a;N;$!ba;s/\n/ /g' s; sed '2w w' s; cat w; sed '1s/1/\x41/' s; sed '/2/s//X/' s; sed --expression=1d s; sed 's/1/a/;T;s/a/b/' s; sed '1{
s/1/one/
p
}' s
#### sed i
printf 'a\nb\n' >f; sed -i s/a/x/ f; cat f; sed -i.bak s/x/y/ f; cat f f.bak; cp f g; sed -i 1d f g; cat f g; sed -i '$d' nosuch; echo $?; sed -n p nosuch; echo $?; echo 's/b/B/' >sc; sed -f sc f; echo a | sed -s p; sed p f - <g
#### sed bad
echo a | sed k; echo a | sed s/a; echo a | sed 's/a/b/x'; echo a | sed 'b nolabel'; echo a | sed '}' ; echo a | sed '{p'; echo a | sed 'y/ab/c/'; echo a | sed; echo a | sed -n; echo $?; echo a | sed 's/[/x/'; echo $?; echo a | sed '/a'; echo a | sed 'a'; echo a | sed r; echo a | sed ':'; echo a | sed '1,p'; echo a | sed 'p p'; echo a | sed '!p'; echo a | sed -z s/a/b/; echo a | sed --foo; echo a | sed 's/\(a/x/'
#### sort
printf 'b 2\na 10\nc 1\na 2\nB 3\n' >f; sort f; sort -r f; sort -k2 f; sort -k2n f; sort -k2,2nr f; sort -f f; sort -u f; sort -k1,1 -u f; sort -k1,1 -k2,2n f; sort -n f; printf '10\n9\n1.5\n-2\n\nx\n' | sort -n; printf 'b:2\na:1\n' | sort -t: -k2; sort -c f; echo $?; sort -o f f; cat f; printf 'v1.10\nv1.9\nv1.2\n' | sort -V; printf 'feb\njan\n' | sort -M; sort -k f; echo $?; sort -k0 f; sort nosuch; echo $?; printf '  b\na\n' | sort -b; printf 'a b\na  a\n' | sort -k2; sort -rn f; sort -s -k1,1f f; printf '3\n1\n2' | sort; sort -t ' ' -k 2n f
#### uniq
printf 'a\na\nb\nB\nc\n' >f; uniq f; uniq -c f; uniq -d f; uniq -u f; uniq -i f; uniq -ci f; uniq f out; cat out; printf '1 a\n2 a\n' | uniq -f 1; printf 'xa\nya\n' | uniq -s 1; uniq nosuch; echo $?; uniq -D f
#### wc
printf 'one two\nthree\n' >f; wc f; wc -l f; wc -w f; wc -c f; wc -m f; wc -L f; wc -lw f; wc f f; wc nosuch f; echo $?; wc <f; wc -l <f; printf x | wc -l; printf 'é' | wc -m -c; cat f | wc -; wc -c f nosuch
#### tr
echo hello | tr a-y b-z; echo hello | tr -d l; echo heello | tr -s e; echo 'a b' | tr ' ' '\n'; echo abc | tr abc x; echo Hello | tr '[:upper:]' '[:lower:]'; echo a1b2 | tr -cd '0-9\n'; echo a1b2 | tr -d '[:digit:]'; echo 'a/b' | tr / _; echo abc | tr -c a x; echo; echo 'a  b' | tr -s ' '; echo aabb | tr -s a-b x; echo abc | tr; echo $?; echo abc | tr a; echo '\' | tr '\\' /; echo abc | tr '[a-c]' '[A-C]'; echo 'a-b' | tr -- - _; echo ab | tr a-b '\101\102'; echo abc | tr 'c-a' x; echo x | tr x '\n'; echo hello | tr -d 'a-z' | od -c; echo abc | tr -ds a b; echo 'a]b' | tr ']' x; echo abc | tr a-c A; echo abc | tr '[:alpha:]' X; echo abc | tr -t abc x
#### expr
expr 1 + 2; expr 5 - 7; echo $?; expr 3 \* 4; expr 7 / 2; expr 7 % 2; expr 1 = 1; expr 1 = 2; echo $?; expr a \< b; expr 10 \> 9; expr abc : 'a\(.\)'; expr abc : abc; expr length abc; expr substr abcde 2 3; expr index abc c; expr 0 \| 5; expr '' \| x; expr 1 \& 2; expr 0 \& 1; echo $?; expr \( 1 + 2 \) \* 3; expr 1 / 0; echo $?; expr a + 1; echo $?; expr; echo $?; expr 1 +; echo $?; expr 0; echo $?; expr ''; echo $?; expr match abc 'a.'; expr + length; expr 1 2; echo $?; expr 5 != 5; expr 2 '>=' 2; expr quote x; expr -5 + 3
#### head tail
seq 20 >s; head -n 3 s; head -3 s; head -c 5 s; head -n -17 s; tail -n 2 s; tail -2 s; tail -c 4 s; tail -n +19 s; tail +19 s; head -n 1 s s; tail -n 1 s s; head -q -n 1 s s; tail -q -n 1 s s; head -v -n 1 s; head -n x s; head nosuch; echo $?; tail nosuch; echo $?; head -n 0 s; tail -n 0 s; seq 3 | head -n 1 - ; head -n 2 <s; printf 'no nl' | tail -n 1; tail -c +48 s; head -c 1k s | wc -c; head -n 1 s nosuch s; echo $?; tail -n 1 nosuch s; echo $?; head -c -45 s; tail -v -n 1 s
#### seq
seq 3; seq 2 4; seq 1 2 7; seq 5 -2 1; seq -s, 3; seq -w 8 11; seq 0; seq 3 1; seq 1 0.5 2; seq -2 0; seq a; echo $?; seq; echo $?; seq 1 2 3 4; seq 1 0 3 | head -2; seq 0.1 0.1 0.3; seq -w 1 10 21; seq 1e1; seq 1 -1; seq -s ' ' -w 9 11; seq 10 1 9
#### find misc
mkdir -p a/b/c; touch a/1 a/b/2 a/b/c/3; find a | sort; find a -maxdepth 1 | sort; find a -mindepth 2 -type f | sort; find a -depth | tail -1; find a -name '[12]' | sort; find a -path '*b/*' | sort; find a/1 a/b/2; find nosuch; echo $?; find a -type f -size 0 | wc -l; find a -empty | sort; find a -iname B; find a -perm 755 -type d | wc -l; find a -newer a/1 | wc -l; find a \( -name 1 -o -name 2 \) -print | sort; find a -name 1 -o -name 2 | sort; find a -type f -print0 | xargs -0 ls; find -name c; find a -name; find a -foo; find a -type z; echo $?; find a -quit
#### xargs
seq 5 | xargs; seq 5 | xargs -n 2; seq 3 | xargs -I{} echo a{}b; echo "a 'b c' d" | xargs -n1; printf 'a\0b c\0' | xargs -0 -n1; seq 2 | xargs -t echo; echo x | xargs nosuchcmd; echo $?; echo x | xargs false; echo $?; echo x | xargs sh -c 'exit 255'; echo $?; : | xargs echo none; : | xargs -r echo none; echo a b | xargs -n 1 -I{} echo {}; echo a | xargs -L 1; seq 3 | xargs -P 2 -n1 echo | sort; echo 'a\ b' | xargs -n1; seq 3 | xargs -E 2; seq 3 | xargs sh -c 'echo $0 $@'
#### awk records
printf 'a,b;c d\n\n\ne:f,g\nh\n' >f; awk 'BEGIN{RS=","} {print NR":"$0}' f; awk 'BEGIN{RS=""} {print NR":"$1"-"$NF"-"NF}' f; awk -v RS=';' '{print NR":"$0}' f; awk 'BEGIN{RS="[,;]"} {print NR":"$0}' f; awk 'BEGIN{RS="";FS=":"} {print $1"|"$2}' f; awk '{print FILENAME, FNR, NR}' f f; awk 'END{print NR}' nosuch; echo $?; awk '{print}' f nosuch f; echo $?
#### awk fields
printf 'one two three\na b\n' >f; awk '{print $1}' f; awk '{print $NF, NF}' f; awk '{$2="X"; print}' f; awk '{print $1 $2}' f; awk '{NF=1; print}' f; awk '{$5="e"; print; print NF}' f; awk -F. '{print $1}' f; awk -F: -v OFS=- '{$1=$1}1' f; awk '{$0="x y z"; print $2, NF}' f; awk '{print $(NF-1)}' f; awk 'NF==2' f; awk '$1=="a"' f; awk '$2~/^t/' f; awk '{print NF ? $NF : "none"}' f; awk -Ft '{print $1}' f; awk -F'o' '{print $1"|"$2}' f; awk -F '[ e]+' '{print $2}' f; awk '{print -$1, +$1, !$1}' f; awk -F'\t' '{print $1}' f; echo 'a|b|c' | awk -F'|' '{print $2}'; echo 'a b' | awk '{print $3 "."}'; echo ' a  b ' | awk '{print NF":"$1":"$2}'; echo a:b | awk '{split($0,x,":"); print x[2]}'
#### awk arrays
printf 'a 1\nb 2\na 3\n' | awk '{c[$1]++; s[$1]+=$2} END{for(k in c) print k, c[k], s[k] | "sort"}'; awk 'BEGIN{a["x"]=1; delete a["x"]; print ("x" in a), length(a); a[1]; print (1 in a); a[1,2]=3; for(k in a) {n++}; print n; delete a; print length(a); if(!("q" in a)) print "no"; b[1]=1; b["1"]++; print b[1]}'; seq 3 | awk '{l[NR]=$0} END{for(i=NR;i;i--) print l[i]}'; printf 'x\ny\nx\n' | awk '!seen[$0]++'; printf 'k=v\n' | awk -F= '{m[$1]=$2} END{print m["k"]}'
#### wait twice
(exit 3) & p=$!; wait $p; echo $?; wait $p; echo $?; true & false & wait; echo $?
#### nounset arith
set -u; echo $((x+1)); echo $((y=2)); echo "${z-unset}"; echo $z; echo no
#### xargs batches
seq 30000 | xargs | awk '{print NF, length($0)}'; seq 30000 | xargs -n 9999 echo | awk '{print NF, length($0)}'; printf 'a\nb "c' | xargs -n1; echo $?; printf "a\nb 'c" | xargs; echo $?; printf 'a b\n c d\n' | xargs -I X echo [X]; seq 10 | xargs -s 12 echo; printf 'x y _ z' | xargs -E _ -n1; printf 'a\0\0b' | xargs -0 -n1 echo; printf 'a"b c"d\\ e\n' | xargs -n1; seq 3 | xargs -s 6 echo; echo $?; printf '  \n\n' | xargs -I X echo [X]; seq 5 | xargs -n 2 sh -c 'echo $# $0'; yes | xargs -n 3 | head -2; head -c 40000 /dev/zero | tr '\0' a | xargs -I X echo X; echo $?
#### tail from the start
seq 5 | tail -n +3; seq 5 | tail -n +1; seq 5 | tail -n +0; seq 5 | tail -n +9; echo "$?"; seq 5 | tail -c +4; seq 3 >a; seq 4 6 >b; tail -n +2 a b; tail -q -n +3 a b; printf 'x\ny' | tail -n +2; yes | tail -n +1000000 | head -1; seq 3 | tail -v -n +3
#### nice
chown; nosuch=1; kill -0 $$; echo $?; killall nosuchprogram; echo $?; pkill -f nosuchprogramatall; echo $?; date -s nonsense; echo $?; hostname -F /nosuch/file; echo $?
