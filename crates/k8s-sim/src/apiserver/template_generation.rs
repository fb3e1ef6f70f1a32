//! How often the template of a DaemonSet was changed: its first API told it in a field, which is an annotation today.
// Models pkg/registry/apps/daemonset/strategy.go and pkg/apis/apps/v1/conversion.go (v1.36)

use k8s_api::Value;

/// The annotation.
pub(crate) const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Counts a new DaemonSet's template as the first, a changed one as the next.
pub(super) fn count(new: &mut Value, old: Option<&Value>) {
    let of =
        |tree: &Value| tree["metadata"]["annotations"][TEMPLATE_GENERATION].as_str()?.parse::<i64>().ok();
    let generation = match old {
        None => of(new).unwrap_or(0).max(1),
        Some(old) => {
            let changed = old["spec"]["template"] != new["spec"]["template"];
            of(old).unwrap_or(0) + i64::from(changed)
        }
    };
    if !new["metadata"]["annotations"].is_object() {
        new["metadata"]["annotations"] = serde_json::json!({});
    }
    new["metadata"]["annotations"][TEMPLATE_GENERATION] = generation.to_string().into();
}
