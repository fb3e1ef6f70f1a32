//! `--as`: the API as somebody else finds it. Each request is first put to the API server's authorizer.
//! Models client-go/transport.ImpersonationConfig and k8s.io/apiserver's impersonation filter (v1.36)

use k8s_api::kind::Kind;
use k8s_api::meta::Status;
use serde_json::Value;

use crate::api::{Api, ApiResult, Attributes, DeleteOptions, ExecState, Log, PatchType, User, WatchEvent};
use crate::failure::Failure;
use crate::flags::Flags;
use crate::tree::{name, namespace, text};

/// Whom the flags speak for, if it is somebody else.
pub(crate) fn user(flags: &Flags) -> Result<Option<User>, Failure> {
    let groups: Vec<String> = flags.all("as-group").iter().map(|group| (*group).to_string()).collect();
    match flags.get("as").filter(|name| !name.is_empty()) {
        Some(name) => Ok(Some(User::impersonated(name, &groups))),
        None if groups.is_empty() && !flags.has("as-uid") => Ok(None),
        None => Err(Failure::error(format!(
            "requesting uid, groups or user-extra for {} without impersonating a user",
            crate::verbs::CONTEXT
        ))),
    }
}

/// The API behind the authorizer.
pub(crate) struct As<'a> {
    pub(crate) api: &'a mut dyn Api,
    pub(crate) user: User,
}

impl As<'_> {
    fn ask(&mut self, verb: &str, kind: &Kind, sub: &str, namespace: &str, name: &str) -> ApiResult<()> {
        self.api.authorize(&self.user, &Attributes::of(verb, kind, sub, namespace, name))
    }
}

/// What is refused while a connection is made into a stream.
fn upgrading(mut status: Box<Status>) -> Box<Status> {
    status.message.insert_str(0, "unable to upgrade connection: ");
    status.reason.clear();
    status.code = 0;
    status
}

fn pods() -> &'static Kind {
    k8s_api::kind::by_kind("Pod").unwrap_or(&k8s_api::kind::KINDS[0])
}

impl Api for As<'_> {
    fn now_micros(&self) -> i64 {
        self.api.now_micros()
    }

    fn user(&self) -> User {
        self.user.clone()
    }

    fn authorize(&self, user: &User, attributes: &Attributes<'_>) -> ApiResult<()> {
        self.api.authorize(user, attributes)
    }

    fn rules(&self, user: &User, namespace: &str) -> Vec<Value> {
        self.api.rules(user, namespace)
    }

    fn permit(&mut self, verb: &str, kind: &Kind, sub: &str, namespace: &str, name: &str) -> ApiResult<()> {
        let asked = self.ask(verb, kind, sub, namespace, name);
        if matches!(sub, "exec" | "attach" | "portforward") { asked.map_err(upgrading) } else { asked }
    }

    fn get(&mut self, kind: &Kind, namespace: &str, name: &str) -> ApiResult<Value> {
        self.ask("get", kind, "", namespace, name)?;
        self.api.get(kind, namespace, name)
    }

    fn list(&mut self, kind: &Kind, namespace: Option<&str>) -> ApiResult<Vec<Value>> {
        self.ask("list", kind, "", namespace.unwrap_or(""), "")?;
        self.api.list(kind, namespace)
    }

    fn create(&mut self, namespace: &str, object: &Value, dry_run: bool) -> ApiResult<Value> {
        let kind = k8s_api::kind::by_gvk(text(object, "apiVersion"), text(object, "kind"));
        if let Some(kind) = kind {
            let namespace = if kind.namespaced { namespace } else { "" };
            self.ask("create", kind, "", namespace, "")?;
        }
        self.api.create(namespace, object, dry_run)
    }

    fn update(&mut self, object: &Value, subresource: &str, dry_run: bool) -> ApiResult<Value> {
        let kind = k8s_api::kind::by_gvk(text(object, "apiVersion"), text(object, "kind"));
        if let Some(kind) = kind {
            self.ask("update", kind, subresource, namespace(object), name(object))?;
        }
        self.api.update(object, subresource, dry_run)
    }

    fn patch(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
        patch_type: PatchType,
        patch: &Value,
        dry_run: bool,
    ) -> ApiResult<Value> {
        self.ask("patch", kind, subresource, namespace, name)?;
        self.api.patch(kind, namespace, name, subresource, patch_type, patch, dry_run)
    }

    fn delete(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> ApiResult<Value> {
        self.ask("delete", kind, "", namespace, name)?;
        self.api.delete(kind, namespace, name, options)
    }

    fn warnings(&self) -> Vec<String> {
        self.api.warnings()
    }

    fn evict(&mut self, namespace: &str, name: &str, options: &DeleteOptions) -> ApiResult<Value> {
        self.ask("create", pods(), "eviction", namespace, name)?;
        self.api.evict(namespace, name, options)
    }

    fn watch_position(&self) -> u64 {
        self.api.watch_position()
    }

    fn watch(&mut self, kind: &Kind, namespace: Option<&str>, from: u64) -> (Vec<WatchEvent>, u64) {
        match self.ask("watch", kind, "", namespace.unwrap_or(""), "") {
            Ok(()) => self.api.watch(kind, namespace, from),
            Err(_) => (Vec::new(), from),
        }
    }

    fn logs(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        from: u64,
    ) -> ApiResult<Log> {
        self.ask("get", pods(), "log", namespace, pod)?;
        self.api.logs(namespace, pod, container, previous, from)
    }

    fn exec(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[String],
        stdin: bool,
        tty: bool,
    ) -> ApiResult<u64> {
        self.permit("create", pods(), "exec", namespace, pod)?;
        self.api.exec(namespace, pod, container, command, stdin, tty)
    }

    fn exec_input(&mut self, exec: u64, bytes: &[u8]) {
        self.api.exec_input(exec, bytes);
    }

    fn exec_state(&mut self, exec: u64) -> ExecState {
        self.api.exec_state(exec)
    }
}
