//! `json-schema-diff` as a judge.

mod arguments;
#[path = "../../src/bench/compat/share.rs"]
mod share;

use std::error::Error;

use serde_json::Value;
use share::{Answers, unless_it_panics};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    arguments::run(judge)
}

fn judge(old: &Value, new: &Value) -> Answers {
    [(old, new), (new, old)].map(|(writer, reader)| unless_it_panics(|| is_compatible(writer, reader)))
}

/// Its changes lead from the writer's schema to the reader's; one that breaks is enough.
fn is_compatible(writer: &Value, reader: &Value) -> Option<bool> {
    let changes = json_schema_diff::diff(writer.clone(), reader.clone()).ok()?;
    Some(!changes.iter().any(|change| change.change.is_breaking()))
}
