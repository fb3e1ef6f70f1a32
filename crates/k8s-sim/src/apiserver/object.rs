//! Objects as the store keeps them: typed where the simulator acts on them, as a tree where it only keeps them.

use std::rc::Rc;

use k8s_api::Value;
use k8s_api::core::{Event, Node, PodCondition, PodSpec, PodStatus};
use k8s_api::meta::{ObjectMeta, Time};
use k8s_api::packed::Packed;
use resting::Rest;

/// A Pod: the spec typed for those who act on it and as a tree so that nothing that was written is lost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// Who it is.
    pub metadata: ObjectMeta,
    /// What was asked for, typed.
    pub spec: Rc<PodSpec>,
    /// What was asked for, whole.
    pub spec_tree: Packed,
    /// What is known about it.
    pub status: Rc<PodStatus>,
}

impl Pod {
    /// Reads a Pod from its tree.
    #[must_use]
    pub fn from_value(tree: &Value) -> Self {
        let spec = tree.get("spec").unwrap_or(&Value::Null);
        Self {
            metadata: ObjectMeta::from_value(tree.get("metadata").unwrap_or(&Value::Null)),
            spec: Rc::new(PodSpec::from_value(spec)),
            spec_tree: Packed::new(spec),
            status: Rc::new(PodStatus::from_value(tree.get("status").unwrap_or(&Value::Null))),
        }
    }

    /// The whole Pod as the API server would send it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut tree = serde_json::Map::new();
        tree.insert("apiVersion".into(), "v1".into());
        tree.insert("kind".into(), "Pod".into());
        tree.insert("metadata".into(), self.metadata.to_value());
        tree.insert("spec".into(), self.spec_tree.tree());
        tree.insert("status".into(), self.status.to_value());
        Value::Object(tree)
    }

    /// Changes the spec: the tree is edited, the typed form follows.
    pub fn edit_spec(&mut self, edit: impl FnOnce(&mut Value)) {
        let mut tree = self.spec_tree.tree();
        edit(&mut tree);
        self.spec_tree = Packed::new(&tree);
        self.spec = Rc::new(PodSpec::from_value(&tree));
    }

    /// The status, to be changed.
    pub fn status_mut(&mut self) -> &mut PodStatus {
        Rc::make_mut(&mut self.status)
    }

    /// Sets a condition in place of the one of its type, for the Pod as it is now.
    // Models pkg/api/v1/pod UpdatePodCondition and CalculatePodConditionObservedGeneration (v1.36)
    pub(crate) fn set_condition(&mut self, condition: PodCondition) {
        let observed_generation = self.metadata.generation;
        let conditions = &mut self.status_mut().conditions;
        conditions.retain(|old| old.type_ != condition.type_);
        conditions.push(PodCondition { observed_generation, ..condition });
    }

    /// Marks it as one that has to go, with the reason and the API's words.
    pub(crate) fn add_disruption_target(&mut self, reason: &str, message: &str, now: Time) {
        self.set_condition(PodCondition {
            type_: "DisruptionTarget".into(),
            status: "True".into(),
            reason: reason.into(),
            message: message.into(),
            last_transition_time: Some(now),
            ..PodCondition::default()
        });
    }

    /// Whether its phase is Succeeded or Failed.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }
}

/// So many objects lean on each other before the next one begins anew; of Pods fewer, because each of its own states
/// leans on the one before too.
const ALIKE_MAX: usize = 8;
const ALIKE_PODS_MAX: usize = 3;

/// A Pod put away: its spec, which its later states mostly share, and the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct PodAway {
    spec: Packed,
    rest: Packed,
}

impl PodAway {
    /// The same Pod, leaning on what it was before.
    pub(crate) fn over(self, base: &Self) -> Self {
        let spec = if self.spec == base.spec { base.spec.clone() } else { self.spec.over(&base.spec) };
        Self { spec, rest: self.rest.over(&base.rest) }
    }

    fn over_alike(self, other: &Self) -> Self {
        let [spec, rest] = [(&self.spec, &other.spec), (&self.rest, &other.rest)]
            .map(|(own, other)| own.over_alike(other, ALIKE_PODS_MAX));
        Self { spec, rest }
    }

    /// What the Pod's status is to lean on.
    pub(crate) fn rest(&self) -> &Packed {
        &self.rest
    }
}

impl Rest for Pod {
    type Away = PodAway;

    fn put_away(&self) -> PodAway {
        let rest = [("metadata", self.metadata.to_value()), ("status", self.status.to_value())];
        let rest: Value = rest.into_iter().map(|(name, part)| (name.to_owned(), part)).collect();
        PodAway { spec: self.spec_tree.clone(), rest: Packed::new(&rest) }
    }

    fn wake(away: &PodAway) -> Self {
        let spec = Rc::new(PodSpec::from_value(&away.spec.tree()));
        Self { spec, spec_tree: away.spec.clone(), ..Self::from_value(&away.rest.tree()) }
    }
}

/// An object of a kind that the simulator only keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// `v1`, `apps/v1`, …
    pub api_version: String,
    /// The kind's name.
    pub kind: String,
    /// Who it is.
    pub metadata: ObjectMeta,
    /// Everything else.
    pub tree: Value,
}

/// Any object in the store.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// A Pod.
    Pod(Rc<Pod>),
    /// A node.
    Node(Box<Node>),
    /// An event.
    Event(Box<Event>),
    /// Any other kind.
    Other(Box<Other>),
}

/// An object put away.
#[derive(Clone, Debug)]
pub enum ObjectAway {
    /// A Pod.
    Pod(PodAway),
    /// Any other object.
    Whole(Packed),
}

impl ObjectAway {
    /// The same object, leaning on what it was before or else on another one.
    pub(crate) fn over(self, past: Option<&Self>, other: Option<&Self>) -> Self {
        match (self, past, other) {
            (Self::Pod(pod), Some(Self::Pod(past)), _) => Self::Pod(pod.over(past)),
            (Self::Whole(tree), Some(Self::Whole(past)), _) => Self::Whole(tree.over(past)),
            (Self::Pod(pod), None, Some(Self::Pod(other))) => Self::Pod(pod.over_alike(other)),
            (Self::Whole(tree), None, Some(Self::Whole(other))) => {
                Self::Whole(tree.over_alike(other, ALIKE_MAX))
            }
            (alone, ..) => alone,
        }
    }
}

impl Rest for Object {
    type Away = ObjectAway;

    fn put_away(&self) -> ObjectAway {
        match self {
            Self::Pod(pod) => ObjectAway::Pod(pod.put_away()),
            other => ObjectAway::Whole(Packed::new(&other.to_value())),
        }
    }

    fn wake(away: &ObjectAway) -> Self {
        match away {
            ObjectAway::Pod(pod) => Self::Pod(Rc::new(Pod::wake(pod))),
            ObjectAway::Whole(tree) => Self::from_value(&tree.tree()),
        }
    }
}

impl Object {
    /// Reads an object from its tree, by its `kind`.
    #[must_use]
    pub fn from_value(tree: &Value) -> Self {
        match tree.get("kind").and_then(Value::as_str).unwrap_or_default() {
            "Pod" => Self::Pod(Rc::new(Pod::from_value(tree))),
            "Node" => Self::Node(Box::new(Node::from_value(tree))),
            "Event" => Self::Event(Box::new(Event::from_value(tree))),
            kind => {
                let mut rest = tree.clone();
                if let Value::Object(map) = &mut rest {
                    for key in ["apiVersion", "kind", "metadata"] {
                        map.remove(key);
                    }
                }
                Self::Other(Box::new(Other {
                    api_version: tree.get("apiVersion").and_then(Value::as_str).unwrap_or_default().into(),
                    kind: kind.into(),
                    metadata: ObjectMeta::from_value(tree.get("metadata").unwrap_or(&Value::Null)),
                    tree: rest,
                }))
            }
        }
    }

    /// The object as the API server would send it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let typed = |kind: &str, mut tree: Value| {
            if let Value::Object(map) = &mut tree {
                map.insert("apiVersion".into(), "v1".into());
                map.insert("kind".into(), kind.into());
            }
            tree
        };
        match self {
            Self::Pod(pod) => pod.to_value(),
            Self::Node(node) => typed("Node", node.to_value()),
            Self::Event(event) => typed("Event", event.to_value()),
            Self::Other(other) => {
                let mut tree = other.tree.clone();
                if let Value::Object(map) = &mut tree {
                    map.insert("apiVersion".into(), other.api_version.clone().into());
                    map.insert("kind".into(), other.kind.clone().into());
                    map.insert("metadata".into(), other.metadata.to_value());
                }
                tree
            }
        }
    }

    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Pod(_) => "Pod",
            Self::Node(_) => "Node",
            Self::Event(_) => "Event",
            Self::Other(other) => &other.kind,
        }
    }

    /// Who it is.
    #[must_use]
    pub fn meta(&self) -> &ObjectMeta {
        match self {
            Self::Pod(pod) => &pod.metadata,
            Self::Node(node) => &node.metadata,
            Self::Event(event) => &event.metadata,
            Self::Other(other) => &other.metadata,
        }
    }

    /// Who it is, to be changed.
    pub fn meta_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Pod(pod) => &mut Rc::make_mut(pod).metadata,
            Self::Node(node) => &mut node.metadata,
            Self::Event(event) => &mut event.metadata,
            Self::Other(other) => &mut other.metadata,
        }
    }

    /// The Pod, if it is one.
    #[must_use]
    pub fn as_pod(&self) -> Option<&Pod> {
        if let Self::Pod(pod) = self { Some(pod) } else { None }
    }

    /// The node, if it is one.
    #[must_use]
    pub fn as_node(&self) -> Option<&Node> {
        if let Self::Node(node) = self { Some(node) } else { None }
    }

    /// The event, if it is one.
    #[must_use]
    pub fn as_event(&self) -> Option<&Event> {
        if let Self::Event(event) = self { Some(event) } else { None }
    }
}
