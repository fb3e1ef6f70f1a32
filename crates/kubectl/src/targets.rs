//! Which objects a command line means: `pod web`, `pod/web svc/web`, `pods,svc -l app=web`, `all`, `-f FILE`.
//! Models k8s.io/cli-runtime/pkg/resource.Builder (v1.36)

use k8s_api::kind::{self, KINDS, Kind};
use serde_json::Value;

use crate::api::{Api, ApiResult};
use crate::failure::Failure;
use crate::files;
use crate::selector::{Fields, Labels};
use crate::session::Session;
use crate::tree::{name, text};

/// What kubectl says when it was told nothing to work on.
pub(crate) const MUST_PROVIDE: &str = "You must provide one or more resources by argument or filename.\n\
    Example resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   \
    '<resource> <name>'\n   '<resource>'";
const NO_NAME: &str = "resource(s) were provided, but no name was specified";
const MIXED: &str = "there is no need to specify a resource type as a separate argument when passing arguments \
    in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource \
    resource/<resource_name>'";

/// What a verb wants to know about its objects.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// A type without a name means all of its objects.
    pub(crate) all_without_name: bool,
    /// When there is neither argument nor file: say so, or return nothing.
    pub(crate) may_be_empty: bool,
    /// Objects that are named are not asked for.
    pub(crate) unseen: bool,
}

/// One object that is meant.
pub(crate) struct Target {
    pub(crate) kind: &'static Kind,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The file that names it; empty if none does.
    pub(crate) source: String,
    /// As the API server has it; from a file when it was named there and `fetch` was not asked for.
    pub(crate) object: Value,
}

/// The objects that are meant, and what went wrong with others.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) targets: Vec<Target>,
    pub(crate) failures: Vec<Failure>,
    /// The types that were asked for, when they were asked for as a whole.
    pub(crate) lists: Vec<&'static Kind>,
    /// Whether exactly one object was named.
    pub(crate) single: bool,
    /// Whether several types were asked for.
    pub(crate) several_kinds: bool,
}

impl Found {
    /// The types that were asked for, and those of the objects.
    pub(crate) fn kinds(&self) -> Vec<&'static Kind> {
        self.lists.iter().copied().chain(self.targets.iter().map(|target| target.kind)).collect()
    }
}

/// The kind that a word on the command line means.
pub(crate) fn kind_of(word: &str) -> Result<&'static Kind, Failure> {
    kind::by_name(word).ok_or_else(|| {
        let shown = word.split('.').next().unwrap_or(word);
        Failure::error(format!("the server doesn't have a resource type {shown:?}"))
    })
}

/// The kinds that a comma-separated word means; `all` is a handful of them.
pub(crate) fn kinds_of(word: &str) -> Result<Vec<&'static Kind>, Failure> {
    let mut kinds = Vec::new();
    for part in word.split(',') {
        if part == "all" {
            // In the order in which the API server lists its groups.
            const ALL: [&str; 10] = [
                "Pod",
                "ReplicationController",
                "Service",
                "DaemonSet",
                "Deployment",
                "ReplicaSet",
                "StatefulSet",
                "HorizontalPodAutoscaler",
                "CronJob",
                "Job",
            ];
            kinds.extend(ALL.iter().filter_map(|name| KINDS.iter().find(|kind| kind.kind == *name)));
        } else {
            kinds.push(kind_of(part)?);
        }
    }
    Ok(kinds)
}

/// `type/name` words; an error if words of both sorts stand together.
fn tuples(args: &[String]) -> Result<Option<Vec<(&'static Kind, String)>>, Failure> {
    if !args.iter().any(|arg| arg.contains('/')) {
        return Ok(None);
    }
    if args.iter().any(|arg| !arg.contains('/')) {
        return Err(Failure::error(MIXED));
    }
    let mut pairs = Vec::new();
    for arg in args {
        let parts: Vec<&str> = arg.split('/').collect();
        let [kind, name] = parts.as_slice() else {
            return Err(Failure::error("arguments in resource/name form may not have more than one slash"));
        };
        if kind.is_empty() || name.is_empty() {
            return Err(Failure::error(
                "arguments in resource/name form must have a single resource and name",
            ));
        }
        pairs.push((kind_of(kind)?, (*name).to_string()));
    }
    Ok(Some(pairs))
}

/// GET of one object; a missing namespace is reported rather than the missing object.
/// Models cli-runtime/pkg/resource.Info.Get (v1.36)
pub(crate) fn get(api: &mut dyn Api, kind: &Kind, namespace: &str, name: &str) -> ApiResult<Value> {
    let found = api.get(kind, namespace, name);
    if let Err(status) = &found {
        let other = !namespace.is_empty() && namespace != "default";
        let namespaces = kind::by_kind("Namespace").filter(|_| status.reason == "NotFound" && other);
        if let Some(namespaces) = namespaces {
            api.get(namespaces, "", namespace)?;
        }
    }
    found
}

/// The objects that the arguments and `-f` mean, as the API server has them.
pub(crate) fn find(session: &mut Session<'_>, args: &[String], wanted: Wanted) -> Result<Found, Failure> {
    let flags = session.flags;
    let all_namespaces = flags.is("all-namespaces");
    let selector = flags.has("selector") || flags.has("field-selector");
    let all = flags.is("all");
    if flags.has("filename") {
        return from_files(session, wanted);
    }
    if args.is_empty() {
        if selector || all {
            return Err(Failure::error("at least one resource must be specified to use a selector"));
        }
        if wanted.may_be_empty {
            return Ok(Found::default());
        }
        return Err(Failure::error(MUST_PROVIDE));
    }
    let named = match tuples(args)? {
        Some(pairs) => pairs,
        None => {
            let kinds = kinds_of(&args[0])?;
            if args.len() == 1 {
                if !(wanted.all_without_name || selector || all) {
                    return Err(Failure::error(NO_NAME));
                }
                return list(session, kinds, all_namespaces);
            }
            let pair = |kind: &&'static Kind| -> Vec<(&'static Kind, String)> {
                args[1..].iter().map(|name| (*kind, name.clone())).collect()
            };
            kinds.iter().flat_map(pair).collect()
        }
    };
    if selector || all {
        return Err(Failure::error("name cannot be provided when a selector is specified"));
    }
    if all_namespaces {
        return Err(Failure::error("a resource cannot be retrieved by name across all namespaces"));
    }
    let mut found = Found { single: named.len() == 1, ..Found::default() };
    found.several_kinds = named.iter().any(|(kind, _)| kind.kind != named[0].0.kind);
    let namespace = session.namespace();
    for (kind, name) in named {
        let namespace = if kind.namespaced { namespace.clone() } else { String::new() };
        if wanted.unseen {
            let (source, object) = (String::new(), Value::Null);
            found.targets.push(Target { kind, namespace, name, source, object });
            continue;
        }
        match get(session.api, kind, &namespace, &name) {
            Ok(object) => found.targets.push(Target { kind, namespace, name, source: String::new(), object }),
            Err(status) if status.reason == "NotFound" && flags.is("ignore-not-found") => {}
            Err(status) => found.failures.push(Failure::from(&*status)),
        }
    }
    Ok(found)
}

/// All objects of some kinds that the selectors choose.
fn list(session: &mut Session<'_>, kinds: Vec<&'static Kind>, all: bool) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut answers = 0;
    let namespace = session.namespace();
    for kind in &kinds {
        let (labels, fields) = selectors(session, kind)?;
        let scope = if kind.namespaced && !all { Some(namespace.as_str()) } else { None };
        let objects = match session.api.list(kind, scope) {
            Ok(objects) => objects,
            Err(status) => {
                found.failures.push(Failure::from(&*status));
                continue;
            }
        };
        answers += 1;
        for object in objects {
            if labels.matches(&object) && fields.matches(&object) {
                found.targets.push(Target {
                    kind,
                    namespace: text(&object, "metadata.namespace").to_string(),
                    name: name(&object).to_string(),
                    source: String::new(),
                    object,
                });
            }
        }
    }
    // Types that could not be listed do not count.
    found.several_kinds = answers > 1;
    found.lists = kinds;
    Ok(found)
}

/// `-l` and `--field-selector`, or the API server's refusal.
pub(crate) fn selectors(session: &Session<'_>, kind: &Kind) -> Result<(Labels, Fields), Failure> {
    let (labels, fields) = (session.flags.text("selector"), session.flags.text("field-selector"));
    let refuse = |problem: String| {
        Failure::plain(format!(
            "Error from server (BadRequest): Unable to find \"{}/{}, Resource={}\" that match label selector \
             {labels:?}, field selector {fields:?}: {problem}",
            kind.group, kind.version, kind.plural
        ))
    };
    let parsed_labels = Labels::parse(labels).map_err(refuse)?;
    let parsed_fields = Fields::parse(fields, kind).map_err(refuse)?;
    Ok((parsed_labels, parsed_fields))
}

/// The objects that the files name, as the API server has them.
fn from_files(session: &mut Session<'_>, wanted: Wanted) -> Result<Found, Failure> {
    let mut found = Found::default();
    let objects = files::objects(session.env, session.flags)?;
    found.single = objects.len() == 1;
    for item in objects {
        let object = match item.object {
            Ok(object) => object,
            Err(failure) => {
                found.failures.push(failure);
                continue;
            }
        };
        match mapped(&object, &item.source, &session.namespace(), session.flags.has("namespace")) {
            // What is deleted is not looked at first.
            Ok((kind, namespace)) if wanted.unseen => {
                let name = name(&object).to_string();
                found.targets.push(Target { kind, namespace, name, source: item.source, object });
            }
            Ok((kind, namespace)) => match get(session.api, kind, &namespace, name(&object)) {
                Ok(live) => found.targets.push(Target {
                    kind,
                    namespace,
                    name: name(&live).to_string(),
                    source: item.source,
                    object: live,
                }),
                Err(status) if status.reason == "NotFound" && session.flags.is("ignore-not-found") => {}
                Err(status) => found.failures.push(Failure::from(&*status)),
            },
            Err(failure) => found.failures.push(failure),
        }
    }
    found.several_kinds = found.targets.iter().any(|target| target.kind.kind != found.targets[0].kind.kind);
    Ok(found)
}

/// The kind and the namespace of a manifest's object.
/// Models cli-runtime/pkg/resource mapper.infoForData and SetNamespace, RequireNamespace (v1.36)
pub(crate) fn mapped(
    object: &Value,
    source: &str,
    namespace: &str,
    enforced: bool,
) -> Result<(&'static Kind, String), Failure> {
    let (version, word) = (text(object, "apiVersion"), text(object, "kind"));
    let own = text(object, "metadata.namespace");
    // The API server's resources are found by a kind in lower case too; it refuses the object later.
    let lower = || KINDS.iter().find(|kind| kind.api_version() == version && kind.singular == word);
    let Some(kind) = kind::by_gvk(version, word).or_else(lower) else {
        return Err(Failure::error(format!(
            "resource mapping not found for name: {:?} namespace: {own:?} from {source:?}: no matches for kind \
             {word:?} in version {version:?}\nensure CRDs are installed first",
            name(object)
        )));
    };
    if !kind.namespaced {
        return Ok((kind, String::new()));
    }
    if !own.is_empty() && enforced && own != namespace {
        return Err(Failure::error(format!(
            "the namespace from the provided object {own:?} does not match the namespace {namespace:?}. You must \
             pass '--namespace={own}' to perform this operation."
        )));
    }
    Ok((kind, if own.is_empty() { namespace.to_string() } else { own.to_string() }))
}
