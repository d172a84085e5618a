//! Mail addresses, as the `jsonschema` crate judges them.

use std::net::{Ipv4Addr, Ipv6Addr};

use email_address::EmailAddress;

use super::host;

/// What stands before the address in `user@[IPv6:::1]`, in letters of either case (RFC 5321).
const IPV6: &str = "IPv6:";

/// Whether `text` is an address with an ASCII local part, at a host name or at an IP address in brackets.
pub(super) fn is_address(text: &str) -> bool {
    // The parser refuses a quoted local part without anything in it, which RFC 5321 allows.
    let filled = text.strip_prefix("\"\"@").map(|domain| format!("\"a\"@{domain}"));
    let Ok(address) = filled.as_deref().unwrap_or(text).parse::<EmailAddress>() else { return false };
    address.local_part().is_ascii() && is_domain(address.domain())
}

fn is_domain(domain: &str) -> bool {
    let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return host::is_name(domain);
    };
    match literal.split_at_checked(IPV6.len()) {
        Some((tag, address)) if tag.eq_ignore_ascii_case(IPV6) => address.parse::<Ipv6Addr>().is_ok(),
        _ => literal.parse::<Ipv4Addr>().is_ok(),
    }
}
