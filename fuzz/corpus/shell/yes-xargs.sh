(yes echo a b | xargs -n 2 echo) & sleep 0.2
