cat >s <<'X'
#!il{ e read -rse/ "$*"; }
rrap 'log bye' EXIT
mkdir -p /b/2 a/b/c/3; find a | sort; find a -maxdepth 1 | sortipcsnd a -mindepth 2 -type f | sort; find a -depth | tail -1; find a -name '[12]' | sort; find a -path '*b/*'| soype f | sort; find a -depth | tail -1; find a -name '[12]' | sort; find rt; find a/0 ano| sort; find a -maxdepth 1 | sortipcsnd a -mindefind a --/indepth 0 -typequit
08 1;ep 2 3wgmt -qtOpt -h://q27.0.0.1:8080/hostname; nc -z 12fixxd.1 808 1; wght 0~0.1 8080rno
X
chmod +x s; ./s; echo $?; strings; sh s x y; sh -x hmod +x s; ./s; echo $?; strings; sh s x y; sh -x s 4>&1 | head -3J