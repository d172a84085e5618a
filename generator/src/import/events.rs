//! Which files are events, of what type and version.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::Value;

use super::folder::File;
use super::library::{Library, identifier};
use super::{Effect, EventType, Note, Options, naming};
use crate::positions;

/// An event in the input.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// Index of its file.
    pub(super) file: usize,
    /// As in the catalogue: `artifact.packaged`.
    pub(super) name: String,
    /// Name of the context.
    pub(super) context: String,
    /// As it was: `dev.cdevents.artifact.packaged.0.2.0`.
    pub(super) original: String,
    /// As it was: `0.2.0`.
    pub(super) original_version: Option<String>,
    /// As in the catalogue; 0 until [`number`] was called.
    pub(super) version: u32,
    /// The schema as the catalogue will have it; empty until it was rewritten.
    pub(super) schema: Value,
}

impl Event {
    /// `artifact.packaged@2`.
    pub(super) fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// `ArtifactPackagedV2`.
    pub(super) fn type_name(&self) -> String {
        format!("{}V{}", self.name.to_pascal_case(), self.version)
    }
}

/// The events among `files`, in order of name, version and release.
pub(super) fn find(library: &Library<'_>, options: &Options, notes: &mut Vec<Note>) -> Vec<Event> {
    let usual = EventType::usual();
    let places = if options.event_type.is_empty() { &usual } else { &options.event_type };
    let referenced = referenced_files(library);
    let mut found: Vec<(usize, String, naming::Parts)> = Vec::new();
    for (index, file) in library.files.iter().enumerate() {
        let texts: Vec<(&EventType, String)> =
            places.iter().filter_map(|place| Some((place, text_at(place, file)?))).collect();
        let usable = texts.iter().find_map(|(place, text)| Some((*place, text, naming::parts(text)?)));
        match usable {
            // Any file has a name; one that others refer to is a part of theirs.
            Some((EventType::Pointer(_), text, parts)) => found.push((index, text.clone(), parts)),
            Some((_, text, parts)) if !referenced.contains(&index) => found.push((index, text.clone(), parts)),
            _ if referenced.contains(&index) => {}
            _ => {
                let reason = match texts.first() {
                    Some((_, text)) => format!("no event type can be made of `{text}`"),
                    None => "no event type found, and no event refers to it".to_owned(),
                };
                notes.push(Note::new(&file.path, "", Effect::LeftOut, reason));
            }
        }
    }
    let common = naming::common_words(&found.iter().map(|(_, _, parts)| parts.words.as_slice()).collect::<Vec<_>>());
    let mut events: Vec<Event> = found
        .into_iter()
        .map(|(file, original, parts)| {
            let words = &parts.words[common.min(parts.words.len().saturating_sub(2))..];
            let context = options.context.clone().unwrap_or_else(|| naming::context(&words[0]));
            let name = if words.len() == 1 { format!("{context}.{}", words[0]) } else { words.join(".") };
            let original_version = parts.version.or_else(|| version_around(&library.files[file]));
            Event { file, name, context, original, original_version, version: 0, schema: Value::Null }
        })
        .collect();
    events.sort_by_cached_key(|event| {
        let order = event.original_version.as_deref().map(naming::version_order);
        (event.name.clone(), order, library.files[event.file].release, event.file)
    });
    events
}

/// Gives versions their numbers and leaves out what is there twice. Expects events in the order of [`find`].
pub(super) fn number(events: &mut Vec<Event>, files: &[File], notes: &mut Vec<Note>) {
    let mut last: BTreeMap<String, u32> = BTreeMap::new();
    let mut kept: Vec<Event> = Vec::with_capacity(events.len());
    for mut event in events.drain(..) {
        let path = &files[event.file].path;
        let before = kept.last().filter(|before| before.name == event.name);
        if let Some(before) = before
            && before.original_version == event.original_version
        {
            let other = &files[before.file].path;
            if before.schema == event.schema {
                let reason = format!("the same as `{other}`, read before");
                notes.push(Note::new(path, "", Effect::LeftOut, reason));
                continue;
            }
            let reason =
                format!("says the same type and version as `{other}` with another schema; made a version of its own");
            notes.push(Note::new(path, "", Effect::Chosen, reason));
        }
        let number = last.entry(event.name.clone()).or_default();
        *number += 1;
        event.version = *number;
        kept.push(event);
    }
    *events = kept;
}

fn text_at(place: &EventType, file: &File) -> Option<String> {
    let text = match place {
        EventType::Pointer(pointer) => file.json.pointer(pointer)?.as_str()?,
        EventType::Title => file.json.get("title")?.as_str()?,
        EventType::Id => {
            let mut parts = identifier(&file.json)?.trim_end_matches(['/', '#']).rsplit(['/', ':']);
            parts.find(|part| naming::version_of_part(part).is_none())?
        }
        EventType::FileName => file.path.rsplit('/').next()?,
    };
    Some(text.to_owned())
}

/// A version in the address or in the folders of a file.
fn version_around(file: &File) -> Option<String> {
    let address = identifier(&file.json).unwrap_or_default();
    address.rsplit('/').chain(file.path.rsplit('/').skip(1)).find_map(naming::version_of_part)
}

/// Files that another file refers to.
fn referenced_files(library: &Library<'_>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for (index, file) in library.files.iter().enumerate() {
        let mut schema = file.json.clone();
        let base = library.base(&super::library::Location { file: index, pointer: String::new() });
        positions::each_reference(&mut schema, &mut |reference| {
            if let Some(target) = library.find(index, &base, reference)
                && target.file != index
            {
                found.insert(target.file);
            }
        });
    }
    found
}
