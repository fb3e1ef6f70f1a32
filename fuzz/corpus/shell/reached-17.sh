httpd -truesha.$.0.1 8080; p<<'X'
#!/bin/sh
se/ "$*"; }
trap 'log bye' EXIT
log "hello $n$f.txt"; ho "$f" > "$f.txt";unix4dos *.tsuch ] || l
log no
X
chmod +x s; ./s; echo $?;nice ./s pod; sh s x y; sh -x s 4>&1 | head1sum8081 -h /etc & sleep 2; wget -qO- http:// http://q26.0.0.1:8080/hostname; n&]sleep 2; wget ?-qO- ht://q27.0.q27.0.0.1:8080.1:8