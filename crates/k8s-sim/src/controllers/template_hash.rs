//! The hash by which Deployments and DaemonSets tell templates apart.

use k8s_api::Value;

/// What distinguishes a template in names: eight to ten letters without vowels, the same as a real cluster's.
// Models ComputeHash and rand.SafeEncodeString (v1.36)
pub(crate) fn compute_hash(template: &Value, collision_count: Option<i32>) -> String {
    let mut hash: u32 = 0x811c_9dc5;
    let mut add = |byte: u8| hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    k8s_api::go_dump::pod_template(template).bytes().for_each(&mut add);
    if let Some(count) = collision_count {
        i64::from(count).to_le_bytes().into_iter().for_each(&mut add);
    }
    k8s_api::admission::safe_encode(&hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::compute_hash;
    use k8s_api::Value;
    use serde_json::json;

    fn template(container: &Value) -> Value {
        let kind = k8s_api::kind::by_kind("Deployment").unwrap();
        let mut deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
            },
        });
        k8s_api::defaulting::default(kind, &mut deployment);
        k8s_api::normalize::normalize(kind, &deployment)["spec"]["template"].clone()
    }

    #[test]
    fn hashes_are_those_of_a_real_cluster() {
        let web = |image: &str| {
            template(&json!({
                "name": "web", "image": image, "ports": [{"containerPort": 80}],
                "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1},
            }))
        };
        assert_eq!(compute_hash(&web("nginx:1.27"), None), "786d7fd64c");
        assert_eq!(compute_hash(&web("nginx:1.28"), None), "57949bb89b");
        let app = template(&json!({
            "name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80, "name": "http"}],
            "env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db-secret", "key": "password"}}}],
            "envFrom": [{"configMapRef": {"name": "app-config"}}],
            "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5},
            "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}},
        }));
        assert_eq!(compute_hash(&app, None), "c85c76f8");
        assert_ne!(compute_hash(&app, Some(1)), "c85c76f8");
    }
}
