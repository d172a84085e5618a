//! What the payload profile refuses is taken out, step by step, until it refuses nothing.
//!
//! The parser decides, so that what is imported is what can be generated. Each step is a note with the parser's reason.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::events::Event;
use super::folder::File;
use super::positions::{schema_prefix, step};
use super::types::Type;
use super::{Effect, Note};
use crate::diagnostic::Diagnostic;
use crate::payload::{self, Scope, SharedTypes};
use crate::source::{FileId, Span};
use crate::yaml::{Entry, Kind, Node};

/// Steps for one schema. More, and little of it would be left.
const MAX_STEPS: usize = 200;

/// Levels of one schema. With those around it, a catalogue has no more than YAML files may have.
const MAX_LEVELS: usize = 52;

/// Makes every type and every event fit. An event that cannot is left out.
pub(super) fn fit(types: &mut [Type], events: &mut Vec<Event>, files: &[File], notes: &mut Vec<Note>) {
    let shared = fit_types(types, files, notes);
    events.retain_mut(|event| {
        let mut steps = Steps::default();
        cut_levels(&mut event.schema, &files[event.file].path, "", notes);
        for _ in 0..MAX_STEPS {
            let tree = Tree::of(&event.schema, 0);
            let (_, findings) = payload::parse(&tree.node, &event.type_name(), &event.context, &shared);
            if findings.is_empty() {
                return true;
            }
            let file = &files[event.file].path;
            if let Some(reason) = steps.take(&findings, &mut event.schema, &tree, file, "", notes) {
                notes.push(Note::new(file, "", Effect::LeftOut, reason));
                return false;
            }
        }
        notes.push(Note::new(
            &files[event.file].path,
            "",
            Effect::LeftOut,
            "too much of it is outside the payload profile",
        ));
        false
    });
}

fn fit_types(types: &mut [Type], files: &[File], notes: &mut Vec<Note>) -> SharedTypes {
    for found in types.iter_mut() {
        cut_levels(&mut found.schema, &files[found.location.file].path, &found.location.pointer, notes);
    }
    let mut steps: Vec<Steps> = types.iter().map(|_| Steps::default()).collect();
    loop {
        let trees: Vec<Tree> = types.iter().zip(0..).map(|(found, file)| Tree::of(&found.schema, file)).collect();
        let mut shared = SharedTypes::default();
        let mut findings = Vec::new();
        for (scope, entries) in scopes(types, &trees) {
            let span = Span { file: FileId(u32::MAX), start: 0, end: 0 };
            shared.declare(&scope, &Node { span, kind: Kind::Mapping(entries) }, &mut findings);
        }
        shared.understand(&mut findings);
        if findings.is_empty() {
            return shared;
        }
        let mut stuck = true;
        for (index, found) in types.iter_mut().enumerate() {
            let own = |finding: &&Diagnostic| finding.span.is_some_and(|span| span.file.0 as usize == index);
            let own: Vec<Diagnostic> = findings.iter().filter(own).cloned().collect();
            if own.is_empty() || steps[index].seen.len() > MAX_STEPS {
                continue;
            }
            stuck = false;
            let file = &files[found.location.file].path;
            let pointer = &found.location.pointer;
            if let Some(reason) = steps[index].take(&own, &mut found.schema, &trees[index], file, pointer, notes) {
                notes.push(Note::new(file, pointer, Effect::Loosened, format!("{reason}; any value is accepted")));
                found.schema = Value::Object(Map::new());
            }
        }
        if stuck {
            return shared;
        }
    }
}

/// Replaces what is nested too deep.
fn cut_levels(schema: &mut Value, file: &str, prefix: &str, notes: &mut Vec<Note>) {
    while let Some(parts) = Tree::of(schema, 0).places.into_iter().find(|parts| parts.len() > MAX_LEVELS) {
        let owner = schema_prefix(&parts[..MAX_LEVELS]);
        // Data below a keyword, such as an example, goes with its keyword.
        let keyword = parts.get(owner).filter(|_| schema_prefix(&parts) == owner);
        let shown = parts[..owner].iter().chain(keyword).fold(prefix.to_owned(), |pointer, part| step(&pointer, part));
        let reason = format!("nested too deep: more than {MAX_LEVELS} levels; any value is accepted");
        notes.push(Note::new(file, &shown, Effect::Loosened, reason));
        match (at(schema, &parts[..owner]), keyword) {
            (Some(Value::Object(map)), Some(keyword)) => {
                map.shift_remove(keyword);
            }
            (Some(place), None) => *place = Value::Object(Map::new()),
            _ => return,
        }
    }
}

/// The types as the catalogue declares them: by scope, with their names.
fn scopes(types: &[Type], trees: &[Tree]) -> Vec<(Scope, Vec<Entry>)> {
    let mut found: std::collections::BTreeMap<Scope, Vec<Entry>> = std::collections::BTreeMap::new();
    for (one, tree) in types.iter().zip(trees) {
        let entry = Entry { key: one.name.clone(), key_span: tree.node.span, value: tree.node.clone() };
        found.entry(one.scope()).or_default().push(entry);
    }
    found.into_iter().collect()
}

impl Type {
    /// One context, or all of them.
    pub(super) fn scope(&self) -> Scope {
        match self.contexts.iter().next() {
            Some(only) if self.contexts.len() == 1 => Scope::Context(only.clone()),
            _ => Scope::Catalogue,
        }
    }
}

/// What was done to one schema so far.
#[derive(Default)]
struct Steps {
    seen: BTreeSet<String>,
}

impl Steps {
    /// Removes what the first finding is about. A reason is returned when nothing is left to remove.
    fn take(
        &mut self,
        findings: &[Diagnostic],
        schema: &mut Value,
        tree: &Tree,
        file: &str,
        prefix: &str,
        notes: &mut Vec<Note>,
    ) -> Option<String> {
        // Places shift when something is removed, so one at a time, the last first.
        let finding = findings.iter().max_by_key(|finding| finding.span.map(|span| span.start))?;
        let parts = finding.span.and_then(|span| tree.places.get(span.start as usize)).cloned().unwrap_or_default();
        let keep = schema_prefix(&parts);
        let (owner, keyword) = (&parts[..keep], parts.get(keep));
        let shown = parts.iter().fold(prefix.to_owned(), |pointer, part| step(&pointer, part));
        let first_time = self.seen.insert(format!("{shown} {}", finding.rule));
        let Some(keyword) = keyword else {
            return self.whole(finding, schema, owner, &shown, first_time, file, notes);
        };
        let Some(map) = at(schema, owner).and_then(Value::as_object_mut) else { return Some(finding.message.clone()) };
        let removed = map.shift_remove(keyword);
        if finding.rule == "unknown-keyword" {
            map.extend(removed.map(|value| (format!("x-{}", keyword.trim_start_matches('$')), value)));
        } else {
            notes.push(Note::new(file, &shown, Effect::Loosened, format!("{}; not checked", finding.message)));
        }
        None
    }

    /// The finding is about a schema as a whole.
    #[expect(clippy::too_many_arguments, reason = "the state of one step, used once")]
    fn whole(
        &mut self,
        finding: &Diagnostic,
        schema: &mut Value,
        owner: &[String],
        shown: &str,
        first_time: bool,
        file: &str,
        notes: &mut Vec<Note>,
    ) -> Option<String> {
        let Some((name, before)) = owner.split_last() else { return Some(finding.message.clone()) };
        let list = before.last().map(String::as_str);
        let holder = before.len().saturating_sub(1);
        if matches!(list, Some("oneOf" | "anyOf" | "allOf")) {
            let keyword = before[holder].clone();
            let map = at(schema, &before[..holder]).and_then(Value::as_object_mut);
            let Some(map) = map.filter(|map| map.contains_key(&keyword)) else { return Some(finding.message.clone()) };
            map.shift_remove(&keyword);
            let reason = format!("{}; any value is accepted instead of one of the alternatives", finding.message);
            notes.push(Note::new(file, shown, Effect::Loosened, reason));
            return None;
        }
        if at(schema, owner).is_some_and(|place| place.is_boolean())
            && let Some(Value::Object(holder)) = at(schema, before)
        {
            holder.shift_remove(name);
            notes.push(Note::new(file, shown, Effect::Loosened, format!("{}; not checked", finding.message)));
            return None;
        }
        if first_time
            && finding.rule != "unusable-name"
            && let Some(place) = at(schema, owner)
        {
            let described = place.get("description").cloned();
            *place = Value::Object(Map::new());
            if let (Some(text), Value::Object(map)) = (described, place) {
                map.insert("description".to_owned(), text);
            }
            notes.push(Note::new(file, shown, Effect::Loosened, format!("{}; any value is accepted", finding.message)));
            return None;
        }
        // It is the name that cannot be held.
        let Some(Value::Object(named)) = at(schema, before) else { return Some(finding.message.clone()) };
        named.shift_remove(name);
        if let Some(Value::Object(map)) = at(schema, &before[..holder])
            && let Some(Value::Array(required)) = map.get_mut("required")
        {
            required.retain(|item| item.as_str() != Some(name));
        }
        notes.push(Note::new(file, shown, Effect::Loosened, format!("{}; left out", finding.message)));
        None
    }
}

/// The value under `parts`.
fn at<'v>(value: &'v mut Value, parts: &[String]) -> Option<&'v mut Value> {
    let pointer = parts.iter().fold(String::new(), |pointer, part| step(&pointer, part));
    value.pointer_mut(&pointer)
}

/// JSON as the parser reads it. Spans are not places in a text but numbers of values: `places` says which.
struct Tree {
    node: Node,
    places: Vec<Vec<String>>,
}

impl Tree {
    fn of(json: &Value, file: u32) -> Self {
        let mut places = Vec::new();
        let node = Self::node(json, FileId(file), &mut Vec::new(), &mut places);
        Self { node, places }
    }

    fn node(json: &Value, file: FileId, path: &mut Vec<String>, places: &mut Vec<Vec<String>>) -> Node {
        let number = u32::try_from(places.len()).unwrap_or(u32::MAX);
        places.push(path.clone());
        let span = Span { file, start: number, end: number.saturating_add(1) };
        let mut below = |part: String, value: &Value| {
            path.push(part);
            let node = Self::node(value, file, path, places);
            path.pop();
            node
        };
        let kind = match json {
            Value::Null => Kind::Null,
            Value::Bool(flag) => Kind::Bool(*flag),
            Value::Number(number) => Kind::Number(number.clone()),
            Value::String(text) => Kind::String(text.clone()),
            Value::Array(items) => {
                Kind::Sequence(items.iter().enumerate().map(|(i, item)| below(i.to_string(), item)).collect())
            }
            Value::Object(map) => Kind::Mapping(
                map.iter()
                    .map(|(key, value)| {
                        let value = below(key.clone(), value);
                        Entry { key: key.clone(), key_span: value.span, value }
                    })
                    .collect(),
            ),
        };
        Node { span, kind }
    }
}
