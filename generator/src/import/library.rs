//! All schemas that were read, and where a `$ref` in one of them leads.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fluent_uri::{Uri, UriRef};
use serde_json::Value;

use super::folder::File;
use crate::pointer::percent_decoded;
use crate::positions;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Location {
    /// Index of the file.
    pub(super) file: usize,
    /// JSON pointer to a schema.
    pub(super) pointer: String,
}

/// The files with an index of every address that a reference may use.
pub(super) struct Library<'a> {
    pub(super) files: &'a [File],
    /// By absolute URI, with `#anchor` where there is one. Releases of one estate often keep their addresses.
    addresses: BTreeMap<String, Vec<Location>>,
}

impl<'a> Library<'a> {
    pub(super) fn new(files: &'a [File]) -> Self {
        let mut library = Self { files, addresses: BTreeMap::new() };
        for (file, content) in files.iter().enumerate() {
            let root = Location { file, pointer: String::new() };
            let own = path_address(content);
            library.add(own.clone(), root.clone());
            library.index(&content.json, &own, &root);
        }
        library
    }

    fn add(&mut self, address: String, location: Location) {
        let places = self.addresses.entry(address).or_default();
        if !places.contains(&location) {
            places.push(location);
        }
    }

    fn index(&mut self, schema: &Value, base: &str, at: &Location) {
        let Value::Object(map) = schema else { return };
        let base = base_of(schema, base);
        if identifier(schema).is_some() {
            self.add(base.clone(), at.clone());
        }
        let anchor = map.get("$anchor").and_then(Value::as_str).map(|name| format!("#{name}"));
        let old_anchor = ["$id", "id"].iter().filter_map(|key| map.get(*key)?.as_str()).find(|id| id.starts_with('#'));
        if let Some(anchor) = anchor.or_else(|| old_anchor.map(str::to_owned)) {
            self.add(format!("{base}{anchor}"), at.clone());
        }
        for (pointer, child) in positions::below(map) {
            self.index(child, &base, &Location { file: at.file, pointer: format!("{}{pointer}", at.pointer) });
        }
    }

    /// The schema at `location`.
    pub(super) fn get(&self, location: &Location) -> Option<&'a Value> {
        self.files[location.file].json.pointer(&location.pointer)
    }

    /// The base that references at `location` are relative to.
    pub(super) fn base(&self, location: &Location) -> String {
        let file = &self.files[location.file];
        let mut base = base_of(&file.json, &path_address(file));
        let ends = location.pointer.match_indices('/').map(|(at, _)| at).skip(1).chain([location.pointer.len()]);
        for end in ends.filter(|end| *end > 0) {
            if let Some(schema) = file.json.pointer(&location.pointer[..end]) {
                base = base_of(schema, &base);
            }
        }
        base
    }

    /// Where `reference`, written in `file` under `base`, leads.
    pub(super) fn find(&self, file: usize, base: &str, reference: &str) -> Option<Location> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let from_path = path_address(&self.files[file]);
        for base in [base, from_path.as_str()] {
            let target = if address.is_empty() { base.to_owned() } else { resolve(base, address)? };
            let suffix = |text: &str| format!("{target}{text}");
            let known = [target.clone(), suffix(".json"), suffix(".schema.json")];
            for address in &known {
                if !fragment.is_empty() && !fragment.starts_with('/') {
                    if let Some(found) = self.nearest(file, &format!("{address}#{fragment}")) {
                        return Some(found);
                    }
                    continue;
                }
                let Some(found) = self.nearest(file, address) else { continue };
                let location =
                    Location { file: found.file, pointer: format!("{}{}", found.pointer, percent_decoded(fragment)?) };
                if self.get(&location).is_some() {
                    return Some(location);
                }
            }
        }
        None
    }

    /// The place with this address: in the same file, else in the same release, else anywhere.
    fn nearest(&self, file: usize, address: &str) -> Option<Location> {
        let places = self.addresses.get(address)?;
        let release = self.files[file].release;
        let same_file = places.iter().find(|place| place.file == file);
        let same_release = || places.iter().find(|place| self.files[place.file].release == release);
        same_file.or_else(same_release).or_else(|| places.first()).cloned()
    }
}

/// The address of a file that gives itself none.
fn path_address(file: &File) -> String {
    let mut address = format!("import:/{}/", file.release);
    for byte in file.path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => address.push(byte.into()),
            _ => {
                let _ = write!(address, "%{byte:02X}");
            }
        }
    }
    address
}

/// `$id`, or `id` as draft 4 has it.
pub(super) fn identifier(schema: &Value) -> Option<&str> {
    let text = |key: &str| schema.get(key)?.as_str();
    text("$id").or_else(|| text("id")).filter(|id| !id.is_empty() && !id.starts_with('#'))
}

fn base_of(schema: &Value, base: &str) -> String {
    let own = identifier(schema).and_then(|id| resolve(base, id));
    own.unwrap_or_else(|| base.to_owned())
}

fn resolve(base: &str, reference: &str) -> Option<String> {
    let reference = UriRef::parse(reference.trim_end_matches('#')).ok()?;
    let base = Uri::parse(base).ok()?;
    reference.resolve_against(&base).ok().map(|uri| uri.normalize().into_string())
}
