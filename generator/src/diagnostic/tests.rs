//! How findings look in each format.

use serde_json::Value;

use super::{Diagnostic, Format, render};
use crate::rules::format::{duplicate_key, include_matches_nothing, unknown_field};
use crate::source::{FileId, Sources, Span};

fn at(file: u32, start: u32, end: u32) -> Span {
    Span { file: FileId(file), start, end }
}

/// Three findings in two files, in no order, one of them twice.
fn example() -> (Vec<Diagnostic>, Sources) {
    let mut sources = Sources::default();
    sources.add("catalogue/contexts/a b,c.yaml", "größe: 1\r\nstreams:\r\n  orders: { partition: 6 }\r\nsize: 2\r\n");
    sources.add("catalogue/catalogue.yaml", "include:\n  - context/*.yaml\n");
    let unknown = Diagnostic::new(&unknown_field::META, at(0, 34, 43), "stream `orders` has no field `partition`")
        .label("not known")
        .why("100% of it: would be ignored,\nsilently")
        .help("did you mean `partitions`?");
    let twice = Diagnostic::new(&duplicate_key::META, at(0, 50, 54), "key `size` is written twice")
        .related(at(0, 0, 7), "first written here")
        .related(at(1, 0, 7), "and here");
    let nothing =
        Diagnostic::new(&include_matches_nothing::META, at(1, 13, 27), "pattern `context/*.yaml` matches no file");
    let nowhere = Diagnostic::new(&include_matches_nothing::META, None, "there is no catalogue");
    (vec![twice.clone(), unknown, twice, nothing, nowhere], sources)
}

fn rendered(format: Format) -> String {
    let (findings, sources) = example();
    render(&findings, &sources, format, false)
}

#[test]
fn findings_for_people_underline_their_places() {
    insta::assert_snapshot!(rendered(Format::Human));
}

#[test]
fn findings_as_json_are_one_object_per_line() {
    insta::assert_snapshot!(rendered(Format::Json));
}

#[test]
fn findings_for_github_are_escaped_workflow_commands() {
    insta::assert_snapshot!(rendered(Format::Github));
}

#[test]
fn findings_as_sarif_have_what_the_standard_requires() {
    let log: Value = serde_json::from_str(&rendered(Format::Sarif)).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(run["tool"]["driver"]["name"], "tidings");
    for rule in rules {
        assert!(
            rule["shortDescription"]["text"].is_string() && rule["help"]["text"].as_str().is_some_and(|t| t.len() > 40)
        );
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("a small one");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].is_string());
        assert!(matches!(result["level"].as_str(), Some("error" | "warning")));
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(results).expect("JSON"));
}

#[test]
fn color_is_given_only_when_asked_for() {
    let (findings, sources) = example();
    assert!(render(&findings, &sources, Format::Human, true).contains("\u{1b}["));
    assert!(!render(&findings, &sources, Format::Human, false).contains('\u{1b}'));
}

#[test]
fn the_order_of_findings_does_not_matter() {
    let (mut findings, sources) = example();
    let first = render(&findings, &sources, Format::Json, false);
    findings.reverse();
    assert_eq!(render(&findings, &sources, Format::Json, false), first);
    assert_eq!(render(&[], &sources, Format::Human, false), "");
}

#[test]
fn no_control_character_reaches_a_terminal_or_ends_an_annotation() {
    let evil = "a\u{1b}[31mb\u{7}\r\n::error::x\u{202e}\u{9b}31m";
    let mut sources = Sources::default();
    sources.add(format!("{evil}.yaml"), format!("key: {evil}\n"));
    let finding = Diagnostic::new(&unknown_field::META, at(0, 5, 9), evil)
        .label(evil)
        .related(at(0, 0, 3), evil)
        .why(evil)
        .help(evil);
    for format in [Format::Human, Format::Json, Format::Sarif, Format::Github] {
        let text = render(std::slice::from_ref(&finding), &sources, format, false);
        let acts = |c: char| c != '\n' && c.is_control();
        assert!(!text.contains(acts), "{format:?}: {text:?}");
        assert!(format == Format::Json || format == Format::Sarif || !text.contains('\u{202e}'));
    }
    let commands = render(&[finding], &sources, Format::Github, false);
    assert_eq!(commands.lines().count(), 1, "{commands}");
}

#[test]
fn very_long_lines_are_shortened() {
    let mut sources = Sources::default();
    sources.add("long.yaml", format!("a: [{}]\n", "'x', ".repeat(300)));
    sources.add("longer.yaml", format!("a: [{}]\n", "'x', ".repeat(2_000_000)));
    let findings = [0, 1]
        .map(|file| Diagnostic::new(&unknown_field::META, at(file, 1004, 1007), "y".repeat(10_000)).label("this one"));
    let text = render(&findings, &sources, Format::Human, false);
    assert!(text.len() < 6_000, "{}", text.len());
    insta::assert_snapshot!(text.replace(&"y".repeat(2_000), "yyy"));
}

#[test]
fn a_span_over_several_lines_is_underlined_on_its_first() {
    let mut sources = Sources::default();
    sources.add("a.yaml", "steps:\n\t- a # ✓\n  - b\n");
    let finding = Diagnostic::new(&unknown_field::META, at(0, 8, 22), "too many");
    insta::assert_snapshot!(render(&[finding], &sources, Format::Human, false));
}
