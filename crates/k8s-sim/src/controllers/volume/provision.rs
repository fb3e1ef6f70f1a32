//! Claims for which a volume would have to be made. The cluster has nobody who makes one: that is said as it is said
//! in a cluster without a provisioner.
// Models provisionClaim and its neighbours of pv_controller.go (v1.36)

use k8s_api::Value;

use super::super::work::Work;
use super::{annotate, annotation, class_of, other, record, update};
use crate::apiserver::events::EventType::{Normal, Warning};
use crate::apiserver::{Object, Store};

const PROVISIONER: &str = "volume.kubernetes.io/storage-provisioner";
const BETA_PROVISIONER: &str = "volume.beta.kubernetes.io/storage-provisioner";
/// Plugins that moved out of the tree, and the drivers that took their place.
// Models csi-translation-lib's in-tree plugins (v1.36)
const MIGRATED: [(&str, &str); 7] = [
    ("kubernetes.io/aws-ebs", "ebs.csi.aws.com"),
    ("kubernetes.io/azure-disk", "disk.csi.azure.com"),
    ("kubernetes.io/azure-file", "file.csi.azure.com"),
    ("kubernetes.io/cinder", "cinder.csi.openstack.org"),
    ("kubernetes.io/gce-pd", "pd.csi.storage.gke.io"),
    ("kubernetes.io/portworx-volume", "pxd.portworx.com"),
    ("kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"),
];

/// The class for claims that ask for none: of several the newest.
// Models pkg/volume/util GetDefaultClass (v1.36)
pub(crate) fn default_class(store: &Store) -> Option<String> {
    let classes = store.list("StorageClass", None).filter_map(|object| match &**object {
        Object::Other(other) => Some(&other.metadata),
        _ => None,
    });
    let marks =
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
    let mut best: Option<&k8s_api::meta::ObjectMeta> = None;
    for meta in classes.filter(|meta| {
        marks.iter().any(|mark| meta.annotations.get(*mark).is_some_and(|value| value == "true"))
    }) {
        if best.is_none_or(|best| meta.creation_timestamp > best.creation_timestamp) {
            best = Some(meta);
        }
    }
    best.map(|meta| meta.name.clone())
}

/// A claim without a class gets the default one that came later.
// Models assignDefaultStorageClass (v1.36)
pub(super) fn assign_default_class(work: &mut Work<'_>, claim: &Value) -> Result<bool, String> {
    let has = annotation(claim, "volume.beta.kubernetes.io/storage-class").is_some()
        || claim["spec"]["storageClassName"].is_string();
    let Some(class) = default_class(work.store).filter(|_| !has) else { return Ok(false) };
    let mut claim = claim.clone();
    claim["spec"]["storageClassName"] = class.into();
    update(work, claim, "").map(|_| true)
}

// Models provisionClaim, findProvisionablePlugin and provisionClaimOperationExternal (v1.36)
pub(super) fn provision(work: &mut Work<'_>, mut claim: Value) -> Result<(), String> {
    let name = class_of(&claim).to_string();
    let Some(class) = other(work.store, "StorageClass", "", &name) else {
        let message = format!("storageclass.storage.k8s.io \"{name}\" not found");
        record(work, &claim, Warning, "ProvisioningFailed", &message);
        return Ok(());
    };
    let asked = class.tree["provisioner"].as_str().unwrap_or_default();
    let moved = MIGRATED.iter().find(|(old, _)| *old == asked).map(|(_, driver)| *driver);
    let driver = moved.unwrap_or(asked).to_string();
    if moved.is_none() && driver.starts_with("kubernetes.io/") {
        let message = format!("no volume plugin matched name: {driver}");
        record(work, &claim, Warning, "ProvisioningFailed", &message);
        return Ok(());
    }
    if annotation(&claim, PROVISIONER) != Some(&*driver) {
        annotate(&mut claim, BETA_PROVISIONER, &driver);
        annotate(&mut claim, PROVISIONER, &driver);
        claim = update(work, claim, "")?;
    }
    let message = format!(
        "Waiting for a volume to be created either by the external provisioner '{driver}' or manually by the system \
         administrator. If volume creation is delayed, please verify that the provisioner is running and correctly \
         registered."
    );
    record(work, &claim, Normal, "ExternalProvisioning", &message);
    Ok(())
}
