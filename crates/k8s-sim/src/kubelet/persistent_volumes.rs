//! Volumes that a Pod has by a claim: directories of the node, whose files outlive the Pod.
// Models pkg/kubelet/volumemanager/populator and pkg/volume/local (v1.36)

use std::rc::Rc;

use busybox::FsId;
use k8s_api::core::{PersistentVolume, PersistentVolumeClaimVolumeSource};

use super::Node;
use super::worker::PodWorker;
use crate::controllers::volume::{BIND_COMPLETED, other};

impl Node<'_> {
    /// The file system and the directory in it that a claim stands for.
    // Models getPVCExtractPV and getPVSpec (v1.36)
    pub(super) fn set_up_claim(
        &mut self,
        worker: &PodWorker,
        source: &PersistentVolumeClaimVolumeSource,
    ) -> Result<(FsId, Rc<str>), String> {
        let name = &source.claim_name;
        let wrong = |why: String| Err(format!("error processing PVC {}/{name}: {why}", worker.namespace));
        let Some(claim) = other(self.store, "PersistentVolumeClaim", &worker.namespace, name) else {
            return wrong(format!(
                "failed to fetch PVC from API server: persistentvolumeclaims \"{name}\" not found"
            ));
        };
        if claim.metadata.deletion_timestamp.is_some() {
            return wrong("PVC is being deleted".into());
        }
        let volume = claim.tree["spec"]["volumeName"].as_str().unwrap_or_default();
        if claim.tree["status"]["phase"] != "Bound"
            || !claim.metadata.annotations.contains_key(BIND_COMPLETED)
        {
            return wrong("PVC is not bound".into());
        }
        let Some(found) = other(self.store, "PersistentVolume", "", volume) else {
            return wrong(format!(
                "failed to fetch PV {volume} from API server: persistentvolumes \"{volume}\" not found"
            ));
        };
        let spec = PersistentVolume::from_value(&found.tree).spec;
        if let Some(host) = &spec.host_path {
            let kind = host.type_.clone().unwrap_or_default();
            let fs = self.set_up_host_path(&host.path, &kind)?;
            return Ok((fs, host.path.as_str().into()));
        }
        let volume = volume.to_string();
        if let Some(path) = spec.local.as_ref().and_then(|local| local["path"].as_str()) {
            return match self.local_directory(path) {
                Some(fs) => Ok((fs, path.into())),
                None => Err(format!(
                    "MountVolume.NewMounter initialization failed for volume \"{volume}\" : path \"{path}\" does not \
                     exist"
                )),
            };
        }
        if let Some(driver) = spec.csi.as_ref().and_then(|csi| csi["driver"].as_str()) {
            return Err(format!(
                "kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name {driver} not found in the list \
                 of registered CSI drivers"
            ));
        }
        Err(format!(
            "volume \"{volume}\" is of a kind that this simulated cluster cannot reach: hostPath and local are there"
        ))
    }
}
