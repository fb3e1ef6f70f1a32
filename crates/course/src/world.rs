//! What a goal may look at: the cluster as its API shows it, and what the node knows besides.

use serde_json::Value;

/// A cluster as a goal sees it. Objects are in the wire form, so goals speak of the real field names.
pub trait World {
    /// An object that exists now.
    fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<Value>;

    /// How long ago an object of this name was removed, in milliseconds; none if it exists or never did.
    fn gone_for_ms(&self, kind: &str, namespace: &str, name: &str) -> Option<u64>;

    /// The Event objects about the object of this name, whatever its UID.
    fn events(&self, namespace: &str, name: &str) -> Vec<Value>;

    /// The text of a file in a Pod's volume; none if there is no such Pod, volume or file.
    fn volume_file(&self, namespace: &str, pod: &str, volume: &str, path: &str) -> Option<String>;

    /// Does a line of the container's log contain this text?
    fn log_contains(&self, namespace: &str, pod: &str, container: &str, text: &str) -> bool;
}
