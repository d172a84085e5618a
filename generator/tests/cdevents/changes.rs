//! Every event from one release to the next, judged.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tidings_generator::compat::{self, ContentModel, Schema};

const RELEASES: [&str; 3] = ["v0.3.0", "v0.4.1", "v0.5.1"];

/// The schemas of a release by file name, each with the link schemas it may refer to.
fn schemas(corpus: &Path, release: &str) -> BTreeMap<String, Value> {
    let read = |folder: &Path| -> BTreeMap<String, Value> {
        let files = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
        let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        let schema = |path: &Path| serde_json::from_str(&fs::read_to_string(path).expect("text")).expect("JSON");
        files.map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), schema(&path))).collect()
    };
    let folder = corpus.join(release).join("schemas");
    let links = read(&folder.join("links"));
    let mut schemas = read(&folder);
    for schema in schemas.values_mut() {
        for (name, link) in &links {
            schema["$defs"][name] = link.clone();
        }
    }
    schemas
}

/// Without the constants that hold the version itself, which no two releases have in common.
fn without_version(mut schema: Value) -> Value {
    let context = &mut schema["properties"]["context"]["properties"];
    for field in ["type", "version", "specversion"] {
        if !context[field].is_null() {
            context[field] = json!({ "type": "string", "minLength": 1 });
        }
    }
    schema
}

#[test]
fn every_event_of_three_releases_is_judged() {
    let Some(corpus) = super::corpus("every_event_of_three_releases_is_judged") else { return };
    let releases = RELEASES.map(|release| schemas(&corpus, release));
    let mut pairs = 0;
    let mut reports: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut by_rule: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (old_release, new_release) in [(0, 1), (1, 2)] {
        for (name, old) in &releases[old_release] {
            let Some(new) = releases[new_release].get(name) else { continue };
            pairs += 1;
            let schema = |schema: &Value| {
                Schema::new(schema, ContentModel::TolerantReader).unwrap_or_else(|error| panic!("{name}: {error}"))
            };
            // The type of an event holds its version: as they are, no two releases understand each other.
            let as_they_are = compat::compare(&schema(old), &schema(new));
            let verdicts = [as_they_are.backward.as_str(), as_they_are.forward.as_str()];
            assert_eq!(verdicts, ["breaking"; 2], "{name}");

            let [old, new] = [old, new].map(|schema| without_version(schema.clone()));
            let comparison = compat::compare(&schema(&old), &schema(&new));
            let [backward, forward] = [comparison.backward.as_str(), comparison.forward.as_str()];
            assert!(![backward, forward].contains(&"undecided"), "{name}");
            let (from, to) = (RELEASES[old_release], RELEASES[new_release]);
            let mut report = format!("{from} to {to}: backward {backward}, forward {forward}\n");
            for finding in comparison.findings() {
                *by_rule.entry((finding.rule.id, finding.direction.as_str())).or_default() += 1;
                writeln!(report, "    {} {}", finding.rule.id, finding.message).expect("a string");
            }
            reports.entry(report).or_default().push(name.clone());
        }
    }
    let summary = by_rule.iter().map(|((rule, direction), count)| format!("{count:3} {rule} ({direction})"));
    // Most events changed alike.
    let reports = reports.iter().map(|(report, names)| format!("\n{}\n{}", names.join(", "), report.trim_end()));
    let lines: Vec<String> = [format!("{pairs} pairs")].into_iter().chain(summary).chain(reports).collect();
    insta::assert_snapshot!("changes", lines.join("\n"));
}
