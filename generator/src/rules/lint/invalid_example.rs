//! ## What it does
//! Reports examples that their version's own schema refuses.
//!
//! ## Why it matters
//! People copy examples, tests are fed with them, and the registry and the AsyncAPI document publish them. A wrong one is
//! believed before the schema is.
//!
//! ## Example
//! ```yaml
//! data: { type: object, required: [order_id], properties: { order_id: { type: string } } }
//! examples: [{ order_id: 7 }]
//! ```
//! Write instead:
//! ```yaml
//! data: { type: object, required: [order_id], properties: { order_id: { type: string } } }
//! examples: [{ order_id: "7" }]
//! ```

use jsonschema::{Draft, Validator};
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{Event, Model, Version};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "invalid-example",
    summary: "an example that its schema refuses",
    level: Level::Error,
    group: Group::Lint,
    source: include_str!("invalid_example.rs"),
};

/// Every example that is refused, each with its first fault.
#[must_use]
pub fn check(model: &Model) -> Vec<Diagnostic> {
    model.versions().flat_map(|(event, version)| check_version(event, version)).collect()
}

fn check_version(event: &Event, version: &Version) -> Vec<Diagnostic> {
    if version.examples.is_empty() {
        return Vec::new();
    }
    let id = version.id(event);
    let validator = match validator(&version.payload.schema) {
        Ok(validator) => validator,
        Err(cause) => {
            let message = format!("the examples of `{id}` cannot be checked");
            return vec![Diagnostic::new(&META, version.place.name, message).label(cause)];
        }
    };
    let report = |(number, example): (usize, &Value)| {
        let fault = validator.iter_errors(example).next()?;
        let path = fault.instance_path().to_string();
        let place = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
        let message = format!("example {} of `{id}` does not match its schema", number + 1);
        let finding = Diagnostic::new(&META, version.place.name, message)
            .label(format!("{place}{fault}"))
            .why("people copy examples, and tests are fed with them")
            .help("correct the example, or the schema if the example is right");
        Some(finding)
    };
    version.examples.iter().enumerate().filter_map(report).collect()
}

fn validator(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(schema)
        .map_err(|cause| cause.to_string())
}
