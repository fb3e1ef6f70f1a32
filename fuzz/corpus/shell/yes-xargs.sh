yes echo a b | xargs -n 2 echo
