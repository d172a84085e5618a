//! Where text came from: the files of a catalogue and byte ranges in them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A byte range in one file of [`Sources`]. `start` and `end` fall on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file it is in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// Whether `other` lies within this range of the same file.
    #[must_use]
    pub fn contains(&self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// Index of a file in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// One file as read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path to show: relative to the catalogue's workspace where possible, `/` between parts.
    pub path: PathBuf,
    /// The whole text.
    pub text: Arc<str>,
    /// Found out when the first finding is shown.
    line_starts: OnceLock<Vec<u32>>,
}

/// A position as people count it: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Every file that was read for one run.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Keeps `text` under `path` and returns its id.
    ///
    /// # Panics
    /// After four billion files.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        self.files.push(SourceFile { path: path.into(), text, line_starts: OnceLock::new() });
        FileId(u32::try_from(self.files.len() - 1).expect("fewer than four billion files"))
    }

    /// Keeps the files of `other` too, each under the path that `rename` makes of its own. What was file `n` there is file
    /// `n` plus the number returned.
    pub fn append(&mut self, other: Self, rename: impl Fn(&Path) -> PathBuf) -> u32 {
        let offset = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.extend(other.files.into_iter().map(|file| SourceFile { path: rename(&file.path), ..file }));
        offset
    }

    /// The file with this id.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0u32..).map(FileId).zip(&self.files)
    }

    /// The path and first position of `span`.
    #[must_use]
    pub fn locate(&self, span: Span) -> (&Path, Position) {
        let file = self.file(span.file);
        (&file.path, file.position(span.start))
    }
}

impl SourceFile {
    /// Line and column of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line_starts = self.line_starts.get_or_init(|| {
            let next = |(byte, next)| (byte == b'\n').then_some(next);
            std::iter::once(0).chain(self.text.bytes().zip(1u32..).filter_map(next)).collect()
        });
        let line = line_starts.partition_point(|start| *start <= offset) - 1;
        let start = line_starts[line] as usize;
        let end = (offset as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(0, |before| before.chars().count());
        Position { line: to_u32(line) + 1, column: to_u32(column) + 1 }
    }
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
