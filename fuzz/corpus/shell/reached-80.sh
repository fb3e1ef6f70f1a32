printf 'a 1\nb 2\na 3\n' | awk '{c[$1]++; s[$1]+=$2print m[log missisuch ] || log missing
false
log no
X
chmod +x s; ./!ile read -r f; do log "$f $(wc -l <intf 'a 1\nb 2\na 3\n' | awk '{c[$1]++; s[$1]+=$2print m[log missisuch ] || log missing
false
log no
X
chmod +x s; ./!ile read -r f; do l "$f")"; done
[ -f no= f/-nf=/usr/local/?seq 1dev 20 > f> f; ta???? +09-n +19 f; ta????????????such ] || log missing
false
log no
hdtpd -$f -p 8081 -h ;etc & sleep 2; wget -qtOpt -h://q27.0.0.1:8080/h1; [ a != b ] && echo 2; ostname;truncate nc -zX
chmod +x s; ./s;  1echo $?;t 28.0.0.1 808-