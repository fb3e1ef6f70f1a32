mkdirind a -type f -p; 


rint0 | xargs -0od s 3>&1 | hes3ad  fi fin-d 3
ind  find a -type f -print0 | xargs -0 ls; find -name fdc;n i a nd-name 2 | procha5121 | sort; find . -mindepth 2 -type f | sort; IT
log "hel -l < "$f")"; doneenv-f nosuch ] || log missing
false
log no
cho $?; ./s pod; sh s x y; sh -xname 2 | sorsha512sumt; find a -type f -p; 


rint0 | xargs -0 l s 3>&1 |5121 | sort; find . -mindepth 2 -type f | sort; IT
log "hel -l < "$f")"; doneenv-f nosuch ] || log missing
false
log no
cho $?; ./s pod; sh s x y; sh -xname 2 | sorsha512sumt; find a -ty hes3ad  fi fin-d 3
a -quit
