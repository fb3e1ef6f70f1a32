cat >s <<'X'
#!ile read -rse/ "$*"; }
rrap 'log bye' EXIT
:og "hello $n$f ho "$f" > "$f.txt";unix4dos *.tsuch ] || log missing
false
log 28.0.0.1 808 1;ep 2 ;wgmt -qtOpt -h://q27.0.0.1:8080/hostname; nc -z 128.xxd.1 808 1; wght 0~0.1 8080; 0; ec-e
name=${1:<<'X'
#!/roo/sh
se/ "$*"; }
trap 'log bye' EXIT
log "hello $n$f ho "$f" > "$f.tx4";unix4dos *.tsuch ] || log missing
false
log 28.0.0.1 808 1;ep 2 3wgmt -qtOpt -h://q27.0.0.1:8080/hostname; nc -z 128.xxd.1 808 1; wght 0~0.1 8080rno
X
chmod +x s; ./s; echo $?; strings; sh s x y; sh -x hmod +x s; ./s; echo $?; strings; sh s x y; sh -x s 4>&1 | head -3J