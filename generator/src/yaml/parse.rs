//! Events of the YAML parser to a tree, within limits.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::merge_keys::merge;
use super::places::Places;
use super::size::Size;
use super::{Entry, FREE_REPETITION, Kind, Limits, Node, scalar, syntax};
use crate::diagnostic::Diagnostic;
use crate::rules::format::{
    alias_expansion, duplicate_key, empty_file, inexact_number, several_documents, too_deep, too_large,
    too_many_findings, unsupported_tag, yaml_syntax,
};
use crate::source::{FileId, Span};

/// Reads one file. The tree is missing when the text is not YAML, is empty or breaks a limit; smaller faults, such as
/// a duplicate key, are reported beside it.
#[must_use]
pub fn parse(text: &str, file: FileId, limits: &Limits) -> (Option<Node>, Vec<Diagnostic>) {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut builder = Builder {
        places: Places::new(text, file, bom),
        limits,
        findings: Vec::new(),
        open: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
        repeated: 0,
        last_end: bom,
        root: None,
    };
    let root = builder.read(&text[bom..]).unwrap_or_else(|fatal| {
        builder.findings.push(*fatal);
        None
    });
    (root, builder.findings)
}

/// So many keys are compared each with each faster than sorted.
const FEW: usize = 16;

/// The reason why the rest of a file is not read.
type Fatal = Box<Diagnostic>;

struct Builder<'t> {
    places: Places<'t>,
    limits: &'t Limits,
    findings: Vec<Diagnostic>,
    /// Collections that have begun and not ended, outermost first.
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, Size)>,
    nodes: usize,
    /// Bytes copied for anchors and aliases.
    repeated: usize,
    /// Where the last thing that has text of its own ended.
    last_end: usize,
    root: Option<Node>,
}

/// A collection that has begun.
struct Open {
    start: usize,
    /// Written with brackets, so it ends at one.
    flow: bool,
    anchor: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<Key>, merges: Vec<(usize, Vec<Node>)> },
}

/// A key whose value is still to come.
enum Key {
    Named(String, Span),
    /// `<<`
    Merge(Span),
    /// Not text; its value is dropped.
    Refused,
}

impl<'t> Builder<'t> {
    fn read(&mut self, text: &'t str) -> Result<Option<Node>, Fatal> {
        if text.len() > self.limits.file_bytes {
            let message = format!("this file has more than {} bytes", self.limits.file_bytes);
            return Err(fatal(&too_large::META, self.places.span(0, 0), message, "split it into several files"));
        }
        if let Some(finding) = syntax::forbidden_character(&self.places) {
            return Err(Box::new(finding));
        }
        let mut documents = 0;
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| Box::new(syntax::explain(&error, &mut self.places)))?;
            let start = self.places.offset(&span.start);
            let end = self.places.offset(&span.end).max(start);
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let message = "a second document begins here";
                        let help = "move it to a file of its own and name that under `include`";
                        return Err(fatal(&several_documents::META, self.places.span(start, end), message, help));
                    }
                }
                Event::Scalar(value, style, anchor, tag) => {
                    self.scalar(&value, style, anchor, tag.as_deref(), start, end)?;
                }
                Event::Alias(id) => self.alias(id, start, end)?,
                Event::SequenceStart(anchor, tag) => {
                    self.tag(tag.as_deref(), "seq", start, end);
                    self.begin(start, end, anchor, '[', Content::Sequence(Vec::new()))?;
                }
                Event::MappingStart(anchor, tag) => {
                    self.tag(tag.as_deref(), "map", start, end);
                    let content = Content::Mapping { entries: Vec::new(), key: None, merges: Vec::new() };
                    self.begin(start, end, anchor, '{', content)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(start)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        match self.root.take() {
            Some(node) if node.kind != Kind::Null => Ok(Some(node)),
            _ => {
                let help = "write its content, or remove the file";
                Err(fatal(&empty_file::META, self.places.span(0, 0), "this file is empty", help))
            }
        }
    }

    fn report(&mut self, finding: Diagnostic) -> Result<(), Fatal> {
        if self.findings.len() < self.limits.findings {
            self.findings.push(finding);
            return Ok(());
        }
        let message = format!("this file has more than {} findings; the rest is not read", self.limits.findings);
        let help = "mend the first ones: many findings often have one cause";
        Err(Box::new(Diagnostic::new(&too_many_findings::META, finding.span, message).help(help)))
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        start: usize,
        end: usize,
    ) -> Result<(), Fatal> {
        let plain = style == ScalarStyle::Plain;
        let span = if plain && value.is_empty() && anchor == 0 && tag.is_none() {
            // Nothing is written: the parser names the indicator before it, or whatever comes next.
            let at = self.places.behind_indicator(self.last_end, start);
            self.places.span(at, at)
        } else {
            let end = self.places.scalar_end(start, end);
            self.last_end = end;
            self.places.span(start, end)
        };
        let is_text = self.tag(tag, "str", start, end);
        if self.expects_key() {
            self.nodes += 1;
            if anchor > 0 {
                self.keep_anchor(anchor, &Node { span, kind: Kind::String(value.to_owned()) })?;
            }
            let key = if plain && value == "<<" { Key::Merge(span) } else { Key::Named(value.to_owned(), span) };
            self.set_key(key);
            return Ok(());
        }
        let kind = if !plain || is_text {
            Kind::String(value.to_owned())
        } else if let Ok(kind) = scalar::resolve(value) {
            kind
        } else {
            let message = format!("number `{}` cannot be kept exactly", shortened(value));
            let finding = Diagnostic::new(&inexact_number::META, span, message)
                .why("generated code and schemas would hold a different number")
                .help("write a number of at most 64 bits, or put it in quotes if it is text");
            self.report(finding)?;
            Kind::Number(0.into())
        };
        self.place(Node { span, kind }, anchor)
    }

    fn alias(&mut self, id: usize, start: usize, end: usize) -> Result<(), Fatal> {
        let span = self.places.span(start, end);
        self.last_end = end;
        let Some((node, size)) = self.anchors.get(&id) else {
            let help = "write the value out: a value cannot contain itself";
            return Err(fatal(&alias_expansion::META, span, "this alias stands inside its own anchor", help));
        };
        if self.expects_key() {
            let key = match &node.kind {
                Kind::String(text) => Key::Named(text.clone(), span),
                _ => Key::Refused,
            };
            if matches!(key, Key::Refused) {
                self.refuse_key(span)?;
            }
            self.set_key(key);
            return Ok(());
        }
        let size = *size;
        // The budget comes before the copy.
        let node = Cow::Borrowed(node);
        if self.open.len() + size.height > self.limits.depth {
            return Err(self.too_deep(span));
        }
        if self.repeated + size.bytes > self.repetition_allowed() {
            return Err(repeats_too_much(span));
        }
        let node = Node { span, ..node.into_owned() };
        self.repeated += size.bytes;
        self.nodes += size.nodes - 1;
        self.place(node, 0)
    }

    fn repetition_allowed(&self) -> usize {
        self.places.whole().len().saturating_mul(self.limits.alias_factor).max(FREE_REPETITION)
    }

    fn keep_anchor(&mut self, anchor: usize, node: &Node) -> Result<(), Fatal> {
        let size = Size::of(node);
        self.repeated += size.bytes;
        if self.repeated > self.repetition_allowed() {
            return Err(repeats_too_much(node.span));
        }
        self.anchors.insert(anchor, (node.clone(), size));
        Ok(())
    }

    fn begin(&mut self, start: usize, end: usize, anchor: usize, bracket: char, content: Content) -> Result<(), Fatal> {
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(self.places.span(start, end)));
        }
        let flow = self.places.value_text(start, end).starts_with(bracket);
        self.open.push(Open { start, flow, anchor, content });
        Ok(())
    }

    /// Ends the innermost collection; `at` is at or before its closing bracket, if it has one.
    fn end(&mut self, at: usize) -> Result<(), Fatal> {
        let Some(Open { start, flow, anchor, content }) = self.open.pop() else {
            return Ok(());
        };
        if flow {
            self.last_end = self.places.bracket_end(at);
        }
        let span = self.places.span(start, self.last_end);
        let kind = match content {
            Content::Sequence(mut items) => {
                items.shrink_to_fit();
                Kind::Sequence(items)
            }
            Content::Mapping { entries, merges, .. } => {
                let mut entries = self.without_duplicates(entries)?;
                if !merges.is_empty() {
                    entries = merge(entries, merges);
                }
                // Room for keys that never came would be a quarter of the memory of a large catalogue.
                entries.shrink_to_fit();
                Kind::Mapping(entries)
            }
        };
        self.place(Node { span, kind }, anchor)
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Fatal> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            let message = format!("this file has more than {} keys and values", self.limits.nodes);
            return Err(fatal(&too_large::META, node.span, message, "split it into several files"));
        }
        if anchor > 0 {
            self.keep_anchor(anchor, &node)?;
        }
        let span = node.span;
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::Sequence(items)) => items.push(node),
            Some(Content::Mapping { entries, key, merges }) => match key.take() {
                Some(Key::Named(key, key_span)) => entries.push(Entry { key, key_span, value: node }),
                Some(Key::Refused) => {}
                Some(Key::Merge(merge_span)) => {
                    let sources = match node.kind {
                        Kind::Sequence(items) => items,
                        kind => vec![Node { span, kind }],
                    };
                    let position = entries.len();
                    let all_mappings = sources.iter().all(|source| matches!(source.kind, Kind::Mapping(_)));
                    merges.push((position, sources));
                    if !all_mappings {
                        let message = "`<<` merges mappings, and this is none";
                        let help = "write `<<: *anchor` with the anchor of a mapping, or put `\"<<\"` in quotes";
                        self.report(Diagnostic::new(&yaml_syntax::META, merge_span, message).help(help))?;
                    }
                }
                None => {
                    *key = Some(Key::Refused);
                    self.refuse_key(span)?;
                }
            },
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Mapping { key: None, .. }, .. }))
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Open { content: Content::Mapping { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(new);
        }
    }

    fn refuse_key(&mut self, span: Span) -> Result<(), Fatal> {
        let finding = Diagnostic::new(&yaml_syntax::META, span, "a key must be text")
            .help("write a single word or quoted text before the `:`; quote `\"{{ … }}\"`");
        self.report(finding)
    }

    /// The entries without those whose key was there before; each is reported.
    fn without_duplicates(&mut self, mut entries: Vec<Entry>) -> Result<Vec<Entry>, Fatal> {
        let is_new = |(at, entry): (usize, &Entry)| entries[..at].iter().all(|before| before.key != entry.key);
        if entries.len() <= FEW && entries.iter().enumerate().all(is_new) {
            return Ok(entries);
        }
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(|a, b| entries[*a].key.cmp(&entries[*b].key).then(a.cmp(b)));
        let mut duplicates = BTreeSet::new();
        for group in order.chunk_by(|a, b| entries[*a].key == entries[*b].key) {
            let first = entries[group[0]].key_span;
            for &again in &group[1..] {
                let Entry { key, key_span: place, .. } = &entries[again];
                let finding =
                    Diagnostic::new(&duplicate_key::META, *place, format!("key `{}` is written twice", shortened(key)))
                        .label("again here")
                        .related(first, "first written here")
                        .help("keep one of the two");
                duplicates.insert(again);
                self.report(finding)?;
            }
        }
        if !duplicates.is_empty() {
            let mut position = 0..;
            entries.retain(|_| position.next().is_some_and(|at| !duplicates.contains(&at)));
        }
        Ok(entries)
    }

    /// Reports a tag that is not understood; whether the value is text whatever it looks like.
    fn tag(&mut self, tag: Option<&Tag>, expected: &str, start: usize, end: usize) -> bool {
        let Some(tag) = tag else {
            return false;
        };
        let understood =
            tag.is_yaml_core_schema() && tag.suffix == expected || tag.handle.is_empty() && tag.suffix == "!";
        if !understood && self.findings.len() < self.limits.findings {
            let written =
                self.places.text(start, end).split_whitespace().find(|word| word.starts_with('!')).unwrap_or("!");
            let at = self.places.text(start, end).find(written).map_or(start, |at| start + at);
            let span = self.places.span(at, (at + written.len()).min(end));
            let message = format!("tag `{}` is not supported", shortened(written));
            let finding = Diagnostic::new(&unsupported_tag::META, span, message)
                .help("write plain data without the tag; put text that begins with `!` in quotes");
            self.findings.push(finding);
        }
        true
    }

    fn too_deep(&self, span: Span) -> Fatal {
        let message = format!("more than {} mappings and lists within each other", self.limits.depth);
        fatal(&too_deep::META, span, message, "give inner parts a name under `types` and refer to them with `$ref`")
    }
}

fn fatal(meta: &crate::diagnostic::Meta, span: Span, message: impl Into<String>, help: &str) -> Fatal {
    Box::new(Diagnostic::new(meta, span, message).help(help))
}

fn repeats_too_much(span: Span) -> Fatal {
    let help = "write the values out, or move them to `types`";
    fatal(&alias_expansion::META, span, "anchors and aliases repeat too much text", help)
}

/// The beginning of a text of any length, for a message.
fn shortened(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
