//! What a process in a container does: a small Unix, POSIX sh and the BusyBox tools, in virtual time.
