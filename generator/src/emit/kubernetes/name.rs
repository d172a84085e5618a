//! Names that Kubernetes accepts: DNS-1123 subdomains.

/// Longest name that still fits into a label's value.
const MAX: usize = 63;

/// Hexadecimal digits of a name's hash: 64 bits.
const DIGITS: usize = 16;

/// `name` itself where Kubernetes accepts it, else what can be kept of it and a hash of the whole. The result depends on
/// nothing but `name`, so that a new stream never renames the resources of another.
pub(super) fn resource_name(name: &str) -> String {
    if is_subdomain(name) {
        return name.to_owned();
    }
    let mut kept = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            kept.push(c);
        } else if !kept.is_empty() && !kept.ends_with('-') {
            kept.push('-');
        }
    }
    kept.truncate(MAX - DIGITS - 1);
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let hash = &hash[..DIGITS];
    match kept.trim_end_matches('-') {
        "" => format!("x-{hash}"),
        kept => format!("{kept}-{hash}"),
    }
}

fn is_subdomain(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= MAX && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_kubernetes_accepts_is_kept() {
        assert_eq!(resource_name("order.placed.v2-0"), "order.placed.v2-0");
    }

    #[test]
    fn names_that_look_alike_after_mangling_stay_apart() {
        let names = ["order_placed", "order-placed", "Order.Placed", "order..placed", "order.placed-", "öäü", "", "--"];
        let mangled: std::collections::BTreeSet<_> = names.iter().map(|name| resource_name(name)).collect();
        assert_eq!(mangled.len(), names.len());
        assert!(mangled.iter().all(|name| is_subdomain(name)), "{mangled:?}");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (a, b) = (resource_name(&"a".repeat(200)), resource_name(&"a".repeat(201)));
        assert!(is_subdomain(&a) && is_subdomain(&b) && a != b);
    }
}
