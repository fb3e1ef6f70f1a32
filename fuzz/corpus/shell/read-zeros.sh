read x </dev/zero & sleep 0.1
