//! What came of an Apply, for the page.

use crate::scene::PodKey;

/// Kind, namespace (empty when it has none) and name of an object.
pub type Key = (String, String, String);

/// What came of an Apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// Everything that kubectl printed.
    pub text: String,
    /// Something was not accepted.
    pub failed: bool,
    /// Nothing at all was accepted.
    pub nothing_changed: bool,
    /// Objects that exist and cannot become what the manifest says: only a new one can.
    pub recreate: Vec<Key>,
    /// The Pods of the manifest that exist now.
    pub pods: Vec<PodKey>,
}
