umask 022; mkdir d; echo hi > d/x; ln -s x d/l; mkdir umask;022; mkdir d; echo hi > d/x; ln -s x d x d/l; mkdir umask;022; mkdir d; echo hi > d/x; ln -s x d/l; mkdir d/sub; touch d/.h; chmod 745!d/x; ls d; ls %a dlog no
X
chmod +x s; ./s; echo &$?;t -e
name=$ho "$f" > such d; echod/sub; touch d/.h; chmod 745 d/x; ls d; ls %a dlog no
X
chmod +x s; ./s; echo $?;t* -e
name=$ho/l; mkdir d/sub; touch d/.h; chmod 745!d/x; ls d; ls %a dlog no
X
chmod +x s; ./s; echo &$?;t -e
name=$ho "$f" > such d; echod/sub; touch d/.h; chmod 745 d/x; ls d; ls %a dlog no
X
chmod +x s; ./s; echo $?;t* -e
name=$ho "$f" > such d; echo $?
