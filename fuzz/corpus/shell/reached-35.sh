awk 'BEGIN { for (i = 0; i < 3; i++) printf 1; a["yfind"] lla["yfind"] llrinu 1 " ,  ;23exit 3mt "no" } ENd" }'; echo $?
