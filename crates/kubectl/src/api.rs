//! The door to the cluster: what kubectl can ask of it.
//!
//! Everything goes through the API server, except `logs`, `exec` and the like, which the API server passes
//! on to the kubelet, as in life.

use k8s_api::kind::Kind;
use k8s_api::meta::Status;
use serde_json::Value;

pub use k8s_sim::apiserver::authorization::{Attributes, User};
pub use k8s_sim::{DeleteOptions, PatchType, Propagation, WatchType};

/// One event of a watch.
#[derive(Clone, Debug)]
pub struct WatchEvent {
    /// When, in microseconds since the Unix epoch.
    pub at_micros: i64,
    /// What happened.
    pub type_: WatchType,
    /// The object after it.
    pub object: Value,
}

/// One line (or piece of a line) that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When, in microseconds since the Unix epoch.
    pub at_micros: i64,
    /// The text, with its line end if it had one.
    pub text: String,
}

/// What a container has written, as its kubelet keeps it.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The lines from the position asked for.
    pub lines: Vec<LogLine>,
    /// The position after them.
    pub next: u64,
    /// Whether nothing will follow, because the container has ended.
    pub ended: bool,
}

/// How a command in a container is getting on.
#[derive(Clone, Debug, Default)]
pub struct ExecState {
    /// All that it has written so far, in order; `true` stands for standard error.
    pub output: Vec<(bool, String)>,
    /// Its exit code, once it has ended.
    pub exit_code: Option<i32>,
}

/// What the API server answers: what was asked for, or what was wrong.
pub type ApiResult<T> = Result<T, Box<Status>>;

/// kubectl's REST calls. Namespaces are empty for kinds without one.
pub trait Api {
    /// Now, in microseconds since the Unix epoch.
    fn now_micros(&self) -> i64;
    /// Whom the API server takes the caller for.
    fn user(&self) -> User {
        User::admin()
    }
    /// Whether a user may do something: a SubjectAccessReview whose answer is the refusal.
    fn authorize(&self, user: &User, attributes: &Attributes<'_>) -> ApiResult<()>;
    /// The rules that hold for a user in a namespace: a SelfSubjectRulesReview.
    fn rules(&self, user: &User, namespace: &str) -> Vec<Value>;
    /// Whether the caller may do what has no call of its own, such as `create` of `pods/portforward`.
    fn permit(
        &mut self,
        _verb: &str,
        _kind: &Kind,
        _subresource: &str,
        _namespace: &str,
        _name: &str,
    ) -> ApiResult<()> {
        Ok(())
    }
    /// GET of one object.
    fn get(&mut self, kind: &Kind, namespace: &str, name: &str) -> ApiResult<Value>;
    /// GET of all objects of a kind, in one namespace or in all; ordered by namespace and name.
    fn list(&mut self, kind: &Kind, namespace: Option<&str>) -> ApiResult<Vec<Value>>;
    /// POST.
    fn create(&mut self, namespace: &str, object: &Value, dry_run: bool) -> ApiResult<Value>;
    /// PUT.
    fn update(&mut self, object: &Value, subresource: &str, dry_run: bool) -> ApiResult<Value>;
    /// PATCH.
    #[expect(clippy::too_many_arguments, reason = "a PATCH says this much")]
    fn patch(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
        patch_type: PatchType,
        patch: &Value,
        dry_run: bool,
    ) -> ApiResult<Value>;
    /// DELETE.
    fn delete(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> ApiResult<Value>;
    /// What the answer to the last write warned of.
    fn warnings(&self) -> Vec<String>;
    /// POST to a Pod's `eviction`.
    fn evict(&mut self, namespace: &str, name: &str, options: &DeleteOptions) -> ApiResult<Value>;
    /// Where a watch that starts now begins.
    fn watch_position(&self) -> u64;
    /// The events of a kind from a position on, and the position after them.
    fn watch(&mut self, kind: &Kind, namespace: Option<&str>, from: u64) -> (Vec<WatchEvent>, u64);
    /// What a container has written; `previous` is the run before the present one. The error is the
    /// kubelet's.
    fn logs(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        from: u64,
    ) -> ApiResult<Log>;
    /// Starts a command in a container; the number under which it runs, or why not.
    fn exec(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[String],
        stdin: bool,
        tty: bool,
    ) -> ApiResult<u64>;
    /// Gives more input to such a command; nothing closes its input.
    fn exec_input(&mut self, exec: u64, bytes: &[u8]);
    /// How such a command is getting on.
    fn exec_state(&mut self, exec: u64) -> ExecState;
}
