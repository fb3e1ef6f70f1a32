//! How long a Job waits before it makes a Pod in place of one that failed.
// Models pkg/controller/job/backoff_utils.go (v1.36)

use crate::apiserver::Pod;
use crate::controllers::pods::sidecar_statuses;

/// The first pause; each further one is twice as long.
// Models DefaultJobPodFailureBackOff and MaxJobPodFailureBackOff (v1.36)
const POD_FAILURE_BACK_OFF_SECS: i64 = 10;
const POD_FAILURE_BACK_OFF_MAX_SECS: i64 = 600;

/// What is remembered of a Job's failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BackoffRecord {
    failures_after_last_success: i32,
    /// In seconds since 1970.
    last_failure_time: Option<i64>,
}

impl BackoffRecord {
    /// The record with what ended since.
    // Models newBackoffRecord (v1.36)
    pub(super) fn with(self, succeeded: &[&Pod], failed: &[&Pod]) -> Self {
        let failed = failed.iter().map(|pod| finished_time(pod));
        let last_failure = failed.clone().max();
        let Some(last_success) = succeeded.iter().map(|pod| finished_time(pod)).max() else {
            let count = i32::try_from(failed.len()).unwrap_or(i32::MAX);
            return Self {
                failures_after_last_success: self.failures_after_last_success.saturating_add(count),
                last_failure_time: last_failure.or(self.last_failure_time),
            };
        };
        let later = failed.filter(|time| *time > last_success).count();
        Self {
            failures_after_last_success: i32::try_from(later).unwrap_or(i32::MAX),
            last_failure_time: last_failure.filter(|time| *time > last_success),
        }
    }

    /// How long the next Pod has to wait still, in milliseconds.
    // Models getRemainingTime (v1.36)
    pub(super) fn remaining_ms(self, unix_ms: i64) -> u64 {
        remaining_ms(self.failures_after_last_success, self.last_failure_time.unwrap_or_default(), unix_ms)
    }
}

/// How long is left of the pause after so many failures.
// Models getRemainingTimeForFailuresCount (v1.36)
pub(super) fn remaining_ms(failures: i32, last_failure_time: i64, unix_ms: i64) -> u64 {
    if failures <= 0 {
        return 0;
    }
    // Seven doublings are beyond the longest pause.
    let doublings = (failures - 1).min(7);
    let pause = (POD_FAILURE_BACK_OFF_SECS << doublings).min(POD_FAILURE_BACK_OFF_MAX_SECS);
    ((last_failure_time + pause) * 1000 - unix_ms).max(0).unsigned_abs()
}

/// When a Pod ended, in seconds since 1970.
// Models getFinishedTime (v1.36)
pub(super) fn finished_time(pod: &Pod) -> i64 {
    // Nothing, if one of them has not ended.
    let ended: Option<Vec<i64>> = pod
        .status
        .container_statuses
        .iter()
        .chain(sidecar_statuses(pod))
        .map(|status| status.state.terminated.as_ref()?.finished_at.map(|time| time.0))
        .collect();
    if let Some(last) = ended.and_then(|times| times.into_iter().max()) {
        return last;
    }
    let ready = pod.status.conditions.iter().find(|condition| condition.type_ == "Ready");
    if let Some(since) = ready.filter(|ready| ready.status == "False").and_then(|c| c.last_transition_time) {
        return since.0;
    }
    match pod.metadata.deletion_timestamp {
        Some(deletion) => deletion.0 - pod.metadata.deletion_grace_period_seconds.unwrap_or(0),
        None => pod.metadata.creation_timestamp.unwrap_or_default().0,
    }
}

#[cfg(test)]
mod tests {
    use super::remaining_ms;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        assert_eq!(remaining_ms(0, 100, 100_000), 0);
        assert_eq!(remaining_ms(1, 100, 104_500), 5_500);
        assert_eq!(remaining_ms(3, 100, 100_000), 40_000);
        assert_eq!(remaining_ms(i32::MAX, 100, 100_000), 600_000);
        assert_eq!(remaining_ms(1, 100, 999_000), 0);
    }
}
