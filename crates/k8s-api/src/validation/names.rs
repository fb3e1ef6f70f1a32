//! What names, labels and the like must look like; each function says what is wrong with a text.
//! Models k8s.io/apimachinery/pkg/util/validation and api/validate/content (v1.36)

use super::field::{ErrorList, Path};

fn max_length(max: usize, unit: &str) -> String {
    format!("must be no more than {max} {unit}")
}

fn pattern(message: &str, pattern: &str, examples: &[&str]) -> String {
    let mut text = format!("{message} (e.g. ");
    for (i, example) in examples.iter().enumerate() {
        if i > 0 {
            text.push_str(" or ");
        }
        text.push_str(&format!("'{example}', "));
    }
    text + &format!("regex used for validation is '{pattern}')")
}

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const KEY_WORDS: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

fn is_lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

/// Whether all bytes fit, and the first and the last fit a narrower rule.
fn fits(text: &str, edge: fn(u8) -> bool, inner: fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) => edge(*first) && edge(*last) && bytes.iter().all(|b| inner(*b)),
        _ => false,
    }
}

fn label_fits(text: &str) -> bool {
    fits(text, is_lower, |b| is_lower(b) || b == b'-')
}

fn subdomain_fits(text: &str) -> bool {
    text.split('.').all(label_fits)
}

/// Names of containers, volumes, namespaces.
pub fn dns1123_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(max_length(63, "characters"));
    }
    if !label_fits(text) {
        errors.push(if subdomain_fits(text) {
            "must not contain dots".into()
        } else {
            pattern(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                LABEL,
                &["my-name", "123-abc"],
            )
        });
    }
    errors
}

/// Names of most objects.
pub fn dns1123_subdomain(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(max_length(253, "characters"));
    }
    if !subdomain_fits(text) {
        errors.push(pattern(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
            &format!("{LABEL}(\\.{LABEL})*"),
            &["example.com"],
        ));
    }
    errors
}

/// Hosts such as `*.example.com`.
pub fn wildcard_subdomain(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(max_length(253, "characters"));
    }
    if !text.strip_prefix("*.").is_some_and(subdomain_fits) {
        errors.push(pattern(
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
            &format!("\\*\\.{LABEL}(\\.{LABEL})*"),
            &["*.example.com"],
        ));
    }
    errors
}

/// Search domains, which may have underscores.
pub fn dns1123_subdomain_underscore(text: &str) -> Vec<String> {
    let one = |label: &str| {
        let rest = label.strip_prefix('_').unwrap_or(label);
        fits(rest, is_lower, |b| is_lower(b) || matches!(b, b'-' | b'_'))
    };
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(max_length(253, "characters"));
    }
    if !text.split('.').all(one) {
        let label = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
        errors.push(pattern(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
            &format!("{label}(\\.{label})*"),
            &["example.com"],
        ));
    }
    errors
}

/// Names of Services.
pub fn dns1035_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(max_length(63, "characters"));
    }
    if !label_fits(text) || !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        errors.push(pattern(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    errors
}

fn key_fits(text: &str) -> bool {
    fits(
        text,
        |b| b.is_ascii_alphanumeric(),
        |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'),
    )
}

/// Keys of labels and annotations, types of conditions, names of resources.
pub fn qualified_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let words = pattern(KEY_WORDS, KEY, &["MyName", "my.name", "123-abc"]);
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".into());
            } else {
                // The same rule in another package, which counts in bytes.
                let messages = dns1123_subdomain(prefix).into_iter();
                errors.extend(
                    messages
                        .map(|text| format!("prefix part {}", text.replace("253 characters", "253 bytes"))),
                );
            }
            *name
        }
        _ => {
            return vec![format!(
                "a valid label key {words} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".into());
    } else if name.len() > 63 {
        errors.push(format!("name part {}", max_length(63, "bytes")));
    }
    if !key_fits(name) {
        errors.push(format!("name part {words}"));
    }
    errors
}

/// Values of labels.
pub fn label_value(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(max_length(63, "bytes"));
    }
    if !text.is_empty() && !key_fits(text) {
        errors.push(pattern(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            &format!("({KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    errors
}

/// Names of ports.
pub fn port_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 15 {
        errors.push(max_length(15, "characters"));
    }
    if text.is_empty() || !text.bytes().all(|b| is_lower(b) || b == b'-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into());
    }
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".into());
    }
    if text.contains("--") {
        errors.push("must not contain consecutive hyphens".into());
    }
    if text.starts_with('-') || text.ends_with('-') {
        errors.push("must not begin or end with a hyphen".into());
    }
    errors
}

/// A path behind a domain, such as `example.com/controller`. Models IsDomainPrefixedPath
pub fn domain_prefixed_path(text: &str, path: &Path, errors: &mut ErrorList) {
    if text.is_empty() {
        errors.required(path, "");
        return;
    }
    let Some((host, rest)) = text.split_once('/').filter(|(host, rest)| !host.is_empty() && !rest.is_empty())
    else {
        errors.invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        return;
    };
    errors.check(path, host, dns1123_subdomain);
    let fits = |c: char| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:".contains(c);
    if !rest.chars().all(fits) {
        const PATTERN: &str = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
        errors.invalid(path, rest, &format!("Invalid path (regex used for validation is '{PATTERN}')"));
    }
}

/// Numbers of ports.
pub fn port_number(port: i64) -> Vec<String> {
    range(port, 1, 65535)
}

/// Numbers of users and groups.
pub fn user_id(id: i64) -> Vec<String> {
    range(id, 0, i64::from(i32::MAX))
}

/// A number between two others.
pub fn range(number: i64, low: i64, high: i64) -> Vec<String> {
    if (low..=high).contains(&number) {
        Vec::new()
    } else {
        vec![format!("must be between {low} and {high}, inclusive")]
    }
}

/// Names of environment variables.
pub fn env_var_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.is_empty() {
        errors.push("environment variable name must be non-empty".into());
    }
    if !text.chars().all(|c| matches!(c, ' '..='~') && c != '=') {
        errors.push("a valid environment variable name must consist only of printable ASCII characters other than '='".into());
    }
    errors
}

/// Names of environment variables as kubectl takes them. Models IsEnvVarName
pub fn strict_env_var_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    if text.is_empty() || text.as_bytes()[0].is_ascii_digit() || !text.bytes().all(inner) {
        errors.push(pattern(
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and \
             must not start with a digit",
            "[-._a-zA-Z][-._a-zA-Z0-9]*",
            &["my.env-name", "MY_ENV.NAME", "MyEnvName1"],
        ));
    }
    directory_prefix(text, &mut errors);
    errors
}

/// Models hasChDirPrefix
fn directory_prefix(text: &str, errors: &mut Vec<String>) {
    match text {
        "." => errors.push("must not be '.'".into()),
        ".." => errors.push("must not be '..'".into()),
        _ if text.starts_with("..") => errors.push("must not start with '..'".into()),
        _ => {}
    }
}

/// Keys of ConfigMaps and Secrets.
pub fn config_key(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(max_length(253, "characters"));
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if text.is_empty() || !text.bytes().all(fits) {
        errors.push(pattern(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    directory_prefix(text, &mut errors);
    errors
}

/// Names of HTTP headers.
pub fn header_name(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Vec::new();
    }
    vec![pattern(
        "a valid HTTP header must consist of alphanumeric characters or '-'",
        "[-A-Za-z0-9]+",
        &["X-Header-Name"],
    )]
}

/// Whole numbers as a person writes them. Models IsDecimalInteger
pub fn decimal_integer(text: &str) -> Vec<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = text == "0"
        || (digits.starts_with(|c: char| ('1'..='9').contains(&c))
            && digits.bytes().all(|b| b.is_ascii_digit()));
    match (text.is_empty(), plain) {
        (true, _) => vec!["must be non-empty".into()],
        (_, false) => vec!["must be a valid decimal integer in canonical form".into()],
        (_, true) if text.parse::<i64>().is_err() => {
            vec![format!("strconv.ParseInt: parsing {}: value out of range", crate::print::quote(text))]
        }
        _ => Vec::new(),
    }
}

/// Percentages such as `25%`.
pub fn percent(text: &str) -> Vec<String> {
    let digits = text.strip_suffix('%').unwrap_or("");
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    vec![pattern(
        "a valid percent string must be a numeric string followed by an ending '%'",
        "[0-9]+%",
        &["1%", "93%"],
    )]
}

/// Whether a text is the name of a kernel parameter.
pub fn is_sysctl(text: &str) -> bool {
    let part = |part: &str| fits(part, is_lower, |b| is_lower(b) || matches!(b, b'-' | b'_'));
    text.len() <= 253 && text.split(['.', '/']).all(part)
}
