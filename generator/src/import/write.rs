//! Events and types to the files of a catalogue, with comments where a person must decide.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::Options;
use super::events::Event;
use super::types::Type;
use crate::payload::Scope;

/// The order in which people read a schema; other keywords follow as they were.
const READING_ORDER: &[&str] = &[
    "$ref",
    "description",
    "type",
    "format",
    "const",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "required",
    "properties",
    "propertyNames",
    "additionalProperties",
    "items",
    "oneOf",
];

/// The files: `catalogue.yaml` and one for each context.
pub(super) fn files(events: &[Event], types: &[Type], options: &Options) -> Vec<(String, String)> {
    let mut contexts: BTreeMap<&str, BTreeMap<&str, Vec<&Event>>> = BTreeMap::new();
    for event in events {
        contexts.entry(&event.context).or_default().entry(&event.name).or_default().push(event);
    }
    let mut files = vec![("catalogue.yaml".to_owned(), root(types, options, !contexts.is_empty()))];
    for (name, events) in &contexts {
        files.push((format!("contexts/{name}.yaml"), context(name, events, types)));
    }
    files
}

fn root(types: &[Type], options: &Options, has_contexts: bool) -> String {
    let name = options.name.as_deref().unwrap_or("imported");
    let include = if has_contexts { "include: [contexts/*.yaml]\n\n" } else { "\n" };
    let mut text = format!(
        "# Imported from JSON Schemas. Comments that begin with `fill in` say what schemas do not tell.\n\
         format: tidings/1\n\
         name: {name}\n\
         {include}\
         # fill in: the teams that own these events; each context names one.\n\
         teams:\n\
         \x20 unowned: {{ name: Nobody yet }}\n\n\
         defaults:\n\
         \x20 partitions: 3\n\
         \x20 # fill in: how long streams keep events, and dead letters.\n\
         \x20 retention: {{ max_age: 7d }}\n\
         \x20 dead_letter: {{ max_age: 30d }}\n\
         \x20 # fill in: what a new version must keep working. Imported versions promise nothing.\n\
         \x20 compatibility: none\n\n\
         # fill in: who publishes and who consumes, such as\n\
         #   services:\n\
         #     order-service: {{ team: checkout, publishes: [order.*] }}\n"
    );
    let shared = types_of(types, &Scope::Catalogue);
    if !shared.is_empty() {
        text.push_str("\n# Types that several contexts use.\n");
        push(&mut text, 0, &json!({ "types": shared }));
    }
    text
}

fn context(name: &str, events: &BTreeMap<&str, Vec<&Event>>, types: &[Type]) -> String {
    let key = partition_key(name, events, types);
    let mut text = format!(
        "context: {name}\n\
         # fill in: the team that owns these events.\n\
         team: unowned\n\n\
         streams:\n\
         \x20 {name}:\n\
         \x20   # fill in: events with equal keys stay in order. This is a guess.\n\
         \x20   partition_key: {key}\n"
    );
    let shared = types_of(types, &Scope::Context(name.to_owned()));
    if !shared.is_empty() {
        text.push('\n');
        push(&mut text, 0, &json!({ "types": shared }));
    }
    text.push_str("\nevents:\n");
    for (index, (event, versions)) in events.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let _ = writeln!(text, "  {event}:\n    stream: {name}");
        if let Some(newest) = versions.last() {
            push(&mut text, 4, &about(newest));
        }
        text.push_str("    versions:\n");
        for version in versions {
            let _ = writeln!(text, "      {}:\n        status: active", version.version);
            push(&mut text, 8, &body(version));
        }
    }
    text
}

/// What the newest version says about its event.
fn about(event: &Event) -> Value {
    let text = |key: &str| event.schema.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let mut about = Map::new();
    about.extend(text("x-title").map(|title| ("summary".to_owned(), json!(title))));
    about.extend(text("description").map(|description| ("description".to_owned(), json!(description))));
    Value::Object(about)
}

fn body(event: &Event) -> Value {
    let mut data = event.schema.as_object().cloned().unwrap_or_default();
    let examples = data.remove("examples").filter(|examples| examples.as_array().is_some_and(|list| !list.is_empty()));
    for key in ["description", "x-title", "$comment"] {
        data.remove(key);
    }
    let mut data = in_reading_order(Value::Object(data));
    if let Value::Object(data) = &mut data {
        data.insert("x-imported-type".to_owned(), json!(event.original));
        data.extend(event.original_version.as_ref().map(|version| ("x-imported-version".to_owned(), json!(version))));
    }
    let mut body = Map::from_iter([("data".to_owned(), data)]);
    body.extend(examples.map(|examples| ("examples".to_owned(), examples)));
    Value::Object(body)
}

fn types_of(types: &[Type], scope: &Scope) -> Map<String, Value> {
    let own = types.iter().filter(|found| found.scope() == *scope);
    own.map(|found| (found.name.clone(), in_reading_order(found.schema.clone()))).collect()
}

/// Sorts the keywords of `schema` and of everything below.
fn in_reading_order(schema: Value) -> Value {
    let Value::Object(mut map) = schema else { return schema };
    for child in crate::positions::below_mut(&mut map) {
        *child = in_reading_order(child.take());
    }
    let rank = |key: &String| READING_ORDER.iter().position(|known| known == key).unwrap_or(READING_ORDER.len());
    let mut entries: Vec<(String, Value)> = map.into_iter().collect();
    entries.sort_by_key(|(key, _)| rank(key));
    Value::Object(entries.into_iter().collect())
}

/// A required text that every event of the context has and that looks like the id of what the events are about.
fn partition_key(context: &str, events: &BTreeMap<&str, Vec<&Event>>, types: &[Type]) -> String {
    let mut common: Option<Vec<String>> = None;
    for event in events.values().flatten() {
        let mut found = Vec::new();
        ids(&event.schema, "data", types, 0, &mut found);
        common = Some(match common {
            None => found,
            Some(before) => before.into_iter().filter(|path| found.contains(path)).collect(),
        });
    }
    let words = ["subject".to_owned(), context.replace('-', "_")];
    let is_about_it = |path: &String| path.split(['.', '_']).any(|word| words.iter().any(|known| known == word));
    let candidates = common.unwrap_or_default();
    let best = candidates.iter().find(|path| is_about_it(path)).or_else(|| {
        // The id of the message itself would spread one thing's events over all partitions.
        candidates.iter().find(|path| !["data.id", "data.context.id", "data.metadata.id"].contains(&path.as_str()))
    });
    best.cloned().unwrap_or_else(|| "correlation_id".to_owned())
}

fn ids(schema: &Value, path: &str, types: &[Type], depth: usize, found: &mut Vec<String>) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(name) => types.iter().find(|found| found.name == name).map_or(schema, |found| &found.schema),
        None => schema,
    };
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let simple = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    for (name, property) in properties.iter().filter(|(name, _)| simple(name) && required.contains(&json!(name))) {
        let path = format!("{path}.{name}");
        let looks_like_id = name == "id" || name.ends_with("_id") || name.ends_with("Id");
        if looks_like_id && property.get("type") == Some(&json!("string")) {
            found.push(path);
        } else if depth < 4 {
            ids(property, &path, types, depth + 1, found);
        }
    }
}

/// Appends `value` as YAML, indented.
fn push(text: &mut String, indent: usize, value: &Value) {
    if value.as_object().is_some_and(Map::is_empty) {
        return;
    }
    // JSON values always have a YAML form.
    let yaml = serde_yaml::to_string(value).unwrap_or_default();
    for line in yaml.lines() {
        if line.is_empty() {
            text.push('\n');
        } else {
            let _ = writeln!(text, "{:indent$}{line}", "");
        }
    }
}
