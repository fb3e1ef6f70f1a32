//! Where an HTTP probe goes on when it is sent elsewhere.
// Models pkg/probe/http/http.go RedirectChecker and Go's net/http client (v1.36)

use busybox::Ipv4;

use super::Node;
use super::prober::{ProbeRun, ProbeWorker, request_headers};
use super::worker::PodWorker;

/// After so many requests a chain of redirects is given up.
const REDIRECTS_MAX: u32 = 10;

/// Where a redirect leads.
pub(crate) enum Redirect {
    /// To another place of the same host.
    Followed(ProbeRun),
    /// To another host, or to nowhere: the answer is as good as any.
    Elsewhere,
    /// On and on: it has failed.
    Refused(String),
}

impl Node<'_> {
    /// Goes where an answer points to, as long as that is the same host.
    // Models pkg/probe/http RedirectChecker (v1.36)
    pub(crate) fn redirect(
        &mut self,
        worker: &PodWorker,
        probe: &ProbeWorker,
        url: &str,
        location: &str,
        redirects: u32,
    ) -> Redirect {
        let authority = url.split('/').nth(2).unwrap_or_default();
        let (authority_of_next, path) = match location.split_once("://") {
            Some((_, rest)) => match rest.split_once('/') {
                Some((authority, path)) => (authority, format!("/{path}")),
                None => (rest, "/".to_string()),
            },
            None if location.starts_with('/') => (authority, location.to_string()),
            None => {
                let base =
                    url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, p)| p);
                let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
                (authority, format!("/{folder}/{location}").replace("//", "/"))
            }
        };
        let host = |authority: &str| authority.split(':').next().unwrap_or_default().to_string();
        if host(authority_of_next) != host(authority) {
            return Redirect::Elsewhere;
        }
        if redirects + 1 >= REDIRECTS_MAX {
            return Redirect::Refused(format!("Get \"{location}\": stopped after {REDIRECTS_MAX} redirects"));
        }
        let port = authority_of_next.split_once(':').map_or(Some(80), |(_, port)| port.parse().ok());
        let (Some(ip), Some(port)) = (Ipv4::parse(&host(authority)), port) else {
            return Redirect::Elsewhere;
        };
        let timeout_ms = probe.spec.timeout_seconds.max(1) as u64 * 1000;
        let own = probe.spec.http_get.as_ref().map(|http| request_headers(http, "probe")).unwrap_or_default();
        let conn = self.os.http_get(None, ip, port, &path, &own, timeout_ms);
        let url = format!("http://{authority_of_next}{path}");
        Redirect::Followed(ProbeRun::Http(self.await_connection(worker, conn), url, redirects + 1))
    }
}
