//! Names of images: `nginx`, `nginx:1.27`, `ghcr.io/owner/app@sha256:…`.

/// A name taken apart and completed: `nginx` is `docker.io/library/nginx:latest`.
/// Models k8s.io/kubernetes/pkg/util/parsers.ParseImageName and github.com/distribution/reference (v1.36)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// `docker.io`
    pub domain: String,
    /// `library/nginx`
    pub path: String,
    /// The tag; `latest` when neither tag nor digest is written.
    pub tag: Option<String>,
    /// `sha256:…`
    pub digest: Option<String>,
}

impl Image {
    /// `docker.io/library/nginx`
    pub fn repository(&self) -> String {
        format!("{}/{}", self.domain, self.path)
    }
}

/// Takes the name of an image apart.
///
/// # Errors
/// The words with which a runtime refuses the name.
pub fn parse(name: &str) -> Result<Image, &'static str> {
    const INVALID: &str = "invalid reference format";
    if name.len() == 64 && name.bytes().all(|b| matches!(b, b'a'..=b'f' | b'0'..=b'9')) {
        return Err("invalid repository name, cannot specify 64-byte hexadecimal strings");
    }
    let (rest, digest) = match name.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (name, None),
    };
    let last_part = rest.rfind('/').map_or(0, |at| at + 1);
    let (repository, tag) = match rest[last_part..].find(':') {
        Some(at) => (&rest[..last_part + at], Some(&rest[last_part + at + 1..])),
        None => (rest, None),
    };
    let (domain, path) = match repository.split_once('/') {
        Some((first, path))
            if first.contains(['.', ':']) || first == "localhost" || first.to_ascii_lowercase() != first =>
        {
            (first, path.to_string())
        }
        _ => ("docker.io", repository.to_string()),
    };
    let domain = if domain == "index.docker.io" { "docker.io" } else { domain };
    let path = if domain == "docker.io" && !path.contains('/') { format!("library/{path}") } else { path };
    if path.to_ascii_lowercase() != path {
        return Err("invalid reference format: repository name (library/NAME) must be lowercase");
    }
    let tag_fits = tag.is_none_or(|tag| {
        (1..=128).contains(&tag.len())
            && !tag.starts_with(['.', '-'])
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
    });
    let digest_fits = digest.is_none_or(|digest| {
        let (algorithm, hex) = digest.split_once(':').unwrap_or(("", ""));
        let length = match algorithm {
            "sha512" => 128,
            "sha384" => 96,
            _ => 64,
        };
        algorithm.starts_with(|c: char| c.is_ascii_alphabetic())
            && hex.len() == length
            && hex.bytes().all(|b| matches!(b, b'a'..=b'f' | b'0'..=b'9'))
    });
    if !path.split('/').all(is_component) || !is_domain(domain) || !tag_fits || !digest_fits {
        return Err(INVALID);
    }
    if domain.len() + 1 + path.len() > 255 {
        return Err("repository name must not be more than 255 characters");
    }
    let tag = tag.or(if digest.is_none() { Some("latest") } else { None });
    Ok(Image { domain: domain.into(), path, tag: tag.map(String::from), digest: digest.map(String::from) })
}

/// Lower-case letters and digits, joined by a dot, one or two underscores, or hyphens.
fn is_component(text: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if !alphanumeric(first) || !alphanumeric(last) {
        return false;
    }
    let separators: Vec<&str> = text
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .filter(|s| !s.is_empty())
        .collect();
    separators.iter().all(|s| matches!(*s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        && host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed() {
        let full = |name| parse(name).map(|image| (image.repository(), image.tag.unwrap_or_default()));
        assert_eq!(full("nginx"), Ok(("docker.io/library/nginx".into(), "latest".into())));
        assert_eq!(full("me/app:1"), Ok(("docker.io/me/app".into(), "1".into())));
        assert_eq!(full("ghcr.io/a/b:x"), Ok(("ghcr.io/a/b".into(), "x".into())));
        assert_eq!(full("localhost:5000/b"), Ok(("localhost:5000/b".into(), "latest".into())));
        assert!(full("UPPER").is_err() && full("").is_err() && full("a b").is_err() && full("a:").is_err());
    }
}
