//! The JSON Schema of the format: for reading, and for editors.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::{Catalogue, ContextFile};

/// The schema of a whole catalogue, all files merged.
#[must_use]
pub(crate) fn catalogue_schema() -> Value {
    schema_of::<Catalogue>().to_value()
}

/// The schema for editors: it serves the root file, context files and files with parts of the root alike.
#[must_use]
pub fn json_schema() -> Value {
    let mut root = schema_of::<Catalogue>().to_value();
    let mut context = schema_of::<ContextFile>().to_value();
    let mut defs = take(&mut root, "$defs");
    merge(&mut defs, take(&mut context, "$defs"));
    // Flattening the body into the file loses that it is closed.
    merge(&mut context, json!({ "additionalProperties": false }));
    for schema in [&mut root, &mut context] {
        take(schema, "$schema");
    }
    // A part of the root has any of its maps and none of its own settings.
    let mut part = root.clone();
    take(&mut part, "required");
    merge(&mut defs, json!({ "Root": root, "ContextFile": context, "Part": part }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tidings:format:1",
        "title": "Tidings catalogue",
        "description": "A file of a Tidings event catalogue, format tidings/1.",
        "type": "object",
        "if": { "required": ["context"] },
        "then": { "$ref": "#/$defs/ContextFile" },
        "else": {
            "if": { "required": ["format"] },
            "then": { "$ref": "#/$defs/Root" },
            "else": { "$ref": "#/$defs/Part" },
        },
        "$defs": defs,
    })
}

fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
}

fn take(schema: &mut Value, key: &str) -> Value {
    schema.as_object_mut().and_then(|map| map.remove(key)).unwrap_or_else(|| json!({}))
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_for_editors_is_valid_and_tells_the_kinds_of_file_apart() {
        let schema = json_schema();
        assert!(jsonschema::meta::is_valid(&schema));
        let validator = jsonschema::validator_for(&schema).expect("valid");
        assert!(validator.is_valid(&json!({ "format": "tidings/1", "name": "shop" })));
        assert!(validator.is_valid(&json!({ "context": "orders", "team": "checkout" })));
        assert!(validator.is_valid(&json!({ "teams": { "checkout": { "name": "Checkout" } } })));
        assert!(!validator.is_valid(&json!({ "context": "orders", "teem": "checkout" })));
        assert!(!validator.is_valid(&json!({ "format": "tidings/2", "name": "shop" })));
    }
}
