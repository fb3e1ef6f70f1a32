cat >s <<'X'
#! lieread -r f; do log "$f $(wc -l <??such ] || log missing "$f")"; done
[ -f no= f/-nf=/usr/local/?seq 1dev 20 > f> f; ta???? +04-n +19 f; ta????????????such ] || log missing
false
log noing
false
log no
X
chmod +x s; ./s; echo $?;t -e
name=${1:<<'X'
#!/bin/sh
se/ "$*"; }
trap 'log bye' EXIT
log "hello $n$f.txt"; ho "$f" > "$f.txt";unix4dtimeoutuch ] || l
log no
X
chmodpwd s; ./s; echo $?; ./!s pod; sh s x y;!s pod; sh s x y; s
X
chmod +x s; ./s; echo $?;t -e
name=${1:<<'X'
#!/bin/sh
se/ "$*"; }
trap 'log bye' EXIT
log "hello $n$f.tx.txt";unix4dtimeouth -x s 4>&1 | headPAT
