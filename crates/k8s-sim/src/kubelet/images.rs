//! Getting images: policies, pulls, errors, back-off.
// Models pkg/kubelet/images/image_manager.go (v1.36)

use std::rc::Rc;

use k8s_api::core::Container;
use k8s_api::duration::go_duration;

use super::Node;
use super::worker::PodWorker;
use crate::apiserver::events::EventType;
use crate::input::Pull;
use crate::runtime::registry::{PullFailure, normalize};
use crate::story::StoryKind;
use crate::time::SimTime;

/// What came of asking for an image.
pub(crate) enum Ensure {
    /// It is there.
    Present,
    /// It is being pulled, from then until then.
    Pulling(SimTime, SimTime),
    /// It cannot be had now: reason and message.
    Failed(&'static str, String),
}

impl Node<'_> {
    /// Looks for the image of a container, and begins to pull it if it must.
    // Models EnsureImageExists (v1.36)
    pub(crate) fn ensure_image_exists(&mut self, worker: &mut PodWorker, container: &Container) -> Ensure {
        let requested = container.image.as_str();
        let image_name = match normalize(requested) {
            Ok(name) => name,
            Err(error) => {
                let message = format!("Failed to apply default image tag \"{requested}\": {error}");
                self.container_event(
                    worker,
                    &container.name,
                    EventType::Warning,
                    "InspectFailed",
                    message.clone(),
                );
                return Ensure::Failed("InvalidImageName", message);
            }
        };
        let present = self.agent.runtime.images.contains(&*image_name);
        let policy = container.image_pull_policy.as_str();
        if present && policy != "Always" {
            let text = format!(
                "Container image \"{requested}\" already present on machine and can be accessed by the pod"
            );
            self.container_event(worker, &container.name, EventType::Normal, "Pulled", text);
            let image_text = Rc::from(requested);
            self.tell(
                worker,
                &container.name,
                StoryKind::Pulled { image: image_text, took_ms: 0, was_present: true },
            );
            return Ensure::Present;
        }
        if policy == "Never" {
            let message = format!("Container image \"{requested}\" is not present with pull policy of Never");
            self.container_event(
                worker,
                &container.name,
                EventType::Warning,
                "ErrImageNeverPull",
                message.clone(),
            );
            return Ensure::Failed("ErrImageNeverPull", message);
        }
        self.pull_image(worker, container)
    }

    // Models pullImage (v1.36)
    fn pull_image(&mut self, worker: &mut PodWorker, container: &Container) -> Ensure {
        let image = container.image.as_str();
        let key = format!("{}_{image}", worker.uid);
        if self.agent.kubelet.image_back_off.is_in_back_off_since_update(&key, self.now) {
            let mut message = format!("Back-off pulling image \"{image}\"");
            self.container_event(worker, &container.name, EventType::Normal, "BackOff", message.clone());
            if let Some(previous) = worker.pull_errors.get(image) {
                message = format!("{message}: {previous}");
            }
            let last = self.agent.kubelet.image_back_off.last_update(&key).unwrap_or(self.now);
            let until = last.after_ms(self.agent.kubelet.image_back_off.get_ms(&key));
            // Every sync finds the same back-off again; the story tells it once.
            let told = worker.reasons.get(container.name.as_str());
            if told.is_none_or(|(reason, _)| &**reason != "ImagePullBackOff") {
                self.tell(worker, &container.name, StoryKind::PullBackOff { image: image.into(), until });
            }
            return Ensure::Failed("ImagePullBackOff", message);
        }
        worker.pull_errors.remove(image);
        self.container_event(
            worker,
            &container.name,
            EventType::Normal,
            "Pulling",
            format!("Pulling image \"{image}\""),
        );
        self.tell(worker, &container.name, StoryKind::Pulling { image: image.into() });
        // One pull at a time on a node: each waits for those before it.
        let begin = self.agent.kubelet.pull_free_at.max(self.now);
        let name = normalize(image).unwrap_or_default();
        // A pull before this one may bring the same image: then only the manifest is left to ask for.
        let cached = self.agent.runtime.images.contains(&*name)
            || self.agent.kubelet.pulls.get(&*name).is_some_and(|there_at| *there_at <= begin);
        let ms = self.registry.pull_ms(image, cached, self.rng.draw("pull", &key, worker.syncs));
        let due = begin.after_ms(ms);
        if !cached && self.registry.pull_state(image) != Pull::Missing {
            self.agent.kubelet.pulls.insert(name, due);
        }
        self.agent.kubelet.pull_free_at = due;
        Ensure::Pulling(begin, due)
    }

    /// A pull is over.
    pub(crate) fn image_pulled(
        &mut self,
        worker: &mut PodWorker,
        container: &Container,
        since: SimTime,
        begun: SimTime,
    ) -> Ensure {
        let requested = container.image.as_str();
        let key = format!("{}_{requested}", worker.uid);
        match self.registry.pull(requested) {
            Ok((name, image)) => {
                let took_ms = self.now.since_ms(since);
                let text = format!(
                    "Successfully pulled image \"{requested}\" in {} ({} including waiting). Image size: {} bytes.",
                    go_duration(self.now.since_ms(begun)),
                    go_duration(took_ms),
                    image.size_bytes
                );
                self.container_event(worker, &container.name, EventType::Normal, "Pulled", text);
                self.agent.kubelet.pulls.remove(&name);
                self.agent.runtime.images.insert(name);
                let image_text = Rc::from(requested);
                self.tell(
                    worker,
                    &container.name,
                    StoryKind::Pulled { image: image_text, took_ms, was_present: false },
                );
                Ensure::Present
            }
            Err(PullFailure { message }) => {
                self.agent.kubelet.pulls.remove(&*normalize(requested).unwrap_or_default());
                let text = format!("Failed to pull image \"{requested}\": {message}");
                self.container_event(worker, &container.name, EventType::Warning, "Failed", text);
                self.agent.kubelet.image_back_off.next(&key, self.now, self.now);
                worker.pull_errors.insert(requested.into(), format!("ErrImagePull: {message}").into());
                let (image, reason, words) =
                    (Rc::from(requested), Rc::from("ErrImagePull"), Rc::from(message.as_str()));
                self.tell(worker, &container.name, StoryKind::PullFailed { image, reason, message: words });
                Ensure::Failed("ErrImagePull", message)
            }
        }
    }
}
