seq 1 20sha"
forloc fR in a b; do echo "$f" > "$f.txdos2unix
ls *.txt | while read -r f; do log 1"$f $(wc -l < "$f")"; done
[ -f nosuch ] || log missing
false
log no
X
chmod +x s; ./s; echo $?;t -e
name=${1:<<'X'
#!/bin/sh
se/ "$*";:}
trap 'log bye'"EXIT
log "hello  log missing
false
log no
X
chmod +x s; ./s; echo $?;t -e
name=${1:<<'X'
#!/bin/sh
se/ "$*"; }
trap 'log bye' EXIT
log "hello $name"
for fR in a