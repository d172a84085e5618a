//! What `parse` makes of texts, friendly and hostile.

use proptest::prelude::*;

use super::{Kind, Limits, Node, parse};
use crate::source::{FileId, Span};

fn read(text: &str) -> Node {
    let (node, findings) = parse(text, FileId(0), &Limits::default());
    assert_eq!(findings, [], "{text}");
    node.expect("a tree where there are no findings")
}

/// Rule and underlined text of each finding.
fn faults(text: &str) -> Vec<(&'static str, &str)> {
    let (_, findings) = parse(text, FileId(0), &Limits::default());
    findings.iter().map(|finding| (finding.rule, slice(text, finding.span.expect("a place")))).collect()
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

fn json(text: &str) -> String {
    read(text).to_json().to_string()
}

/// Every key and value with its place: `f(span, is_key, node)`.
fn visit(node: &Node, each: &mut impl FnMut(Span, Option<&str>, &Node)) {
    each(node.span, None, node);
    for entry in node.entries() {
        each(entry.key_span, Some(&entry.key), node);
        visit(&entry.value, each);
    }
    for item in node.items() {
        visit(item, each);
    }
}

#[test]
fn values_are_those_of_the_core_schema() {
    let text =
        "a: NO\nb: on\nc: 'true'\nd: true\ne: ~\nf:\ng: 0x10\nh: 1.5\n1: x\ntrue: y\ni: !!str 12\nj: |\n  one\n  two\n";
    let expected = r#"{"a":"NO","b":"on","c":"true","d":true,"e":null,"f":null,"g":16,"h":1.5,"1":"x","true":"y","i":"12","j":"one\ntwo\n"}"#;
    assert_eq!(json(text), expected);
}

#[test]
fn spans_cover_what_they_name() {
    let text = "\u{feff}# größe ✓\r\nnäme: \"grüße\" # ✓ ok\r\nlist:\r\n  - eins\r\n  - {a: b, ü: [x, y]}   \r\n\r\n# end\r\nlast: |\r\n  text\r\n\r\n";
    let root = read(text);
    let at = |path: &[&str]| slice(text, root.at(path.iter().copied()).expect("a node").span);
    assert_eq!(at(&["näme"]), "\"grüße\"");
    assert_eq!(at(&["list"]), "- eins\r\n  - {a: b, ü: [x, y]}");
    assert_eq!(at(&["list", "0"]), "eins");
    assert_eq!(at(&["list", "1"]), "{a: b, ü: [x, y]}");
    assert_eq!(at(&["list", "1", "ü"]), "[x, y]");
    assert_eq!(at(&["last"]), "text");
    assert_eq!(slice(text, root.entry("näme").expect("there").key_span), "näme");
    assert_eq!(slice(text, root.entry("last").expect("there").key_span), "last");
}

#[test]
fn a_value_that_is_not_written_stands_behind_its_key() {
    let text = "a:\nb: {c: , d}\ne:\n  -\n  - x\n";
    let root = read(text);
    assert_eq!(root.at(["a"]).map(|node| (node.span.start, node.span.end)), Some((2, 2)));
    assert_eq!(root.at(["b", "c"]).map(|node| node.span.start), Some(9));
    assert_eq!(root.at(["b", "d"]).map(|node| node.span.start), Some(13));
    assert_eq!(root.at(["e", "0"]).map(|node| node.span.start), Some(21));
}

#[test]
fn aliases_and_merge_keys_are_expanded() {
    let text = "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\nx: {<<: [*base, *more], d: 5, a: 0}\ny: *base\nz:\n  d: 1\n  <<: *more\n'<<': text\n";
    let root = read(text);
    assert_eq!(root.at(["x"]).map(|node| node.to_json().to_string()).as_deref(), Some(r#"{"b":2,"c":4,"d":5,"a":0}"#));
    assert_eq!(root.at(["z"]).map(|node| node.to_json().to_string()).as_deref(), Some(r#"{"d":1,"b":3,"c":4}"#));
    assert_eq!(root.at(["y", "b"]).map(|node| slice(text, node.span)), Some("2"));
    assert_eq!(root.at(["y"]).map(|node| slice(text, node.span)), Some("*base"));
    assert_eq!(root.at(["<<"]).and_then(Node::as_str), Some("text"));
}

#[test]
fn a_duplicate_key_is_reported_with_both_places_and_reading_goes_on() {
    let text = "a: 1\nb: {x: 1, x: 2, y: 3}\na: 2\n";
    let (node, findings) = parse(text, FileId(0), &Limits::default());
    assert_eq!(node.map(|node| node.to_json().to_string()).as_deref(), Some(r#"{"a":1,"b":{"x":1,"y":3}}"#));
    let places: Vec<_> = findings.iter().map(|f| (f.span.map(|s| s.start), f.related[0].0.start)).collect();
    assert_eq!(places, [(Some(15), 9), (Some(27), 0)]);
}

#[test]
fn each_fault_has_its_rule_and_place() {
    let cases = [
        ("", "empty-file", ""),
        ("# nothing\n", "empty-file", ""),
        ("---\n", "empty-file", ""),
        ("a: 1\n---\nb: 2\n", "several-documents", "---"),
        ("a: !!binary aGk=\n", "unsupported-tag", "!!binary"),
        ("a: !include x.yaml\n", "unsupported-tag", "!include"),
        ("a: 18446744073709551616\n", "inexact-number", "18446744073709551616"),
        ("a: .inf\n", "inexact-number", ".inf"),
        ("{a: b}: c\n", "yaml-syntax", "{a: b}"),
        ("a: {{ x }}\n", "yaml-syntax", "{ x }"),
        ("<<: text\n", "yaml-syntax", "<<"),
        ("a: &x [*x]\n", "alias-expansion", "*x"),
        ("a:\n\tb: 1\n", "yaml-syntax", ""),
        ("a: one: two\n", "yaml-syntax", ":"),
        ("a: @home\n", "yaml-syntax", "@"),
        ("a: [*.placed]\n", "yaml-syntax", "*"),
        ("a: [order.*, *none]\n", "yaml-syntax", "*"),
        ("a: \"open\n", "yaml-syntax", "\""),
        ("a: \"x\u{1}y\"\n", "yaml-syntax", "\u{1}"),
    ];
    for (text, rule, underlined) in cases {
        assert_eq!(faults(text), [(rule, underlined)], "{text}");
    }
}

#[test]
fn deep_nesting_is_refused_at_the_level_too_much() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    read(&nested(64));
    assert_eq!(faults(&nested(65)), [("too-deep", "[")]);
    assert_eq!(faults(&"- ".repeat(2_000_000)).len(), 1);
    assert_eq!(faults(&"{a: ".repeat(2_000_000))[0].0, "too-deep");
    let half = nested(40);
    assert_eq!(faults(&format!("a: &a {half}\nb: {}*a{}", "[".repeat(30), "]".repeat(30))), [("too-deep", "*a")]);
}

#[test]
fn billion_laughs_are_refused() {
    let first = "l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    let level = |level: usize| format!("l{level}: &l{level} [{}]\n", vec![format!("*l{}", level - 1); 9].join(", "));
    let text = first + &(1..30).map(level).collect::<String>();
    assert_eq!(faults(&text).iter().map(|fault| fault.0).collect::<Vec<_>>(), ["alias-expansion"]);
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 10_000].join(", "));
    assert_eq!(faults(&long)[0].0, "alias-expansion");
    let merges = format!("a: &a {{k: {}}}\nb: [{}]\n", "x".repeat(1 << 20), vec!["{<<: *a}"; 10_000].join(", "));
    assert_eq!(faults(&merges)[0].0, "alias-expansion");
}

#[test]
fn sizes_over_the_limit_are_refused() {
    assert_eq!(
        read(&format!("a: {}", "x".repeat(10 << 20))).at(["a"]).and_then(Node::as_str).map(str::len),
        Some(10 << 20)
    );
    assert_eq!(faults(&format!("a: {}", "x".repeat(16 << 20)))[0].0, "too-large");
    let few = Limits { nodes: 10, findings: 3, ..Limits::default() };
    let rules = |text: &str| parse(text, FileId(0), &few).1.iter().map(|finding| finding.rule).collect::<Vec<_>>();
    assert_eq!(rules("[1, 2, 3, 4, 5, 6, 7, 8, 9, 0]"), ["too-large"]);
    assert_eq!(
        rules("{a: , a: , a: , a: , a: }"),
        ["duplicate-key", "duplicate-key", "duplicate-key", "too-many-findings"]
    );
}

/// Texts near enough to YAML to get past the first token.
fn near_yaml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zäß✓0-9.]{0,6}",
        prop::sample::select(vec![
            "\n",
            "\n  ",
            "\n    ",
            "\r\n",
            "\r",
            "\t",
            ": ",
            ":",
            "- ",
            "-",
            "? ",
            ", ",
            "[",
            "]",
            "{",
            "}",
            "\"",
            "'",
            "# ü ",
            "&a ",
            "*a",
            "<<: ",
            "!!str ",
            "!x",
            "|\n ",
            ">-\n  ",
            "---\n",
            "...\n",
            "%YAML 1.2\n",
            "\u{feff}",
            "\\",
            "\0",
            "~",
            "1e5",
            "0x1",
            "\u{2028}",
            "\u{85}",
            " ",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic_and_every_span_is_a_range_of_characters(text in near_yaml()) {
        let (node, findings) = parse(&text, FileId(0), &Limits::default());
        prop_assert!(node.is_some() || !findings.is_empty());
        let is_range = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
        for finding in &findings {
            prop_assert!(finding.span.is_some_and(is_range), "{finding:?}");
            prop_assert!(finding.related.iter().all(|(span, _)| is_range(*span)));
        }
        let mut spans = Vec::new();
        if let Some(node) = &node {
            visit(node, &mut |span, _, _| spans.push(span));
        }
        prop_assert!(spans.iter().all(|span| is_range(*span)), "{spans:?}");
    }

    #[test]
    fn the_text_of_a_plain_scalars_span_reads_as_the_same_scalar(text in near_yaml()) {
        let (Some(node), findings) = parse(&text, FileId(0), &Limits::default()) else { return Ok(()) };
        if !findings.is_empty() || text.contains(['|', '>', '!']) { return Ok(()); }
        let mut checks = Vec::new();
        visit(&node, &mut |span, key, node| checks.push((span, key.map(str::to_owned), node.kind.clone())));
        for (span, key, kind) in checks {
            let written = slice(&text, span);
            let is_plain = written.starts_with(|c: char| c.is_alphanumeric()) && !written.contains(['\n', '\r']);
            if !is_plain {
                continue;
            }
            match (key, kind) {
                (Some(key), _) => prop_assert_eq!(written, key),
                (None, Kind::Mapping(_) | Kind::Sequence(_)) => {}
                (None, kind) => prop_assert_eq!(super::scalar::resolve(written), Ok(kind)),
            }
        }
    }
}
