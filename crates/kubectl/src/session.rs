//! One command at work: what it was given, where it writes, and what it waits for.

use std::collections::BTreeMap;

use k8s_api::kind::Kind;
use serde_json::Value;

use crate::Api;
use crate::api::{ApiResult, PatchType};
use crate::failure::Failure;
use crate::flags::Flags;
use crate::verbs::Task;

/// What surrounds a command: the person's context and files.
#[derive(Clone, Debug)]
pub struct Env {
    /// The namespace of the current context.
    pub namespace: String,
    /// Files that `-f` and the like can read, by path; folders are implied by slashes.
    pub files: BTreeMap<String, String>,
    /// What stands on standard input.
    pub stdin: String,
    /// Whether somebody sits at a terminal.
    pub terminal: bool,
}

impl Default for Env {
    fn default() -> Env {
        Env {
            namespace: "default".to_string(),
            files: BTreeMap::new(),
            stdin: String::new(),
            terminal: false,
        }
    }
}

/// What a command has printed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Out {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Both in the order in which they were written.
    pub(crate) both: String,
    /// The context's namespace, if the command changed it.
    pub(crate) namespace: Option<String>,
    /// Warnings of the API server that were printed: each is, once.
    warned: Vec<String>,
    full: bool,
}

impl Out {
    /// A command that prints more than this has said enough.
    const BYTES_MAX: usize = 4 << 20;

    fn room(&mut self) -> bool {
        if self.both.len() >= Self::BYTES_MAX && !self.full {
            self.full = true;
            self.both.push_str("\n(more than is kept here)\n");
        }
        !self.full
    }

    /// Writes to standard output.
    pub(crate) fn print(&mut self, text: &str) {
        if self.room() {
            self.stdout.push_str(text);
            self.both.push_str(text);
        }
    }

    /// Writes a line to standard output.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.print(text.as_ref());
        self.print("\n");
    }

    /// Writes to standard error.
    pub(crate) fn warn_raw(&mut self, text: &str) {
        if self.room() {
            self.stderr.push_str(text);
            self.both.push_str(text);
        }
    }

    /// Writes a line to standard error.
    pub(crate) fn warn(&mut self, text: impl AsRef<str>) {
        self.warn_raw(text.as_ref());
        self.warn_raw("\n");
    }
}

impl Out {
    /// Writes what an answer warned of.
    fn warn_of(&mut self, api: &dyn Api) {
        for warning in api.warnings() {
            if !self.warned.contains(&warning) {
                self.warn(format!("Warning: {warning}"));
                self.warned.push(warning);
            }
        }
    }
}

/// All that a verb works with.
pub(crate) struct Session<'a> {
    pub(crate) api: &'a mut dyn Api,
    pub(crate) env: &'a Env,
    pub(crate) flags: &'a Flags,
    pub(crate) out: &'a mut Out,
}

/// What a verb comes to: something to wait for (or nothing more), or a failure.
pub(crate) type Outcome = Result<Task, Failure>;

impl Session<'_> {
    /// The namespace that is meant: `-n`, or the context's.
    pub(crate) fn namespace(&self) -> String {
        match self.flags.get("namespace") {
            Some(namespace) if !namespace.is_empty() => namespace.to_string(),
            _ => self.env.namespace.clone(),
        }
    }

    /// POST; what the answer warns of is printed.
    pub(crate) fn create(&mut self, namespace: &str, object: &Value, dry_run: bool) -> ApiResult<Value> {
        let made = self.api.create(namespace, object, dry_run);
        self.out.warn_of(self.api);
        made
    }

    /// PUT; what the answer warns of is printed.
    pub(crate) fn update(&mut self, object: &Value, subresource: &str, dry_run: bool) -> ApiResult<Value> {
        let updated = self.api.update(object, subresource, dry_run);
        self.out.warn_of(self.api);
        updated
    }

    /// PATCH; what the answer warns of is printed.
    #[expect(clippy::too_many_arguments, reason = "a PATCH says this much")]
    pub(crate) fn patch(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
        patch_type: PatchType,
        patch: &Value,
        dry_run: bool,
    ) -> ApiResult<Value> {
        let patched = self.api.patch(kind, namespace, name, subresource, patch_type, patch, dry_run);
        self.out.warn_of(self.api);
        patched
    }

    /// `--dry-run`, or what is wrong with it.
    pub(crate) fn dry_run(&mut self) -> Result<DryRun, Failure> {
        match self.flags.get("dry-run") {
            None | Some("none" | "false") => Ok(DryRun::None),
            Some("client") => Ok(DryRun::Client),
            Some("server") => Ok(DryRun::Server),
            Some("unchanged" | "true") => {
                let micros = self.api.now_micros();
                let (_, month, day, hour, minute, second, _) =
                    k8s_api::time::civil(micros.div_euclid(1_000_000));
                self.out.warn(format!(
                    "W{month:02}{day:02} {hour:02}:{minute:02}:{second:02}.{:06}       1 helpers.go:719] --dry-run is \
                     deprecated and can be replaced with --dry-run=client.",
                    micros.rem_euclid(1_000_000)
                ));
                Ok(DryRun::Client)
            }
            Some(other) => Err(Failure::error(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }
}

/// What `--dry-run` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DryRun {
    None,
    Client,
    Server,
}

impl DryRun {
    /// What is added to the messages.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            DryRun::None => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }
}
