//! What the YAML parser complains about, in words that say what to change.

use saphyr_parser::ScanError;

use super::places::Places;
use crate::diagnostic::Diagnostic;
use crate::rules::format::{too_deep, yaml_syntax};

/// The finding for a text the parser gave up on.
pub(super) fn explain(error: &ScanError, places: &mut Places<'_>) -> Diagnostic {
    let at = places.offset(error.marker());
    if error.info().contains("recursion limit") {
        let message = "mappings and lists are nested too deeply";
        return Diagnostic::new(&too_deep::META, places.span(at, at), message)
            .help("write fewer brackets within each other");
    }
    let line = Line::around(places.whole(), at);
    let (start, message, help) = guess(error.info(), &line, &places.whole()[..line.start]);
    let end = places.whole()[start..]
        .chars()
        .next()
        .filter(|next| !next.is_control())
        .map_or(start, |next| start + next.len_utf8());
    Diagnostic::new(&yaml_syntax::META, places.span(start, end), message).help(help)
}

/// The finding for a character no YAML file may hold, if there is one.
pub(super) fn forbidden_character(places: &Places<'_>) -> Option<Diagnostic> {
    let is_forbidden = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let at = places.whole().bytes().position(|byte| is_forbidden(&byte))?;
    let code = places.whole().as_bytes()[at];
    let message = format!("control character U+{code:04X} is not allowed in YAML");
    let help = format!("write it as `\\x{code:02x}` inside double quotes, or remove it");
    Some(Diagnostic::new(&yaml_syntax::META, places.span(at, at + 1), message).help(help))
}

/// The line a fault is on.
struct Line<'t> {
    text: &'t str,
    /// Offset of its first byte in the file.
    start: usize,
    /// Offset of the fault in the file.
    fault: usize,
}

impl<'t> Line<'t> {
    fn around(whole: &'t str, fault: usize) -> Self {
        let is_break = |c: char| c == '\n' || c == '\r';
        let start = whole[..fault].rfind(is_break).map_or(0, |at| at + 1);
        let end = whole[fault..].find(is_break).map_or(whole.len(), |at| fault + at);
        Self { text: &whole[start..end], start, fault }
    }

    fn indentation(&self) -> &'t str {
        &self.text[..self.text.len() - self.text.trim_start_matches([' ', '\t']).len()]
    }

    /// Offset and text of what stands behind the key, or behind `- `.
    fn value(&self) -> (usize, &'t str) {
        let rest =
            self.text.split_once(": ").map_or_else(|| self.text.trim_start_matches([' ', '-']), |(_, value)| value);
        let value = rest.trim_start();
        (self.start + self.text.len() - value.len(), value.trim_end())
    }
}

/// The bracket that was opened on the last line of `before` and not closed there, if the line ends with neither an
/// opening bracket nor a comma: then it was meant to go on.
fn unclosed_bracket(before: &str) -> Option<(usize, char)> {
    let before = before.trim_end_matches(['\n', '\r']);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = &before[start..];
    let line = line.split_once(" #").map_or(line, |(line, _comment)| line).trim_end();
    if line.ends_with(['[', '{', ',']) || line.contains(['"', '\'']) {
        return None;
    }
    let mut open = Vec::new();
    for (at, c) in line.char_indices() {
        match c {
            '[' | '{' => open.push((start + at, c)),
            ']' | '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// Where the mistake most likely is, what it is, and what to write instead.
fn guess(info: &str, line: &Line<'_>, before: &str) -> (usize, String, String) {
    if let Some(at) = line.indentation().find('\t') {
        return (line.start + at, "a tab indents this line".into(), "indent with spaces".into());
    }
    let (value_start, value) = line.value();
    if let Some(first @ ('@' | '`' | '%')) = value.chars().next() {
        return (value_start, format!("a value cannot begin with `{first}`"), quote(value));
    }
    if info.contains("unknown anchor") || (value.starts_with('*') && info.contains("anchor or alias")) {
        let alias = &line.text[line.fault - line.start..];
        let name = alias.split([' ', ',', ']', '}']).next().unwrap_or(alias);
        let message = format!("`{name}` refers to an anchor that is not defined above it");
        return (line.fault, message, quote(name));
    }
    if let Some((at, bracket)) = unclosed_bracket(before) {
        let closing = if bracket == '[' { ']' } else { '}' };
        return (at, format!("a `{bracket}` is not closed on this line"), format!("add the missing `{closing}`"));
    }
    if info.contains("simple key expect") && line.text[..line.fault - line.start].trim().is_empty() {
        // The parser notices only behind the line that lacks the `:`.
        let last = before.trim_end();
        let start = last.rfind('\n').map_or(0, |at| at + 1);
        let start = start + last[start..].len() - last[start..].trim_start().len();
        let (message, help) = known(info);
        return (start, message, help);
    }
    if info.contains("mapping values are not allowed") || info.contains("illegal placement of ':'") {
        let help = if value.contains(": ") || value.ends_with(':') {
            quote(value)
        } else {
            "indent this line like the keys it belongs to".into()
        };
        return (line.fault, "a second `:` on this line, or a key at the wrong indentation".into(), help);
    }
    let (message, help) = known(info);
    (line.fault, message, help)
}

fn quote(value: &str) -> String {
    const LONGEST: usize = 60;
    if value.chars().count() > LONGEST || value.contains(['"', '\\']) || value.is_empty() {
        "put the value in quotes".into()
    } else {
        format!("put the value in quotes: `\"{value}\"`")
    }
}

/// Messages of the parser, said again from the author's side.
fn known(info: &str) -> (String, String) {
    let (message, help) = match info {
        _ if info.contains("indentation in quoted scalar") => {
            ("a quoted text is not closed, or goes on with too little indentation", "add the missing quote")
        }
        _ if info.contains("unexpected end of stream") => ("a quoted text is not closed", "add the missing quote"),
        _ if info.contains("trailing content after double-quoted") => {
            ("text goes on behind the closing quote", "write `\\\"` for a quote inside double quotes")
        }
        _ if info.contains("unknown escape") => {
            ("an unknown escape in double quotes", "write `\\\\` for a backslash, or use single quotes")
        }
        _ if info.contains("hexadecimal") || info.contains("escape code") => {
            ("an escape in double quotes is not a character", "write `\\u` with four hexadecimal digits")
        }
        _ if info.contains("expected ',' or '}'") => ("a `{…}` is not closed here", "add `,` or `}` before this place"),
        _ if info.contains("expected ',' or ']'") => ("a `[…]` is not closed here", "add `,` or `]` before this place"),
        _ if info.contains("misplaced bracket") => ("a bracket closes nothing", "remove it, or put the text in quotes"),
        _ if info.contains("simple key expect") => {
            ("this line is not a `key: value`", "add `:` behind the key, or quote text that goes over several lines")
        }
        _ if info.contains("did not find expected key") => {
            ("this line does not belong to the mapping above it", "align it with the keys it belongs to")
        }
        _ if info.contains("expected '-' indicator") => {
            ("this line does not belong to the list above it", "begin it with `- `, or align it with its key")
        }
        _ if info.contains("block sequence entries are not allowed") => {
            ("a list item cannot begin here", "put `- ` on a line of its own")
        }
        _ if info.contains("must be followed by a valid YAML whitespace") || info.contains("expected whitespace") => {
            ("a space is missing here", "write a space behind `:` or `-`")
        }
        _ if info.contains("indentation") || info.contains("indented") => {
            ("this line is indented differently from those around it", "align it with the lines it belongs to")
        }
        _ if info.contains("tab") => ("a tab stands where only spaces may", "replace it by spaces"),
        _ if info.contains("byte order mark") => ("a byte order mark in the middle of a file", "remove it"),
        _ if info.contains("tag") || info.contains("TAG") || info.contains("handle") => {
            ("a `!` begins a tag that cannot be read", "put the value in quotes")
        }
        _ if info.contains("directive") => {
            ("a `%` directive that cannot be read", "remove the line, or quote the value")
        }
        _ if info.contains("expected node content") => ("a value is missing here", "write the value, or `null`"),
        _ => return (format!("not YAML: {info}"), "put text with special characters in quotes".into()),
    };
    (message.into(), help.into())
}
