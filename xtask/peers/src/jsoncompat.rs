//! `jsoncompat` as a judge.

use std::error::Error;

use jsoncompat::{CompatibilityResult, Role, SchemaDocument, SchemaOptions, analyze_compat};
use serde_json::Value;
use tidings_peers::{Answers, both};

fn main() -> Result<(), Box<dyn Error>> {
    tidings_peers::run(judge)
}

/// Its role of a serializer asks whether documents of the new schema are ones of the old as written. The other role
/// supposes that nobody sends undeclared fields, so the first one is asked with the schemas swapped. Formats count.
fn judge(old: &Value, new: &Value) -> Answers {
    let options = SchemaOptions { assert_formats: Some(true), ..SchemaOptions::default() };
    let schema = |schema| SchemaDocument::from_json_with_options(schema, &options).ok();
    let (Some(old), Some(new)) = (schema(old), schema(new)) else { return Answers::default() };
    both(&old, &new, |writer, reader| match analyze_compat(reader, writer, Role::Serializer).ok()? {
        CompatibilityResult::Compatible => Some(true),
        CompatibilityResult::Incompatible { .. } => Some(false),
        CompatibilityResult::Unknown { .. } => None,
    })
}
