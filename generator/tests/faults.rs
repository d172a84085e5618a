//! A catalogue with every kind of mistake: all are found in one run, each at its place.
//!
//! In `faults/`, a comment that begins with `#~` says which rule underlines which text of its line: the rule's id, then
//! the text between backticks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use tidings_generator::diagnostic::{Diagnostic, Format, render};
use tidings_generator::pipeline;
use tidings_generator::source::Sources;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults")
}

/// A finding as its place says: file, line, rule and what is underlined on that line.
type Mark = (String, usize, String, String);

fn findings() -> (Sources, Vec<Diagnostic>) {
    let today = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
    let examined = pipeline::examine(&folder().join("catalogue.yaml"), today, None, &()).expect("the root is there");
    (examined.sources, examined.diagnostics)
}

fn name(path: &Path) -> String {
    path.strip_prefix(folder()).unwrap_or(path).display().to_string()
}

fn found(sources: &Sources, finding: &Diagnostic) -> Mark {
    let span = finding.span.expect("every fault in a catalogue has a place");
    let (path, at) = sources.locate(span);
    let text = &sources.file(span.file).text[span.start as usize..span.end as usize];
    let underlined = text.lines().next().unwrap_or_default().to_owned();
    // A column off by one would underline other text than the comment says.
    (name(path), at.line as usize, finding.rule.to_owned(), underlined)
}

fn marks() -> BTreeSet<Mark> {
    let mut marks = BTreeSet::new();
    for file in ["catalogue.yaml", "contexts/broken.yaml", "contexts/orders.yaml"] {
        let text = std::fs::read_to_string(folder().join(file)).expect("a file of the test");
        for (index, line) in text.lines().enumerate() {
            let Some((_, comment)) = line.split_once("#~ ") else { continue };
            let mut parts = comment.split('`');
            while let (Some(rule), Some(text)) = (parts.next(), parts.next()) {
                let rule = rule.trim_matches([' ', ',']);
                marks.insert((file.to_owned(), index + 1, rule.to_owned(), text.to_owned()));
            }
        }
    }
    marks
}

#[test]
fn every_fault_is_found_in_one_run_and_underlined() {
    let (sources, findings) = findings();
    let found: BTreeSet<Mark> = findings.iter().map(|finding| self::found(&sources, finding)).collect();
    let marks = marks();
    let missed: Vec<_> = marks.difference(&found).collect();
    let unexpected: Vec<_> = found.difference(&marks).collect();
    assert!(missed.is_empty() && unexpected.is_empty(), "missed: {missed:#?}\nunexpected: {unexpected:#?}");
    assert_eq!(findings.len(), marks.len(), "a fault is reported twice");
    let rules: BTreeSet<_> = found.iter().map(|(_, _, rule, _)| rule).collect();
    assert!(rules.len() >= 30, "{} different faults", rules.len());
}

#[test]
fn every_finding_says_what_to_do() {
    let (_, findings) = findings();
    let silent: Vec<_> = findings.iter().filter(|finding| finding.help.is_none()).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn findings_read_well() {
    let (sources, findings) = findings();
    let text = render(&findings, &sources, Format::Human, false);
    insta::assert_snapshot!(text.replace(&folder().display().to_string(), "faults"));
}
