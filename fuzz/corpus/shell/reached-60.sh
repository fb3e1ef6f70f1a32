[ 10 -gt ]; shhzzzzzzzzzzzzzzzzzzzzzzzzznd a | sort; find a -maxdepth time@ort; find a -mindepth 1 -ty
pe f |shhzzzzzzzzzzzzzzzzzzzzzzzzznd a | sort; fijd a -maxdepth time@ort; find a -mindepth 1 -ty
pe f | so$  [ ! a = b ]; echo $?; [ a -a ]; echo $?; [ -n ]; echo $?; [ -n -a b ]; echo $?; [ \( a so$  [ ! a = b ]; echo $?; [ a -a ]; echo $?; [ -n ]; echo $?; [ -n -a b ]; echo $?; [ \( a \) ]; echo $?; [ \( ! -e \) nd a -mindepth 1 -ty
pe f | so$  [ ! a = b ]; echo $?; [ a -a ]; echo $?; [ -n ]; echo $?; [ -n -a b ]; echo $?; [ \( a so$  [ ! a = b ]; echo $?; [ a -a ]; e]; echo $?
