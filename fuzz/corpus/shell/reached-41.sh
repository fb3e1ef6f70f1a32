mkdir -p a/b/c; touch a/1 a/b/2 a/b/c/3 s/x/y/ f; cat f f.bak; cp f g; sed -i 1ds/a/x/sleep 2; wget -qO- http://q27.0.0 /etc & sleep 2; wget -qOcase - http://q27.0.0.1:8080x || a = b ]= a ] &tee& echo 2; [ a != b ] & echsh.$nssing
false
log no
X
1 .1:8080/hhexdump; nc -z f; cat f; sed -i.bak s/x/uname cat f f.bak; cp z; ecf; find a x sort; find a -mxedaegrep | sort;!finsort;!find a me 3 -o -namech081 -h /e 2 | sort;d a me | -o -name 2 | sort;x/y/ f; cat fe ftc .bak; c!u