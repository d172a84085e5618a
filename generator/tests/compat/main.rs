//! Verdicts on changes of schemas, held against what people judged.
//!
//! Each file in `pairs/` is a change with the reason for its verdicts; to add one is to add a file. Those in `undecided/`
//! are for the engine to catch up with: it may not know, and must not be wrong.

mod random;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use tidings_generator::compat::{ContentModel, Direction, Schema, judge};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Pair {
    reason: String,
    old: Value,
    new: Value,
    tolerant_reader: BTreeMap<String, String>,
    as_written: BTreeMap<String, String>,
    #[serde(default)]
    witnesses: BTreeMap<String, BTreeMap<String, Value>>,
}

fn pairs(folder: &str) -> Vec<(PathBuf, Pair)> {
    let mut pairs = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat").join(folder)];
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                let text = fs::read_to_string(&path).expect("text");
                let pair = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                pairs.push((path, pair));
            }
        }
    }
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    pairs
}

#[test]
fn every_change_is_judged_as_people_judged_it() {
    let pairs = pairs("pairs");
    assert!(pairs.len() >= 150, "{} pairs", pairs.len());
    let wrong: Vec<String> = pairs.par_iter().flat_map_iter(|(path, pair)| disagreements(path, pair)).collect();
    assert!(wrong.is_empty(), "{} of {} verdicts:\n{}", wrong.len(), pairs.len() * 4, wrong.join("\n"));
}

#[test]
fn what_the_engine_cannot_judge_yet_it_calls_undecided() {
    for (path, pair) in pairs("undecided") {
        let wrong = disagreements(&path, &pair);
        assert!(!wrong.is_empty(), "{} is judged right: move it to `pairs`", path.display());
        assert!(wrong.iter().all(|line| line.contains(": undecided instead of")), "{}", wrong.join("\n"));
    }
}

/// Where the verdicts on a pair are not those of its file.
fn disagreements(path: &Path, pair: &Pair) -> Vec<String> {
    assert!(!pair.reason.is_empty(), "{} gives no reason", path.display());
    let models = [
        ("tolerant-reader", ContentModel::TolerantReader, &pair.tolerant_reader),
        ("as-written", ContentModel::AsWritten, &pair.as_written),
    ];
    let mut wrong = Vec::new();
    for (name, model, expected) in models {
        let schema =
            |schema: &Value| Schema::new(schema, model).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (old, new) = (schema(&pair.old), schema(&pair.new));
        for direction in Direction::ALL {
            let verdict = judge(&old, &new, direction);
            let expected = &expected[direction.as_str()];
            let case = format!("{} {name} {}", path.display(), direction.as_str());
            if verdict.as_str() != expected {
                let shown = verdict.findings().iter().map(|it| format!("; {} {}", it.message, it.witness));
                wrong.push(format!("{case}: {} instead of {expected}{}", verdict.as_str(), shown.collect::<String>()));
            }
            let has_witness = pair.witnesses.get(name).is_some_and(|them| them.contains_key(direction.as_str()));
            assert_eq!(has_witness, expected == "breaking", "{case}: its witness");
        }
    }
    wrong
}
