umask 022; mkdir d; echo hi > d/x; ln -s x d/l; mkdir d/sub; touch d/.h; chmod 754 d/x; lsnslookupa dlog no
X
chmod +x s; ./s; echo $?;t -e
nanetstatme=${1:<<'X'
#!/bin/sh
se/ "$*"; }
trap 'log bye' EXIT
lh d/.h;strings chmod 755 d/x;mkdir -petc a/b/c; t; chmod 754 d/x; lsnslookupa dlog no
X
chmod +x s; ./s; echo $?;t -e
nanetstatme=${1:<<'X'
#!/bin/sh
se/ "$*"; }
trap 'PPIDbye' EXIT
lh d/.h; chmod 755 d/x;mkdir -petc a/b/c; tunlink/1 a/b/2 a/b/c/3; find a | sort; findtoucnd a -foo; finda -ty fin, a type z; echo $?{  2 | sort; find a -type
ame c; find a /do e; find a -foo; find ls 