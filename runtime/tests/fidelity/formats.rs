//! Strings with a format.

use proptest::prelude::*;
use serde_json::{Value, json};
use tidings::wire;
use uuid::Uuid;

use crate::{Pair, near};

fn format(name: &str) -> Value {
    json!({ "type": "string", "format": name })
}

#[test]
fn uuids_agree() {
    let valid = prop_oneof![
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        any::<u128>().prop_map(|bits| Uuid::from_u128(bits).to_string())
    ];
    Pair::<Uuid, wire::Id>::new(&format("uuid"))
        .same(|a, b| a.as_str().map(str::to_ascii_lowercase) == b.as_str().map(str::to_ascii_lowercase))
        .on([
            "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b",
            "0190C8A4-5E00-7C3A-9F21-6B1D2E3F4A5B",
            "0190c8a45e007c3a9f216b1d2e3f4a5b",
            "{0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b}",
            "urn:uuid:0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "0190c8a-45e00-7c3a-9f21-6b1d2e3f4a5b",
            "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5",
            "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5g",
            "{0190c8a45e007c3a9f216b1d2e3f4a5b}12",
            "",
        ])
        .on_random(near(valid));
}

#[test]
fn mail_addresses_agree() {
    let local = prop_oneof![
        "[a-z0-9]{1,8}(\\.[a-z]{1,4})?",
        "[a-z!#$%&'*+/=?^_`{|}~-]{1,8}",
        "\"[a-z \\\\@.\"]{0,6}\"",
        "[a-zäö]{1,3}",
    ];
    let host = prop_oneof![
        4 => "[a-z0-9-]{1,6}(\\.[a-z0-9]{1,4}){0,2}",
        1 => "xn--[a-z0-9-]{0,8}\\.(de|com)",
        1 => "[a-z]{2}--[a-z]{1,3}\\.org",
        1 => "[äöü]{1,3}\\.de",
        1 => any::<std::net::Ipv4Addr>().prop_map(|ip| format!("[{ip}]")),
        1 => any::<std::net::Ipv6Addr>().prop_map(|ip| format!("[IPv6:{ip}]")),
        1 => any::<std::net::Ipv6Addr>().prop_map(|ip| format!("[ipV6:{ip}]")),
        1 => "\\[[a-z0-9:.]{1,9}\\]",
    ];
    let plain = (local, host).prop_map(|(local, host)| format!("{local}@{host}"));
    let valid = prop_oneof![9 => plain.clone(), 1 => plain.prop_map(|address| format!("Ann <{address}>"))];
    Pair::<String, wire::Email>::new(&format("email"))
        .on([
            "ann@example.com",
            "a@b",
            "Ann <ann@example.com>",
            "Änn <ann@example.com>",
            "<ann@example.com>",
            "änn@example.com",
            "ann@exämple.com",
            "ann@[127.0.0.1]",
            "ann@[127.0.0.256]",
            "ann@[IPv6:::1]",
            "ann@[iPV6:::1]",
            "ann@[::1]",
            "ann@[general:literal]",
            "\"\"@example.com",
            "\"a b\"@example.com",
            "\"ä\"@example.com",
            "\"a@b\"@example.com",
            "ann@-example.com",
            "ann@example-.com",
            "ann@example.com.",
            "ann@exa_mple.com",
            "ann@ab--cd.com",
            "ann@xn--mnchen-3ya.de",
            "ann@XN--mnchen-3ya.de",
            "ann@xn--.de",
            "ann@xn---.de",
            "ann@xn--a.de",
            "ann@xn--zz99999999.de",
            "ann@xn--ls8h.la",
            "ann@xn--hello-txk.com",
            "ann@",
            "@example.com",
            "ann",
            "",
        ])
        .on([
            "ann".repeat(21) + "a@example.com",
            "ann".repeat(22) + "@example.com",
            format!("a@{}.com", "b".repeat(63)),
        ])
        .on([
            format!("a@{}.com", "b".repeat(64)),
            format!("a@{}com", "b.".repeat(130)),
            format!("a@{}c", "b.".repeat(126)),
            format!("a@{}cd", "b.".repeat(126)),
        ])
        .on_random(near(valid));
}

/// Labels of host names that decode to other scripts: joiners, digits and marks have rules of their own.
#[test]
fn mail_addresses_at_international_hosts_agree() {
    let interesting = "l\u{b7}\u{375}α\u{5f3}א\u{30fb}カ漢\u{660}\u{6f0}\u{640}\u{302e}\u{94d}\u{200c}\u{200d}\u{903}\u{300}\u{20e3}aÄ\u{3007}😀\u{2163}²";
    let label = prop::collection::vec(
        prop_oneof![4 => prop::sample::select(interesting.chars().collect::<Vec<_>>()), 1 => any::<char>()],
        1..5,
    );
    let address = label.prop_map(|label| format!("ann@xn--{}.de", punycode(&label)));
    Pair::<String, wire::Email>::new(&format("email")).on_random(near(address));
}

/// RFC 3492, the other way round than what is tested.
fn punycode(label: &[char]) -> String {
    let mut out: String = label.iter().filter(|c| c.is_ascii()).collect();
    let basic = u32::try_from(out.len()).expect("short");
    if basic > 0 {
        out.push('-');
    }
    let (mut next, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    while (handled as usize) < label.len() {
        let smallest = label.iter().map(|c| *c as u32).filter(|c| *c >= next).min().expect("one is left");
        delta += (smallest - next) * (handled + 1);
        next = smallest;
        for c in label.iter().map(|c| *c as u32) {
            delta += u32::from(c < next);
            if c != next {
                continue;
            }
            let (mut rest, mut k) = (delta, 36);
            loop {
                let threshold = if k <= bias { 1 } else { (k - bias).min(26) };
                let digit = if rest < threshold { rest } else { threshold + (rest - threshold) % (36 - threshold) };
                out.push(
                    char::from_digit((digit + 10) % 36, 36)
                        .filter(|_| digit < 26)
                        .unwrap_or_else(|| char::from_digit(digit - 26, 10).expect("a digit")),
                );
                if rest < threshold {
                    break;
                }
                (rest, k) = ((rest - threshold) / (36 - threshold), k + 36);
            }
            bias = {
                let mut delta = if handled == basic { delta / 700 } else { delta / 2 };
                delta += delta / (handled + 1);
                let mut k = 0;
                while delta > 455 {
                    (delta, k) = (delta / 35, k + 36);
                }
                k + 36 * delta / (delta + 38)
            };
            (delta, handled) = (0, handled + 1);
        }
        (delta, next) = (delta + 1, next + 1);
    }
    out
}

#[test]
fn addresses_of_the_internet_agree() {
    let v4 = prop_oneof![any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()), "[0-9]{1,3}(\\.[0-9]{1,3}){3}"];
    Pair::<String, wire::Ipv4>::new(&format("ipv4"))
        .on([
            "127.0.0.1",
            "127.0.0.01",
            "127.1",
            "0x7f.0.0.1",
            "1.2.3.4 ",
            "1.2.3.4/8",
            "256.1.1.1",
            "::1",
            "٣.1.1.1",
            "",
        ])
        .on_random(near(v4));
    let v6 = prop_oneof![
        any::<std::net::Ipv6Addr>().prop_map(|ip| ip.to_string()),
        any::<std::net::Ipv4Addr>().prop_map(|ip| format!("::ffff:{ip}")),
        "([0-9A-Fa-f]{1,4}:){1,4}:([0-9a-f]{1,4}:){0,3}[0-9a-f]{0,4}",
    ];
    Pair::<String, wire::Ipv6>::new(&format("ipv6"))
        .on([
            "::",
            "::1",
            "fe80::1%eth0",
            "fe80::1%25eth0",
            "::ffff:1.2.3.4",
            "1.2.3.4::",
            "::1.2.3.04",
            "[::1]",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            "::00001",
            "1:2:3:4:5:6:1.2.3.4",
            "2001:DB8::",
            "",
        ])
        .on_random(near(v6));
}

const REFERENCES: &[&str] = &[
    "https://example.com/a?b#c",
    "urn:a:b",
    "mailto:a@b",
    "a:",
    ":a",
    "1a:b",
    "a b:c",
    "//example.com",
    "/a",
    "a/b",
    "a:b:c",
    "./a:b",
    "",
    "#",
    "#a#b",
    "?",
    "%41",
    "%4",
    "%zz",
    "http://[::1]:80/",
    "http://[::1",
    "http://::1/",
    "http://[v1.a]/",
    "http://[fe80::1%25eth0]/",
    "http://a:b@c:8x/",
    "http://a@b@c/",
    "http://a:999999/",
    "http://a:/",
    "http:///a",
    "http://ä/",
    "http://a/ä",
    "http://a/|",
    "http://a/{b}",
    "a\\b",
    "http://a/\u{0}",
    "http://[1.2.3.4]/",
    "http://%41/",
    "http://a[b]/",
    "http://[::1]a/",
    "//a:b",
    "a%3Ab:c",
    "http://[::ffff:1.2.3.4]/",
    "http://[V1.a:b]",
    "http://[v.a]",
    "http://u@[::1]:1",
    "http://[::1]:",
    "http://[::1]@a",
    "http://]",
    "http://a]",
    "a://[",
    "a:[",
    "a:?[",
    "[",
    "http://[::1]?[",
];

fn reference() -> impl Strategy<Value = String> + Clone {
    let authority = prop_oneof![
        4 => "//([a-z:]{1,3}@)?[a-z0-9.-]{0,8}(:[0-9]{0,3})?",
        1 => "//\\[[0-9a-f:]{2,8}\\](:[0-9]{0,3})?",
        1 => "//\\[v[0-9a-f]{1,2}\\.[a-z:]{1,4}\\]",
        4 => Just(String::new()),
    ];
    let rest = "(/?[a-zA-Z0-9._~!$&'()*+,;=:@-]{1,6}){0,3}(\\?[a-z/?%]{0,4})?(#[a-z/?]{0,4})?";
    (prop_oneof![3 => "[a-z][a-z0-9+.-]{0,4}:", 1 => Just(String::new())], authority, rest)
        .prop_map(|(scheme, authority, rest)| format!("{scheme}{authority}{rest}"))
}

#[test]
fn uris_agree() {
    Pair::<String, wire::Uri>::new(&format("uri")).on(REFERENCES.iter().copied()).on_random(near(reference()));
}

#[test]
fn uri_references_agree() {
    Pair::<String, wire::UriReference>::new(&format("uri-reference"))
        .on(REFERENCES.iter().copied())
        .on_random(near(reference()));
}
