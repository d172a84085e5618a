//! `asyncapi.yaml`: the estate as an AsyncAPI 3.0 document.
//!
//! A channel is a stream, a message is an event version, an operation is what one service does with one stream. What
//! the AMQP binding has no word for (partitions, retention, owners, sunsets) stands in `x-` extensions.
//!
//! Payloads are plain Schema Objects. They are JSON Schema draft-07 with additions, and the payload profile means the
//! same in draft-07 as in 2020-12, while few tools read a schema that declares the newer dialect. The registry under
//! `schemas/` is the original.

mod channels;
mod messages;
mod operations;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::emit::{EmitError, OutFile, Target, Templates, yaml};
use crate::event_cache::EventCache;
use crate::model::{Event, Model};
use crate::text::Text;

const PATH: &str = "asyncapi.yaml";

/// The target.
#[derive(Debug)]
pub(super) struct AsyncApi;

impl Target for AsyncApi {
    fn name(&self) -> &'static str {
        "asyncapi"
    }

    fn about(&self) -> &'static str {
        "the whole estate as an AsyncAPI 3.0 document"
    }

    fn emit(&self, model: &Model, _: &Templates, cache: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError> {
        let text = document(model, cache).map_err(|cause| EmitError::Yaml { path: PATH.to_owned(), cause })?;
        Ok(vec![OutFile::new(PATH, text)?])
    }
}

/// The document, its components put together from texts of single events.
fn document(model: &Model, cache: &EventCache<'_>) -> Result<String, serde_yaml::Error> {
    let head = head(model);
    let mut text = cache.made_of(&["asyncapi", &head.to_string()], || yaml::to_string(&head))?.to_string();
    let events: Vec<_> = model.events.values().collect();
    let sections = [("messages", messages::of_event as Section), ("schemas", messages::schemas_of_event)];
    text.push_str("components:\n");
    for (name, of_event) in sections {
        let made: Result<Vec<Text>, serde_yaml::Error> = events
            .par_iter()
            .map(|event| cache.get_or(&["asyncapi", name], event, || entries(&of_event(model, event))))
            .collect();
        let common = if name == "schemas" { entries(&messages::common_schemas(model))? } else { String::new() };
        let made = made?;
        let entries: Vec<&str> = [common.as_str()]
            .into_iter()
            .chain(made.iter().map(|text| &**text))
            .filter(|text| !text.is_empty())
            .collect();
        text.extend(["  ", name, ":", if entries.is_empty() { " {}\n" } else { "\n" }]);
        text.extend(entries);
    }
    Ok(text)
}

/// What an event adds to a section of the components.
type Section = fn(&Model, &Event) -> Map<String, Value>;

/// Entries of a mapping two levels down.
fn entries(entries: &Map<String, Value>) -> Result<String, serde_yaml::Error> {
    if entries.is_empty() {
        return Ok(String::new());
    }
    let text = yaml::to_string(&Value::Object(entries.clone()))?;
    let indent = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    Ok(text.lines().map(indent).collect())
}

/// Everything but the components.
fn head(model: &Model) -> Value {
    json!({
        "asyncapi": "3.0.0",
        "id": format!("urn:tidings:{}", model.name),
        "info": object([
            ("title", Some(json!(model.name))),
            // Events carry versions, the estate as a whole has none; AsyncAPI wants one.
            ("version", Some(json!("1.0.0"))),
            ("description", model.description.as_ref().or(model.summary.as_ref()).map(|text| json!(text))),
            ("tags", Some(contexts(model))),
        ]),
        "defaultContentType": "application/json",
        "servers": { "broker": server(model) },
        "channels": channels::all(model),
        "operations": operations::all(model),
    })
}

fn contexts(model: &Model) -> Value {
    let tag = |context: &crate::model::Context| {
        object([
            ("name", Some(json!(context.name))),
            ("description", context.summary.as_ref().map(|text| json!(text))),
            ("x-owner", context.team.as_ref().map(|team| json!(team))),
        ])
    };
    model.contexts.values().map(tag).collect()
}

fn server(model: &Model) -> Value {
    json!({
        "host": "{host}",
        "pathname": format!("/{}", model.name),
        "protocol": "amqp",
        "description": "RabbitMQ 3.13 or later with the stream plugin; the path is the virtual host.",
        "variables": {
            "host": {
                "default": "localhost:5672",
                "description": "Host and port. The stream protocol, which services use, is on port 5552.",
            },
        },
    })
}

/// An object of those keys that have a value.
fn object<const N: usize>(keys: [(&str, Option<Value>); N]) -> Map<String, Value> {
    keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

/// A reference to the place in this document that `path` leads to.
fn reference<const N: usize>(path: [&str; N]) -> Value {
    json!({ "$ref": pointer(path) })
}

/// JSON pointer as a URI fragment (RFC 6901, section 6).
fn pointer<const N: usize>(path: [&str; N]) -> String {
    let mut pointer = "#".to_owned();
    for part in path {
        pointer.push('/');
        for byte in part.bytes() {
            match byte {
                b'~' => pointer.push_str("~0"),
                b'/' => pointer.push_str("~1"),
                _ if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) => pointer.push(char::from(byte)),
                _ => pointer.extend(['%', hexadecimal(byte >> 4), hexadecimal(byte & 0xf)]),
            }
        }
    }
    pointer
}

fn hexadecimal(digit: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(digit)])
}
