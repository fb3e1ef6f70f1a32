trap "echo bye; exit 0" TERM
while true; do echo $((i=i+1)); sleep 1; done