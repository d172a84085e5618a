//! Data about people, replaced by made-up data of the same kind, so that recordings may be kept beside the code.

use std::collections::HashMap;

use serde_json::Value;
use tidings_generator::format::Classification;
use tidings_generator::model::{EventVersion, Version};

use crate::documents::Seed;
use crate::estate::Estate;

/// Documents that are searched for a value to put in the place of another one.
const TRIES: u64 = 64;

/// Replaces data about people. The same value becomes the same other one, wherever it stands.
#[derive(Debug)]
pub struct Masking<'e> {
    estate: &'e Estate,
    seed: Seed,
    /// What stands for what, by where it was found first and then by value.
    instead: HashMap<Value, Value>,
}

/// A step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// The value of a key.
    Key(String),
    /// Every item of an array.
    Items,
    /// Every value of a map.
    Values,
}

impl<'e> Masking<'e> {
    /// Of the events of a catalogue. Another seed makes up other data.
    #[must_use]
    pub fn new(estate: &'e Estate, seed: Seed) -> Self {
        Self { estate, seed, instead: HashMap::new() }
    }

    /// The payload without what the catalogue classifies as personal or confidential.
    ///
    /// # Errors
    /// When the catalogue does not have the version, or nothing can be made up that its schema accepts: in words.
    pub fn masked(&mut self, id: &EventVersion, mut payload: Value) -> Result<Value, String> {
        let Some((event, version)) = self.estate.model().version(id) else {
            return Err(format!("the catalogue has no `{id}`: what of it is personal is not known"));
        };
        let whole = event.effective_classification(version);
        if whole < Classification::Confidential {
            return Ok(payload);
        }
        for path in sensitive(version) {
            let mut places = Vec::new();
            find(&payload, &path, String::new(), &mut places);
            for place in places {
                self.replace(id, &mut payload, &place, &path)?;
            }
        }
        Ok(payload)
    }

    fn replace(&mut self, id: &EventVersion, payload: &mut Value, place: &str, path: &[Part]) -> Result<(), String> {
        let Some(before) = payload.pointer(place).cloned() else { return Ok(()) };
        // Nothing tells nothing.
        if before.is_null() {
            return Ok(());
        }
        let documents = match self.estate.documents(id) {
            Some(Ok(documents)) => documents,
            Some(Err(error)) => return Err(error.to_string()),
            None => return Ok(()),
        };
        let seed = self.seed.of(&before.to_string());
        let made = || {
            let made = documents.valid(seed, TRIES).unwrap_or_default();
            made.into_iter().flat_map(|(_, document)| {
                let mut places = Vec::new();
                find(&document, path, String::new(), &mut places);
                places.into_iter().filter_map(move |place| document.pointer(&place).cloned()).collect::<Vec<_>>()
            })
        };
        let known = self.instead.get(&before).cloned();
        for value in known.into_iter().chain(made()) {
            if value == before || value.is_null() {
                continue;
            }
            let mut masked = payload.clone();
            if let Some(place) = masked.pointer_mut(place) {
                place.clone_from(&value);
            }
            if documents.accepts(&masked) {
                *payload = masked;
                self.instead.entry(before).or_insert(value);
                return Ok(());
            }
        }
        Err(format!("nothing can be made up for `{}` of `{id}` that its schema accepts", name(path)))
    }
}

/// Paths of what a version has about people, or that few may see; of nested ones the outermost.
fn sensitive(version: &Version) -> Vec<Vec<Part>> {
    let mut paths: Vec<String> = Vec::new();
    for field in version.payload.fields() {
        let is_sensitive = field.classification.is_some_and(|it| it >= Classification::Confidential);
        let is_inside = paths
            .iter()
            .any(|path| field.path.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with(['.', '[', '{'])));
        if is_sensitive && !is_inside {
            paths.push(field.path);
        }
    }
    paths.iter().map(|path| parts(path)).collect()
}

/// `lines[].note`, `prices{}.cents`
fn parts(path: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for segment in path.split('.') {
        let end = segment.find(['[', '{']).unwrap_or(segment.len());
        if end > 0 {
            parts.push(Part::Key(segment[..end].to_owned()));
        }
        let mut rest = &segment[end..];
        while let Some(next) = rest.get(..2) {
            parts.push(if next == "[]" { Part::Items } else { Part::Values });
            rest = &rest[2..];
        }
    }
    parts
}

fn name(path: &[Part]) -> String {
    let mut name = String::new();
    for part in path {
        match part {
            Part::Key(key) if name.is_empty() => name.push_str(key),
            Part::Key(key) => name.extend([".", key]),
            Part::Items => name.push_str("[]"),
            Part::Values => name.push_str("{}"),
        }
    }
    name
}

/// Pointers to every value at a path.
fn find(value: &Value, path: &[Part], at: String, places: &mut Vec<String>) {
    let Some((first, rest)) = path.split_first() else {
        places.push(at);
        return;
    };
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match (first, value) {
        (Part::Key(key), Value::Object(object)) => {
            if let Some(value) = object.get(key) {
                find(value, rest, below(key), places);
            }
        }
        (Part::Items, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                find(item, rest, below(&index.to_string()), places);
            }
        }
        (Part::Values, Value::Object(object)) => {
            for (key, value) in object {
                find(value, rest, below(key), places);
            }
        }
        _ => {}
    }
}
