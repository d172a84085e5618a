//! The limit: what typify and prettyplease alone need for the same payload schemas, on the same number of threads.

use std::time::Instant;

use anyhow::Context as _;
use rayon::prelude::*;
use schemars08::schema::RootSchema;
use serde_json::Value;
use tidings_generator::model::Model;
use typify::{TypeSpace, TypeSpaceSettings};

use super::once::Clock;

/// Name of the measurement.
pub(super) const TYPIFY: &str = "typify";

/// Generates and formats the types of every event version, a fresh type space for each. Returns how many there were.
pub(super) fn run(model: &Model, clock: &Clock) -> anyhow::Result<usize> {
    let schemas: Vec<Value> =
        model.versions().map(|(_, version)| titled(&version.payload.schema, &version.payload.root)).collect();
    let started = Instant::now();
    let bytes = schemas.par_iter().map(types).sum::<anyhow::Result<usize>>()?;
    clock.keep(TYPIFY, started.elapsed().as_secs_f64());
    anyhow::ensure!(bytes > 0, "typify made nothing");
    Ok(schemas.len())
}

fn types(schema: &Value) -> anyhow::Result<usize> {
    let schema: RootSchema = serde_json::from_value(schema.clone())?;
    let mut space = TypeSpace::new(&TypeSpaceSettings::default());
    space.add_root_schema(schema).context("typify refuses a payload")?;
    let file = syn::parse2(space.to_stream()).context("typify made no Rust")?;
    Ok(prettyplease::unparse(&file).len())
}

/// The schema as typify wants it: named, with its definitions where older drafts have them.
fn titled(schema: &Value, title: &str) -> Value {
    let mut schema = renamed(schema);
    schema["title"] = title.into();
    schema
}

fn renamed(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| match (key.as_str(), value) {
                ("$defs", _) => ("definitions".to_owned(), renamed(value)),
                ("$ref", Value::String(target)) => (key.clone(), target.replace("#/$defs/", "#/definitions/").into()),
                _ => (key.clone(), renamed(value)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(renamed).collect(),
        other => other.clone(),
    }
}
