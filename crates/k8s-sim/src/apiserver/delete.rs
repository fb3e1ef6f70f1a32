//! Deletion: of most objects at once or after their finalizers, of Pods with grace, of namespaces step by step.
// Models k8s.io/apiserver/pkg/registry/generic/registry/store.go Delete (v1.36)

use std::rc::Rc;

use k8s_api::Value;
use k8s_api::kind::Kind;
use k8s_api::meta::{ObjectMeta, Time};

use super::admission::Request;
use super::{ApiResult, ApiServer, Object, ObjectKey, Store, conflict, not_found};
use crate::input::{DeleteOptions, Propagation};
use crate::time::SimTime;

/// The finalizer of what goes only after its dependents.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of what goes only after its dependents were cut loose.
pub(crate) const ORPHAN: &str = "orphan";
/// Namespaces without which a cluster is none.
const IMMORTAL_NAMESPACES: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Whether nothing holds an object any more that is being deleted: with its last finalizer it goes itself.
// Models ShouldDeleteDuringUpdate (v1.36)
pub(crate) fn should_delete_during_update(meta: &ObjectMeta) -> bool {
    meta.deletion_timestamp.is_some()
        && meta.finalizers.is_empty()
        && meta.deletion_grace_period_seconds.unwrap_or(0) == 0
}

impl ApiServer<'_> {
    // Models Store.Delete (v1.36)
    pub(super) fn delete(
        &mut self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> ApiResult {
        let key = ObjectKey::new(kind.kind, namespace, name);
        let Some(object) = self.store.get(&key).cloned() else { return Err(not_found(kind, name)) };
        if let Some(uid) = &options.uid
            && *uid != object.meta().uid
        {
            let why = format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been \
                 deleted and then recreated",
                object.meta().uid
            );
            return Err(conflict(kind, name, &why));
        }
        if kind.kind == "Namespace" && IMMORTAL_NAMESPACES.contains(&name) {
            let request =
                Request { store: &*self.store, kind, namespace: "", name, subresource: "", old: None };
            return Err(request.forbidden("this namespace may not be deleted"));
        }
        if options.dry_run {
            return Ok(object.to_value());
        }
        if kind.kind == "Namespace" {
            return Ok(self.terminate_namespace(&object));
        }
        if kind.kind == "Pod" {
            return delete_pod(self.store, self.now, self.epoch_seconds, namespace, name, options)
                .ok_or_else(|| not_found(kind, name));
        }
        let mut marked = (*object).clone();
        let finalizers = &mut marked.meta_mut().finalizers;
        finalizers.retain(|finalizer| finalizer != FOREGROUND && finalizer != ORPHAN);
        match options.propagation {
            Propagation::Background => {}
            Propagation::Foreground => finalizers.push(FOREGROUND.into()),
            Propagation::Orphan => finalizers.push(ORPHAN.into()),
        }
        if finalizers.is_empty() {
            let gone = self.store.remove(self.now, &key);
            return gone.map(|object| object.to_value()).ok_or_else(|| not_found(kind, name));
        }
        let time = self.time();
        let meta = marked.meta_mut();
        if meta.deletion_timestamp.is_none() {
            meta.deletion_timestamp = Some(time);
            meta.deletion_grace_period_seconds = Some(0);
            if meta.generation > 0 {
                meta.generation += 1;
            }
        }
        Ok(self.store.put(self.now, marked).to_value())
    }

    /// Marks a namespace as going; the namespace controller empties it, then it is gone.
    // Models pkg/registry/core/namespace/storage Delete (v1.36)
    fn terminate_namespace(&mut self, object: &Object) -> Value {
        if object.meta().deletion_timestamp.is_some() {
            return object.to_value();
        }
        let mut tree = object.to_value();
        tree["status"]["phase"] = "Terminating".into();
        let mut marked = Object::from_value(&tree);
        marked.meta_mut().deletion_timestamp = Some(self.time());
        self.store.put(self.now, marked).to_value()
    }
}

/// Deletes a Pod, gracefully unless nothing of it can run. Answers with the Pod as it stands then.
// Models pkg/registry/core/pod/strategy.go CheckGracefulDelete and rest.BeforeDelete (v1.36)
pub(crate) fn delete_pod(
    store: &mut Store,
    now: SimTime,
    epoch_seconds: i64,
    namespace: &str,
    name: &str,
    options: &DeleteOptions,
) -> Option<Value> {
    let key = ObjectKey::new("Pod", namespace, name);
    let mut pod = store.pod(namespace, name)?.clone();
    if options.uid.as_ref().is_some_and(|uid| *uid != pod.metadata.uid) {
        return None;
    }
    let at = epoch_seconds + now.secs() as i64;
    let asked = options.grace_period_seconds.map(|seconds| if seconds < 0 { 1 } else { seconds });
    if let Some(timestamp) = pod.metadata.deletion_timestamp {
        let current = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
        match asked {
            // Only shortening changes anything.
            Some(seconds) if current != 0 && seconds < current => {
                let mut seconds = seconds;
                let mut when = timestamp.0 - current + seconds;
                if when < at {
                    when = at;
                    seconds = seconds.min(1);
                }
                pod.metadata.deletion_timestamp = Some(Time(when));
                pod.metadata.deletion_grace_period_seconds = Some(seconds);
                store.put(now, Object::Pod(Rc::new(pod.clone())));
            }
            _ if current != 0 => return Some(pod.to_value()),
            _ => {}
        }
    } else {
        let own =
            pod.spec.termination_grace_period_seconds.map(|seconds| if seconds < 0 { 1 } else { seconds });
        let mut grace = asked.or(own).unwrap_or(0);
        if pod.spec.node_name.is_empty() || pod.is_terminal() {
            grace = 0;
        }
        pod.metadata.deletion_timestamp = Some(Time(at + grace));
        pod.metadata.deletion_grace_period_seconds = Some(grace);
        if pod.metadata.generation > 0 {
            pod.metadata.generation += 1;
        }
        store.put(now, Object::Pod(Rc::new(pod.clone())));
    }
    if pod.metadata.deletion_grace_period_seconds == Some(0) && pod.metadata.finalizers.is_empty() {
        return store.remove(now, &key).map(|object| object.to_value());
    }
    Some(pod.to_value())
}
