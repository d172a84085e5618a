//! Files to one merged tree and its typed form, with every problem found on the way.

mod include;
mod shape;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Level};
use crate::format::{self, Catalogue};
use crate::rules::format as rule;
use crate::source::{FileId, Sources, Span};
use crate::suggest;
use crate::yaml::{self, Entry, Kind, Limits, Node};

/// Bytes of all files of a catalogue together.
const MAX_TOTAL_BYTES: usize = 256 << 20;

/// What reading a catalogue gave.
#[derive(Debug)]
pub struct Loaded {
    /// Everything that was read, also when it is faulty.
    pub sources: Sources,
    /// `None` when the files are too broken to be understood; then there is at least one error below.
    pub tree: Option<Tree>,
    /// What was found, in no particular order.
    pub diagnostics: Vec<Diagnostic>,
}

/// A catalogue as written: all files merged, as if they were one.
#[derive(Debug)]
pub struct Tree {
    /// The merged root, each node with its place in the file it came from.
    pub root: Node,
    /// The same, typed. Parts that could not be understood are missing; each has an error.
    pub catalogue: Catalogue,
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The root file is missing or unreadable.
    #[error("cannot read `{}`: {cause}; name the catalogue with `--catalogue FILE`", path.display())]
    Unreadable {
        /// The root file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
}

/// Reads the catalogue at `path` and the files it includes. Paths in diagnostics begin with `path`'s own folder.
///
/// # Errors
/// When `path` itself cannot be read. Everything else is a diagnostic.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let bytes = std::fs::read(path).map_err(|cause| LoadError::Unreadable { path: path.to_owned(), cause })?;
    let mut reading = Reading::default();
    let root = reading.file(path.to_owned(), bytes);
    let folder = path.parent().unwrap_or(Path::new(""));
    let parts = root.as_ref().map_or_else(Vec::new, |root| {
        let files = include::files(folder, path, root, &mut reading.diagnostics);
        reading.files(files)
    });
    Ok(reading.finish(root, parts))
}

/// Reads a catalogue of one file from memory. Includes are not followed.
#[must_use]
pub fn load_text(path: &str, text: &str) -> Loaded {
    let mut reading = Reading::default();
    let root = reading.file(path.into(), text.as_bytes().to_vec());
    reading.finish(root, Vec::new())
}

#[derive(Default)]
struct Reading {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    bytes: usize,
}

impl Reading {
    fn file(&mut self, path: PathBuf, bytes: Vec<u8>) -> Option<Node> {
        let (id, text) = self.text(path, bytes)?;
        let (node, mut found) = yaml::parse(&text, id, &Limits::default());
        self.diagnostics.append(&mut found);
        node
    }

    fn text(&mut self, path: PathBuf, bytes: Vec<u8>) -> Option<(FileId, std::sync::Arc<str>)> {
        self.bytes += bytes.len();
        if self.bytes > MAX_TOTAL_BYTES {
            let message = format!("this catalogue has more than {MAX_TOTAL_BYTES} bytes");
            self.diagnostics.push(Diagnostic::new(&rule::too_large::META, None, message));
            return None;
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text: std::sync::Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
                Some((self.sources.add(path, text.clone()), text))
            }
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let id = self.sources.add(path, String::from_utf8_lossy(error.as_bytes()).into_owned());
                let at = u32::try_from(valid).unwrap_or(u32::MAX);
                self.diagnostics.push(
                    Diagnostic::new(&rule::not_utf8::META, Span { file: id, start: at, end: at }, "this is not UTF-8")
                        .help("save the file as UTF-8"),
                );
                None
            }
        }
    }

    /// Reads and parses included files in parallel; the result is in the order of `paths`.
    fn files(&mut self, paths: Vec<PathBuf>) -> Vec<Node> {
        let read: Vec<_> = paths.par_iter().map(std::fs::read).collect();
        let mut texts = Vec::with_capacity(paths.len());
        for (path, bytes) in paths.into_iter().zip(read) {
            match bytes {
                Ok(bytes) => texts.extend(self.text(path, bytes)),
                Err(cause) => self.diagnostics.push(
                    Diagnostic::new(
                        &rule::unreadable_file::META,
                        None,
                        format!("cannot read `{}`: {cause}", path.display()),
                    )
                    .help("correct the permissions, or the `include` pattern"),
                ),
            }
        }
        let parsed: Vec<_> = texts.par_iter().map(|(id, text)| yaml::parse(text, *id, &Limits::default())).collect();
        parsed
            .into_iter()
            .filter_map(|(node, mut found)| {
                self.diagnostics.append(&mut found);
                node
            })
            .collect()
    }

    fn finish(mut self, root: Option<Node>, parts: Vec<Node>) -> Loaded {
        let tree = root.and_then(|mut root| {
            if !matches!(root.kind, Kind::Mapping(_)) {
                self.diagnostics.push(
                    Diagnostic::new(&rule::wrong_type::META, root.span, "a catalogue is a mapping")
                        .help(format!("begin with `format: {}` and `name: …`", format::FORMAT)),
                );
                return None;
            }
            for part in parts {
                merge_part(&mut root, part, &mut self.diagnostics);
            }
            shape::check(&mut root, &mut self.diagnostics);
            match serde_json::from_value(root.to_json()) {
                Ok(catalogue) => Some(Tree { root, catalogue }),
                Err(cause) => {
                    if self.diagnostics.iter().all(|found| found.level != Level::Error) {
                        let message = format!("this catalogue cannot be understood: {cause}");
                        self.diagnostics.push(Diagnostic::new(&rule::bad_value::META, root.span, message));
                    }
                    None
                }
            }
        });
        Loaded { sources: self.sources, tree, diagnostics: self.diagnostics }
    }
}

/// Maps of the root that included files may add to.
const MAPS: &[&str] = &["contexts", "flows", "projections", "services", "teams", "types"];

/// Adds an included file to the root: a context, or entries of the root's maps.
fn merge_part(root: &mut Node, part: Node, out: &mut Vec<Diagnostic>) {
    let Node { span, kind: Kind::Mapping(mut entries) } = part else {
        out.push(
            Diagnostic::new(&rule::wrong_type::META, part.span, "an included file is a mapping")
                .help("begin with `context: NAME`, or with one of the maps of the root"),
        );
        return;
    };
    if let Some(at) = entries.iter().position(|entry| entry.key == "context") {
        let name = entries.remove(at);
        let Some(key) = name.value.as_str().map(str::to_owned) else {
            out.push(Diagnostic::new(&rule::wrong_type::META, name.value.span, "`context` is the context's name"));
            return;
        };
        let context = Entry { key, key_span: name.value.span, value: Node { span, kind: Kind::Mapping(entries) } };
        add(root, "contexts", vec![context], span, out);
        return;
    }
    for entry in entries {
        if MAPS.contains(&entry.key.as_str()) {
            if let Kind::Mapping(inner) = entry.value.kind {
                add(root, &entry.key, inner, entry.value.span, out);
            } else {
                out.push(Diagnostic::new(
                    &rule::wrong_type::META,
                    entry.value.span,
                    format!("`{}` is a mapping", entry.key),
                ));
            }
            continue;
        }
        let help = suggest::nearest(&entry.key, MAPS.iter().copied().chain(["context"])).map_or_else(
            || format!("an included file has `context`, or any of {}", MAPS.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        out.push(
            Diagnostic::new(
                &rule::unknown_field::META,
                entry.key_span,
                format!("`{}` has no place in an included file", entry.key),
            )
            .help(help),
        );
    }
}

/// Adds `entries` to the map `key` of the root.
fn add(root: &mut Node, key: &str, entries: Vec<Entry>, span: Span, out: &mut Vec<Diagnostic>) {
    let Kind::Mapping(maps) = &mut root.kind else { return };
    let at = maps.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
        let value = Node { span, kind: Kind::Mapping(Vec::new()) };
        maps.push(Entry { key: key.to_owned(), key_span: span, value });
        maps.len() - 1
    });
    let Kind::Mapping(existing) = &mut maps[at].value.kind else { return };
    let known: std::collections::HashMap<String, Span> =
        existing.iter().map(|entry| (entry.key.clone(), entry.key_span)).collect();
    for entry in entries {
        if let Some(first) = known.get(&entry.key) {
            let message = format!("`{}` is defined in two files", entry.key);
            out.push(
                Diagnostic::new(&rule::duplicate_definition::META, entry.key_span, message)
                    .related(*first, "first here")
                    .help("remove one of them, or rename it"),
            );
        } else {
            existing.push(entry);
        }
    }
}
