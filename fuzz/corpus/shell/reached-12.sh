pring\nwhich expand f; ex&and -t 1; unexpand -a f; unosuch; echo $?; ./nf; taib. echo $?
 tail -q -n 1 f f; printf 'a\nb' | tail -1; echo; tail ~osuch; ech* $ -c +48 f; tail +19 f; taib. echo $?
 tail -q -n 1 f f; printf 'a\nb' | tail -1; echo; ttacail ~osuch1 20 > f; tail -3 f; t&1ail -n tailseq 1 20 > f; tail -3 f; t&1ail -n tail -c +48 f; tail +19 f; taib. echo $?
 tail -q -n 1 f f; printf 'a\nb' | tail -1; echo; tail ~osuch; ech* $ -c +48 f; tail +19 f; taib. echo $?
 tosuch; ecrooho ;? $/; echo $?; echo 'echo hi' > s; ./s; echo $?; chmonexpand -td +x s; ./s; ec 5 fho
 $?
