#### script as a file
cat >s <<'X'
#!/bin/sh
set -e
name=${1:-world}
log() { printf '%s: %s\n' "$0" "$*"; }
trap 'log bye' EXIT
log "hello $name"
for f in a b; do echo "$f" > "$f.txt"; done
ls *.txt | while read -r f; do log "$f $(wc -l < "$f")"; done
[ -f nosuch ] || log missing
false
log no
X
chmod +x s; ./s; echo $?; ./s pod; sh s x y; sh -x s 2>&1 | head -3
#### readiness loop
n=0; until [ -f ready ]; do n=$((n+1)); [ $n -ge 3 ] && touch ready; echo "waiting $n"; sleep 0.05; done; echo ready
#### config
cat <<'X' >app.conf
# remark
host = db
port=5432

name = "a b"
X
while IFS='=' read -r k v; do case $k in ''|\#*) continue;; esac; k=$(echo $k); v=$(echo $v); echo "$k -> $v"; done <app.conf; grep -v '^#' app.conf | sed '/^$/d;s/ *= */=/' | sort; . ./app.conf 2>/dev/null; awk -F' *= *' '!/^#/&&NF{print $2}' app.conf
#### json by hand
echo '{"name":"web","ready":true,"n":3}' | sed 's/.*"name":"\([^"]*\)".*/\1/'; echo '{"name":"web","n":3}' | tr ',{}' '\n' | grep n\" | cut -d: -f2; echo '{"a":1}' | grep -o '"a":[0-9]*' | cut -d: -f2
#### counters
i=0; while [ "$i" -lt 5 ]; do i=$((i + 1)); case $((i % 2)) in 0) echo "$i even";; *) echo "$i odd";; esac; done; seq 3 | { s=0; while read n; do s=$((s+n)); done; echo $s; }
#### signals
trap 'echo got TERM; exit 143' TERM; (sleep 0.1; kill $$) & wait $!; while :; do sleep 0.05; done
#### background workers
work() { sleep 0.$1; echo "worker $1"; return $1; }; work 1 & a=$!; work 3 & b=$!; wait $a; echo $?; wait $b; echo $?
#### defaults
unset A; : "${A:=one}"; echo "$A"; B=; echo "${B:-two}" "${B-three}" "${#A}"; set -- "$A" "${B:-x y}"; echo $# "$2"; echo "${A%e}" "${A#o}" "${A/n/N}"
#### logs
for i in 1 2 3; do echo "line $i"; echo "err $i" >&2; done >out.log 2>err.log; cat out.log err.log; tail -n 1 out.log; wc -l <err.log; { echo both; echo err >&2; } >all.log 2>&1; cat all.log; ls nosuch >/dev/null 2>&1 || echo "failed $?"
#### nested quotes
sh -c "echo \"it's \$1\" '\$HOME'" sh x; sh -c 'echo "$0" "$@"' a b c; eval "x='a b'"; echo "$x"; y="\"q\""; echo $y; echo 'don'"'"'t'
#### xargs and find
mkdir -p logs; for i in 1 2 3; do echo $i >logs/$i.log; done; find logs -name '*.log' | sort | xargs cat; find logs -name '2*' -exec rm {} +; ls logs; find logs -type f | wc -l; ls logs | xargs -n1 basename
#### redirect to nothing
a=; echo x >"$a"; echo $?; echo x >>""; echo $?; cat <""; echo $?
#### array
case a in a) a=(1 2);; esac
#### array plain
a=(1 2); echo no
#### words and parenthesis
if true; then echo a (b); fi
#### last count
printf 'a\nb\nc\nd\n' >f; head -c 3 -n 2 f; tail -n 3 -c 2 f; tail -c 5 -n 3 f; head -n 1 -n 2 f
#### grep L
printf 'a\n' >f; grep -L a f; echo $?; grep -L b f; echo $?; grep -L b f nosuch; echo $?; grep -L a f f; echo $?
#### jobs states
sleep 1 & jobs; wait; jobs | wc -l
#### awk pipe
seq 3 | awk '{print | "sort -r"} END{print "end"}'; awk 'BEGIN{print "x" | "cat"; print "y" | "cat"; close("cat"); print "z"}'; awk 'BEGIN{system("echo a"); print "b"; system("echo c")}'; printf '1\n2\n' | awk '{print $1 > "o" $1; close("o" $1)}'; cat o1 o2; printf 'x 1\ny 2\nx 3\n' | awk '{s[$1]+=$2} END{for(k in s) print k, s[k] | "sort"}'
#### separators
if true
then
echo a
echo b; fi; { echo c
echo d
}; (echo e
echo f) ; for i in 1
do echo $i
done; case a in a) echo g
echo h ;; esac
f() {
echo i

echo j; }
f; if true; then (echo k) (echo l); fi
#### bad separators
{ echo a; } { echo b; }
#### bad separators 2
while false; do :; done echo
