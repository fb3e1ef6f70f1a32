//! Pods with names and storage of their own, one after the other.
// Models pkg/controller/statefulset/stateful_set.go and stateful_set_control.go (v1.36)

mod claims;
mod pod;

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_api::Value;
use k8s_api::apps::StatefulSetStatus;
use k8s_api::meta::LabelSelector;

use self::pod::{ordinal_of, parent_of};
use super::history::{self, Revision};
use super::pods;
use super::ref_manager;
use super::work::{Controller, Owner, Work};
use crate::apiserver::{ObjectKey, Pod};

/// More Pods than these are not begun with at once.
const BATCH_MAX: usize = 500;

/// A StatefulSet as one look sees it.
struct StatefulSet {
    owner: Owner,
    tree: Value,
    selector: LabelSelector,
    status: StatefulSetStatus,
    replicas: i64,
    /// The first ordinal.
    start: i64,
    parallel: bool,
    rolling: bool,
    /// Pods with lower ordinals keep their revision.
    partition: Option<i64>,
    min_ready_seconds: i64,
}

/// What came of looking at one Pod.
enum Step {
    /// On to the next.
    Next,
    /// Nothing more is done this time.
    Wait,
}

type Stepped = Result<Step, String>;

/// Looks at a StatefulSet.
// Models sync and syncStatefulSet (v1.36)
pub(super) fn sync(work: &mut Work<'_>, key: &ObjectKey) -> Result<(), String> {
    let Some(object) = work.store.get(key).cloned() else { return Ok(()) };
    let tree = object.to_value();
    let spec = &tree["spec"];
    let set = StatefulSet {
        owner: Owner::of(&object),
        selector: LabelSelector::from_value(&spec["selector"]),
        status: StatefulSetStatus::from_value(&tree["status"]),
        replicas: spec["replicas"].as_i64().unwrap_or(1),
        start: spec["ordinals"]["start"].as_i64().unwrap_or(0),
        parallel: spec["podManagementPolicy"] == "Parallel",
        rolling: spec["updateStrategy"]["type"] != "OnDelete",
        partition: spec["updateStrategy"]["rollingUpdate"]["partition"].as_i64(),
        min_ready_seconds: spec["minReadySeconds"].as_i64().unwrap_or(0),
        tree,
    };
    let revisions = history::list(work, &set.owner, &set.selector)?;
    let pods = set.pods(work)?;
    let (current, update, collisions) = set.revisions(work, &revisions)?;
    let status = {
        let pods: BTreeMap<i64, &Pod> = pods.iter().map(|(ordinal, pod)| (*ordinal, &**pod)).collect();
        let round = Round { set: &set, current: &current, update: &update, pods: &pods };
        let mut status = round.status(work.unix_ms(), collisions);
        let result = round.update(work, &mut status);
        set.write_status(work, &mut status)?;
        result?;
        status
    };
    let live = |revision: &Revision| {
        revision.name == current.name
            || revision.name == update.name
            || pods.values().any(|pod| pod::revision_of(pod) == revision.name)
    };
    let limit = set.tree["spec"]["revisionHistoryLimit"].as_i64().unwrap_or(10);
    history::truncate(work, &set.owner, &revisions, limit, &live)?;
    if set.min_ready_seconds > 0 && status.ready_replicas != status.available_replicas {
        let pods: Vec<&Pod> = pods.values().map(|pod| &**pod).collect();
        let next = pods::next_availability_ms(&pods, set.min_ready_seconds, work.unix_ms());
        let after = next.unwrap_or(set.min_ready_seconds.unsigned_abs() * 1000);
        work.enqueue_after(Controller::StatefulSet, key, after);
    }
    Ok(())
}

impl StatefulSet {
    /// Its Pods by ordinal.
    // Models getPodsForStatefulSet (v1.36)
    fn pods(&self, work: &mut Work<'_>) -> Result<BTreeMap<i64, Rc<Pod>>, String> {
        let mut pods = BTreeMap::new();
        for object in ref_manager::owned_or_orphaned(work, &self.owner, "Pod") {
            let meta = object.meta();
            let member = parent_of(&meta.name) == Some(self.owner.metadata.name.as_str());
            let matches = member && self.selector.matches(&meta.labels);
            if ref_manager::claim(work, &self.owner, &object, matches)?
                && let Some(pod) = work.store.shared_pod(&meta.uid)
                && let Some(ordinal) = ordinal_of(&meta.name)
            {
                pods.insert(ordinal, pod);
            }
        }
        Ok(pods)
    }

    /// The state that Pods had so far, and the one that they are to have; and how many names were taken.
    // Models getStatefulSetRevisions (v1.36)
    fn revisions(&self, work: &mut Work<'_>, all: &[Revision]) -> Result<(Revision, Revision, i32), String> {
        let mut collisions = self.status.collision_count.unwrap_or(0);
        let equal = all.iter().rev().find(|revision| history::is_of(revision, &self.tree));
        let number = history::next(all);
        let update = match equal {
            Some(equal) if all.last().is_some_and(|last| last.name == equal.name) => equal.clone(),
            Some(equal) => history::renumber(work, equal, number)?,
            None => history::create(work, &self.owner, &self.tree, number, &mut collisions)?,
        };
        let current = all.iter().find(|revision| revision.name == self.status.current_revision);
        Ok((current.unwrap_or(&update).clone(), update, collisions))
    }

    fn end(&self) -> i64 {
        self.start + self.replicas
    }

    fn has_place_for(&self, ordinal: i64) -> bool {
        (self.start..self.end()).contains(&ordinal)
    }

    fn is_available(&self, pod: &Pod, unix_ms: i64) -> bool {
        pods::is_available(pod, self.min_ready_seconds, unix_ms)
    }

    /// Writes the status, unless it is known. An update that is through has a new current revision.
    // Models updateStatefulSetStatus, completeRollingUpdate and inconsistentStatus (v1.36)
    fn write_status(&self, work: &mut Work<'_>, status: &mut StatefulSetStatus) -> Result<(), String> {
        let all = |count: i32| i64::from(count) == self.replicas;
        if self.rolling && all(status.updated_replicas) && all(status.ready_replicas) && all(status.replicas)
        {
            status.current_replicas = status.updated_replicas;
            status.current_revision.clone_from(&status.update_revision);
        }
        let known = StatefulSetStatus {
            conditions: self.status.conditions.clone(),
            collision_count: self.status.collision_count,
            ..status.clone()
        };
        if known == self.status {
            return Ok(());
        }
        work.update_status(&self.owner.key(), status.to_value())
    }
}

/// One look at the Pods of a StatefulSet.
struct Round<'a> {
    set: &'a StatefulSet,
    current: &'a Revision,
    update: &'a Revision,
    /// As they were when the look began.
    pods: &'a BTreeMap<i64, &'a Pod>,
}

impl Round<'_> {
    // Models updateStatus and computeReplicaStatus (v1.36)
    fn status(&self, unix_ms: i64, collisions: i32) -> StatefulSetStatus {
        let count =
            |wanted: &dyn Fn(&Pod) -> bool| self.pods.values().filter(|pod| wanted(pod)).count() as i32;
        let ready = |pod: &Pod| pod.status.phase == "Running" && pods::is_ready(pod);
        let of = |pod: &Pod, revision: &Revision| {
            pod.metadata.deletion_timestamp.is_none() && pod::revision_of(pod) == revision.name
        };
        StatefulSetStatus {
            observed_generation: self.set.owner.metadata.generation,
            replicas: count(&|_| true),
            ready_replicas: count(&ready),
            available_replicas: count(&|pod| ready(pod) && self.set.is_available(pod, unix_ms)),
            current_replicas: count(&|pod| of(pod, self.current)),
            updated_replicas: count(&|pod| of(pod, self.update)),
            current_revision: self.current.name.clone(),
            update_revision: self.update.name.clone(),
            collision_count: Some(collisions),
            conditions: Vec::new(),
        }
    }

    /// Brings the Pods nearer to what is wanted; how far is told in the status.
    // Models updateStatefulSet (v1.36)
    fn update(&self, work: &mut Work<'_>, status: &mut StatefulSetStatus) -> Result<(), String> {
        let set = self.set;
        if set.owner.metadata.deletion_timestamp.is_some() {
            return Ok(());
        }
        let unix_ms = work.unix_ms();
        let unavailable = |ordinal: &i64| match self.pods.get(ordinal) {
            Some(pod) => !set.is_available(pod, unix_ms) || pod.metadata.deletion_timestamp.is_some(),
            None => true,
        };
        let condemned: Vec<i64> =
            self.pods.keys().rev().filter(|ordinal| !set.has_place_for(**ordinal)).copied().collect();
        let first_unavailable = (set.start..set.end())
            .find(unavailable)
            .or_else(|| condemned.iter().rev().copied().find(|ordinal| unavailable(ordinal)));
        let replicas = set.start..set.end();
        if let Step::Wait = self.for_all(replicas, &mut |ordinal| self.process_replica(work, ordinal))? {
            return Ok(());
        }
        for ordinal in &condemned {
            if let Some(pod) = self.pods.get(ordinal) {
                set.keep_claims(work, pod)?;
            }
        }
        let mut condemn = |ordinal| self.process_condemned(work, ordinal, first_unavailable);
        if let Step::Wait = self.for_all(condemned.iter().copied(), &mut condemn)? {
            return Ok(());
        }
        if !set.rolling {
            return Ok(());
        }
        // The highest ordinal that is not up to date goes, once all above it are available.
        let first = set.partition.unwrap_or(0);
        for index in (first..set.replicas).rev() {
            let ordinal = set.start + index;
            let Some(pod) = self.pods.get(&ordinal) else { return Ok(()) };
            if pod::revision_of(pod) != self.update.name && pod.metadata.deletion_timestamp.is_none() {
                set.delete_pod(work, pod)?;
                status.current_replicas -= 1;
                return Ok(());
            }
            if unavailable(&ordinal) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Does the same for many Pods: one after the other as far as it goes, or in growing batches.
    // Models runForAll and slowStartBatch (v1.36)
    fn for_all(&self, ordinals: impl Iterator<Item = i64>, run: &mut dyn FnMut(i64) -> Stepped) -> Stepped {
        let mut ordinals = ordinals;
        if !self.set.parallel {
            for ordinal in ordinals {
                if let Step::Wait = run(ordinal)? {
                    return Ok(Step::Wait);
                }
            }
            return Ok(Step::Next);
        }
        let mut size = 1;
        loop {
            let batch: Vec<i64> = ordinals.by_ref().take(size).collect();
            if batch.is_empty() {
                return Ok(Step::Next);
            }
            let mut failed = Ok(Step::Next);
            for ordinal in batch {
                let result = run(ordinal);
                if failed.is_ok() && result.is_err() {
                    failed = result;
                }
            }
            failed?;
            size = (size * 2).min(BATCH_MAX);
        }
    }

    // Models processReplica (v1.36)
    fn process_replica(&self, work: &mut Work<'_>, ordinal: i64) -> Stepped {
        let set = self.set;
        let Some(pod) = self.pods.get(&ordinal) else {
            if set.claim_is_stale(work, ordinal) {
                return Ok(Step::Wait);
            }
            let old = match (set.rolling, set.partition) {
                (_, Some(partition)) => ordinal < set.start + partition,
                (true, None) => ordinal < set.start + i64::from(set.status.current_replicas),
                (false, None) => false,
            };
            set.create_pod(work, ordinal, if old { self.current } else { self.update })?;
            return Ok(if set.parallel { Step::Next } else { Step::Wait });
        };
        let terminating = pod.metadata.deletion_timestamp.is_some();
        if pod.is_terminal() {
            if !terminating {
                set.delete_pod(work, pod)?;
            }
            return Ok(Step::Wait);
        }
        if pod.status.phase == "Pending" {
            set.create_claims(work, ordinal)?;
            set.keep_claims(work, pod)?;
        }
        let well = pod.status.phase == "Running" && set.is_available(pod, work.unix_ms());
        if !set.parallel && (terminating || !well) {
            return Ok(Step::Wait);
        }
        set.keep_claims(work, pod)?;
        set.keep_identity(work, pod)?;
        Ok(Step::Next)
    }

    // Models processCondemned (v1.36)
    fn process_condemned(
        &self,
        work: &mut Work<'_>,
        ordinal: i64,
        first_unavailable: Option<i64>,
    ) -> Stepped {
        let Some(pod) = self.pods.get(&ordinal) else { return Ok(Step::Next) };
        let one_by_one = !self.set.parallel;
        if pod.metadata.deletion_timestamp.is_some() {
            return Ok(if one_by_one { Step::Wait } else { Step::Next });
        }
        let well = pod.status.phase == "Running" && self.set.is_available(pod, work.unix_ms());
        if one_by_one && !well && first_unavailable != Some(ordinal) {
            return Ok(Step::Wait);
        }
        self.set.delete_pod(work, pod)?;
        Ok(Step::Wait)
    }
}
