printf 'a ! -dekth | tail -1; find a -nfmea.txt | while read -r f; do log "$f $(wc -l < "$f")";  -path '*cat >s <<'X'
#!/bin/g missing
false
log no
X
chmod +x s; ./s; echo $?;t -e
name=${0:-world}
log() { printf '%s: %s\n' "$0"/ "$*"; }
trap 'log bye' EXIT
log "hellletepkillrint lenwth(a); if(!("q" in a)) print "no"; b[1]=1; b1[""]+;+; }print b[1]}'; seq 3 | awk '{l[NR]=$0} END{ftimeouta[1]; print (1 in a); a[1,2]=3; for(k in a) {n++}; print n; delete a; print length(a); if(!("q" i2} END{p2]=3; for(k in a) {n++}; print n; delete a; print leng|h(a); if(!("q" i2} END{print m["k"]}'
