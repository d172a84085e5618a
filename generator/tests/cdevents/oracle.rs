//! What the schemas say, as their authors wrote them, asked of a validator that knows nothing of catalogues.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jsonschema::{Registry, Validator};
use serde_json::Value;

/// A validator for each event type of a release, such as `dev.cdevents.artifact.packaged.0.2.0`. Formats are checked;
/// unknown properties are allowed, as readers of events allow them.
pub(crate) fn validators(schemas: &Path) -> BTreeMap<String, Validator> {
    let mut documents = Vec::new();
    for folder in [schemas.to_owned(), schemas.join("links")] {
        for entry in fs::read_dir(folder).expect("the schemas are there") {
            let path = entry.expect("a readable folder").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = fs::read_to_string(path).expect("a readable schema");
                let mut schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
                open(&mut schema);
                documents.push(schema);
            }
        }
    }
    let id = |schema: &Value| schema["$id"].as_str().expect("every schema has an `$id`").to_owned();
    let mut registry = Registry::new();
    for schema in &documents {
        registry = registry.add(id(schema), schema.clone()).expect("an address is used once");
    }
    let registry = registry.prepare().expect("every reference leads to a schema");
    let events = documents.iter().filter_map(|schema| {
        let event = schema.pointer("/properties/context/properties/type/enum/0")?.as_str()?.to_owned();
        let options = jsonschema::options().should_validate_formats(true);
        Some((event, options.with_registry(&registry).build(schema).expect("a schema can be compiled")))
    });
    events.collect()
}

/// Lets every object have further properties. No schema of the corpus has a property of this name.
fn open(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("additionalProperties") == Some(&Value::Bool(false)) {
                map.remove("additionalProperties");
            }
            map.values_mut().for_each(open);
        }
        Value::Array(items) => items.iter_mut().for_each(open),
        _ => {}
    }
}
