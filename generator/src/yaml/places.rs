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
        let ahead = marker.col() - column;
        let rest = &self.text[from..];
        // Bytes are characters in nearly every text; looking for the others is fast.
        let offset = if rest.as_bytes().get(..ahead).is_some_and(<[u8]>::is_ascii) {
            from + ahead
        } else {
            rest.char_indices().nth(ahead).map_or(self.text.len(), |(at, _)| from + at)
        };
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

    /// A value without the anchor and the tag before it.
    pub(super) fn value_text(&self, start: usize, end: usize) -> &'t str {
        let mut rest = self.text(start, end);
        while rest.starts_with(['&', '!']) {
            let word = rest.find(BLANK).unwrap_or(rest.len());
            rest = skip_blank(&rest[word..]);
        }
        rest
    }

    /// Where a scalar ends; the parser's `end` may lie behind the blanks and comments that follow it.
    pub(super) fn scalar_end(&self, start: usize, end: usize) -> usize {
        let value = self.value_text(start, end);
        let length = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => quoted_length(value, quote),
            _ => value.trim_end_matches(BLANK).len(),
        };
        if value.is_empty() {
            start + self.text(start, end).trim_end_matches(BLANK).len()
        } else {
            end - value.len() + length
        }
    }

    /// The place behind the `:` or `-` at `at`, or the last one between `from` and `at`; else `from`.
    pub(super) fn behind_indicator(&self, from: usize, at: usize) -> usize {
        if self.text[at..].starts_with([':', '-']) {
            return at + 1;
        }
        let between = self.text(from, at).trim_end_matches(BLANK);
        if between.ends_with([':', '-']) { from + between.len() } else { from }
    }

    /// The end of the closing bracket that comes next after `at`, behind a comma, blanks and comments.
    pub(super) fn bracket_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        let rest = skip_blank(rest.strip_prefix(',').unwrap_or(rest));
        let bracket = self.text.len() - rest.len();
        if rest.starts_with([']', '}']) { bracket + 1 } else { at }
    }
}

const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];

/// What is behind blanks and comments.
fn skip_blank(text: &str) -> &str {
    let mut rest = text.trim_start_matches(BLANK);
    while rest.starts_with('#') {
        rest = rest.find(['\n', '\r']).map_or("", |end| rest[end..].trim_start_matches(BLANK));
    }
    rest
}

/// Bytes of a quoted scalar with its quotes.
fn quoted_length(value: &str, quote: char) -> usize {
    let mut chars = value.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let escapes = (quote == '"' && c == '\\')
            || (quote == '\'' && c == quote && chars.peek().is_some_and(|next| next.1 == quote));
        if escapes {
            chars.next();
        } else if c == quote {
            return at + 1;
        }
    }
    value.len()
}
