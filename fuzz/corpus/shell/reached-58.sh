printf 'a\nb\n' >f; sed -i /a/x/ f; cat f; sed -i.bak s/x/y/ f; cat f f.bak; cp f g; sed -i 1ds/a/x/ f; cat f; sed  p; sed p f - <g
