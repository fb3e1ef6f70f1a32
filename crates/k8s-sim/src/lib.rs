//! What the cluster does: API server, scheduler, kubelet and runtime in virtual time.
