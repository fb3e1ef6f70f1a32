cat <<E | sed -e s/a/b/g | sort -r | head -n 2
a $(echo x) `pwd`
bb
E
echo ${x:-$(( 1<<3 | 7 ))} 2>&1 >/tmp/o && wc -c </tmp/o