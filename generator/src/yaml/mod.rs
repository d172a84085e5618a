//! YAML text to a tree that knows where each key and value stands.
//!
//! YAML 1.2 with the core schema: `NO`, `on` and `yes` are text, `007` is 7. Aliases and merge keys (`<<: *base`, also a
//! list of them; a key written out wins over a merged one) are expanded within [`Limits`]. An alias has its own span,
//! what is inside it and what is merged keeps the span of the anchored text, because that is where to mend it.

pub(crate) mod kept;
mod merge_keys;
mod parse;
mod places;
mod scalar;
mod size;
mod syntax;
#[cfg(test)]
mod tests;

pub use parse::parse;

use crate::source::Span;

/// How much a catalogue may ask of the reader. What is over a limit is a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: usize,
    /// Bytes of all files together.
    pub total_bytes: usize,
    /// Mappings and sequences within each other, aliases included.
    pub depth: usize,
    /// Keys and values, aliases included; of one file and of all together.
    pub nodes: usize,
    /// What anchors and aliases may repeat: this many times the file, or [`FREE_REPETITION`] if that is more.
    pub alias_factor: usize,
    /// Findings of one file; a file with more is broken in a way that no list explains.
    pub findings: usize,
}

/// Bytes that the aliases of even a small file may repeat.
pub const FREE_REPETITION: usize = 1 << 20;

impl Default for Limits {
    /// 16 MiB a file, 256 MiB together, 64 levels, 5 million nodes, 4 times the file through aliases, 1,000 findings.
    fn default() -> Self {
        Self {
            file_bytes: 16 << 20,
            total_bytes: 256 << 20,
            depth: 64,
            nodes: 5_000_000,
            alias_factor: 4,
            findings: 1_000,
        }
    }
}

/// A YAML value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value's own range.
    pub span: Span,
    /// The value itself.
    pub kind: Kind,
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Integers and decimals that JSON can hold exactly as written.
    Number(serde_json::Number),
    /// Quoted text, and unquoted text that means nothing else.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// In the order written; keys are unique.
    Mapping(Vec<Entry>),
}

/// One `key: value` of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// A number or boolean key is kept as it was written: `1:` is `"1"`.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// What it stands for.
    pub value: Node,
}

impl Node {
    /// The value under `key`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry under `key`, if this is a mapping that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a mapping; nothing for any other kind.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; nothing for any other kind.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// How many keys and values this is, itself included.
    pub(crate) fn count(&self) -> usize {
        let entries = self.entries().iter().map(|entry| 1 + entry.value.count()).sum::<usize>();
        1 + entries + self.items().iter().map(Node::count).sum::<usize>()
    }

    /// The node reached by following `path` through mappings (by key) and sequences (by index).
    #[must_use]
    pub fn at<'p>(&self, path: impl IntoIterator<Item = &'p str>) -> Option<&Node> {
        path.into_iter().try_fold(self, |node, part| match &node.kind {
            Kind::Sequence(items) => items.get(part.parse::<usize>().ok()?),
            _ => node.get(part),
        })
    }

    /// [`Node::at`], to be changed.
    pub(crate) fn at_mut(&mut self, path: &[String]) -> Option<&mut Node> {
        path.iter().try_fold(self, |node, part| match &mut node.kind {
            Kind::Mapping(entries) => entries.iter_mut().find(|entry| entry.key == *part).map(|entry| &mut entry.value),
            Kind::Sequence(items) => items.get_mut(part.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The same data as JSON, without places.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(n) => Value::Number(n.clone()),
            Kind::String(s) => Value::String(s.clone()),
            Kind::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Kind::Mapping(entries) => {
                Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect())
            }
        }
    }
}
