//! A request to the API server, and what a learner is told of it.

use std::rc::Rc;

use super::{ApiResult, ApiServer, Object, WatchEvent, WatchType};
use crate::input::ApiRequest;
use crate::log::Log;
use crate::story::{StoryEntry, StoryKind};

/// Carries a request out, and tells of the Pods that it made or marked for deletion.
pub(crate) fn carry_out(
    server: &mut ApiServer<'_>,
    story: &mut Log<Rc<StoryEntry>>,
    request: &ApiRequest,
) -> ApiResult {
    let before = server.store.watch().len();
    let result = server.handle(request);
    let changes: Vec<WatchEvent> = server.store.watch().iter_from(before).collect();
    for change in changes {
        let Object::Pod(pod) = &*change.object else { continue };
        let subject = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
        let kind = match (change.kind, request) {
            (WatchType::Added, _) => StoryKind::PodCreated,
            (WatchType::Modified, ApiRequest::Delete { .. } | ApiRequest::Evict { .. })
                if pod.metadata.deletion_timestamp.is_some() =>
            {
                let grace_seconds = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
                StoryKind::DeletionRequested { grace_seconds }
            }
            (WatchType::Modified | WatchType::Deleted, _) => continue,
        };
        let uid = Rc::from(pod.metadata.uid.as_str());
        let entry = StoryEntry { at: server.now, uid, subject: subject.into(), container: "".into(), kind };
        story.push(Rc::new(entry));
    }
    result
}
