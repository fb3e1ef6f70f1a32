//! Manifests: from `-f` to objects.

use k8s_api::manifest::{self, Document, Refusal};
use serde_json::Value;

use crate::failure::Failure;
use crate::flags::{Flags, parse_bool};
use crate::session::Env;

/// An object that a file holds, or why the rest of the file could not be read.
pub(crate) struct FromFile {
    /// The file's name, as messages give it.
    pub(crate) source: String,
    pub(crate) object: Result<Value, Failure>,
    /// Why the API server will refuse it when it decodes it: fields of the wrong type, or unknown ones.
    pub(crate) undecodable: Option<String>,
    /// The unknown fields alone, for a patch: whatever has a wrong type fails as it is applied.
    pub(crate) unknown: Option<String>,
    /// What the API server warns of instead, with `--validate=warn`.
    pub(crate) warnings: Vec<String>,
}

/// Every object of the files, folders and patterns that `-f` names, in order. A broken document ends its
/// file. Models cli-runtime/pkg/resource.Builder.FilenameParam and its visitors (v1.36)
pub(crate) fn objects(env: &Env, flags: &Flags) -> Result<Vec<FromFile>, Failure> {
    let mut paths: Vec<(String, String)> = Vec::new();
    for given in flags.all("filename") {
        if given == "-" {
            paths.push(("STDIN".to_string(), env.stdin.clone()));
        } else if given.starts_with("http://") || given.starts_with("https://") {
            let host = given.split('/').nth(2).unwrap_or("");
            return Err(Failure::error(format!(
                "unable to read URL {given:?}: {host} cannot be reached from here"
            )));
        } else {
            paths.extend(expand(env, given, flags.is("recursive"))?);
        }
    }
    let validation = match flags.get("validate") {
        None | Some("strict") => Validation::Strict,
        Some("warn") => Validation::Warn,
        Some("ignore") => Validation::Ignore,
        Some(other) => match parse_bool(other) {
            Some(true) => Validation::Strict,
            Some(false) => Validation::Ignore,
            None => {
                return Err(Failure::error(format!(
                    "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
                )));
            }
        },
    };
    let mut objects = Vec::new();
    for (path, text) in paths {
        read_documents(&path, &text, validation, &mut objects);
    }
    Ok(objects)
}

fn normal(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path).trim_end_matches('/')
}

/// The text of one file.
pub(crate) fn read<'a>(env: &'a Env, path: &str) -> Option<&'a str> {
    env.files.get(normal(path)).map(String::as_str)
}

/// The files that a path means: itself, the manifests in a folder, or those a pattern matches.
fn expand(env: &Env, given: &str, recursive: bool) -> Result<Vec<(String, String)>, Failure> {
    let path = normal(given);
    if let Some(text) = env.files.get(path) {
        return Ok(vec![(given.to_string(), text.clone())]);
    }
    let missing = || Failure::error(format!("the path {given:?} does not exist"));
    let pick = |chosen: &dyn Fn(&str) -> bool| -> Vec<(String, String)> {
        let files = env.files.iter().filter(|(name, _)| chosen(name));
        files.map(|(name, text)| (name.clone(), text.clone())).collect()
    };
    let found = if path.contains(['*', '?']) {
        pick(&|name| matches_pattern(path.as_bytes(), name.as_bytes()))
    } else {
        let folder = if path == "." || path.is_empty() { String::new() } else { format!("{path}/") };
        if !env.files.keys().any(|name| name.starts_with(&folder)) {
            return Err(missing());
        }
        pick(&|name| {
            name.strip_prefix(&folder).is_some_and(|rest| {
                (recursive || !rest.contains('/'))
                    && [".json", ".yaml", ".yml"].iter().any(|end| rest.ends_with(end))
            })
        })
    };
    if found.is_empty() && path.contains(['*', '?']) { Err(missing()) } else { Ok(found) }
}

/// `*` and `?` within one path segment.
fn matches_pattern(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(b'?') if name[n] != b'/' => {
                p += 1;
                n += 1;
            }
            Some(c) if *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) if name[from] != b'/' => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                _ => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// What becomes of fields that do not exist.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Validation {
    Strict,
    Warn,
    Ignore,
}

fn read_documents(source: &str, text: &str, validation: Validation, out: &mut Vec<FromFile>) {
    let (documents, _) = manifest::parse(text);
    for document in documents {
        let undecodable = match document.kind {
            Some(kind) => document.decoded.bad_request(kind, validation == Validation::Strict),
            None => manifest::unregistered(&document),
        };
        let strict = validation == Validation::Strict && document.decoded.mistyped.is_empty();
        let unknown = document.decoded.error(true).filter(|_| strict);
        let warned = document.decoded.unknown.iter().filter(|_| validation == Validation::Warn);
        let warnings = warned.map(|problem| format!("Warning: {}", problem.message)).collect();
        let ends = document.refusal.as_ref().is_some_and(Refusal::ends_file);
        let object = match &document.refusal {
            Some(refusal) => Err(refused(source, &document, refusal)),
            None => Ok(document.object),
        };
        out.push(FromFile { source: source.to_string(), object, undecodable, unknown, warnings });
        if ends {
            return;
        }
    }
}

/// What kubectl says of a document that it does not send.
fn refused(source: &str, document: &Document, refusal: &Refusal) -> Failure {
    let text = refusal.message();
    Failure::error(match refusal {
        Refusal::Parse(_) => format!("error parsing {source}: {text}"),
        Refusal::Validate(_) => format!(
            "error validating {source:?}: error validating data: {text}; if you choose to ignore these errors, \
             turn validation off with --validate=false"
        ),
        Refusal::Decode(_) => format!("unable to decode {source:?}: {text}"),
        Refusal::NoMatch { .. } => {
            let (namespace, name) = document.name();
            format!(
                "resource mapping not found for name: {name:?} namespace: {namespace:?} from {source:?}: {text}\n\
                 ensure CRDs are installed first"
            )
        }
    })
}

/// One YAML or JSON document as a tree.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let read = k8s_api::yaml::parse(text).and_then(|document| document.to_json());
    read.map_err(|error| error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stay_within_a_folder() {
        assert!(matches_pattern(b"app/*.yaml", b"app/a.yaml"));
        assert!(!matches_pattern(b"app/*.yaml", b"app/b/a.yaml"));
        assert!(!matches_pattern(b"*.yaml", b"a.yml"));
    }
}
