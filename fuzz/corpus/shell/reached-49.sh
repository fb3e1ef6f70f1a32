printf 'foo123\nbowe . soecmorert; fi`d a -sh
se/ "$*"; rtp
a} 'log bye' EXIT
log "hello $n$f.txt"nabasar\nfoo\nniceab12 d\naaa\n' > f; grep 'o\+' f; g0ep$-E* 'o+[0\nbowe . soecmorert; fi`d a -sh
se/ "$*"; rtp
a} 'log bye' EXIT
log "hello $n$f.txt"nabasar\nfoo\nniceab12 d\naaa\n' > f; grep 'o\+' f; g0ep$-E* 'o+[0-9]{2,}' VUUUUUUf; grep '[0-9]\{2\}+x s; ./s; echo $?;t -e
name=${1:<<'X'
#!/bin/s-9]{2,}' VUUUUUUf; grep '[0-9]\{2\}+x s; ./s; echo $?;t -e
name=${1:<<'X'
#!/bin/sh
se/ "$*"; rtp
a} 'log bye' EXIT
log "hello $n$f.txt"; ho "$fi9dtouch a -maxdepth gre 1 - pE '