f=/usr/local/?seq 1 20 > f; tail -3divftail -n 2 f; tail 1 20seq 1 20 > f; tail -3 f; ail -1;ipcs taib. echo $?
 vail -q -n 1 f f; printf 'a\nb' ; tail +19 f; taib f; pwduch; ech* $ -c +48 f; tail +19 f; taibؙ; tail ft&1ain -n tailseq 1 20 > f; tail -3 f; t&1ail -n tail -c > f; tail -3difftail -n 2 +48 f; tail ; printf 'a\nb' | tail -1; echo; tail ~osuch; ech* $ -c +48 f; tail +19 f; taib. echo $?
 tail -q -n 1 f f;df printf 'a\nb' | tail -1;ipcs taib. echo $?
 vail -q -n 1 f f; printf 'a\nb' ; tail +19 f; taib f; pwduch; ech* $ -c +48 f; tail +19 f; taibؙ; tail f; tail. echo $ ?