#### ls long
umask 022; mkdir d; echo hi > d/x; ln -s x d/l; mkdir d/sub; touch d/.h; chmod 755 d/x; ls d; ls -a d; ls -A d; ls -1 d; ls -F d; ls -p d; ls -l d | sed 's/[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]* /DATE /'; ls -d d; ls -R d; ls d/x nosuch d; echo $?
#### ls sorts
echo 1 > a; echo 22 > b; touch -d '2020-01-01' a; touch -d '2021-01-01' b; ls -t; ls -tr; ls -S; ls -Sr; ls -r; ls -l | tail -2 | cut -c43-54; ls -lh b | cut -c1-42
#### ls errors
ls nosuch; echo $?; ls --foo 2>&1 | head -1; ls -y 2>&1 | head -1
#### cat
printf 'a\n\nb\tc\n' > f; cat f; cat -n f; cat -b f; cat -e f; cat -t f; cat -A f; cat f - < f; cat nosuch f; echo $?; mkdir d; cat d; echo $?
#### mkdir rmdir
mkdir a; mkdir a; mkdir x/y; mkdir -p x/y/z x/y; echo $?; ls -d x/y/z; rmdir a; rmdir x; rmdir nosuch; mkdir -m 700 p; ls -ld p | cut -c1-10; touch f; mkdir f; mkdir -p f/g; rmdir f; rmdir -p x/y/z; ls
#### rm
touch a b; mkdir d; touch d/x; rm a; rm nosuch; echo $?; rm -f nosuch; echo $?; rm d; rm -r d; ls; rm -rf b nosuch; ls; rm .; rm -r ..
#### cp
echo 1 > a; mkdir d; cp a b; cat b; cp a d; ls d; cp nosuch x; cp d e; cp -r d e; ls e; cp a b d; ls d; cp a b nosuchdir; echo $?; ln -s a l; cp l m; cp -d l n; ls -l n | sed 's/.* n/n/'; cp a a; cp -r d d/x; echo new > a; cp a b; cat b
#### mv
echo 1 > a; mv a b; cat b; ls; mkdir d; mv b d; ls d; mv nosuch x; echo $?; mv d e; ls; touch f g; mv f g e; ls e; mv e/f e/g; ls e; mv e e/x; echo $?
#### ln
echo hi > a; ln -s a l; cat l; readlink l; ln a h; cat h; ln -s b l; echo $?; ln -sf b l; readlink l; cat l; ln nosuch x; mkdir d; ln -s ../a d; cat d/a; ls -l a | cut -c11-15; rm a; cat h
#### touch
touch a; ls; touch -d '2020-02-03 04:05:06' a; date -r a; touch nodir/x; echo $?; touch -c nosuch; ls; touch -r a b; stat -c %Y b; touch -d bad a
#### chmod
touch f; chmod 644 f; stat -c %a f; chmod u+x f; stat -c %a f; chmod go-r f; stat -c %a f; chmod a=rw f; stat -c %a f; chmod +x f; stat -c %A f; chmod u=rwx,g=rx,o= f; stat -c %a f; chmod 999 f; chmod 644 nosuch; chmod -x f; stat -c %a f; chmod 4755 f; stat -c %A f; chmod 1777 f; stat -c %A f; mkdir d; touch d/x; chmod -R 700 d; stat -c %a d/x; chmod g+X d f; stat -c %a d; chmod o=g f; stat -c %a f
#### stat
echo hi > f; stat f | head -2 | sed 's/Device.*//'; stat -c '%n %s %F' f; mkdir d; stat -c '%F %h' d; ln -s f l; stat -c '%N %F' l; stat -L -c %F l; stat nosuch; echo $?; : > e; stat -c %F e
#### head
seq 1 20 > f; head -3 f; head -n 2 f; head -c 5 f; echo; head -n -18 f; head -2 f f; head -q -n1 f f; head -v -n1 f; head -n x f; head nosuch; echo $?; head -n 0 f; echo end
#### tail
seq 1 20 > f; tail -3 f; tail -n 2 f; tail -n +19 f; tail -c 5 f; tail -c +48 f; tail +19 f; tail -n 1 f f; tail -q -n 1 f f; printf 'a\nb' | tail -1; echo; tail nosuch; echo $?; tail -n 0 f; seq 5 | tail -n2
#### tail follow
echo a > f; (sleep 0.3; echo b >> f; sleep 1.2; echo c >> f) & timeout 3 tail -f f; echo $?
#### tail follow name
(sleep 0.5; echo a > g; sleep 1.5; echo b >> g) & timeout 4 tail -F g; echo $?
#### wc
printf 'a b\nc\n' > f; wc f; wc -l f; wc -w < f; wc -c f; wc f f; wc -l -c f; echo -n | wc; wc nosuch f; echo $?; printf 'no newline' | wc -l; wc -L f
#### grep
printf 'apple\nBanana\ncherry pie\n\na.b\n' > f; grep an f; grep -i b f; grep -v a f; grep -c a f; grep -n e f; grep -o 'p[a-z]' f; grep -q nosuch f; echo $?; grep -F a.b f; grep a.b f; grep -E 'apple|cherry' f; grep '^$' f | wc -l; grep -w pie f; grep -x apple f; grep -l a f; grep -L zzz f; grep a f f; grep -h a f f; grep -H apple f; grep -m1 a f; grep -e apple -e pie f; grep x nosuch; echo $?; grep -s x nosuch; echo $?; grep '[' f; echo $?
#### grep context
seq 1 10 > f; grep -A1 5 f; grep -B1 5 f; grep -C1 5 f; grep -A1 -e 2 -e 7 f; grep -n -A1 3 f
#### grep recursive
mkdir -p d/e; echo x1 > d/a; echo x2 > d/e/b; grep -r x d | sort; grep -rl x2 d; grep -c x d/a d/e/b; echo abc | grep b; echo abc | grep -H b
#### grep regex
printf 'foo123\nbar\nfoo\nab12cd\naaa\n' > f; grep 'o\+' f; grep -E 'o+[0-9]{2,}' f; grep '[0-9]\{2\}' f; grep -E '^(foo|bar)$' f; grep -E 'a{3}' f; grep '\(a\)\1' f; grep '[[:digit:]]' f; grep '[^a-z0-9]' f; grep -E 'x*' f | wc -l; grep -E '(ab|a)(12|b)' f; grep '\bbar\b' f; grep '\<foo\>' f; grep -o '[0-9]*' f; grep -E 'fo?o$' f
#### sed
printf 'one two\nthree\nfour\n' > f; sed s/o/0/ f; sed 's/o/0/g' f; sed -n 2p f; sed 2d f; sed '$d' f; sed -n '/t/p' f; sed '/t/d' f; sed 's/\(t[a-z]*\)/[\1]/' f; sed -E 's/(o)(n)/\2\1/' f; sed 's/two/&-&/' f; sed 1,2d f; sed -n '2,$p' f; sed -e s/a/b/ -e s/o/x/ f; sed 's|o|/|' f; sed 1q f; sed '2a after' f; sed '2i before' f; sed '2c changed' f; sed -n '$=' f; sed y/abc/xyz/ f; sed 's/O/x/i' f; sed 's/o/X/2' f; sed -n 's/o/X/p' f
#### sed more
printf 'a\nb\nc\nd\n' > f; sed -n '1!p' f; sed '/b/,/c/d' f; sed '2,+1d' f; sed 'N;s/\n/-/' f; sed -n 'H;${x;s/\n/,/g;p}' f; sed '1!G;h;$!d' f; sed ':a;N;$!ba;s/\n/ /g' f; sed -i s/a/z/ f; cat f; sed 'n;d' f; sed '/z/{s/z/y/;s/y/w/}' f; sed -n '/b/{=;p}' f; sed 2q f; sed = f | head -2; sed 's/x*/-/g' f; echo hello | sed 's/l*/X/2'; printf 'a\nb' | sed 's/b/c/'
#### sed errors
echo a | sed 's/a'; echo $?; sed -n p nosuch; echo $?; echo a | sed 'k'; echo $?; echo a | sed '{p'; echo $?
#### awk
printf 'a 1 x\nb 2 y\nc 3 z\n' > f; awk '{print $1}' f; awk '{print $NF, NF, NR}' f; awk '/b/' f; awk '$2 > 1 {print $3}' f; awk 'BEGIN {print "start"} {s += $2} END {print "sum", s, s/NR}' f; awk -F: '{print $2}' <<E
p:q:r
E
awk -v x=5 'BEGIN {print x+1, x "y"}'; awk '{print length($0), length}' f; awk 'NR==2, NR==3 {print NR}' f; awk '{$2 = "new"; print}' f; awk 'END {print NR}' f; awk '!/b/' f; awk '$1 ~ /[ab]/ {print $1}' f; awk '{printf "%s-%d\n", $1, $2 * 10}' f; awk '{print $1 $2}' f
#### awk functions
awk 'BEGIN {print substr("hello", 2, 3), index("hello", "l"), toupper("abc"), tolower("ABC"), length("four"), int(3.9)}'; awk 'BEGIN {n = split("a:b:c", p, ":"); print n, p[1], p[3]; print match("foobar", "o+"), RSTART, RLENGTH; s = "aXbXc"; gsub(/X/, "-", s); print s; sub(/-/, "+", s); print s}'; awk 'BEGIN {print sprintf("%05.2f|%-5s|%5s|%c|%x", 3.14159, "ab", "cd", 65, 255)}'; awk 'function f(a, b) { return a + b } BEGIN { print f(1, 2) }'; awk 'function r(n) { return n <= 1 ? 1 : n * r(n-1) } BEGIN { print r(10) }'
#### awk control
awk 'BEGIN { for (i = 0; i < 3; i++) printf "%d ", i; print ""; while (j < 3) { j++; if (j == 2) continue; print j }; do { k++ } while (k < 5); print k; a["x"] = 1; a["y"] = 2; for (k in a) n += a[k]; print n; if ("x" in a) print "in"; delete a["x"]; if (!("x" in a)) print "gone"; print 1 == 1.0, "a" < "b", 10 < 9, "10" < "9"; print 7 % 3, -3, !0, 1 - 1; x = 5; x += 2; x++; print x; print 1 " " 2, 3; exit 3; print "no" } END { print "end" }'; echo $?
#### awk input
printf 'k=v\na=b\n' | awk -F= '{a[$1]=$2} END {print a["k"], a["a"]}'; printf 'a,b;c\n' | awk -F'[,;]' '{print $3 $2 $1}'; printf '  lead  trail  \n' | awk '{print $1 "|" $2 "|" NF}'; echo "10 9" | awk '{print ($1 > $2)}'; echo a b c | awk '{$1=$1; print; NF=2; print; OFS="-"; $1=$1; print}'; seq 5 | awk 'NR>1 && NR<4'; seq 3 | awk '{print > "out"} END {close("out")}'; cat out; echo x | awk '{print "err" > "/dev/stderr"}'; awk 'BEGIN { print ENVIRON["HOME"] }'; echo 3.0 | awk '{print $1 + 0, $1, 1e3, 0.1 + 0.2, 1/3, 100000 * 10, 1234567.891}'
#### awk next
printf '1\n2\n3\n' | awk '/2/ {next} {print}'; printf 'x 1\nx 2\ny 5\n' | awk '{s[$1] += $2; c[$1]++} END {print s["x"], c["x"], s["y"]}'
#### cut
printf 'a:b:c\nd:e:f\nnosep\n' > f; cut -d: -f2 f; cut -d: -f1,3 f; cut -d: -f2- f; cut -s -d: -f1 f; cut -c1-2 f; cut -c 2 f; cut -b -3 f; printf 'a\tb\n' | cut -f2; cut f; echo $?
#### tr
echo hello | tr a-z A-Z; echo hello | tr l L; echo hello | tr -d l; echo aabbcc | tr -s ab; echo 'a b  c' | tr -s ' ' '\n'; echo abc123 | tr -cd 0-9; echo; echo abc | tr '[:lower:]' '[:upper:]'; echo 'x y' | tr ' ' _; echo abc | tr abc x; echo hello | tr -d '[:alpha:]'
#### sort
printf 'b 2\na 10\nc 1\na 10\n' > f; sort f; sort -r f; sort -u f; sort -k2 f; sort -k2n f; sort -n -k2,2 -r f; printf '10\n9\n2\n' | sort; printf '10\n9\n2\n' | sort -n; printf 'x:3\ny:1\n' | sort -t: -k2; printf 'B\na\nC\n' | sort -f; sort -c f; echo $?; sort -o out f; cat out; printf 'v1.10\nv1.9\n' | sort -V; sort nosuch; echo $?
#### uniq
printf 'a\na\nb\na\n' > f; uniq f; uniq -c f; uniq -d f; uniq -u f; sort f | uniq; printf 'A\na\n' | uniq -i; uniq f out; cat out
#### tee
echo hi | tee a b; cat a b; echo more | tee -a a; cat a; echo x | tee nodir/x; echo $?
#### small text tools
echo abc | rev; seq 3 | tac; printf 'a\n\nb\n' | nl; echo abcdefghij | fold -w4; seq 4 | paste - - 2>/dev/null; seq 1 3 > a; seq 4 6 > b; paste a b; paste -d, a b; paste -s a; basename /a/b.txt .txt; basename /a/b/; dirname /a/b/c; dirname x; dirname /x; basename /; echo a b c | xargs echo x; seq 3 | xargs -n1 echo; seq 2 | xargs -I{} echo '<{}>'
#### seq
seq 3; seq 2 4; seq 1 2 6; seq 3 -1 1; seq -w 8 10; seq -s, 3; seq 1 0.5 2; seq 5 3; seq a 2>&1 | head -1 | cut -c1-7
#### expr
expr 1 + 2; expr 7 / 2; expr 7 % 3; expr 2 \* 3; expr 5 \> 3; expr a = a; expr a = b; echo $?; expr abc : 'a\(.*\)'; expr abcd : 'ab'; expr length hello; expr substr hello 2 3; expr index hello l; expr 1 / 0; echo $?; expr a + 1; echo $?; expr 1 +; echo $?; expr \( 1 + 2 \) \* 3; expr 0; echo $?; expr '' \| x
#### hashes
printf hello > f; md5sum f; sha1sum f; sha256sum f; sha256sum f > s; sha256sum -c s; echo bad >> f; sha256sum -c s; echo $?; echo -n | md5sum; seq 1000 | sha256sum; md5sum nosuch; echo $?
#### base64
echo hello | base64; echo hello | base64 | base64 -d; seq 50 | base64; printf 'a' | base64; printf 'ab' | base64 -w 0
#### dumps
printf 'hello\n\001\377ab' > f; od -c f; od f; od -x f; od -t x1 f; hexdump f | sed 's/ *$//'; hexdump -C f; head -c 40 /dev/zero | hexdump -C; head -c 40 /dev/zero | od -t x1 | tail -1
#### cmp diff
printf 'a\nb\nc\n' > x; printf 'a\nB\nc\n' > y; cmp x y; echo $?; cmp x x; echo $?; cmp -s x y; echo $?; diff x y | tail -n +3; diff x x; echo $?; diff -q x y; printf 'a\nb\nc\nd\n' > z; diff x z | tail -n +3; cmp x z; diff x nosuch; echo $?; cmp x nosuch; echo $?; printf 'a\nb\nc' > w; diff x w | tail -n +3
#### find
mkdir -p d/e/f; touch d/a.txt d/e/b.txt d/e/f/c.log; find d | sort; find d -name '*.txt' | sort; find d -type d | sort; find d -type f -name 'c*'; find d -maxdepth 1 | sort; find d -mindepth 2 -type f | sort; find d -name '*.txt' -o -name '*.log' | sort; find d ! -name '*.txt' -type f; find d -type f -exec echo found {} \; | sort; find d -name a.txt -exec cat {} + ; find d -empty -type f | wc -l; find nosuch; echo $?; find d -foo 2>&1 | head -1; find d -path '*e/b*'; find d -size 0 -type f | sort; find d -type f -print0 | xargs -0 ls | sort; find d -prune
#### xargs
echo 'a b  c' | xargs; printf 'a\nb\n' | xargs -n 1 echo x; echo "'a b' c" | xargs -n1; echo | xargs echo none; echo | xargs -r echo none; echo x | xargs false; echo $?; echo a | xargs nosuch; echo $?; printf 'a\0b\0' | xargs -0 -n1 echo; echo 1 2 3 | xargs -t -n2 echo
#### du
mkdir d; echo hi > d/a; head -c 5000 /dev/zero > d/b; du -a d | sort -n | cut -f1; ls -s d; du nosuch; echo $?
#### readlink realpath
touch f; ln -s f l; ln -s nosuch b; readlink l; readlink b; readlink f; echo $?; basename $(realpath l); readlink -f l | sed 's|.*/||'; realpath nosuch; echo $?; readlink -f nosuch | sed 's|.*/||'
#### which env
env -i A=1 env; env -u HOME printenv HOME; echo $?; A=5 printenv A; printenv NOSUCH; echo $?; env nosuch; echo $?; env A=1 B=2 sh -c 'echo $A$B'; which nosuch; echo $?
#### date
date -u -d @0; date -u -d @1700000000 +%Y-%m-%dT%H:%M:%SZ; date -d '2024-02-29 12:34:56' +'%a %A %b %B %d %e %j %H %I %M %S %p %y %Y %s %F %T %D %R %u %w %% %n%t|'; date -u -d '2024-01-01' +%c; date -d '2024-12-31' '+%U %V %W %G %C %k %l %h'; date -d foo; echo $?; date +%q; date -d 12:30 +%H:%M; date -d @86399 -u +%X; date -u -d '2021-03-04 05:06' +%x
#### sleep errors
sleep abc; echo $?; sleep 0.01 0.01; echo $?; sleep 1x; echo $?
#### timeout
timeout 0.2 sleep 5; echo $?; timeout 5 true; echo $?; timeout 5 false; echo $?; timeout -s KILL 0.2 sleep 5; echo $?; timeout 1 nosuch; echo $?; timeout 0.3 sh -c 'trap "echo term; exit 3" TERM; sleep 0.5 & wait; echo no'; echo $?
#### dd
printf hello > f; dd if=f of=g bs=1 count=3 2>/dev/null; cat g; echo; dd if=f bs=2 skip=1 2>/dev/null; echo; dd if=f of=h 2>&1 | head -2; dd if=nosuch; echo $?; dd if=/dev/zero of=z bs=1k count=3 2>&1 | head -2; wc -c < z; dd if=f of=z bs=1 seek=2 conv=notrunc 2>/dev/null; wc -c < z; dd bad 2>&1 | head -1 | cut -c1-7; dd if=f bs=x; echo $?; dd if=f of=q status=none; cat q
#### truncate
truncate -s 5 f; wc -c < f; truncate -s +3 f; echo $?; wc -c < f; truncate -s 1K f; wc -c < f; truncate -s -24 f; wc -c < f; truncate -c -s 3 nosuch; echo $?; ls
#### id and friends
id -u; id -un; id -g; id nosuch; whoami; tty; echo $?; nproc | grep -c .; true; false; echo $?; uname -s; uname -m; hostname | grep -c .
#### yes
yes | head -2; yes a b | head -1
#### kill tool
sleep 9 & env kill $!; sleep 0.2; wait $!; echo $?; env kill 99999; echo $?; env kill -l 9; killall nosuch; echo $?; pidof nosuch; echo $?
#### nohup
nohup echo hi; nohup nosuch; echo $?
#### printf tool
env printf '%s|%d\n' a 1; env echo -e 'a\tb'; env test 1 -lt 2; echo $?; env [ a = b ]; echo $?; env [ a = b; echo $?
#### mktemp
f=$(mktemp); [ -f $f ] && echo file; d=$(mktemp -d); [ -d $d ] && echo dir; rm -r $f $d; t=$(mktemp ./x.XXXXXX); echo ${#t}
#### ps
ps | head -1 | cut -c1-4; ps -o pid,args | head -1
#### less more
printf 'a\nb\n' | more; printf 'c\n' | less
