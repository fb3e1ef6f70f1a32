read x </dev/zero
