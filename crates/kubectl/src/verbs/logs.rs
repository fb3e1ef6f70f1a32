//! `kubectl logs`: what containers have written.
//! Models k8s.io/kubectl/pkg/cmd/logs/logs.go (v1.36)

use k8s_api::meta::Status;
use k8s_api::time::{civil, parse_rfc3339};
use serde_json::Value;

use super::Task;
use crate::api::{Log, LogLine};
use crate::containers;
use crate::failure::Failure;
use crate::session::{Out, Outcome, Session};
use crate::targets::{self, Wanted};
use crate::tree::{list, name, namespace, text};
use crate::{Api, duration};

pub(super) const FLAGS: &str = "f/follow p/previous c/container:s all-containers all-pods prefix timestamps \
    tail:i since:d since-time:s limit-bytes:i l/selector:s ignore-errors max-log-requests:i \
    pod-running-timeout:d insecure-skip-tls-verify-backend";

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required \
    argument for the logs command";

pub(super) fn run(session: &mut Session<'_>) -> Outcome {
    let flags = session.flags;
    let mut container = flags.text("container").to_string();
    let selector = flags.has("selector");
    match (flags.args.len(), selector) {
        (0, false) | (3.., _) => return Err(Failure::usage("logs", USAGE)),
        (1.., true) => {
            return Err(Failure::usage("logs", "only a selector (-l) or a POD name is allowed"));
        }
        (2, false) => {
            if !container.is_empty() {
                return Err(Failure::usage("logs", "only one of -c or an inline [CONTAINER] arg is allowed"));
            }
            container.clone_from(&flags.args[1]);
        }
        _ => {}
    }
    let since = match flags.get("since-time") {
        None => None,
        Some(time) => Some(parse_rfc3339(time).ok_or_else(|| {
            Failure::error(format!(
                "parsing time {time:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {time:?} as \"2006\""
            ))
        })?),
    };
    let pods = pods(session)?;
    if pods.is_empty() && !selector {
        return Err(containers::no_pod(session, 20));
    }
    if pods.is_empty() {
        session.out.warn(format!("No resources found in {} namespace.", session.namespace()));
        return Ok(Task::Done(0));
    }
    if flags.has("since") && since.is_some() {
        return Err(Failure::error("at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    let since = since.or(flags.micros("since").map(|micros| session.api.now_micros() - micros));
    let mut streams = Vec::new();
    let mut said = false;
    for pod in &pods {
        for container in wanted(session, pod, &container, &mut said)? {
            streams.push(Stream {
                namespace: namespace(pod).to_string(),
                pod: name(pod).to_string(),
                container,
                position: 0,
                fresh: true,
                ended: false,
            });
        }
    }
    let follow = flags.is("follow");
    let most = flags.int("max-log-requests").unwrap_or(5);
    if follow && streams.len() as i64 > most {
        return Err(Failure::error(format!(
            "you are attempting to follow {} log streams, but maximum allowed concurrency is {most}, use \
             --max-log-requests to increase the limit",
            streams.len()
        )));
    }
    // With a selector, the last ten lines of each are shown unless told otherwise.
    let tail = flags.int("tail").or(selector.then_some(10)).filter(|tail| *tail >= 0);
    let following = Following {
        streams,
        previous: flags.is("previous"),
        follow,
        prefix: flags.is("prefix"),
        timestamps: flags.is("timestamps"),
        tail: tail.map(|tail| tail as usize),
        since,
        bytes_left: flags.int("limit-bytes").filter(|limit| *limit > 0).map(|limit| limit as usize),
        ignore_errors: flags.is("ignore-errors"),
    };
    following.poll(session.api, session.out)
}

/// The Pods whose logs are wanted.
fn pods(session: &mut Session<'_>) -> Result<Vec<Value>, Failure> {
    let flags = session.flags;
    let words: Vec<String> = match flags.args.first() {
        None => vec!["pods".to_string()],
        Some(word) if word.contains('/') => vec![word.clone()],
        Some(word) => vec!["pods".to_string(), word.clone()],
    };
    let wanted = Wanted { all_without_name: true, ..Wanted::default() };
    let found = targets::find(session, &words, wanted)?;
    if let Some(failure) = found.failures.into_iter().next() {
        // What is not there is told once more, and loses its capital.
        let text = match failure.text.strip_prefix("Error from server (NotFound)") {
            Some(rest) => {
                format!("error: error from server (NotFound){rest} in namespace {:?}", session.namespace())
            }
            None => failure.text,
        };
        return Err(Failure::plain(text));
    }
    if flags.args.is_empty() {
        return Ok(found.targets.into_iter().map(|target| target.object).collect());
    }
    let Some(target) = found.targets.into_iter().next() else { return Ok(Vec::new()) };
    let mut pods = containers::pods_of(session, &target.object, "get the logs from")?;
    if target.kind.kind != "Pod" && pods.len() > 1 && !flags.is("all-pods") {
        let found = pods.len();
        pods = pods.into_iter().min_by_key(containers::by_logging).into_iter().collect();
        session.out.warn(format!("Found {found} pods, using pod/{}", name(&pods[0])));
    }
    Ok(pods)
}

/// The containers of a Pod whose logs are wanted.
fn wanted(
    session: &mut Session<'_>,
    pod: &Value,
    container: &str,
    said: &mut bool,
) -> Result<Vec<String>, Failure> {
    if session.flags.is("all-containers") || session.flags.is("all-pods") && container.is_empty() {
        let groups = ["spec.initContainers", "spec.containers", "spec.ephemeralContainers"];
        let names = groups.iter().flat_map(|path| list(pod, path)).map(|c| text(c, "name").to_string());
        return Ok(names.collect());
    }
    let chosen = containers::choose(session, pod, container, *said)?;
    *said = true;
    Ok(vec![chosen])
}

/// One container's log.
#[derive(Clone, Debug)]
struct Stream {
    namespace: String,
    pod: String,
    container: String,
    position: u64,
    /// Nothing of it was read yet.
    fresh: bool,
    ended: bool,
}

/// Logs that are being read, once or on and on.
#[derive(Clone, Debug)]
pub(crate) struct Following {
    streams: Vec<Stream>,
    previous: bool,
    follow: bool,
    prefix: bool,
    timestamps: bool,
    tail: Option<usize>,
    since: Option<i64>,
    bytes_left: Option<usize>,
    ignore_errors: bool,
}

impl Following {
    /// All that one container writes, until it ends.
    pub(crate) fn all_of(namespace: &str, pod: &str, container: &str) -> Following {
        let stream = Stream {
            namespace: namespace.to_string(),
            pod: pod.to_string(),
            container: container.to_string(),
            position: 0,
            fresh: true,
            ended: false,
        };
        Following {
            streams: vec![stream],
            previous: false,
            follow: true,
            prefix: false,
            timestamps: false,
            tail: None,
            since: None,
            bytes_left: None,
            ignore_errors: false,
        }
    }

    /// What everybody is told who is attached to a container.
    pub(crate) fn announce(out: &mut Out) {
        out.warn(
            "All commands and output from this session will be recorded in container logs, including credentials \
             and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try \
             pressing enter.",
        );
    }

    /// There is nothing more to read.
    pub(crate) fn finish(&mut self) {
        self.streams.clear();
    }

    /// What one container writes from now on, until it ends.
    pub(crate) fn new_lines_of(pod: &Value, container: &str, api: &dyn Api) -> Following {
        let mut following = Following::all_of(namespace(pod), name(pod), container);
        following.since = Some(api.now_micros());
        following
    }

    pub(crate) fn poll(mut self, api: &mut dyn Api, out: &mut Out) -> Outcome {
        for index in 0..self.streams.len() {
            if self.streams[index].ended {
                continue;
            }
            let stream = &self.streams[index];
            let read =
                api.logs(&stream.namespace, &stream.pod, &stream.container, self.previous, stream.position);
            match read {
                Ok(log) => self.show(index, log, out),
                // Who follows a container that went away has reached its end.
                Err(_) if !self.streams[index].fresh => self.streams[index].ended = true,
                Err(status) if self.ignore_errors => {
                    out.print(&format!("error: {}\n", status.message));
                    self.streams[index].ended = true;
                }
                Err(status) => return Err(failure(&status)),
            }
        }
        let all_ended = self.streams.iter().all(|stream| stream.ended);
        if !self.follow || all_ended || self.bytes_left == Some(0) {
            return Ok(Task::Done(0));
        }
        Ok(Task::Logs(Box::new(self)))
    }

    fn show(&mut self, index: usize, log: Log, out: &mut Out) {
        let stream = &mut self.streams[index];
        stream.position = log.next;
        stream.ended = log.ended;
        let fresh = std::mem::take(&mut stream.fresh);
        let prefix =
            if self.prefix { format!("[pod/{}/{}] ", stream.pod, stream.container) } else { String::new() };
        let since = self.since;
        let lines: Vec<&LogLine> =
            log.lines.iter().filter(|line| since.is_none_or(|since| line.at_micros >= since)).collect();
        let skip = if fresh { self.tail.map_or(0, |tail| lines.len().saturating_sub(tail)) } else { 0 };
        for line in &lines[skip..] {
            let stamp = if self.timestamps { format!("{} ", nanos(line.at_micros)) } else { String::new() };
            let mut text = format!("{prefix}{stamp}{}", line.text);
            if let Some(left) = &mut self.bytes_left {
                let mut cut = text.len().min(*left);
                while !text.is_char_boundary(cut) {
                    cut -= 1;
                }
                text.truncate(cut);
                *left -= cut;
            }
            out.print(&text);
        }
    }
}

/// The kubelet's odd answers come as text, without failing.
fn failure(status: &Status) -> Failure {
    if status.reason.is_empty() && status.code == 200 {
        return Failure::with_code(&status.message, 0);
    }
    Failure::from(status)
}

/// RFC 3339 with nine decimals, as the runtime stamps lines.
fn nanos(micros: i64) -> String {
    let (year, month, day, hour, minute, second, _) = civil(micros.div_euclid(duration::SECOND));
    let fraction = micros.rem_euclid(duration::SECOND) * 1000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z")
}
