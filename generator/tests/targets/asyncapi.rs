//! `asyncapi.yaml` against the official schema, and its references.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tidings_generator::model::Model;

use crate::not_run::not_run;
use crate::{emit, json, shop, yaml};

fn document(model: &Model) -> Value {
    yaml(&emit("asyncapi", model)["asyncapi.yaml"]).remove(0)
}

/// The folder of npm's `@asyncapi/specs`.
fn specs() -> Option<PathBuf> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/npm/node_modules/@asyncapi/specs");
    let folder = std::env::var_os("TIDINGS_ASYNCAPI_SPECS").map_or(installed, PathBuf::from);
    folder.is_dir().then_some(folder)
}

#[test]
fn the_document_validates_against_the_official_schema() {
    let Some(specs) = specs() else {
        let remedy = "run `npm install --prefix target/npm @asyncapi/specs`, or set TIDINGS_ASYNCAPI_SPECS";
        return not_run("targets::asyncapi::the_document_validates_against_the_official_schema", remedy);
    };
    let schema = json(&std::fs::read_to_string(specs.join("schemas/3.0.0.json")).expect("schema of AsyncAPI 3.0.0"));
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft7)
        .should_validate_formats(true)
        .build(&schema)
        .expect("the official schema");
    let document = document(&shop());
    let errors: Vec<_> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, [] as [String; 0]);
    let mut broken = document;
    broken["channels"]["orders"]["bindings"]["amqp"]["exchange"]["type"] = "super".into();
    assert!(!validator.is_valid(&broken), "the schema looks into AMQP bindings");
}

#[test]
fn every_reference_leads_somewhere_in_the_document() {
    let document = document(&shop());
    let mut count = 0;
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if let Some(target) = map.get("$ref").and_then(Value::as_str) {
                    let pointer = target.strip_prefix('#').expect("a reference into the document");
                    assert!(document.pointer(pointer).is_some(), "{target}");
                    count += 1;
                }
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(count > 100, "{count} references");
}

#[test]
fn every_service_sends_and_receives_what_it_declares() {
    let model = shop();
    let document = document(&model);
    for (event, version) in model.versions() {
        let id = version.id(event);
        let message = format!("#/channels/{}/messages/{}.v{}", version.stream, event.name, version.number);
        let listed = |service: &str, action: &str| {
            let operation = &document["operations"][format!("{service}.{action}.{}", version.stream)];
            operation["messages"].as_array().is_some_and(|list| list.iter().any(|item| item["$ref"] == *message))
        };
        for service in model.services.values() {
            assert_eq!(listed(&service.name, "send"), service.publishes(&id), "{} {id}", service.name);
            let projects = model.projections.values().filter(|projection| projection.service == service.name);
            let projects = projects.flat_map(|projection| &projection.from).any(|from| from.versions.contains(&id));
            assert_eq!(listed(&service.name, "receive"), service.consumes(&id) || projects, "{} {id}", service.name);
        }
    }
}

#[test]
fn the_schemas_of_the_document_accept_its_examples() {
    let document = document(&shop());
    for (name, message) in document["components"]["messages"].as_object().unwrap() {
        let mut schema = message["payload"].clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft7)
            .should_validate_formats(true)
            .build(&schema)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for example in message["examples"].as_array().into_iter().flatten() {
            assert!(validator.is_valid(&example["payload"]), "{name}");
            let mut broken = example["payload"].clone();
            broken["data"] = Value::Null;
            assert!(!validator.is_valid(&broken), "{name}");
        }
    }
}
