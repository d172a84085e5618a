//! Text from a catalogue, made harmless for the language it is printed in.
//!
//! Each function keeps the text readable and, where the language has a way to say so, unchanged after parsing.
//! Characters that no reader can see (controls, changes of writing direction, zero-width marks) are never printed raw.

use std::fmt::Write as _;

/// The language that printed values are escaped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Escape {
    /// Text of a Markdown paragraph, heading or table cell: no markup, no line break, no HTML.
    Markdown,
    /// Inside a double-quoted HCL string.
    Hcl,
    /// Inside a single-quoted SQL string literal or a `--` comment line.
    Sql,
    /// CODEOWNERS: a path or an owner, or a word of a `#` comment line.
    Plain,
    /// Text and quoted attributes of HTML and XML.
    Html,
}

impl Escape {
    /// Every language, in the order of the enum.
    pub(super) const ALL: [Self; 5] = [Self::Markdown, Self::Hcl, Self::Sql, Self::Plain, Self::Html];

    /// `text`, harmless in this language.
    #[must_use]
    pub fn apply(self, text: &str) -> String {
        match self {
            Self::Markdown => markdown(text),
            Self::Hcl => hcl(text),
            Self::Sql => sql(text),
            Self::Plain => plain(text),
            Self::Html => html(text),
        }
    }
}

/// Markdown text that renders as `text` with its white space collapsed to one line.
pub(super) fn markdown(text: &str) -> String {
    markdown_line(text.trim(), true)
}

/// Markdown text within a line; `starts_line` says whether it stands where a list or heading could begin.
pub(super) fn markdown_line(text: &str, starts_line: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = None;
    let mut rest = text.chars().peekable();
    // `-`, `1.` and their like mean something only as the first thing of a line.
    let mut in_marker = starts_line;
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match c {
            // The catalogue's own template languages on the way to a web site must not see `{{` or `{%` either.
            '\\' | '`' | '*' | '[' | ']' | '<' | '|' | '~' | '#' | '$' | '{' | '^' => push_escaped(&mut out, c),
            '_' if !is_word(before) || !is_word(next) => push_escaped(&mut out, c),
            '&' if is_word(next) || next == Some('#') => push_escaped(&mut out, c),
            '-' | '+' | '=' | '>' | ':' if starts_line && before.is_none() => push_escaped(&mut out, c),
            '.' | ')' if in_marker && before.is_some() => push_escaped(&mut out, c),
            _ if is_line_break(c) || c == '\t' => out.push(' '),
            _ if is_hidden(c) => push_code_point(&mut out, c, "\\[U+", "\\]"),
            _ => out.push(c),
        }
        in_marker &= c.is_ascii_digit();
        before = Some(c);
    }
    out
}

/// A Markdown code span; as HTML where a span could not hold the text in every place.
#[must_use]
pub fn code(text: &str) -> String {
    let needs_html = |c: char| matches!(c, '`' | '|') || is_line_break(c) || is_hidden(c) || c == '\t';
    let is_template = text.contains("{{") || text.contains("{%");
    if text.is_empty() || text.trim().len() != text.len() || is_template || text.contains(needs_html) {
        // An escaped text may end the line's marker state differently; inside a tag it is never at a line's start.
        format!("<code>{}</code>", markdown_line(text, false))
    } else {
        format!("`{text}`")
    }
}

fn hcl(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = None;
    for c in text.chars() {
        match c {
            '"' | '\\' => push_escaped(&mut out, c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // `$${` would do for one, but `$$${` is read differently by different parsers; this cannot be misread.
            '{' if matches!(before, Some('$' | '%')) => out.push_str("\\u007b"),
            _ if is_line_break(c) || is_hidden(c) => push_hcl_code_point(&mut out, c),
            _ => out.push(c),
        }
        before = Some(c);
    }
    out
}

/// Standard SQL knows no escape but the doubled quote, so what cannot stand in a line is shown, not kept.
fn sql(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\'' => out.push_str("''"),
            '\t' => out.push(' '),
            _ if is_line_break(c) => out.push(' '),
            _ if is_hidden(c) => push_code_point(&mut out, c, "[U+", "]"),
            _ => out.push(c),
        }
    }
    out
}

/// One word: what would end it or begin a comment becomes `_`, so that no other name can come out.
fn plain(text: &str) -> String {
    let ends_word = |c: char| c.is_whitespace() || c == '#' || is_line_break(c) || is_hidden(c);
    text.chars().map(|c| if ends_word(c) { '_' } else { c }).collect()
}

/// XML knows no way to write most controls, so they are shown, as in Markdown.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            _ if is_line_break(c) => out.push(' '),
            _ if is_hidden(c) => push_code_point(&mut out, c, "[U+", "]"),
            _ => out.push(c),
        }
    }
    out
}

/// Whether some program takes `c` for the end of a line.
fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether `c` changes what a person sees without being seen. The joiners U+200C and U+200D are left alone: several
/// scripts cannot be written without them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

fn push_escaped(out: &mut String, c: char) {
    out.push('\\');
    out.push(c);
}

fn push_code_point(out: &mut String, c: char, open: &str, close: &str) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{open}{:04X}{close}", u32::from(c));
}

fn push_hcl_code_point(out: &mut String, c: char) {
    let number = u32::from(c);
    let _ = if number <= 0xffff { write!(out, "\\u{number:04x}") } else { write!(out, "\\U{number:08x}") };
}

#[cfg(test)]
mod tests;
