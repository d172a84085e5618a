//! Reader structs: what a consumer needs of an event, held against everything that may be sent to it.
//!
//! A proof that each version's documents are accepted comes from the engine that judges changes; generated documents, read
//! with the struct itself, try to disprove it, because what serde does and what schemars says may differ.

use std::any::type_name;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tidings_generator::cast::{self, Cast};
use tidings_generator::compat::{self, ContentModel, Direction, Schema, Verdict};
use tidings_generator::model::{Event, Version};

use crate::documents::Trial;
use crate::evidence::{Fault, Outcome, Reading};

/// Levels of nesting that are looked into for fields.
const DEPTH: usize = 16;

/// Integers by the name of their format, which validators do not know: what does not fit is not read.
const INTEGERS: [(&str, i64, i64); 6] = [
    ("int8", i8::MIN as i64, i8::MAX as i64),
    ("int16", i16::MIN as i64, i16::MAX as i64),
    ("int32", i32::MIN as i64, i32::MAX as i64),
    ("uint8", 0, u8::MAX as i64),
    ("uint16", 0, u16::MAX as i64),
    ("uint32", 0, u32::MAX as i64),
];

/// Says in words of JSON Schema what fits.
fn limit_integers(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let format = map.get("format").and_then(Value::as_str);
            if let Some((_, least, most)) = INTEGERS.iter().find(|(name, ..)| Some(*name) == format) {
                map.entry("minimum").or_insert_with(|| (*least).into());
                map.entry("maximum").or_insert_with(|| (*most).into());
            }
            map.values_mut().for_each(limit_integers);
        }
        Value::Array(items) => items.iter_mut().for_each(limit_integers),
        _ => {}
    }
}

/// As which of these a version is read that is sent: as itself, or as the next one that it can become, or not at all, which
/// the last one before it shows.
#[must_use]
pub fn meant<'r>(readings: &'r [Reading], event: &str, sent: u32) -> Vec<&'r Reading> {
    let of_event = || readings.iter().filter(|reading| reading.event == event);
    let later = of_event().map(|reading| reading.version).filter(|version| *version >= sent).min();
    let version = later.or_else(|| of_event().map(|reading| reading.version).max());
    of_event().filter(|reading| Some(reading.version) == version).collect()
}

/// What `R` reads of an event.
#[must_use]
pub fn reading<R: JsonSchema>(event: &str, version: u32) -> Reading {
    let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut schema = Value::from(generator.into_root_schema_for::<R>());
    limit_integers(&mut schema);
    let mut fields = BTreeSet::new();
    collect(&schema, &schema, "", DEPTH, &mut fields);
    Reading { event: event.to_owned(), version, schema, fields: fields.into_iter().collect() }
}

/// Whether a reader accepts whatever is sent in a version. `read` reads a document as the reader does, or says why it does
/// not.
pub fn judge(
    reading: &Reading,
    event: &Event,
    sent: &Version,
    trial: &Trial<'_>,
    read: impl Fn(&Value) -> Result<(), String>,
) -> Outcome {
    if sent.number != reading.version {
        return through_upcasts(reading, event, sent);
    }
    let proof = contained(reading, sent);
    let tried = trial.documents.try_valid(trial.seed, trial.cases, &read);
    let mut faults: Vec<Fault> = match &proof {
        Ok(Verdict::Breaking(findings)) => findings
            .iter()
            .map(|finding| {
                Fault::new(of_readers(&finding.message))
                    .at_pointer(&finding.place.replace("/*", "[]"))
                    .shown_by(finding.witness.clone())
            })
            .collect(),
        Err(reason) => vec![Fault::new(format!("the schema of what it reads cannot be judged: {reason}"))],
        Ok(_) => Vec::new(),
    };
    let known = trial.known.iter().filter(|document| trial.documents.accepts(document));
    faults.extend(known.filter_map(|document| {
        let reason = read(document).err()?;
        Some(Fault::new(format!("it does not read this document: {reason}")).shown_by(document.clone()))
    }));
    let refused = tried.counterexample.filter(|_| faults.is_empty());
    faults.extend(refused.map(|found| {
        Fault::new(format!("it does not read this document: {}", found.reason))
            .shown_by(found.document)
            .made_by(found.seed)
    }));
    let mut unknown = unknown_fields(reading, sent);
    // Once is enough.
    unknown.retain(|fault| !faults.iter().any(|other| other.field == fault.field));
    faults.extend(unknown);
    if tried.documents == 0 {
        faults.push(Fault::new("no valid document was found to try: does its schema allow any?"));
    }
    if let (Ok(Verdict::Undecided { reason }), true) = (&proof, faults.is_empty()) {
        // As everywhere, what is not shown to hold does not.
        faults.push(Fault::new(format!("whether it reads every document is undecided: {reason}")));
    }
    match proof {
        Ok(Verdict::Compatible) if faults.is_empty() => Outcome::Proven { documents: tried.documents },
        _ => Outcome::of(faults, tried.documents),
    }
}

/// Reads documents as a struct does.
///
/// # Errors
/// Why it does not: in words.
pub fn as_struct<R: DeserializeOwned>(document: &Value) -> Result<(), String> {
    R::deserialize(document).map(|_| ()).map_err(|error| format!("`{}`: {error}", type_name::<R>()))
}

/// What a change breaks, in words about one who reads and what is sent to it.
fn of_readers(message: &str) -> String {
    message.replace("readers of the new schema", "its readers").replace("old documents", "documents")
}

/// A reader sees an older version through mappings, of which the generator has proven that they make valid documents of
/// the next version.
fn through_upcasts(reading: &Reading, event: &Event, sent: &Version) -> Outcome {
    let (from, to) = (sent.number, reading.version);
    if from > to {
        let message = format!(
            "version {from} is sent to it, and it reads version {to}: let it read version {from}, or consume `{}@{to}` only",
            event.name
        );
        return Outcome::failed(message);
    }
    for version in event.versions.range(from + 1..=to).map(|(_, version)| version) {
        match &version.upcast {
            Some(Cast::Mapping(mapping)) => {
                let before =
                    event.before(version).map(|before| cast::prove(mapping, &before.payload, &version.payload));
                if !matches!(before, Some(Ok(Verdict::Compatible))) {
                    let message =
                        format!("the `upcast` to version {} is not proven: see `cargo xtask lint`", version.number);
                    return Outcome::failed(message);
                }
            }
            Some(Cast::ByHand) => {
                let reason = format!("the step to version {} is written by hand; handlers show it", version.number);
                return Outcome::NotShown { reason };
            }
            None => {
                let message = format!(
                    "version {from} is sent to it, and nothing leads from there to version {}: add an `upcast`, or consume \
                     `{}@{to}` only",
                    version.number, event.name
                );
                return Outcome::failed(message);
            }
        }
    }
    let Some(read) = event.versions.get(&to) else {
        return Outcome::failed(format!("the catalogue has no version {to}"));
    };
    match contained(reading, read) {
        Ok(Verdict::Compatible) => Outcome::Proven { documents: 0 },
        Ok(verdict) => {
            let message = format!("it is read as version {to}, and not every document of that is read");
            let fault = Fault::new(message);
            let shown = verdict.findings().first().map(|finding| finding.witness.clone());
            Outcome::Failed { faults: vec![shown.map_or(fault.clone(), |witness| fault.shown_by(witness))] }
        }
        Err(reason) => Outcome::failed(reason),
    }
}

fn contained(reading: &Reading, sent: &Version) -> Result<Verdict, String> {
    let schema = |schema: &Value| Schema::new(schema, ContentModel::TolerantReader).map_err(|error| error.to_string());
    let (writes, reads) = (schema(&sent.payload.schema)?, schema(&reading.schema)?);
    Ok(compat::judge(&writes, &reads, Direction::Backward))
}

/// Fields that are read and that nobody sends: misspelt, most likely.
fn unknown_fields(reading: &Reading, sent: &Version) -> Vec<Fault> {
    let sends: BTreeSet<String> =
        sent.payload.fields().into_iter().map(|field| field.path.replace("{}", "[]")).collect();
    let unknown = reading.fields.iter().filter(|field| !sends.contains(&field.replace("{}", "[]")));
    let sent_below = |field: &str| {
        let holder = field.rsplit_once('.').map_or("", |(holder, _)| holder);
        // What is any value has no fields of its own.
        holder.is_empty() || sends.iter().any(|sent| sent.starts_with(&format!("{}.", holder.replace("{}", "[]"))))
    };
    unknown
        .filter(|field| sent_below(field))
        .map(|field| {
            let help = tidings_generator::suggest::hint(field, sends.iter().map(String::as_str));
            Fault::new(format!("it reads `{field}`, which is never sent{help}")).at(field.clone())
        })
        .collect()
}

/// Adds the fields that a schema names, by their path.
fn collect(root: &Value, schema: &Value, path: &str, depth: usize, fields: &mut BTreeSet<String>) {
    let Some(map) = schema.as_object().filter(|_| depth > 0) else { return };
    let mut below = |schema: &Value, path: &str| collect(root, schema, path, depth - 1, fields);
    if let Some(target) =
        map.get("$ref").and_then(Value::as_str).and_then(|at| root.pointer(at.trim_start_matches('#')))
    {
        below(target, path);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        map.get(key).and_then(Value::as_array).into_iter().flatten().for_each(|one| below(one, path));
    }
    if let Some(items) = map.get("items") {
        below(items, &format!("{path}[]"));
    }
    if let Some(values) = map.get("additionalProperties") {
        below(values, &format!("{path}{{}}"));
    }
    for (name, schema) in map.get("properties").and_then(Value::as_object).unwrap_or(&Map::new()) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        collect(root, schema, &path, depth - 1, fields);
        fields.insert(path);
    }
}
