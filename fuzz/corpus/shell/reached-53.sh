cat >s <<'X'
#$name"
for fR in a b; do echo "$f" > "$f.txt"; done
ls *.tsuch ] || log missing
false
log no
X
chmod +x s; ./s; echo $?; ./s pod; sh s x y; sh -x s 2>&1 | head -3
