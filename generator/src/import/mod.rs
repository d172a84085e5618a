//! An existing estate to a catalogue: a directory of JSON Schemas becomes files that `gen` reads at once.
//!
//! `folder → library → events → rewrite → types → loosen → write`. Nothing is fetched and nothing is written here; the
//! caller writes [`Imported::files`].
//!
//! Versions: a catalogue counts 1, 2, 3. The versions an event had before (`0.2.0`, `v3`, the name of a folder) are put
//! in order, and each becomes the next number; the original is kept as `x-imported-version` in the schema.

mod events;
mod folder;
mod library;
mod loosen;
mod naming;

mod rewrite;
mod types;
mod write;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use library::Library;
use rewrite::Rewriter;

/// What the person who imports decides.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Name of the catalogue; `imported` when there is none.
    pub name: Option<String>,
    /// Puts every event into this context. Otherwise the first word of an event's type is its context.
    pub context: Option<String>,
    /// Where event types are found, in order of preference; the first that gives a usable text counts. Empty: see
    /// [`EventType::usual`].
    pub event_type: Vec<EventType>,
}

/// Where the type of an event is written in its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventType {
    /// At a JSON pointer into the schema. A schema without a text there is no event, only something to refer to.
    Pointer(String),
    /// In the last part of `$id`.
    Id,
    /// In `title`.
    Title,
    /// In the name of the file.
    FileName,
}

impl EventType {
    /// What is tried when nothing is chosen: `type` as `CloudEvents` has it, then names from specific to vague.
    pub fn usual() -> Vec<Self> {
        let pointer = |text: &str| Self::Pointer(text.to_owned());
        vec![
            pointer("/properties/type/const"),
            pointer("/properties/type/enum/0"),
            Self::Id,
            Self::Title,
            Self::FileName,
        ]
    }
}

impl std::str::FromStr for EventType {
    type Err = ImportError;

    fn from_str(text: &str) -> Result<Self, ImportError> {
        match text {
            "id" => Ok(Self::Id),
            "title" => Ok(Self::Title),
            "file" => Ok(Self::FileName),
            pointer if pointer.starts_with('/') => Ok(Self::Pointer(pointer.to_owned())),
            _ => Err(ImportError::EventType { text: text.to_owned() }),
        }
    }
}

/// What an import gave.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// Files of the catalogue: path below the output folder, and text.
    pub files: Vec<(String, String)>,
    /// Everything that is not as it was, in order of file and place.
    pub notes: Vec<Note>,
    /// How much there was.
    pub counts: Counts,
}

/// How much was read and made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files read as JSON Schema.
    pub schemas: usize,
    /// Events of the catalogue.
    pub events: usize,
    /// Versions of these events.
    pub versions: usize,
    /// Shared types.
    pub types: usize,
    /// Files that were not understood or not needed.
    pub left_out: usize,
}

/// Something that a person should know about one place of the input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// File, relative to the imported directory; of several directories, to the one that holds them all.
    pub file: String,
    /// Event and version as in the catalogue, `order.placed@2`, where the place belongs to one.
    pub event: Option<String>,
    /// JSON pointer into the file.
    pub pointer: String,
    /// What it means for the catalogue.
    pub effect: Effect,
    /// What was found, and what became of it. One line, lower case, no full stop.
    pub reason: String,
}

impl Note {
    fn new(file: &str, pointer: &str, effect: Effect, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), event: None, pointer: pointer.to_owned(), effect, reason: reason.into() }
    }
}

/// What a [`Note`] means for the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// A file or an event is not in the catalogue.
    LeftOut,
    /// The catalogue accepts documents that the original schema refuses.
    Loosened,
    /// The catalogue refuses documents that the original schema accepts, since it must know a type.
    Tightened,
    /// Nothing is lost; a choice was made that a person may want to look at.
    Chosen,
}

/// Why nothing could be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A directory is missing or unreadable.
    #[error("cannot read the directory `{}`: {cause}", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A place for event types is neither a pointer nor a word we know.
    #[error(
        "`{text}` is no place for event types; write a JSON pointer such as `/properties/type/const`, `id`, `title` or `file`"
    )]
    EventType {
        /// As it was given.
        text: String,
    },
    /// A name cannot be used in a catalogue.
    #[error("`{name}` cannot be a name; use lower-case letters, digits and `-`, beginning with a letter")]
    Name {
        /// As it was given.
        name: String,
    },
}

/// Imports the JSON Schemas in `directories`, each with everything below it. The order of directories is the order of
/// releases where schemas tell no version.
///
/// # Errors
/// When a directory cannot be read, or an option cannot be used. Faults of single files are notes.
pub fn schemas<P: AsRef<Path>>(directories: &[P], options: &Options) -> Result<Imported, ImportError> {
    for name in [&options.name, &options.context].into_iter().flatten() {
        if !naming::is_kebab(name) {
            return Err(ImportError::Name { name: name.clone() });
        }
    }
    let mut notes = Vec::new();
    let mut files = Vec::new();
    let directories: Vec<&Path> = directories.iter().map(AsRef::as_ref).collect();
    for ((release, directory), prefix) in directories.iter().enumerate().zip(prefixes(&directories)) {
        folder::read(directory, &prefix, release, &mut files, &mut notes)?;
    }
    let library = Library::new(&files);
    let mut events = events::find(&library, options, &mut notes);
    let mut rewriter = Rewriter::new(&library);
    for event in &mut events {
        event.schema = rewriter.event(event.file);
    }
    let (types, more) = rewriter.finish();
    notes.extend(more);
    let mut types = types::settle(&library, types, &mut events);
    events::number(&mut events, &files, &mut notes);
    loosen::fit(&mut types, &mut events, &files, &mut notes);
    for note in &mut notes {
        let event = events.iter().find(|event| files[event.file].path == note.file);
        note.event = event.map(events::Event::id);
    }
    notes.sort();
    notes.dedup();
    let counts = Counts {
        schemas: files.len(),
        events: events.iter().map(|event| &event.name).collect::<BTreeSet<_>>().len(),
        versions: events.len(),
        types: types.len(),
        left_out: notes.iter().filter(|note| note.effect == Effect::LeftOut).count(),
    };
    Ok(Imported { files: write::files(&events, &types, options), notes, counts })
}

/// What tells files of one directory from those of another: nothing for a single one, else the part of its path in
/// which they differ.
fn prefixes(directories: &[&Path]) -> Vec<String> {
    let [first, rest @ ..] = directories else { return Vec::new() };
    if rest.is_empty() {
        return vec![String::new()];
    }
    let is_shared = |ancestor: &&Path| directories.iter().all(|directory| directory.starts_with(ancestor));
    let shared = first.ancestors().skip(1).find(is_shared).unwrap_or(Path::new(""));
    let below = |directory: &&Path| {
        let parts = directory.strip_prefix(shared).unwrap_or(directory).iter();
        parts.flat_map(|part| [part.to_string_lossy(), "/".into()]).collect()
    };
    directories.iter().map(below).collect()
}
