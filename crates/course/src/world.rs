//! What a goal may look at: the cluster as its API shows it, and what the node knows besides.

use k8s_sim::{Cluster, WatchType};
use serde_json::Value;

/// A cluster as a goal sees it. Objects are in the wire form, so goals speak of the real field names.
pub trait World {
    /// An object that exists now.
    fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<Value>;

    /// How long ago an object of this name was removed, in milliseconds; none if it exists or never did.
    fn gone_for_ms(&self, kind: &str, namespace: &str, name: &str) -> Option<u64>;

    /// Does the test hold for any Event about an object of this name, whatever its UID?
    fn any_event(&self, namespace: &str, name: &str, test: &dyn Fn(&EventFacts<'_>) -> bool) -> bool;

    /// Is there a file at this path of a Pod's volume?
    fn volume_has_file(&self, namespace: &str, pod: &str, volume: &str, path: &str) -> bool;

    /// Does a line of the container's log contain this text?
    fn log_contains(&self, namespace: &str, pod: &str, container: &str, text: &str) -> bool;
}

/// What a goal looks at in an Event.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventFacts<'a> {
    /// Its reason.
    pub reason: &'a str,
    /// Its message.
    pub message: &'a str,
    /// The UID of the object that it is about.
    pub uid: &'a str,
    /// The part of that object, such as `spec.containers{app}`.
    pub field_path: &'a str,
}

impl World for Cluster {
    fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        Cluster::object(self, kind, namespace, name)
    }

    fn gone_for_ms(&self, kind: &str, namespace: &str, name: &str) -> Option<u64> {
        let (at, last) = self.watch().last_of(kind, namespace, name)?;
        (last == WatchType::Deleted).then(|| self.now().since_ms(at))
    }

    fn any_event(&self, namespace: &str, name: &str, test: &dyn Fn(&EventFacts<'_>) -> bool) -> bool {
        self.events().any(|event| {
            let about = &event.involved_object;
            about.name == name
                && about.namespace == namespace
                && test(&EventFacts {
                    reason: &event.reason,
                    message: &event.message,
                    uid: &about.uid,
                    field_path: &about.field_path,
                })
        })
    }

    fn volume_has_file(&self, namespace: &str, pod: &str, volume: &str, path: &str) -> bool {
        let Some(view) = self.pod(namespace, pod).and_then(|pod| self.pod_view(&pod.metadata.uid)) else {
            return false;
        };
        let files = view.volumes.iter().filter(|it| &*it.name == volume).flat_map(|it| &it.files);
        files.into_iter().any(|(file, _)| file.trim_start_matches('/') == path.trim_start_matches('/'))
    }

    fn log_contains(&self, namespace: &str, pod: &str, container: &str, text: &str) -> bool {
        [false, true].into_iter().any(|previous| {
            let lines = self.logs(namespace, pod, container, previous);
            lines.into_iter().flatten().any(|line| line.text.contains(text))
        })
    }
}
