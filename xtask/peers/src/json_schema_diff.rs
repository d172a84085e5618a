//! `json-schema-diff` as a judge.

use std::error::Error;

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    tidings_peers::run(|old, new| tidings_peers::both(old, new, is_compatible))
}

/// Its changes lead from the writer's schema to the reader's; one that breaks is enough.
fn is_compatible(writer: &Value, reader: &Value) -> Option<bool> {
    let changes = json_schema_diff::diff(writer.clone(), reader.clone()).ok()?;
    Some(!changes.iter().any(|change| change.change.is_breaking()))
}
