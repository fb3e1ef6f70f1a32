//! What a Pod is called, and the files that tell its programs about names: `/etc/hosts`, `/etc/hostname` and
//! `/etc/resolv.conf`.
// Models pkg/kubelet/kubelet_pods.go ensureHostsFile and pkg/kubelet/network/dns GetPodDNS (v1.36)

use k8s_api::core::PodDNSConfigOption;

use super::Node;
use super::host_path::host_hosts_file;
use super::worker::PodWorker;

/// What the node itself asks for names.
pub(crate) const NODE_NAMESERVER: &str = "192.168.0.1";
/// The cluster's DNS.
const CLUSTER_DNS: &str = "10.96.0.10";
/// A host name is at most so long.
const HOSTNAME_MAX: usize = 63;
/// And with its domain, as the kernel keeps it, so long.
const FQDN_MAX: usize = 64;

/// The hostname of a Pod, and the domain that goes with its subdomain.
// Models GeneratePodHostNameAndDomain (v1.36)
#[must_use]
fn hostname_and_domain(worker: &PodWorker, node: &str) -> (String, String) {
    let spec = &worker.pod.spec;
    let cut = |name: &str| {
        let cut: String = name.chars().take(HOSTNAME_MAX).collect();
        if cut.len() < name.len() { cut.trim_end_matches(['-', '.']).to_string() } else { cut }
    };
    if spec.host_network {
        return (node.to_string(), String::new());
    }
    if let Some(name) = &spec.hostname_override {
        return (cut(name), String::new());
    }
    let name = if spec.hostname.is_empty() { &*worker.name } else { spec.hostname.as_str() };
    let domain = match spec.subdomain.as_str() {
        "" => String::new(),
        subdomain => format!("{subdomain}.{}.svc.cluster.local", worker.namespace),
    };
    (cut(name), domain)
}

/// What `hostname` prints in a Pod.
// Models pkg/kubelet/util GetNodenameForKernel (v1.36)
pub(crate) fn kernel_hostname(worker: &PodWorker, node: &str) -> Result<String, String> {
    let (hostname, domain) = hostname_and_domain(worker, node);
    if domain.is_empty() || worker.pod.spec.set_hostname_as_fqdn != Some(true) {
        return Ok(hostname);
    }
    let fqdn = format!("{hostname}.{domain}");
    if fqdn.len() > FQDN_MAX {
        return Err(format!(
            "failed to construct FQDN from pod hostname and cluster domain, FQDN {fqdn} is too long ({FQDN_MAX} characters \
             is the max, {} characters requested)",
            fqdn.len()
        ));
    }
    Ok(fqdn)
}

impl Node<'_> {
    /// The files, by path.
    pub(crate) fn etc_files(&self, worker: &PodWorker) -> Vec<(String, Vec<u8>)> {
        let hostname = kernel_hostname(worker, &self.agent.name).unwrap_or_default();
        vec![
            ("/etc/hosts".into(), self.hosts_file(worker).into_bytes()),
            ("/etc/hostname".into(), format!("{hostname}\n").into_bytes()),
            ("/etc/resolv.conf".into(), resolv_conf(worker).into_bytes()),
        ]
    }

    // Models managedHostsFileContent and nodeHostsFileContent (v1.36)
    fn hosts_file(&self, worker: &PodWorker) -> String {
        let spec = &worker.pod.spec;
        let mut hosts;
        if spec.host_network {
            hosts = String::from("# Kubernetes-managed hosts file (host network).\n");
            hosts.push_str(&host_hosts_file(&self.agent.name));
        } else {
            hosts = String::from(
                "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
                 fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
            );
            let ip = self.pod_ip(worker);
            let (hostname, domain) = hostname_and_domain(worker, &self.agent.name);
            if !ip.is_empty() && domain.is_empty() {
                hosts.push_str(&format!("{ip}\t{hostname}\n"));
            } else if !ip.is_empty() {
                hosts.push_str(&format!("{ip}\t{hostname}.{domain}\t{hostname}\n"));
            }
        }
        if !spec.host_aliases.is_empty() {
            hosts.push_str("\n# Entries added by HostAliases.\n");
            for alias in &spec.host_aliases {
                hosts.push_str(&format!("{}\t{}\n", alias.ip, alias.hostnames.join("\t")));
            }
        }
        hosts
    }
}

// Models GetPodDNS and containerd's parseDNSOptions (v1.36)
fn resolv_conf(worker: &PodWorker) -> String {
    let spec = &worker.pod.spec;
    let cluster = spec.dns_policy == "ClusterFirst" && !spec.host_network
        || spec.dns_policy == "ClusterFirstWithHostNet";
    let mut servers: Vec<String> = Vec::new();
    let mut searches: Vec<String> = Vec::new();
    let mut options: Vec<String> = Vec::new();
    if cluster {
        servers.push(CLUSTER_DNS.into());
        let namespace = &worker.namespace;
        searches.extend([
            format!("{namespace}.svc.cluster.local"),
            "svc.cluster.local".into(),
            "cluster.local".into(),
        ]);
        options.push("ndots:5".into());
    } else if spec.dns_policy != "None" {
        servers.push(NODE_NAMESERVER.into());
    }
    if let Some(config) = &spec.dns_config {
        add_new(&mut servers, &config.nameservers);
        add_new(&mut searches, &config.searches);
        merge_options(&mut options, &config.options);
    }
    let mut text = String::new();
    if !searches.is_empty() {
        text.push_str(&format!("search {}\n", searches.join(" ")));
    }
    for server in servers {
        text.push_str(&format!("nameserver {server}\n"));
    }
    if !options.is_empty() {
        text.push_str(&format!("options {}\n", options.join(" ")));
    }
    text
}

// Models omitDuplicates (v1.36)
fn add_new(list: &mut Vec<String>, more: &[String]) {
    for entry in more {
        if !list.contains(entry) {
            list.push(entry.clone());
        }
    }
}

/// An option of the Pod takes the place of one of the same name. Upstream leaves their order to chance.
// Models mergeDNSOptions (v1.36)
fn merge_options(options: &mut Vec<String>, own: &[PodDNSConfigOption]) {
    for option in own {
        let text = match option.value.as_deref() {
            None | Some("") => option.name.clone(),
            Some(value) => format!("{}:{value}", option.name),
        };
        match options.iter_mut().find(|other| other.split(':').next() == Some(&option.name)) {
            Some(other) => *other = text,
            None => options.push(text),
        }
    }
}
