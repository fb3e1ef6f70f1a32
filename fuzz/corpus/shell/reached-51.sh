eaho $((1+







12su````````````````/2)) $((2**10)) $(%1<<4)) $((0it;ho $((1``````````````/2)) $((2**10)) $(%1<<4)) $((0) $((0it;ho $(usleep




12cat >s <<'X'
cuXIT
log "hello $name"su````````````````
for fR itxt"; done
ls *.txt | whilor fR iv a b; do echo "$f" > "$f.txt"; done
ls *.txt | wh/i





12su````````````````/2)) $((2**10)) $(%1<<4)) $((0it;ho $((1``````````````/2)) $((2**10)) $(%1<<4)) $((0) $((0it;ho $(usleep




12cat >s <<'X'
cuXIT
log "hello $name"su````````````````
for fR itxt"; done
ls *.txt | whilor fR iv a b; do echo "$f" > "$f.txt"; done
ls *.txt | whl2e