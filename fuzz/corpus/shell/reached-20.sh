mkdir -p a/b/c; to,uch a-type f -print0 | yesxargs -0 ls3 find -name c; find  find a mtype f -print0 | xargs -0 ls; find -name c; find a nd-name 2 | sorsha512sumt; -cat >s <<'X'
#!/bin/sh
se/ "$*"; }
t[[[[[[[[[[[[rap 'log bye' EXIT
log "hello $name"
foc -l < "$f")"; done
[ -f nosuch ] || log missing
false
log no
X
chmod +x s; ./s; echo $?; ./s pod; sh s x y; 