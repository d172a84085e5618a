//! The schema registry, as a validator sees it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{emit, json, shop};

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(schema)
        .expect("a schema that stands alone")
}

#[test]
fn every_schema_is_valid_json_schema_2020_12() {
    for (path, text) in emit("schemas", &shop()) {
        let schema = json(&text);
        if path != "schemas/index.json" {
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{path}");
            jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }
}

#[test]
fn every_example_validates_alone_and_in_its_envelope() {
    let (model, mut checked) = (shop(), 0);
    let files = emit("schemas", &model);
    let envelope = validator(&json(&files["schemas/envelope.json"]));
    for (event, version) in model.versions() {
        let stem = format!("schemas/{}/{}.v{}", event.context, event.name, version.number);
        let payload = json(&files[&format!("{stem}.json")]);
        let whole = json(&files[&format!("{stem}.envelope.json")]);
        let (alone, travelling) = (validator(&payload), validator(&whole));
        assert_eq!(payload["examples"].as_array().map_or(0, Vec::len), version.examples.len(), "{stem}");
        for example in payload["examples"].as_array().into_iter().flatten() {
            assert!(alone.is_valid(example), "{stem}: {example}");
            checked += 1;
        }
        for example in whole["examples"].as_array().into_iter().flatten() {
            assert!(travelling.is_valid(example), "{stem}: {example}");
            assert!(envelope.is_valid(example), "{stem}: {example}");
        }
    }
    assert!(checked > model.events.len(), "the example catalogue has examples");
}

#[test]
fn a_document_of_another_version_or_without_a_tenant_is_refused() {
    let files = emit("schemas", &shop());
    let schema = json(&files["schemas/orders/order.placed.v2.envelope.json"]);
    let (validator, example) = (validator(&schema), schema["examples"][0].clone());
    let broken = |path: &str, value: Value| {
        let mut document = example.clone();
        *document.pointer_mut(path).expect("a field of the example") = value;
        document
    };
    assert!(validator.is_valid(&example));
    assert!(!validator.is_valid(&broken("/event_version", json!(1))));
    assert!(!validator.is_valid(&broken("/event_type", json!("order.cancelled"))));
    assert!(!validator.is_valid(&broken("/data/total/cents", json!("7480"))));
    assert!(!validator.is_valid(&broken("/event_id", json!("seven"))));
    let mut homeless = example.clone();
    homeless.as_object_mut().unwrap().remove("tenant_id");
    assert!(!validator.is_valid(&homeless));
}

#[test]
fn identifiers_are_unique() {
    let files = emit("schemas", &shop());
    let ids: Vec<_> = files.values().map(|text| json(text)["$id"].to_string()).filter(|id| id != "null").collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn the_index_lists_every_version_with_the_hash_of_its_file() {
    let model = shop();
    let files = emit("schemas", &model);
    let index = json(&files["schemas/index.json"]);
    let entries = index["events"].as_array().unwrap();
    assert_eq!(entries.len(), model.versions().count());
    for entry in entries {
        for kind in ["payload", "envelope"] {
            let text = &files[entry[kind]["file"].as_str().unwrap()];
            assert_eq!(entry[kind]["blake3"], blake3::hash(text.as_bytes()).to_hex().as_str());
            assert_eq!(entry[kind]["$id"], json(text)["$id"]);
        }
    }
}

#[test]
fn a_schema_says_what_the_catalogue_knows() {
    insta::assert_snapshot!(emit("schemas", &shop())["schemas/orders/order.placed.v1.json"]);
}
