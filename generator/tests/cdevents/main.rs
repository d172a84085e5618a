//! Schemas that nobody here shaped: two releases of CD events are imported, generated, compiled, and must accept and
//! refuse what their authors' schemas accept and refuse.
//!
//! `TIDINGS_CDEVENTS` names a folder that holds the releases, each in a folder of its name; without it the tests say that
//! they did not run.

mod changes;
mod generated;
mod mutation;
#[path = "../not_run/mod.rs"]
mod not_run;
mod oracle;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use serde_json::Value;
use tidings_generator::diagnostic::Level;
use tidings_generator::import::{self, Effect, Imported, Options};
use tidings_generator::model::Model;
use tidings_generator::{load, model};

use generated::{Answer, Reader};
use mutation::{Change, mutants};

const RELEASES: &[&str] = &["v0.4.1", "v0.5.1"];

/// Where the releases are, for this test.
fn corpus(test: &str) -> Option<PathBuf> {
    let corpus = std::env::var_os("TIDINGS_CDEVENTS").map(PathBuf::from);
    let complete = |corpus: &PathBuf| RELEASES.iter().all(|release| corpus.join(release).join("schemas").is_dir());
    let corpus = corpus.filter(complete);
    if corpus.is_none() {
        not_run::not_run(
            &format!("cdevents::{test}"),
            "TIDINGS_CDEVENTS names no folder with the releases of CD events",
        );
    }
    corpus
}

fn imported(corpus: &Path) -> Imported {
    let releases: Vec<PathBuf> = RELEASES.iter().map(|release| corpus.join(release).join("schemas")).collect();
    let pointer = "/properties/context/properties/type/enum/0".parse().expect("a pointer");
    let options = Options { name: Some("cdevents".to_owned()), event_type: vec![pointer], ..Options::default() };
    import::schemas(&releases, &options).expect("readable directories")
}

/// The import as `gen` reads it, from files in `folder`.
fn resolved(imported: &Imported, folder: &Path) -> Model {
    for (path, text) in &imported.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a writable folder");
        fs::write(path, text).expect("a writable folder");
    }
    let loaded = load::load(&folder.join("catalogue.yaml")).expect("the root file was written");
    let (model, more) = model::resolve(loaded.tree.as_ref().expect("an import is a catalogue"));
    let errors: Vec<&str> = loaded
        .diagnostics
        .iter()
        .chain(&more)
        .filter(|finding| finding.level == Level::Error)
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    model
}

/// The event version of the catalogue that was `original`.
fn versions_by_original(model: &Model) -> BTreeMap<String, (String, u32)> {
    let versions = model.versions().filter_map(|(event, version)| {
        let original = version.payload.schema.get("x-imported-type")?.as_str()?;
        Some((original.to_owned(), (event.name.clone(), version.number)))
    });
    versions.collect()
}

#[test]
fn every_schema_imports_and_resolves() {
    let Some(corpus) = corpus("every_schema_imports_and_resolves") else { return };
    let imported = imported(&corpus);
    println!("{:?}", imported.counts);
    let lost: Vec<String> = imported
        .notes
        .iter()
        .filter(|note| matches!(note.effect, Effect::Loosened | Effect::Tightened))
        .map(|note| format!("{}#{}: {}", note.file, note.pointer, note.reason))
        .collect();
    // A closed object without properties: the catalogue has no word for "always empty".
    let empty = RELEASES.iter().flat_map(|release| {
        ["buildqueued", "buildstarted"].map(|event| {
            format!(
                "{release}/schemas/{event}.json#/properties/subject/properties/content/additionalProperties: \
                 this object can only be empty; not checked"
            )
        })
    });
    assert_eq!(lost, empty.collect::<Vec<_>>());
    assert_eq!((imported.counts.events, imported.counts.versions), (45, 90));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = resolved(&imported, folder.path());
    assert_eq!(versions_by_original(&model).len(), 90);
}

#[test]
fn generated_types_accept_and_refuse_what_the_schemas_do() {
    let Some(corpus) = corpus("generated_types_accept_and_refuse_what_the_schemas_do") else { return };
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cdevents");
    let model = resolved(&imported(&corpus), &scratch.join("catalogue"));
    let reader = Reader::compile(&model, &scratch);
    let versions = versions_by_original(&model);

    let mut cases = Vec::new();
    let mut conformance = 0;
    for release in RELEASES {
        let validators = oracle::validators(&corpus.join(release).join("schemas"));
        for (name, document) in documents(&corpus.join(release).join("conformance")) {
            let original = document["context"]["type"].as_str().expect("a document says its type").to_owned();
            let validator = &validators[&original];
            assert!(validator.is_valid(&document), "{release}/{name} violates its own schema");
            let (event, version) = versions[&original].clone();
            conformance += 1;
            let mutated = mutants(&document);
            let mut add = |change, pointer, document: Value| {
                let valid = validator.is_valid(&document);
                let place = format!("{release}/{name}#{pointer}");
                cases.push(Case { event: event.clone(), version, place, change, valid, document });
            };
            add(None, String::new(), document);
            for mutant in mutated {
                add(Some(mutant.change), mutant.pointer, mutant.document);
            }
        }
    }

    let answers = reader.read(cases.iter().map(|case| (case.event.as_str(), case.version, &case.document)));
    assert_eq!(answers.len(), cases.len());
    let mut counts: BTreeMap<(Option<Change>, bool), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        *counts.entry((case.change, case.valid)).or_default() += 1;
        let fault = match answer {
            Answer::Refused(reason) if case.valid => format!("refused: {reason}"),
            Answer::Accepted(_) if !case.valid => "accepted, against its schema".to_owned(),
            Answer::Accepted(again) if case.change.is_none() && !same(&case.document, again) => {
                format!("came back as {again}")
            }
            _ => continue,
        };
        wrong.push(format!("{} ({}@{}): {fault}", case.place, case.event, case.version));
    }
    println!("{conformance} conformance documents of {} releases accepted and the same again", RELEASES.len());
    for ((change, valid), count) in counts {
        if let Some(change) = change {
            println!(
                "{change:?}: {count} documents, {}",
                if valid { "valid, accepted" } else { "violations, refused" }
            );
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}

struct Case {
    event: String,
    version: u32,
    place: String,
    change: Option<Change>,
    /// What the original schema says.
    valid: bool,
    document: Value,
}

fn documents(folder: &Path) -> Vec<(String, Value)> {
    let mut found: Vec<(String, Value)> = fs::read_dir(folder)
        .expect("the conformance documents are there")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(path).expect("a readable document");
            (name, serde_json::from_str(&text).expect("a document is JSON"))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Whether two documents say the same; timestamps are compared as instants.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::String(a), Value::String(b)) => {
            let instant = |text: &str| DateTime::parse_from_rfc3339(text).ok();
            a == b || instant(a).is_some_and(|a| instant(b) == Some(a))
        }
        _ => a == b,
    }
}
