//! `schemas/`: the Git-tracked registry, one self-contained JSON Schema 2020-12 per event version.
//!
//! - `CONTEXT/EVENT.vN.json` is the payload, for whoever validates `data`;
//! - `CONTEXT/EVENT.vN.envelope.json` is the whole event as it travels, for whoever validates messages;
//! - `envelope.json` is what all events have in common;
//! - `catalogue.schema.json` completes and checks catalogue files in editors;
//! - `index.json` lists the events' schemas with the BLAKE3 hash of each file.

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::emit::{EmitError, OutFile, Target, Templates, envelope, json_text};
use crate::event_cache::EventCache;
use crate::format;
use crate::model::{Event, Model, Status, Version};

/// The target.
#[derive(Debug)]
pub(super) struct Schemas;

impl Target for Schemas {
    fn name(&self) -> &'static str {
        "schemas"
    }

    fn about(&self) -> &'static str {
        "a JSON Schema per event version, and their index"
    }

    fn emit(&self, model: &Model, _: &Templates, cache: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError> {
        let versions: Vec<_> = model.versions().collect();
        let made: Result<Vec<_>, EmitError> =
            versions.par_iter().map(|(event, version)| of_version(model, event, version, cache)).collect();
        let (mut files, mut entries) = (Vec::new(), Vec::new());
        for (pair, entry) in made? {
            files.extend(pair);
            entries.push(entry);
        }
        files.push(OutFile::json("schemas/envelope.json", &common(model))?);
        files.push(OutFile::json("schemas/index.json", &json!({ "catalogue": model.name, "events": entries }))?);
        files.push(OutFile::json("schemas/catalogue.schema.json", &format::json_schema())?);
        Ok(files)
    }
}

/// The two files of a version, and their entry in the index.
fn of_version(
    model: &Model,
    event: &Event,
    version: &Version,
    cache: &EventCache<'_>,
) -> Result<([OutFile; 2], Value), EmitError> {
    let name = format!("{}.v{}", event.name, version.number);
    let file = |kind: &str, make: fn(&Model, &Event, &Version) -> Value| {
        let make = || Ok::<_, EmitError>(json_text(&make(model, event, version)));
        OutFile::new(
            format!("schemas/{}/{name}{kind}.json", event.context),
            cache.get_or(&["schemas", &name, kind], event, make)?,
        )
    };
    let (payload, document) = (file("", payload)?, file(".envelope", document)?);
    let entry = json!({
        "event": event.name,
        "version": version.number,
        "status": version.status,
        "stream": version.stream,
        "payload": listed(&payload, &urn(model, event, version)),
        "envelope": listed(&document, &document_urn(model, event, version)),
    });
    Ok(([payload, document], entry))
}

/// The payload of one version, with what the catalogue knows about it.
fn payload(model: &Model, event: &Event, version: &Version) -> Value {
    let mut schema = head(
        &urn(model, event, version),
        &format!("{} v{}", event.name, version.number),
        event.summary.as_deref().or(event.description.as_deref()),
    );
    schema.extend(extensions(model, event, version));
    if let Some(payload) = version.payload.schema.as_object() {
        schema.extend(payload.clone());
    }
    if !version.examples.is_empty() {
        schema.insert("examples".to_owned(), json!(version.examples));
    }
    Value::Object(schema)
}

/// The whole event.
fn document(model: &Model, event: &Event, version: &Version) -> Value {
    let mut schema = head(
        &document_urn(model, event, version),
        &format!("{} v{} with its envelope", event.name, version.number),
        event.summary.as_deref().or(event.description.as_deref()),
    );
    schema.extend(extensions(model, event, version));
    schema.extend(envelope::document(model, event, version));
    if !version.examples.is_empty() {
        let examples = version.examples.iter().map(|data| envelope::example(model, event, version, data));
        schema.insert("examples".to_owned(), examples.collect());
    }
    Value::Object(schema)
}

/// The envelope alone.
fn common(model: &Model) -> Value {
    let id = format!("urn:tidings:{}:envelope", model.name);
    let mut schema = head(&id, "Envelope", Some("What every event carries besides its payload."));
    schema.extend(envelope::schema(model));
    Value::Object(schema)
}

fn head(id: &str, title: &str, description: Option<&str>) -> Map<String, Value> {
    let keys =
        [("$schema", Some(envelope::DIALECT)), ("$id", Some(id)), ("title", Some(title)), ("description", description)];
    keys.into_iter().filter_map(|(key, text)| Some((key.to_owned(), json!(text?)))).collect()
}

/// What JSON Schema has no keyword for. Also on the messages of `asyncapi.yaml`.
pub(super) fn extensions(model: &Model, event: &Event, version: &Version) -> Map<String, Value> {
    let stream = model.streams.get(&version.stream);
    let key = stream.map(|stream| stream.partition_key.iter().map(|part| part.source.to_string()).collect::<Vec<_>>());
    let keys = [
        ("deprecated", (version.status == Status::Deprecated).then(|| json!(true))),
        ("x-owner", event.team.as_ref().map(|team| json!(team))),
        ("x-context", Some(json!(event.context))),
        ("x-aggregate", event.aggregate.as_ref().map(|aggregate| json!(aggregate))),
        ("x-status", Some(json!(version.status))),
        ("x-since", version.since.map(|day| json!(day.to_string()))),
        ("x-sunset", version.sunset.map(|day| json!(day.to_string()))),
        ("x-changes", version.changes.as_ref().map(|changes| json!(changes))),
        ("x-stream", Some(json!(version.stream))),
        ("x-partition-key", key.filter(|key| !key.is_empty()).map(|key| json!(key))),
        ("x-compatibility", Some(json!(event.compatibility))),
        ("x-classification", Some(json!(event.effective_classification(version)))),
    ];
    keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

/// Names a payload schema for ever: neither a host nor a folder is part of it.
fn urn(model: &Model, event: &Event, version: &Version) -> String {
    format!("urn:tidings:{}:{}:v{}", model.name, event.name, version.number)
}

fn document_urn(model: &Model, event: &Event, version: &Version) -> String {
    format!("{}:envelope", urn(model, event, version))
}

fn listed(file: &OutFile, id: &str) -> Value {
    json!({ "$id": id, "file": file.path, "blake3": file.contents.digest() })
}
