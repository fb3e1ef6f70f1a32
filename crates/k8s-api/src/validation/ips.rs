//! Addresses and ranges of addresses.
//! Models k8s.io/apimachinery/pkg/util/validation/ip.go, and ValidateEndpointIP of pkg/apis/core/validation (v1.36)

use std::net::{IpAddr, Ipv6Addr};

use super::field::{ErrorList, Path};

/// An address, whose numbers may have zeros in front. Models netutils.ParseIPSloppy
fn sloppy(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let part = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| match part.trim_start_matches('0') {
            "" => "0".to_string(),
            rest => rest.to_string(),
        })
    };
    let parts: Vec<String> = text.split('.').map(part).collect::<Option<_>>()?;
    parts.join(".").parse().ok()
}

/// Whether an IPv6 address is an IPv4 one in disguise.
fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// Checks an address. Models IsValidIPForLegacyField
pub(super) fn ip(text: &str, path: &Path, errors: &mut ErrorList) -> bool {
    let words = match (sloppy(text), text.parse::<IpAddr>()) {
        (None, _) => "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        (Some(_), Err(_)) => "must not have leading 0s",
        (_, Ok(address)) if is_mapped(address) => "must not be an IPv4-mapped IPv6 address",
        _ => return true,
    };
    errors.invalid(path, text, words);
    false
}

/// Checks an address that traffic goes to. Models ValidateEndpointIP
pub(super) fn endpoint_ip(text: &str, path: &Path, errors: &mut ErrorList) {
    let Some(address) = sloppy(text) else {
        errors.invalid(path, text, "must be a valid IP address");
        return;
    };
    let six = |test: fn(&Ipv6Addr) -> bool| matches!(&address, IpAddr::V6(six) if test(six));
    let four = |test: fn(&std::net::Ipv4Addr) -> bool| matches!(&address, IpAddr::V4(four) if test(four));
    if address.is_unspecified() {
        errors.invalid(path, text, &format!("may not be unspecified ({text})"));
    }
    if address.is_loopback() {
        errors.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if four(|four| four.is_link_local()) || six(|six| six.segments()[0] & 0xffc0 == 0xfe80) {
        errors.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if four(|four| four.octets()[..3] == [224, 0, 0]) || six(|six| six.segments()[0] & 0xff0f == 0xff02) {
        let words = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
        errors.invalid(path, text, words);
    }
}

/// Whether a text is an address at all.
pub(super) fn is_ip(text: &str) -> bool {
    sloppy(text).is_some()
}

/// Whether an address is of the newer family.
pub(super) fn is_ipv6(text: &str) -> bool {
    matches!(sloppy(text), Some(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none())
}

/// A range of addresses: its first, so many bits of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    address: IpAddr,
    /// How many leading bits all addresses of the range share.
    pub(super) bits: u32,
}

/// The bits of an address, and how many there are.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(four) => (u128::from(u32::from(four)), 32),
        IpAddr::V6(six) => (u128::from(six), 128),
    }
}

impl Range {
    /// Models netutils.ParseCIDRSloppy
    pub(super) fn parse(text: &str) -> Option<Range> {
        let (address, count) = text.split_once('/')?;
        let address = sloppy(address)?;
        let digits = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
        let bits = count.parse().ok().filter(|count| digits && *count <= bits(address).1)?;
        Some(Range { address, bits })
    }

    /// The address without the bits that differ within the range.
    fn first(&self) -> u128 {
        let (all, width) = bits(self.address);
        let rest = width - self.bits;
        if rest >= 128 { 0 } else { all >> rest << rest }
    }

    /// Whether the other range is a part of this one, and smaller.
    pub(super) fn is_strictly_wider(&self, other: &Range) -> bool {
        let same = self.address.is_ipv4() == other.address.is_ipv4();
        let inner = Range { address: other.address, bits: self.bits.min(bits(other.address).1) };
        same && self.bits < other.bits && inner.first() == self.first()
    }
}

/// Checks a range. Models IsValidCIDRForLegacyField
pub(super) fn cidr(text: &str, path: &Path, errors: &mut ErrorList) {
    let Some(range) = Range::parse(text) else {
        errors.invalid(path, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        return;
    };
    let (address, count) = text.split_once('/').unwrap_or((text, ""));
    let words = match address.parse::<IpAddr>() {
        Ok(_) if count.len() > 1 && count.starts_with('0') => {
            "must not have leading 0s in IP or prefix length"
        }
        Err(_) => "must not have leading 0s in IP or prefix length",
        Ok(address) if is_mapped(address) => "must not have an IPv4-mapped IPv6 address",
        Ok(_) if range.first() != bits(range.address).0 => "must not have bits set beyond the prefix length",
        Ok(_) => return,
    };
    errors.invalid(path, text, words);
}

/// What is unusual about an address that is allowed. Models GetWarningsForIP
pub(super) fn warning(text: &str, path: &Path) -> Option<String> {
    let Ok(IpAddr::V6(address)) = text.parse() else { return None };
    let canonical = address.to_string();
    (canonical != text).then(|| {
        let quote = crate::print::quote;
        format!(
            "{path}: IPv6 address {} should be in RFC 5952 canonical format ({})",
            quote(text),
            quote(&canonical)
        )
    })
}

/// What is unusual about a range that is allowed. Models GetWarningsForCIDR
pub(super) fn range_warning(text: &str, path: &Path) -> Option<String> {
    let (address, count) = text.trim().split_once('/')?;
    let address: Ipv6Addr = address.parse().ok()?;
    let canonical = format!("{address}/{count}");
    (canonical != text).then(|| {
        let quote = crate::print::quote;
        let (text, canonical) = (quote(text), quote(&canonical));
        format!("{path}: IPv6 CIDR value {text} should be in RFC 5952 canonical format ({canonical})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(check: &dyn Fn(&Path, &mut ErrorList)) -> String {
        let mut errors = ErrorList::default();
        check(&Path::new("x"), &mut errors);
        errors.messages_all().join("; ")
    }

    #[test]
    fn addresses() {
        assert_eq!(
            said(&|p, e| {
                ip("10.0.0.1", p, e);
                ip("fe80::1", p, e);
            }),
            ""
        );
        assert!(
            said(&|p, e| {
                ip("10.0.0.01", p, e);
            })
            .contains("leading 0s")
        );
        assert!(
            said(&|p, e| {
                ip("10.0.0", p, e);
            })
            .contains("e.g.")
        );
        assert!(
            said(&|p, e| {
                ip("::ffff:1.2.3.4", p, e);
            })
            .contains("mapped")
        );
        assert!(said(&|p, e| endpoint_ip("127.0.0.1", p, e)).contains("loopback"));
        assert!(said(&|p, e| endpoint_ip("169.254.1.1", p, e)).contains("link-local range"));
        assert!(said(&|p, e| endpoint_ip("0.0.0.0", p, e)).contains("unspecified (0.0.0.0)"));
    }

    #[test]
    fn ranges() {
        assert_eq!(said(&|p, e| cidr("10.0.0.0/8", p, e)), "");
        assert_eq!(said(&|p, e| cidr("::/0", p, e)), "");
        assert!(said(&|p, e| cidr("10.0.0.1/8", p, e)).contains("beyond the prefix"));
        assert!(said(&|p, e| cidr("10.0.0.0/33", p, e)).contains("must be a valid CIDR"));
        assert!(said(&|p, e| cidr("10.0.0.0/08", p, e)).contains("leading 0s"));
        let range = |text: &str| Range::parse(text).unwrap();
        assert!(range("10.0.0.0/8").is_strictly_wider(&range("10.1.0.0/16")));
        assert!(!range("10.0.0.0/8").is_strictly_wider(&range("10.0.0.0/8")));
        assert!(!range("10.0.0.0/8").is_strictly_wider(&range("11.1.0.0/16")));
    }

    #[test]
    fn unusual_spellings_are_told() {
        assert_eq!(warning("10.0.0.1", &Path::new("x")), None);
        assert!(warning("FE80::1", &Path::new("x")).is_some_and(|text| text.contains("(\"fe80::1\")")));
        assert!(range_warning("FE80::/64", &Path::new("x")).is_some());
    }
}
