//! Validators of whole schemas and of their parts, formats asserted.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

/// A validator of a schema of 2020-12 that asserts formats, and matches patterns in linear time where they can be. `None` for
/// what is no schema, or has a pattern that cannot be matched.
#[must_use]
pub fn of(schema: &Value) -> Option<Validator> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .or_else(|_| {
            // Some patterns need to look around; those are matched with a limit on backtracking.
            jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(schema)
        })
        .ok()
}

/// A validator of one part of `document`, whose references lead to the document's `$defs`.
pub(super) fn of_part(document: &Value, part: &Map<String, Value>) -> Option<Validator> {
    let mut schema = part.clone();
    schema.extend(document.get("$defs").map(|definitions| ("$defs".to_owned(), definitions.clone())));
    of(&Value::Object(schema))
}
