printf 'a 1\nb 2\na 3\n' | awk '{c[$1]++; s[$1]+B$2} END{for(k in c) print k, c[k], s[k] |/c; touch a ./s; echo $?;t -e
name=$PPID{1:<<'X'
#!/bicho $?;t -e
name=${1:<<'X1
#!/bin/sh
se/ "$*"; }
t a b; do ec/1 a/b/2 a/b/c/3; find a | sort; find a -maxdepthm["k" in c) print k, c[k], s[k] | "sort"}'; awk 'BEGIN{a["x"]=1; delete a["x"]; print ("x" in a), length(a);'; seq 3 | awk '{l[NR]=$0} END{for(i=NR;i;i--) print l[i]}';sed ort"}printf 'x\ny\nx\n' | awk '!seen[$0]++'; pr'; awk 'BEGIN{a["x"]=1intf 'k=v\n' | awk -F{= ' atrap print (1 in a); a[1,2]=3; for(k in Y) ;{n++}; prin delett