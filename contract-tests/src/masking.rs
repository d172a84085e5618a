//! Data about people, replaced by made-up data of the same kind, so that recordings may be kept beside the code.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tidings_generator::format::Classification;
use tidings_generator::model::{EventVersion, Version};
use tidings_generator::payload::{Body, Field, Kind, Payload, Shape};

use crate::documents::Seed;
use crate::estate::Estate;

/// Documents that are searched for a value to put in the place of another one.
const TRIES: u64 = 64;

/// Replaces data about people. The same value becomes the same other one, wherever it stands.
#[derive(Debug)]
pub struct Masking<'e> {
    estate: &'e Estate,
    seed: Seed,
    /// What stands for what.
    instead: HashMap<Value, Value>,
}

/// A value that few may see.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// Where it is: a JSON pointer.
    pointer: String,
    /// The property that it is, or is inside.
    property: String,
}

impl<'e> Masking<'e> {
    /// Of the events of a catalogue. Who knows the seed can try which value became which: it should be random, and kept
    /// nowhere.
    #[must_use]
    pub fn new(estate: &'e Estate, seed: Seed) -> Self {
        Self { estate, seed, instead: HashMap::new() }
    }

    /// The payload without what the catalogue classifies as personal or confidential.
    ///
    /// # Errors
    /// When the catalogue does not have the version or one of the properties, or when nothing can be made up that the
    /// schema accepts: in words.
    pub fn masked(&mut self, id: &EventVersion, mut payload: Value) -> Result<Value, String> {
        let Some((event, version)) = self.estate.model().version(id) else {
            return Err(format!("the catalogue has no `{id}`: what of it is personal is not known"));
        };
        let is_whole = event.classification.is_some_and(is_sensitive);
        let places = places(version, &payload, is_whole).map_err(|property| {
            format!("`{id}` has `{property}`, which the catalogue has not: whether it is personal is not known")
        })?;
        for place in places {
            self.replace(id, &mut payload, &place)?;
        }
        Ok(payload)
    }

    fn replace(&mut self, id: &EventVersion, payload: &mut Value, place: &Place) -> Result<(), String> {
        let Some(before) = payload.pointer(&place.pointer).cloned() else { return Ok(()) };
        // Nothing tells nothing.
        if before.is_null() {
            return Ok(());
        }
        let documents = match self.estate.documents(id) {
            Some(Ok(documents)) => documents,
            Some(Err(error)) => return Err(error.to_string()),
            None => return Ok(()),
        };
        let made = || {
            let made = documents.valid(self.seed.of(&before.to_string()), TRIES).unwrap_or_default();
            let mut values = Vec::new();
            for (_, document) in made {
                of_property(document, &place.property, &mut values);
            }
            values.into_iter()
        };
        let known = self.instead.get(&before).cloned();
        for value in known.into_iter().chain(made()).filter(|value| !value.is_null()) {
            let mut masked = payload.clone();
            if let Some(place) = masked.pointer_mut(&place.pointer) {
                place.clone_from(&value);
            }
            if documents.accepts(&masked) {
                *payload = masked;
                self.instead.entry(before).or_insert(value);
                return Ok(());
            }
        }
        Err(format!("nothing can be made up for `{}` of `{id}` that its schema accepts", place.property))
    }
}

fn is_sensitive(classification: Classification) -> bool {
    classification >= Classification::Confidential
}

/// Values that few may see; of nested ones the outermost. With `is_whole`, all of them. The error is a property that is not
/// declared.
fn places(version: &Version, payload: &Value, is_whole: bool) -> Result<Vec<Place>, String> {
    let root = version.payload.type_def(&version.payload.root);
    let is_whole = is_whole || root.and_then(|root| root.docs.classification).is_some_and(is_sensitive);
    if is_whole {
        let properties = payload.as_object().into_iter().flat_map(Map::keys);
        let place = |property: &String| Place { pointer: below("", property), property: property.clone() };
        return Ok(properties.map(place).collect());
    }
    let mut search = Search { payload: &version.payload, places: Vec::new(), stranger: None };
    search.named(&version.payload.root, payload, "", "");
    match search.stranger {
        Some(property) => Err(property),
        None => Ok(search.places),
    }
}

/// A walk through a document beside the types that describe it.
struct Search<'p> {
    payload: &'p Payload,
    places: Vec<Place>,
    stranger: Option<String>,
}

impl Search<'_> {
    fn found(&mut self, pointer: &str, property: &str) {
        let place = Place { pointer: pointer.to_owned(), property: property.to_owned() };
        if !self.places.contains(&place) {
            self.places.push(place);
        }
    }

    fn named(&mut self, name: &str, value: &Value, pointer: &str, property: &str) {
        let payload = self.payload;
        let Some(def) = payload.type_def(name) else { return };
        if def.docs.classification.is_some_and(is_sensitive) {
            self.found(pointer, property);
            return;
        }
        match &def.body {
            Body::Struct(fields) => self.object(fields, None, value, pointer),
            Body::Tagged { tag, variants } => {
                let Some(variant) = variants.iter().find(|variant| value[tag] == *variant.value) else { return };
                if variant.docs.classification.is_some_and(is_sensitive) {
                    self.found(pointer, property);
                } else {
                    self.object(&variant.fields, Some(tag), value, pointer);
                }
            }
            // Which alternative it is, JSON's types tell; what any of them hides is hidden.
            Body::Untagged(variants) => {
                for variant in variants {
                    self.shape(&variant.shape, value, pointer, property);
                }
            }
            Body::Alias(shape) => self.shape(shape, value, pointer, property),
            Body::Enum(_) => {}
        }
    }

    fn object(&mut self, fields: &[Field], tag: Option<&str>, value: &Value, pointer: &str) {
        for (name, value) in value.as_object().into_iter().flatten() {
            if tag == Some(name.as_str()) {
                continue;
            }
            let pointer = below(pointer, name);
            match fields.iter().find(|field| field.name == *name) {
                Some(field) if field.docs.classification.is_some_and(is_sensitive) => self.found(&pointer, name),
                Some(field) => self.shape(&field.shape, value, &pointer, name),
                None => self.stranger = Some(name.clone()),
            }
        }
    }

    fn shape(&mut self, shape: &Shape, value: &Value, pointer: &str, property: &str) {
        match (&shape.kind, value) {
            (Kind::Named(name), value) => self.named(name, value, pointer, property),
            (Kind::List { items, .. }, Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.shape(items, value, &below(pointer, &index.to_string()), property);
                }
            }
            (Kind::Map { values: shape, .. }, Value::Object(values)) => {
                for (key, value) in values {
                    self.shape(shape, value, &below(pointer, key), property);
                }
            }
            _ => {}
        }
    }
}

fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Every value that a property of this name has anywhere, and what is in it.
fn of_property(document: Value, name: &str, values: &mut Vec<Value>) {
    match document {
        Value::Object(properties) => {
            for (key, value) in properties {
                if key == name {
                    match &value {
                        Value::Array(items) => values.extend(items.iter().cloned()),
                        Value::Object(inner) => values.extend(inner.values().cloned()),
                        _ => {}
                    }
                    values.push(value.clone());
                }
                of_property(value, name, values);
            }
        }
        Value::Array(items) => items.into_iter().for_each(|item| of_property(item, name, values)),
        _ => {}
    }
}
