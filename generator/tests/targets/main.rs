//! What the targets write, each checked with a parser of whoever reads it.

mod asyncapi;
mod broker;
mod docs;
mod hostile;
mod mutants;
#[path = "../not_run/mod.rs"]
mod not_run;
mod ops;
mod schemas;
mod terraform;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tidings_generator::emit::{TARGETS, Templates};
use tidings_generator::event_cache::EventCache;
use tidings_generator::load::{Loaded, load, load_text};
use tidings_generator::model::{Model, resolve};

/// The shipped example.
fn shop() -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/catalogue.yaml");
    resolved(load(&path).expect("the example is there"))
}

/// The model of a catalogue written in a test.
fn catalogue(text: &str) -> Model {
    resolved(load_text("catalogue.yaml", text))
}

fn resolved(loaded: Loaded) -> Model {
    assert_eq!(loaded.diagnostics, []);
    let (model, diagnostics) = resolve(&loaded.tree.expect("a tree"));
    assert_eq!(diagnostics, []);
    model
}

/// The files of one target, by path.
fn emit(target: &str, model: &Model) -> BTreeMap<String, String> {
    let target = TARGETS.iter().find(|candidate| candidate.name() == target).expect("a target of this name");
    let files = target.emit(model, &Templates::embedded().expect("templates"), &EventCache::off()).expect("files");
    files.into_iter().map(|file| (file.path, file.contents.to_string())).collect()
}

/// The documents of a YAML file.
fn yaml(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).expect("a YAML document"))
        .collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("a JSON document")
}

#[test]
fn the_same_model_gives_the_same_files() {
    for target in TARGETS {
        assert_eq!(emit(target.name(), &shop()), emit(target.name(), &shop()), "{}", target.name());
    }
}
