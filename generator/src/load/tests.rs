//! What loading makes of catalogues, whole and broken.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{Loaded, load, load_text, load_within};
use crate::diagnostic::{Format, render};
use crate::yaml::Limits;

/// A folder with these files, of which `catalogue.yaml` is the root.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn load_folder(folder: &Path) -> Loaded {
    load(&folder.join("catalogue.yaml")).expect("a readable root file")
}

/// The findings as people see them, with paths below `folder`.
fn shown(loaded: &Loaded, folder: &Path) -> String {
    let prefix = format!("{}/", folder.display());
    render(&loaded.diagnostics, &loaded.sources, Format::Human, false).replace(&prefix, "")
}

fn shown_text(text: &str) -> String {
    let loaded = load_text("catalogue.yaml", text);
    render(&loaded.diagnostics, &loaded.sources, Format::Human, false)
}

const ROOT: &str = "format: tidings/1\nname: shop\ninclude: [contexts/*.yaml, parts.yaml]\nteams: {a: {name: A}}\n";
const ORDERS: &str =
    "context: orders\nteam: a\nevents:\n  order.placed:\n    versions: {1: {status: active, data: {}}}\n";
const PARTS: &str = "teams: {b: {name: B}}\nservices: {s: {team: b, publishes: ['order.*']}}\n";

#[test]
fn several_files_are_the_same_as_one() {
    let folder = folder(&[("catalogue.yaml", ROOT), ("contexts/orders.yaml", ORDERS), ("parts.yaml", PARTS)]);
    let several = load_folder(folder.path());
    assert_eq!(several.diagnostics, []);
    let one = load_text(
        "catalogue.yaml",
        "format: tidings/1\nname: shop\ninclude: [contexts/*.yaml, parts.yaml]\nteams: {a: {name: A}, b: {name: B}}\n\
         services: {s: {team: b, publishes: ['order.*']}}\n\
         contexts: {orders: {team: a, events: {order.placed: {versions: {1: {status: active, data: {}}}}}}}\n",
    );
    assert_eq!(one.diagnostics, []);
    let json = |loaded: &Loaded| loaded.tree.as_ref().expect("a tree").root.to_json();
    assert_eq!(json(&several), json(&one));
}

#[test]
fn a_node_of_an_included_file_has_its_place_there() {
    let folder = folder(&[("catalogue.yaml", ROOT), ("contexts/orders.yaml", ORDERS), ("parts.yaml", PARTS)]);
    let loaded = load_folder(folder.path());
    let root = &loaded.tree.as_ref().expect("a tree").root;
    let contexts = root.get("contexts").expect("contexts");
    let key = contexts.entry("orders").expect("orders").key_span;
    let status = root.at(["contexts", "orders", "events", "order.placed", "versions", "1", "status"]).expect("status");
    for (span, text) in [(key, "orders"), (status.span, "active")] {
        let file = loaded.sources.file(span.file);
        assert!(file.path.ends_with("contexts/orders.yaml"));
        assert_eq!(&file.text[span.start as usize..span.end as usize], text);
    }
}

#[test]
fn files_are_included_once_in_order_and_never_the_root() {
    let root = "format: tidings/1\nname: shop\ninclude: ['**/*.yaml', b/two.yaml, ./a/one.yaml]\n";
    let folder = folder(&[
        ("catalogue.yaml", root),
        ("b/two.yaml", "context: two"),
        ("a/one.yaml", "context: one"),
        ("a/deep/three.yaml", "context: three"),
        (".hidden/four.yaml", "context: four"),
    ]);
    let loaded = load_folder(folder.path());
    assert_eq!(loaded.diagnostics, []);
    let contexts = loaded.tree.expect("a tree").root.get("contexts").cloned().expect("contexts");
    let names: Vec<_> = contexts.entries().iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(names, ["three", "one", "two"]);
}

#[test]
fn faults_of_includes() {
    let root = "format: tidings/1\nname: shop\ninclude:\n  - contexts/*.yaml\n  - ../other/*.yaml\n  - /etc/passwd\n  \
                - context/*.yaml\n  - 'a[.yaml'\n  - links/*\n";
    let folder = folder(&[
        ("catalogue.yaml", root),
        ("contexts/a.yaml", "context: orders\ninclude: [more/*.yaml]\nteem: a\n"),
        ("contexts/b.yaml", "context: orders\nteam: b\n"),
        ("contexts/c.yaml", "servces: {}\nevents: {}\ndefaults: {}\nteams: [a]\n"),
        ("contexts/d.yaml", "# nothing yet\n"),
        ("contexts/e.yaml", "context: [a]\n"),
        ("contexts/f.yaml", "- context: a\n"),
        ("links/readme.yaml", "teams: {}\n"),
    ]);
    fs::write(folder.path().join("contexts/g.yaml"), b"context: caf\xe9\n").expect("a file");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("links/passwd")).expect("a link");
    #[cfg(unix)]
    std::os::unix::fs::symlink("..", folder.path().join("links/loop")).expect("a link");
    insta::assert_snapshot!(shown(&load_folder(folder.path()), folder.path()));
}

#[test]
fn faults_of_shape() {
    let text = r#"format: tidings/2
nam: shop
teams:
  checkout: { email: checkout@example.com }
  payments: { name: 7 }
defaults:
  partitions: 0
  partition_key: { a: b }
  retention: { max_age: 7 parsecs, max_bytes: 5 }
  compatibility: ful
  retry: 5s
lints:
  severity: { fat-payload: of }
allow:
  - { rule: x, reason: "", expires: 2027-3-31 }
  - rule: y
contexts:
  orders:
    streams:
      orders: { partition: 6, retention: { max_age: soon } }
    events:
      order.placed:
        versions:
          one: {}
          1: { status: actve, since: today, data: {} }
          2: { data: {} }
      order.lost:
      order.paid: { versions: {} }
flows:
  fulfilment:
    stlye: choreography
    steps:
      - { name: place, service: s, emits: [1, 2] }
      - place
services: [a, b]
"#;
    insta::assert_snapshot!(shown_text(text));
}

#[test]
fn faults_of_yaml() {
    let texts = [
        "name: Note: an order was accepted\n",
        "name:\n\tteam: a\n",
        "name: @home\n",
        "name: %d\n",
        "services:\n  a: { consumes: [*.placed] }\n",
        "name: {{ name }}\n",
        "name: \"half\nformat: tidings/1\n",
        "name: [a, b\nformat: tidings/1\n",
        "teams:\n  a: x\n b: y\n",
        "name: \"C:\\path\"\n",
        "name: a\nname: b\n",
        "just text\n",
        "a: 1\n---\nb: 2\n",
        "a: !!binary aGk=\n",
        "name: 184467440737095516160\n",
        "",
        "name: a\nteams\n",
        "-name: a\n- b\n",
        "a: &x {b: *x}\n",
        "a: 'it's'\n",
    ];
    let shown: Vec<_> = texts.iter().map(|text| format!("{text:?}\n{}", shown_text(text))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_is_at_fault_is_cut_out_or_guessed_and_the_rest_is_understood() {
    let loaded = load_text(
        "catalogue.yaml",
        "format: tidings/1\nname: shop\nteams: {a: {nam: A}, b: {name: B}}\n\
         contexts: {c: {streams: {s: {partitions: six}}, events: {\
         e.x: {versions: {1: {status: [], data: {}}}}, e.y: {versions: {1: {status: activ, data: {}}}}}}}\n",
    );
    assert_eq!(loaded.diagnostics.len(), 4);
    let tree = loaded.tree.expect("the rest");
    assert_eq!(tree.catalogue.teams.keys().collect::<Vec<_>>(), ["b"]);
    assert_eq!(tree.catalogue.contexts["c"].streams["s"].partitions, None);
    let events = &tree.catalogue.contexts["c"].events;
    assert_eq!(events.keys().collect::<Vec<_>>(), ["e.y"]);
    assert_eq!(events["e.y"].versions[&1].status, crate::format::Status::Active);
    assert!(tree.cut.contains("a") && tree.cut.contains("e.x") && !tree.cut.contains("b"));
}

#[test]
fn files_over_the_limits_are_refused() {
    let folder = folder(&[("catalogue.yaml", ROOT), ("contexts/orders.yaml", ORDERS), ("parts.yaml", PARTS)]);
    let rules = |limits: Limits| {
        let loaded = load_within(&folder.path().join("catalogue.yaml"), &limits).expect("a readable root file");
        loaded.diagnostics.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert_eq!(rules(Limits { file_bytes: 90, ..Limits::default() }), ["too-large"]);
    assert_eq!(rules(Limits { total_bytes: 100, ..Limits::default() }), ["too-large"]);
    assert_eq!(rules(Limits { nodes: 20, ..Limits::default() }), ["too-large"]);
}

#[test]
fn the_shipped_example_has_no_fault() {
    let loaded = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/catalogue.yaml")).expect("the example");
    assert_eq!(shown(&loaded, Path::new("/")), "");
    assert!(loaded.tree.is_some_and(|tree| tree.catalogue.contexts.len() >= 4));
}

/// A whole catalogue with one piece of it replaced.
fn mutated() -> impl Strategy<Value = String> {
    let text = "format: tidings/1\nname: shop\nteams:\n  a: { name: Ä }\ndefaults: &d\n  partitions: 3\n  retention: { max_age: 7d }\n\
                contexts:\n  orders:\n    streams:\n      orders: { <<: *d }\n    events:\n      order.placed:\n        versions:\n          \
                1: { status: active, data: { type: object }, examples: [{ a: [1, 2.5, null] }] }\n";
    let junk = prop_oneof![
        "\\PC{0,4}",
        prop::sample::select(vec![
            "[", "}", ": ", "\n", "\n      ", "*d", "&d ", "<<: ", "1e999", "-", "!x ", "\t", "null", "''"
        ])
        .prop_map(str::to_owned),
    ];
    (0..text.len(), 0..30usize, junk).prop_map(move |(at, length, junk)| {
        let start = text.floor_char_boundary(at);
        let end = text.floor_char_boundary((at + length).min(text.len()));
        format!("{}{junk}{}", &text[..start], &text[end.max(start)..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_catalogue_makes_loading_or_rendering_panic(text in prop_oneof![4 => mutated(), 1 => "\\PC{0,80}"]) {
        let loaded = load_text("catalogue.yaml", &text);
        prop_assert!(loaded.tree.is_some() || !loaded.diagnostics.is_empty());
        for format in [Format::Human, Format::Json, Format::Sarif, Format::Github, Format::Markdown] {
            let shown = render(&loaded.diagnostics, &loaded.sources, format, false);
            let speaks_anyway = [Format::Sarif, Format::Markdown].contains(&format);
            prop_assert!(speaks_anyway || shown.is_empty() == loaded.diagnostics.is_empty());
        }
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("catalogue.yaml");
        fs::write(&path, bytes)?;
        let loaded = load(&path)?;
        prop_assert!(!loaded.diagnostics.is_empty());
        prop_assert!(!render(&loaded.diagnostics, &loaded.sources, Format::Human, true).is_empty());
    }
}
