//! Where the YAML parser says something is, as byte ranges.

use saphyr_parser::Marker;

use crate::source::{FileId, Span};

/// Turns the parser's line and column into byte offsets.
///
/// Lines and columns are used because the parser's running index mixes bytes and characters after a comment that is
/// not ASCII, while a column only has to be right until the end of its line.
pub(super) struct Places<'t> {
    text: &'t str,
    file: FileId,
    line_starts: Vec<usize>,
    /// The last answer: line, column and offset. Places are asked for nearly in order, so counting characters goes on
    /// from here, and one long line does not cost a walk from its start each time.
    last: (usize, usize, usize),
}

impl<'t> Places<'t> {
    /// `skipped` bytes at the start (a byte order mark) were not shown to the parser.
    pub(super) fn new(text: &'t str, file: FileId, skipped: usize) -> Self {
        let bytes = text.as_bytes();
        let is_break = |at: usize| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        let line_starts: Vec<usize> = std::iter::once(skipped)
            .chain((skipped..bytes.len()).filter(|at| is_break(*at)).map(|at| at + 1))
            .collect();
        Self { text, file, line_starts, last: (0, 0, skipped) }
    }

    /// The byte offset of a place.
    pub(super) fn offset(&mut self, marker: &Marker) -> usize {
        let line = marker.line().saturating_sub(1);
        let Some(&line_start) = self.line_starts.get(line) else {
            return self.text.len();
        };
        let (column, from) = match self.last {
            (last_line, last_column, offset) if last_line == line && last_column <= marker.col() => {
                (last_column, offset)
            }
            _ => (0, line_start),
        };
        let rest = &self.text[from..];
        let offset = rest.char_indices().nth(marker.col() - column).map_or(self.text.len(), |(at, _)| from + at);
        self.last = (line, marker.col(), offset);
        offset
    }

    /// The byte range between two offsets.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.file, start: offset(start), end: offset(end.max(start)) }
    }

    /// The text of a byte range.
    pub(super) fn text(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end.max(start)).unwrap_or_default()
    }

    /// The whole text.
    pub(super) fn whole(&self) -> &'t str {
        self.text
    }
}
