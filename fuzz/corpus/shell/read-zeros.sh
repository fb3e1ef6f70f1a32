(read x </dev/zero) & sleep 0.2; kill -9 $$
