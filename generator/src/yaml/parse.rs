//! YAML text to [`Node`]s, within limits.

use std::collections::HashMap;
use std::mem;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::{Entry, Kind, Node};
use crate::diagnostic::Diagnostic;
use crate::rules::format as rule;
use crate::source::{FileId, Span};

/// How much a file may ask for. Far above what people write, far below what hurts.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: usize,
    /// Levels of nesting.
    pub depth: usize,
    /// Values in one file, aliases counted as often as they are used.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 16 << 20, depth: 64, nodes: 2_000_000 }
    }
}

/// Reads one YAML document (YAML 1.2 core schema; `<<` merges mappings). With an error the tree holds what could be
/// read before it, if anything.
#[must_use]
pub fn parse(text: &str, file: FileId, limits: &Limits) -> (Option<Node>, Vec<Diagnostic>) {
    let mut builder = Builder::new(text, file, *limits);
    if text.len() > limits.file_bytes {
        let whole = builder.span(0, 0);
        builder.out.push(
            Diagnostic::new(
                &rule::too_large::META,
                whole,
                format!("this file has {} bytes; at most {} are read", text.len(), limits.file_bytes),
            )
            .help("split it and name the parts under `include`"),
        );
        return (None, builder.out);
    }
    for event in Parser::new_from_str(text) {
        let proceed = match event {
            Ok((event, span)) => {
                let (start, end) = (builder.offset(span.start.index()), builder.offset(span.end.index()));
                builder.event(event, start, end)
            }
            Err(error) => {
                builder.syntax_error(&error);
                false
            }
        };
        if !proceed {
            break;
        }
    }
    builder.finish()
}

/// A collection that is still open.
enum Open {
    Sequence { start: u32, anchor: usize, items: Vec<Node> },
    Mapping { start: u32, anchor: usize, entries: Vec<Entry>, keys: HashMap<String, Span>, key: Option<(String, Span)> },
}

struct Builder<'t> {
    text: &'t str,
    file: FileId,
    limits: Limits,
    /// Byte offset of the last character asked for, and its index: saphyr counts characters.
    cursor: (usize, usize),
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
    out: Vec<Diagnostic>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, file: FileId, limits: Limits) -> Self {
        Self {
            text,
            file,
            limits,
            cursor: (0, 0),
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            documents: 0,
            root: None,
            out: Vec::new(),
        }
    }

    /// Byte offset of a character index. Markers mostly move forward, so this is linear over a file.
    fn offset(&mut self, index: usize) -> u32 {
        if index < self.cursor.1 {
            let back = self.cursor.1 - index;
            let bytes: usize = self.text[..self.cursor.0].chars().rev().take(back).map(char::len_utf8).sum();
            self.cursor = (self.cursor.0 - bytes, index);
        } else {
            let ahead = index - self.cursor.1;
            let rest = &self.text[self.cursor.0..];
            let (bytes, chars) = rest.chars().take(ahead).fold((0, 0), |(b, n), c| (b + c.len_utf8(), n + 1));
            self.cursor = (self.cursor.0 + bytes, self.cursor.1 + chars);
        }
        u32::try_from(self.cursor.0).unwrap_or(u32::MAX)
    }

    fn span(&self, start: u32, end: u32) -> Span {
        Span { file: self.file, start, end: end.max(start) }
    }

    /// Takes one event; `false` to stop.
    fn event(&mut self, event: Event<'_>, start: u32, end: u32) -> bool {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let at = self.span(start, end);
                    self.out.push(
                        Diagnostic::new(&rule::several_documents::META, at, "a second YAML document begins here")
                            .help("keep one document in a file; remove `---`"),
                    );
                    return false;
                }
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), start, end);
                self.open.push(Open::Sequence { start, anchor, items: Vec::new() });
                return self.within_depth(start, end);
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), start, end);
                self.open.push(Open::Mapping { start, anchor, entries: Vec::new(), keys: HashMap::new(), key: None });
                return self.within_depth(start, end);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (start, anchor, kind) = match self.open.pop() {
                    Some(Open::Sequence { start, anchor, items }) => (start, anchor, Kind::Sequence(items)),
                    Some(Open::Mapping { start, anchor, entries, .. }) => (start, anchor, Kind::Mapping(entries)),
                    None => return false,
                };
                let end = self.trimmed_end(start, end);
                let span = self.span(start, end);
                return self.value(Node { span, kind }, anchor);
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), start, end);
                let span = self.span(start, self.trimmed_end(start, end));
                let kind = if style == ScalarStyle::Plain { plain(&text) } else { Kind::String(text.into_owned()) };
                return self.value(Node { span, kind }, anchor);
            }
            Event::Alias(anchor) => {
                let span = self.span(start, end);
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    self.out.push(Diagnostic::new(
                        &rule::yaml_syntax::META,
                        span,
                        "this alias names no anchor before it",
                    ));
                    return false;
                };
                self.nodes += size;
                if self.nodes > self.limits.nodes {
                    self.too_many(span);
                    return false;
                }
                let copy = node.clone();
                return self.value(copy, 0);
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        true
    }

    fn within_depth(&mut self, start: u32, end: u32) -> bool {
        let fits = self.open.len() <= self.limits.depth;
        if !fits {
            let at = self.span(start, end);
            self.out.push(
                Diagnostic::new(
                    &rule::too_deep::META,
                    at,
                    format!("nested more than {} levels deep", self.limits.depth),
                )
                .help("give the inner parts names of their own under `types`"),
            );
        }
        fits
    }

    fn too_many(&mut self, span: Span) {
        self.out.push(
            Diagnostic::new(
                &rule::alias_expansion::META,
                span,
                format!("this file stands for more than {} values", self.limits.nodes),
            )
            .why("aliases that multiply could fill any memory")
            .help("write the values out, or use shared types"),
        );
    }

    /// A complete value: the next key, value, item, or the root.
    fn value(&mut self, node: Node, anchor: usize) -> bool {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            self.too_many(node.span);
            return false;
        }
        if anchor > 0 {
            let size = size_of(&node);
            self.anchors.insert(anchor, (node.clone(), size));
            self.nodes += size;
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { entries, keys, key, .. }) => match key.take() {
                None => match key_text(&node, self.text) {
                    Some(text) => *key = Some((text, node.span)),
                    None => {
                        self.out.push(
                            Diagnostic::new(&rule::yaml_syntax::META, node.span, "a key must be plain text")
                                .help("put a value that begins with `{`, `[` or `?` in quotes"),
                        );
                        *key = Some((String::new(), node.span));
                    }
                },
                Some((text, key_span)) if text == "<<" => merge(entries, keys, node, key_span, &mut self.out),
                Some((text, key_span)) => {
                    if let Some(first) = keys.get(&text) {
                        self.out.push(
                            Diagnostic::new(&rule::duplicate_key::META, key_span, format!("`{text}` is here twice"))
                                .related(*first, "first here")
                                .why("only one of the two would count")
                                .help("remove or rename one of them"),
                        );
                    } else {
                        keys.insert(text.clone(), key_span);
                        entries.push(Entry { key: text, key_span, value: node });
                    }
                }
            },
        }
        true
    }

    fn refuse_tag(&mut self, tag: Option<&saphyr_parser::Tag>, start: u32, end: u32) {
        if let Some(tag) = tag {
            let at = self.span(start, end);
            self.out.push(
                Diagnostic::new(
                    &rule::unsupported_tag::META,
                    at,
                    format!("the YAML tag `{}{}`", tag.handle, tag.suffix),
                )
                .help("remove it; quote the value if it must stay text"),
            );
        }
    }

    /// Collections and block scalars end where the next token begins: leave trailing blanks and comments out.
    fn trimmed_end(&self, start: u32, end: u32) -> u32 {
        let (start, end) = (start as usize, (end as usize).max(start as usize));
        let kept = self.text.get(start..end).map_or(0, |text| {
            let mut text = text.trim_end();
            while let Some(line) = text.rfind('\n')
                && text[line..].trim_start().starts_with('#')
            {
                text = text[..line].trim_end();
            }
            text.len()
        });
        u32::try_from(start + kept).unwrap_or(u32::MAX)
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let at = self.offset(error.marker().index());
        let here = &self.text[at as usize..];
        let line_start = self.text[..at as usize].rfind('\n').map_or(0, |newline| newline + 1);
        let before = &self.text[line_start..at as usize];
        let help = if here.starts_with('\t') || before.contains('\t') {
            "indent with spaces; YAML does not allow tabs there"
        } else if here.starts_with(['@', '`', '%', '*', '&', '!']) {
            "put a value that begins with a special character in quotes"
        } else if before.contains(": ") {
            "put a value that contains `: ` in quotes, and check the indentation"
        } else {
            "check quotes, brackets and indentation on this line and the one before"
        };
        let end = here.chars().next().map_or(at, |c| at + u32::try_from(c.len_utf8()).unwrap_or(1));
        let span = self.span(at, end);
        self.out.push(
            Diagnostic::new(&rule::yaml_syntax::META, span, format!("this is not YAML: {}", error.info())).help(help),
        );
    }

    fn finish(mut self) -> (Option<Node>, Vec<Diagnostic>) {
        if self.root.is_none() && self.out.is_empty() {
            let at = self.span(0, 0);
            self.out.push(
                Diagnostic::new(&rule::yaml_syntax::META, at, "this file is empty").help("remove it, or fill it"),
            );
        }
        (mem::take(&mut self.root), self.out)
    }
}

/// `<<: *defaults`: entries of another mapping, where the mapping has none of its own.
fn merge(entries: &mut Vec<Entry>, keys: &mut HashMap<String, Span>, from: Node, at: Span, out: &mut Vec<Diagnostic>) {
    let sources = match from.kind {
        Kind::Mapping(_) => vec![from],
        Kind::Sequence(items) => items,
        _ => Vec::new(),
    };
    if sources.is_empty() || sources.iter().any(|source| !matches!(source.kind, Kind::Mapping(_))) {
        out.push(Diagnostic::new(&rule::yaml_syntax::META, at, "`<<` takes a mapping or a list of mappings"));
    }
    for entry in sources.into_iter().flat_map(|source| match source.kind {
        Kind::Mapping(entries) => entries,
        _ => Vec::new(),
    }) {
        if !entries.iter().any(|own| own.key == entry.key) && !keys.contains_key(&entry.key) {
            entries.push(entry);
        }
    }
}

/// The text of a key: as written, also where it looks like a number or a boolean.
fn key_text(node: &Node, source: &str) -> Option<String> {
    match &node.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {
            source.get(node.span.start as usize..node.span.end as usize).map(str::to_owned)
        }
        Kind::Sequence(_) | Kind::Mapping(_) => None,
    }
}

/// A plain scalar by the YAML 1.2 core schema. What JSON cannot hold exactly stays text.
fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => number(text).map_or_else(|| Kind::String(text.to_owned()), Kind::Number),
    }
}

fn number(text: &str) -> Option<serde_json::Number> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let looks_like_one = body.starts_with(|c: char| c.is_ascii_digit())
        && body.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    if !looks_like_one || (body.len() > 1 && body.starts_with('0') && body.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(signed) = text.parse::<i64>() {
        return Some(signed.into());
    }
    if let Ok(unsigned) = text.parse::<u64>() {
        return Some(unsigned.into());
    }
    text.parse::<f64>().ok().filter(|float| float.is_finite()).and_then(serde_json::Number::from_f64)
}

fn size_of(node: &Node) -> usize {
    let mut open = vec![node];
    let mut count = 0;
    while let Some(node) = open.pop() {
        count += 1;
        open.extend(node.items());
        open.extend(node.entries().iter().map(|entry| &entry.value));
    }
    count
}
