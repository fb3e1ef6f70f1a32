//! Rules of roles as `auth can-i --list` and `describe` show them.
//! Models k8s.io/kubectl/pkg/util/rbac and describe.CombineResourceGroup (v1.36)

use serde_json::Value;

/// A rule about one resource or one path.
struct Simple {
    resource: String,
    group: String,
    name: Option<String>,
    path: Option<String>,
    verbs: Vec<String>,
}

/// More lines than this are not made of hostile rules.
const LINES_MAX: usize = 2_000;

fn texts(rule: &Value, field: &str) -> Vec<String> {
    rule[field].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_string).collect()
}

/// Models BreakdownRule and CompactRules: the verbs of one thing stand together.
fn simple(rules: &[Value]) -> Vec<Simple> {
    let mut found: Vec<Simple> = Vec::new();
    for rule in rules {
        let verbs = texts(rule, "verbs");
        let mut names: Vec<Option<String>> = texts(rule, "resourceNames").into_iter().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                for name in &names {
                    let room = found.len() < LINES_MAX;
                    let known = found.iter_mut().find(|other| {
                        other.path.is_none()
                            && other.group == group
                            && other.resource == resource
                            && other.name == *name
                    });
                    match known {
                        Some(known) => {
                            for verb in &verbs {
                                if !known.verbs.contains(verb) {
                                    known.verbs.push(verb.clone());
                                }
                            }
                        }
                        None if room => found.push(Simple {
                            resource: resource.clone(),
                            group: group.clone(),
                            name: name.clone(),
                            path: None,
                            verbs: verbs.clone(),
                        }),
                        None => {}
                    }
                }
            }
        }
        for path in texts(rule, "nonResourceURLs") {
            for verb in &verbs {
                if found.len() >= LINES_MAX {
                    return found;
                }
                let (path, verbs) = (Some(path.clone()), vec![verb.clone()]);
                found.push(Simple { resource: String::new(), group: String::new(), name: None, path, verbs });
            }
        }
    }
    found
}

/// The lines of the table, columns parted by tabs: resource, paths, names, verbs.
pub(crate) fn rows(rules: &[Value]) -> String {
    let mut rules = simple(rules);
    // In the order of what Go prints of the rules.
    let key = |rule: &Simple| {
        let (groups, resources) = match &rule.path {
            Some(_) => ("[]".to_string(), "[]".to_string()),
            None => (format!("[{}]", rule.group), format!("[{}]", rule.resource)),
        };
        format!(
            "Verbs:[{}],APIGroups:{groups},Resources:{resources},ResourceNames:[{}],NonResourceURLs:[{}]",
            rule.verbs.join(" "),
            rule.name.as_deref().unwrap_or(""),
            rule.path.as_deref().unwrap_or("")
        )
    };
    let keys: Vec<String> = rules.iter().map(key).collect();
    let mut keyed: Vec<(String, Simple)> = keys.into_iter().zip(rules.drain(..)).collect();
    crate::sort::by_text(&mut keyed, |(key, _)| key);
    let line = |rule: &Simple| {
        let (name, sub) = rule.resource.split_once('/').map_or((rule.resource.as_str(), ""), |(n, s)| (n, s));
        let dot = if rule.group.is_empty() { "" } else { "." };
        let slash = if sub.is_empty() { "" } else { "/" };
        format!(
            "{name}{dot}{}{slash}{sub}\t[{}]\t[{}]\t[{}]\n",
            rule.group,
            rule.path.as_deref().unwrap_or(""),
            rule.name.as_deref().unwrap_or(""),
            rule.verbs.join(" ")
        )
    };
    keyed.iter().map(|(_, rule)| line(rule)).collect()
}

#[cfg(test)]
mod tests {
    use super::rows;
    use serde_json::json;

    #[test]
    fn verbs_of_one_resource_stand_together() {
        let rules = [
            json!({"verbs": ["list"], "apiGroups": ["apps"], "resources": ["deployments/scale"]}),
            json!({"verbs": ["get"], "apiGroups": ["", "apps"], "resources": ["pods"], "resourceNames": ["a"]}),
            json!({"verbs": ["get", "list"], "apiGroups": ["apps"], "resources": ["deployments/scale"]}),
            json!({"verbs": ["get"], "nonResourceURLs": ["/healthz"]}),
        ];
        let lines = [
            "\t[/healthz]\t[]\t[get]\n",
            "pods\t[]\t[a]\t[get]\n",
            "pods.apps\t[]\t[a]\t[get]\n",
            "deployments.apps/scale\t[]\t[]\t[list get]\n",
        ];
        assert_eq!(rows(&rules), lines.concat());
    }
}
