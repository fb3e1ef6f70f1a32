//! Why a command failed, worded as kubectl words it.
//! Models k8s.io/kubectl/pkg/cmd/util/helpers.go checkErr (v1.36)

use k8s_api::meta::Status;

/// What goes to standard error, and the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Complete lines, the last without its line end; may be empty.
    pub(crate) text: String,
    pub(crate) code: i32,
    /// What is said instead when it is one of several failures.
    among: Option<String>,
    /// It comes only then, in microseconds since 1970: until then the command waits.
    pub(crate) at_micros: i64,
}

impl Failure {
    /// A line as it is, and an exit code.
    pub(crate) fn with_code(text: impl Into<String>, code: i32) -> Failure {
        Failure { text: text.into(), code, among: None, at_micros: 0 }
    }

    /// The same failure, later.
    pub(crate) fn at(self, micros: i64) -> Failure {
        Failure { at_micros: micros, ..self }
    }

    /// A line as it is.
    pub(crate) fn plain(text: impl Into<String>) -> Failure {
        Failure::with_code(text, 1)
    }

    /// `error: …`
    pub(crate) fn error(message: impl std::fmt::Display) -> Failure {
        Failure::plain(format!("error: {message}"))
    }

    /// `error: …` and where to find help, for a command line that makes no sense.
    pub(crate) fn usage(command: &str, message: impl std::fmt::Display) -> Failure {
        Failure::plain(format!("error: {message}\nSee 'kubectl {command} -h' for help and examples"))
    }

    /// The exit code alone; everything was said already.
    pub(crate) fn silent(code: i32) -> Failure {
        Failure::with_code("", code)
    }

    /// Several failures together: each text once, the first one's code.
    /// Models helpers.go MultipleErrors (v1.36)
    pub(crate) fn join(mut failures: Vec<Failure>) -> Failure {
        if failures.len() == 1 {
            return failures.swap_remove(0);
        }
        let code = failures.first().map_or(1, |failure| failure.code);
        Failure::with_code(Failure::texts(failures).join("\n"), code)
    }

    /// Several failures as one of them: `[this, that]`. Models Aggregate.Error of apimachinery
    pub(crate) fn aggregate(failures: Vec<Failure>) -> Failure {
        Failure::plain(format!("[{}]", Failure::texts(failures).join(", ")))
    }

    /// Each text once, without the sign of an error.
    fn texts(failures: Vec<Failure>) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for failure in failures {
            let text = failure.among.unwrap_or(failure.text);
            let text = text.strip_prefix("error: ").map_or(text.clone(), str::to_string);
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    /// The API server's answer, with what kubectl was doing put before its message
    /// (`error when creating "pod.yaml": `).
    pub(crate) fn status_while(status: &Status, doing: &str) -> Failure {
        let mut status = status.clone();
        status.message = format!("{doing}{}", status.message);
        Failure::from(&status)
    }
}

impl From<&Status> for Failure {
    fn from(status: &Status) -> Failure {
        if status.reason == "Invalid" {
            let among = Some(format!("Error from server (Invalid): {}", status.message));
            return Failure { among, ..Failure::plain(invalid(status)) };
        }
        // Models helpers.go StandardErrorMessage and kerrors.ReasonForError.
        Failure::plain(match (status.reason.as_str(), status.code) {
            ("Unauthorized", _) => format!("error: You must be logged in to the server ({})", status.message),
            ("", _) | ("Unknown", _) => format!("Error from server: {}", status.message),
            (reason, _) => format!("Error from server ({reason}): {}", status.message),
        })
    }
}

impl From<Box<Status>> for Failure {
    fn from(status: Box<Status>) -> Failure {
        Failure::from(&*status)
    }
}

/// `The Pod "x" is invalid: …`, one line per cause if there are several.
fn invalid(status: &Status) -> String {
    let mut text = "The request is invalid".to_string();
    let details = status.details.clone().unwrap_or_default();
    if !details.kind.is_empty() || !details.name.is_empty() {
        text = format!("The {} {:?} is invalid", details.kind, details.name);
    } else if !status.message.is_empty() && details.causes.is_empty() {
        text = format!("{text}: {}", status.message);
    }
    let mut causes: Vec<String> = Vec::new();
    for cause in &details.causes {
        let cause = format!("{}: {}", cause.field, cause.message);
        // Aggregates say the same thing only once.
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    match causes.as_slice() {
        [] => text,
        [only] => format!("{text}: {only}"),
        several => format!("{text}: \n* {}", several.join("\n* ")),
    }
}
