//! A request to the API server, and what a learner is told of it.

use std::rc::Rc;

use super::{ApiResult, ApiServer, Object, ObjectKey, Pod, WatchEvent, WatchType};
use crate::input::ApiRequest;
use crate::log::Log;
use crate::story::{StoryEntry, StoryKind};

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A person.
    Person,
    /// A controller of the cluster.
    Controller,
}

/// The controller that made a Pod or deletes it: its owner, or when that is gone who collects what it left.
fn controller_of(server: &ApiServer<'_>, pod: &Pod) -> Rc<str> {
    let Some(owner) = pod.metadata.controller() else { return "".into() };
    let key = ObjectKey::new(&owner.kind, &pod.metadata.namespace, &owner.name);
    match server.store.get(&key).filter(|object| object.meta().uid == owner.uid) {
        Some(_) => format!("{} {}", owner.kind, owner.name).into(),
        None => "the garbage collector".into(),
    }
}

/// Carries a request out, and tells of the Pods that it made or marked for deletion.
pub(crate) fn carry_out(
    server: &mut ApiServer<'_>,
    story: &mut Log<Rc<StoryEntry>>,
    request: &ApiRequest,
    asker: Asker,
) -> ApiResult {
    let before = server.store.watch().len();
    let result = server.handle(request);
    let changes: Vec<WatchEvent> = server.store.watch().iter_from(before).collect();
    for change in changes {
        let Object::Pod(pod) = &*change.object else { continue };
        let subject = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
        let by: Rc<str> = match asker {
            Asker::Person => "".into(),
            Asker::Controller => controller_of(server, pod),
        };
        let kind = match (change.kind, request) {
            (WatchType::Added, _) => StoryKind::PodCreated { by },
            (WatchType::Modified, ApiRequest::Delete { .. } | ApiRequest::Evict { .. })
                if pod.metadata.deletion_timestamp.is_some() =>
            {
                let grace_seconds = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
                StoryKind::DeletionRequested { grace_seconds, by }
            }
            (WatchType::Modified | WatchType::Deleted, _) => continue,
        };
        let uid = Rc::from(pod.metadata.uid.as_str());
        let entry = StoryEntry { at: server.now, uid, subject: subject.into(), container: "".into(), kind };
        story.push(Rc::new(entry));
    }
    result
}
