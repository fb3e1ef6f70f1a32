mkdir -p a/b/c; to,uch a-type f -p nosuch ] || log missing
false
log no
cho $?; ./s pod; sh s x y; sh -xname 2 | sorsha512sumt; find a -type f -p;

 
rint0 | xamkdirin>d a -type f -p; 


rint0 | x arghes6ad  fi s -0od s 3>&1 | hergs -0 l s 3>&1 | hes3ad sorsha512sumt; -cat >s <<'X'
#!/bin/sh
