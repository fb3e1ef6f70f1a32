#### p2
printf '%c|%3c|\n' '' ab | od -c; printf '%f %e\n' abc 1.5x; echo $?; printf '%f\n' ''; echo $?; printf '%s %d\n' a; echo $?
#### p3
printf '%*d|\n' x 3; echo $?; printf '%5b|' a; echo $?; printf '%u %d %x\n' -1 -1 -1; printf '%d\n' ' 5' '5 '; echo $?
#### p5
printf '%5%|' ; echo $?; printf '%e %e %e %g\n' 0 -0.00123 9.9999999 -0.5; printf '%08.2f|%-8.2f|%+e\n' 3.14159 2.5 100
#### set -u heredoc
set -u
cat <<A
one $b
A
echo after
#### set -u cmd
set -u
echo $b
echo after
#### here bad
cat <<A
one ${b?gone}
A
echo after $?
#### arith paren
echo $((echo a); (echo b))
#### arith paren2
echo $( (echo a); (echo b) )
#### arith1
echo $(( 1 + 2 )
echo b
#### arith2
echo $(( (1 + 2 ))
echo b
#### arith err in subshell
(echo $((1/0))); echo $?; echo $((1/0)); echo no
#### test1
[ 10 -gt ]; echo $?; [ ! ]; echo $?; [ ! a ]; echo $?; [ ! a = b ]; echo $?; [ a -a ]; echo $?; [ -n ]; echo $?; [ -n -a b ]; echo $?; [ \( a \) ]; echo $?; [ \( ! -e \) ]; echo $?
#### test2
[ = ]; echo $?; [ = = ]; echo $?; [ a = ]; echo $?; [ -f = b ]; echo $?; [ -e . -a -d . -o x = y ]; echo $?; [ x = y -o ]; echo $?; [ 1x -eq 1 ]; echo $?; [ '' -eq 1 ]; echo $?; [ 99999999999999999999 -gt 1 ]; echo $?
#### test ef
touch a; ln a b; [ a -ef b ]; echo $?; [ a -nt nosuch ]; echo $?; [ nosuch -ot a ]; echo $?; [ a -ot nosuch ]; echo $?; [ -p a ]; echo $?; [ -b a ]; echo $?; [ -S a ]; echo $?; [ -N a ]; echo $?
#### errexit function
set -e; f() { return 5; }; if f; then :; fi; f || echo or; f && echo and; echo x; f; echo no
#### errexit group
set -e; { false || false; } && echo a; echo b; f() { false || false; }; f; echo no
#### errexit not
set -e; ! true; echo a; f() { ! true; }; f; echo no
#### errexit eval
set -e; eval 'false || true'; eval '! true'; echo no
#### errexit dot
set -e; echo '! true' >s; . ./s; echo no
#### errexit redir
set -e; { ! true; } >x; echo a; cat nosuch <nosuch2; echo no
#### errexit sub
set -e; (! true); echo no
#### errexit loop
set -e; for i in 1 2; do false || false; echo $i; done; while ! true; do :; done; echo z; case a in a) false;; esac; echo no
#### errexit assign
set -e; x=$(false) || echo or; x=$(true; false); echo no
#### errexit pipe
set -e; false | true; echo a; true | false; echo no
#### errexit local
f() { local x=$(false); echo in $?; }; set -e; f; echo a; export y=$(false); echo b
#### errexit trap
set -e; trap 'echo bye $?' EXIT; false; echo no
#### errexit subst
set -e; echo $(false; echo in); echo $(set -e; false; echo in2); x=$(f() { false; echo f; }; f); echo no
#### w1
f-g() { echo x; }; f-g
#### w2
exit() { echo x; }; exit
#### w3
! ! true; echo $?
#### w4
for
#### w5
case
#### w6
case x in
#### w7
case x in a
#### w8
case x do
#### w9
f( { :; }
#### br
x=q; [[ $x == q* && -n $x ]] && echo ok; [[ -z $x || a = b ]]; echo $?
#### sub e
set -e; x=$(false; echo a); echo $x; echo $(false)b; y=$(false); echo no
#### here
cat <<A
one ${b?gone}
A
echo after $?
#### cmdsub e func
set -e; f() { false; echo in; }; x=$(f); echo "$x"
#### export no split
x='a b'; export y=$x; echo "$y"; readonly z=$x; echo "$z"; f() { local q=$x; echo "$q"; }; f; export w=~; echo $w
#### fn redirs
f() { echo a; echo b >&2; } 2>/dev/null; f; f >x; cat x
#### redir err special
: >/no/such/x; echo no
#### redir err export
export a=1 >/no/such/x; echo no
#### redir err builtin
true >/no/such/x; echo $?; echo a >/no/such/x; echo $?; cat </no/such; echo $?; { echo a; } >/no/such/x; echo $?; (echo a) >/no/such/x; echo $?; for i in 1; do echo $i; done >/no/such/x; echo $?
#### redir err exec
exec 3</no/such; echo no
#### assign err
readonly a=1; a=2 true; echo no
#### assign err2
readonly a=1; a=2 env | grep ^a; echo no
#### assign err3
readonly a=1; (a=2; echo no); echo $?; f() { a=3; }; f; echo no
#### for err
readonly i=1; for i in a b; do echo $i; done; echo no
#### read err
readonly i=1; read i <<X
a
X
echo $? no
#### local err
readonly i=1; f() { local i=3; echo $i; }; f; echo $?
#### getopts
f() { while getopts ab:c o; do echo "$o=$OPTARG,$OPTIND"; done; shift $((OPTIND-1)); echo "$@"; }; f -abv -c x; OPTIND=1; f -b; OPTIND=1; f -x; OPTIND=1; f -ac -- -b z; OPTIND=1; f -bval -ax y
#### shift err
set -- a; shift 2; echo $?; shift x; echo no
#### shift neg
set -- a b; shift -1; echo $?
#### exit codes
(exit 256); echo $?; (exit -1); echo $?; (exit 1 2); echo $?; (exit x); echo $?; (return 3); echo $?
#### break outside
break; echo $?; continue 2; echo $?; for i in 1 2; do break 0; done; echo $?
#### unset
x=1; unset x y; echo $?; unset -v x; unset -f nosuch; echo $?; unset -x; echo $?
#### unset2
unset 1x; echo $?
#### set opts
set -o | head -5; set +o | head -5; set -o nosuch; echo $?
#### set bad
set -q; echo $?
#### cmd
command -v if cd ls nosuch; echo $?; command -V cd ls nosuch; command; echo $?; command -p echo a; command -x; echo $?
#### type
type cd if nosuch; echo $?; f() { :; }; type f; alias q=ls; type q; command -v q; command -v f
#### trap list
trap 'echo a' INT TERM; trap 'echo "q\"'"'"'" EXIT; trap; trap - EXIT; trap -- '' HUP; trap -p; trap 'x' NOSUCH; echo $?; trap 'x' 99; echo $?
#### trap in fn
f() { trap 'echo bye' EXIT; echo in; }; f; echo out
#### trap debug
trap 'echo err' ERR; false; echo x
#### trap nested
trap 'echo int; trap - INT; kill -INT $$' INT; kill -INT $$; echo no
#### eval err
eval 'echo a; fi'; echo no
#### eval status
eval false; echo $?; eval; echo $?; eval "exit 3"; echo no
#### dot err
. ./nosuch; echo no
#### dot syntax
echo 'if' >s; . ./s; echo no
#### umask
umask; umask 027; umask; umask -S; umask u=rwx,g=,o=; umask; umask 9; echo $?
#### umask bad
umask abc; echo $?
#### times
times | wc -l
#### hash
hash; hash ls; echo $?; hash nosuch; echo $?; hash -r; echo $?
#### let
let x=5; echo $? $x; let x=0; echo $?; let 'y = x + 3' z=4; echo $y $z; let; echo $?; let 1+; echo no
#### wait
wait; echo $?; wait 99999; echo $?; wait x; echo $?; wait %3; echo $?
