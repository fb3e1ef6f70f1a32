//! The Service by which Pods reach the API server, with its endpoints.
// Models pkg/controlplane/controller/kubernetesservice and pkg/controlplane/reconcilers (v1.36)

use serde_json::json;

use super::namespace;
use super::node_lifecycle::Look;
use crate::rng::Rng;

/// The API server's address within the cluster.
const SERVICE_IP: &str = "10.96.0.1";
/// The machine that the API server runs on, and its port there.
const PUBLIC_IP: &str = "10.99.0.1";
const PUBLIC_PORT: u16 = 6443;

/// Puts the Service in with which every cluster begins.
pub(crate) fn add(look: &mut Look<'_>, rng: &Rng) {
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {
            "name": "kubernetes", "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": SERVICE_IP, "clusterIPs": [SERVICE_IP], "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None", "type": "ClusterIP",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": PUBLIC_PORT}],
        },
        "status": {"loadBalancer": {}},
    });
    let endpoints = json!({
        "apiVersion": "v1", "kind": "Endpoints",
        "metadata": {
            "name": "kubernetes", "namespace": "default",
            "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
        },
        "subsets": [{
            "addresses": [{"ip": PUBLIC_IP}],
            "ports": [{"name": "https", "port": PUBLIC_PORT, "protocol": "TCP"}],
        }],
    });
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes", "namespace": "default", "generation": 1,
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [PUBLIC_IP], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": PUBLIC_PORT, "protocol": "TCP"}],
    });
    for tree in [service, endpoints, slice] {
        namespace::add(look, rng, &tree);
    }
}
