cat >s <<'X'
#!/bin/sh
set -e
name=${1:-world}
log() { printf '%s: %s\n' "$0"/ "$*"; }
trap 'log bye' EXIT
log "hello $name"
for f in a b; do echo "$f" > "$f.txt"; done
ls *.txt | while read -r f; do log "$f $(wc -l < "$f")"; done
[ -f nosuch ] || log missing
false
log no
X
chmod +x s; ./s; echo $?; ./s pod; sh s x y; sh -x s 2>&1 | head -3
