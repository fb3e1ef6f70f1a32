//! Recordings of a real Kubernetes 1.36.2 judge the crate: what kubectl and the API server print for a manifest,
//! what they store, and how ages are written.

use k8s_api::admission::{Given, admit};
use k8s_api::manifest::{Document, Refusal, parse, unregistered};
use k8s_api::validation::{create, warnings::warnings};
use k8s_api::{Value, duration::human_duration, normalize::normalize, print, yaml};

const UID: &str = "00000000-0000-4000-8000-000000000000";

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn given<'a>(uid: &'a str, suffix: &'a str) -> Given<'a> {
    Given {
        namespace: "validation",
        uid,
        suffix,
        cluster_ip: "10.96.0.10",
        automount: true,
        priority: (0, "PreemptLowerPriority"),
    }
}

/// What `kubectl create -f manifest.yaml` prints.
fn create_output(text: &str) -> String {
    let (documents, _) = parse(text);
    if documents.is_empty() {
        return "error: no objects passed to create\n".into();
    }
    let mut out = String::new();
    for document in &documents {
        out.push_str(&document_output(document));
        if document.refusal.as_ref().is_some_and(Refusal::ends_file) {
            break;
        }
    }
    out
}

fn document_output(document: &Document) -> String {
    let (namespace, name) = document.name();
    let file = "manifest.yaml";
    match &document.refusal {
        Some(Refusal::Parse(words)) => return format!("error: error parsing {file}: {words}\n"),
        Some(Refusal::Validate(words)) => {
            return format!(
                "error: error validating {file:?}: error validating data: {words}; if you choose to ignore these \
                 errors, turn validation off with --validate=false\n"
            );
        }
        Some(Refusal::Decode(words)) => return format!("error: unable to decode {file:?}: {words}\n"),
        Some(refusal @ Refusal::NoMatch { .. }) => {
            return format!(
                "error: resource mapping not found for name: {name:?} namespace: {namespace:?} from {file:?}: {}\n\
                 ensure CRDs are installed first\n",
                refusal.message()
            );
        }
        None => {}
    }
    let refused = unregistered(document).or_else(|| document.decoded.bad_request(document.kind?, true));
    if let Some(words) = refused {
        return format!("Error from server (BadRequest): error when creating {file:?}: {words}\n");
    }
    let Some(kind) = document.kind else { return String::new() };
    let mut object = document.object.clone();
    admit(kind, &mut object, &given(UID, "abcde"));
    let errors = create(kind, &object);
    let head = format!("The {} {name:?} is invalid: ", kind.kind);
    match errors.messages_all().as_slice() {
        [] => {
            let warnings: String =
                warnings(kind, &object).iter().map(|text| format!("Warning: {text}\n")).collect();
            format!("{warnings}{}/{name} created\n", kind.qualified())
        }
        [one] => format!("{head}{one}\n"),
        several => {
            let list: String = several.iter().map(|text| format!("* {text}\n")).collect();
            format!("{head}\n{list}")
        }
    }
}

/// Uids are drawn anew each time.
fn without_uids(text: &str) -> String {
    let mut out = String::new();
    for (i, word) in text.split('"').enumerate() {
        if i > 0 {
            out.push('"');
        }
        let is_uid = word.len() == 36
            && word.bytes().enumerate().all(|(i, b)| match i {
                8 | 13 | 18 | 23 => b == b'-',
                _ => b.is_ascii_hexdigit(),
            });
        out.push_str(if is_uid { UID } else { word });
    }
    out
}

#[test]
fn manifests_get_the_recorded_answers() {
    // These ask for what only a cluster knows, or for kubectl's own questions before it applies.
    let elsewhere =
        ["namespace-bad", "serviceaccount-missing", "priorityclass-missing", "traps/dup-map.yaml"];
    let cases = read(include_str!("data/manifests.json"));
    let (mut right, mut total) = (0, 0);
    for case in cases.as_array().into_iter().flatten() {
        let text = |key: &str| case[key].as_str().unwrap_or("").to_string();
        if elsewhere.contains(&text("id").as_str()) {
            continue;
        }
        total += 1;
        let (want, got) = (without_uids(&text("create")), without_uids(&create_output(&text("manifest"))));
        if want == got {
            right += 1;
        } else {
            eprintln!("== {}\nwant {want}got  {got}", text("id"));
        }
    }
    eprintln!("manifests: {right} of {total}");
    assert_eq!(right, total);
}

#[test]
fn objects_are_stored_as_recorded() {
    let cases = read(include_str!("data/defaulting.json"));
    let (mut right, mut total) = (0, 0);
    for (name, pair) in cases.as_object().into_iter().flatten() {
        let (input, output) = (pair[0].as_str().unwrap_or(""), pair[1].as_str().unwrap_or(""));
        if output.starts_with("Error") {
            continue;
        }
        let (documents, _) = parse(input);
        for (document, output) in documents.iter().zip(output.split("---\n")) {
            total += 1;
            let want = yaml::parse(output).and_then(|tree| tree.to_json()).unwrap_or_default();
            let Some(kind) = document.kind else { continue };
            let uid = want["metadata"]["uid"].as_str().unwrap_or("");
            let volume = want["spec"]["volumes"].as_array().and_then(|volumes| volumes.last());
            let suffix =
                volume.and_then(|volume| volume["name"].as_str()).and_then(|name| name.rsplit('-').next());
            let mut object = document.object.clone();
            admit(kind, &mut object, &given(uid, suffix.unwrap_or("")));
            // What the registry adds: when, where, and the count of changes.
            for field in ["name", "namespace", "creationTimestamp", "generation"] {
                if !want["metadata"][field].is_null() {
                    object["metadata"][field] = want["metadata"][field].clone();
                }
            }
            let got = normalize(kind, &object);
            if got == want {
                right += 1;
            } else {
                eprintln!("== {name}\nwant {}\ngot  {}", print::yaml(&want), print::yaml(&got));
            }
            assert_eq!(print::yaml(&want), output, "{name}: printed as recorded");
        }
    }
    eprintln!("defaulting: {right} of {total}");
    assert_eq!(right, total);
}

#[test]
fn ages_are_written_as_recorded() {
    let cases = read(include_str!("data/human-duration.json"));
    for case in cases.as_array().into_iter().flatten() {
        let seconds = case[0].as_i64().unwrap_or(0);
        assert_eq!(Some(human_duration(seconds * 1000).as_str()), case[1].as_str(), "{seconds}");
    }
}

#[test]
fn every_mistake_is_reported_at_once_and_in_its_place() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: My_App\n  labels: {version: 1.10}\nspec:\n  containers:\n  \
                - name: web\n    imgae: nginx\n    ports:\n    - containerPort: \"80\"\n    volumeMounts:\n    \
                - {name: data, mountPath: /data}\n  hostPID: true\n";
    let found: Vec<(usize, usize, &str)> = k8s_api::manifest::check(text)
        .iter()
        .map(|diagnostic| {
            (diagnostic.line, diagnostic.column, &text[diagnostic.span.start..diagnostic.span.end])
        })
        .collect();
    let expected = [
        (4, 9, "My_App"),
        (5, 21, "1.10"),
        (9, 5, "imgae"),
        (11, 22, "\"80\""),
        (13, 14, "data"),
        (14, 3, "hostPID"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn manifests_get_the_answers_the_source_gives() {
    let cases = include_str!("data/by-reading.txt");
    let cases = cases.split_once('\n').map_or("", |(_, cases)| cases);
    for case in cases.split("=====\n") {
        let (manifest, want) = case.split_once("-----\n").expect("a manifest and its answer");
        assert_eq!(create_output(manifest), want, "{manifest}");
    }
}
