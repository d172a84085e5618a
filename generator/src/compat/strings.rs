//! Texts that match a pattern or a format.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::Value;

/// Longest text that is made, in characters.
const LONGEST: usize = 4_096;

/// A few texts that match a pattern of ECMA 262: the shortest, and longer ones. Look-around is not honoured, so a text
/// has to be checked.
pub(super) fn matching(pattern: &str) -> Vec<String> {
    let Ok(translated) = jsonschema_regex::to_rust_regex(pattern) else { return Vec::new() };
    let Ok(hir) = regex_syntax::parse(&translated) else { return Vec::new() };
    let mut texts: Vec<String> = (0..6)
        .filter_map(|variant| {
            let mut text = String::new();
            write(&hir, variant, &mut text).then_some(text)
        })
        .collect();
    texts.sort_by_key(String::len);
    texts.dedup();
    texts
}

/// Appends a match of `hir`; which one depends on `variant`. `false` where it got too long or there is none.
fn write(hir: &Hir, variant: usize, out: &mut String) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok_and(|text| {
            out.push_str(text);
            out.len() <= LONGEST
        }),
        HirKind::Class(class) => member(class, variant).is_some_and(|c| {
            out.push(c);
            out.len() <= LONGEST
        }),
        HirKind::Repetition(repetition) => {
            let more = [0, 1, 2, 7, 40, 300][variant.min(5)];
            let most = repetition.max.unwrap_or(u32::MAX);
            let times = repetition.min.saturating_add(more).min(most);
            (0..times).all(|_| write(&repetition.sub, variant, out))
        }
        HirKind::Capture(capture) => write(&capture.sub, variant, out),
        HirKind::Concat(parts) => parts.iter().all(|part| write(part, variant, out)),
        HirKind::Alternation(branches) => write(&branches[variant % branches.len()], variant, out),
    }
}

fn member(class: &Class, variant: usize) -> Option<char> {
    match class {
        Class::Unicode(class) => {
            let ranges = class.ranges();
            let plain = ranges.iter().find(|range| range.start() >= '0' && range.start() <= 'z');
            let range = if variant < 3 { plain.or(ranges.first()) } else { ranges.get(variant % ranges.len().max(1)) }?;
            Some(if variant.is_multiple_of(2) { range.start() } else { range.end() })
        }
        Class::Bytes(class) => class.ranges().first().map(|range| char::from(range.start())),
    }
}

/// Texts of a format, ordinary ones first.
pub(super) fn of_format(format: &Value) -> &'static [&'static str] {
    match format.as_str().unwrap_or_default() {
        "date" => &["2026-11-21", "0001-01-01", "2024-02-29"],
        "date-time" => &["2026-11-21T09:30:00Z", "2026-11-21T09:30:00.123456789+01:00", "0001-01-01T00:00:00-23:59"],
        "time" => &["09:30:00Z", "23:59:59.5+01:00"],
        "duration" => &["P1D", "PT1H30M", "P1Y2M3DT4H5M6S"],
        "email" => &["mira@example.org", "a.b+c@sub.example.org"],
        "idn-email" => &["mira@example.org", "jürgen@exämple.org"],
        "hostname" => &["example.org", "a", "xn--bcher-kva.example"],
        "idn-hostname" => &["example.org", "bücher.example"],
        "ipv4" => &["192.0.2.1", "0.0.0.0", "255.255.255.255"],
        "ipv6" => &["2001:db8::1", "::", "::ffff:192.0.2.1"],
        "uri" => &["https://example.org/a?b#c", "urn:x:y", "mailto:mira@example.org"],
        "uri-reference" => &["/a/b", "https://example.org/", "", "a b"],
        "iri" => &["https://example.org/ä", "https://example.org/"],
        "iri-reference" => &["/ä", "https://example.org/"],
        "uri-template" => &["/orders/{id}", "/orders"],
        "uuid" => &["0192f0c1-8a4e-7c3b-9d55-3f1c2a7be901", "00000000-0000-0000-0000-000000000000"],
        "json-pointer" => &["/a/0", ""],
        "relative-json-pointer" => &["1/a", "0#"],
        "regex" => &["^[a-z]+$", "a"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::matching;

    #[test]
    fn texts_match_their_pattern() {
        for pattern in ["^[A-Z]{3}$", "^[A-Z0-9]+(-[A-Z0-9]+)*$", "^(a|b|c)x?$", r"^\d{4}-\d{2}$", "foo", r"^\p{L}+$"] {
            let regex = regex::Regex::new(&jsonschema_regex::to_rust_regex(pattern).unwrap()).unwrap();
            let texts = matching(pattern);
            assert!(texts.len() > usize::from(pattern.contains(['+', '*', '|'])), "{pattern}: {texts:?}");
            assert!(texts.iter().all(|text| regex.is_match(text)), "{pattern}: {texts:?}");
        }
        assert!(matching("(").is_empty());
    }
}
