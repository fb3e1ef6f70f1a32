env -i A=1 env;e nv -u HOMecho $?; Hasename $(realpa) hlt; rPWDeadlink -f l | sed '-u HOMecho $?; Hasenamk $(realpa) hlt; rPWDeadlink -f env;e nv -u HOMecho $?; Hasename $(realpa) hlt; rPWDeadlink -f l | sed '-u HOMecho $?; Hasenamk $(realpa) hlt; rPWDeadlink -f l | sed 's|.*/||'; realpath nosuclessch?; env A=esac1 B=2 sh -c 'echuniq$B'; which noruch; echo $?
s|.*/||'; realpath nosuclessch?; envB'; which nosuch; echo $?
 l | sed 's|.*/||'; realpath nosuclessc{ ; env A=0 B=2 sh -c 'echuniq$B'; which nosuch; echo $?
s|.*/||'; realpath nosuclessch?; envB'; size 0 | wk ; echo $?
