//! What the payload profile refuses is taken out, step by step, until it refuses nothing.
//!
//! The parser decides, so that what is imported is what can be generated. Each step is a note with the parser's reason.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::events::Event;
use super::folder::File;
use super::types::Type;
use super::{Effect, Note};
use crate::diagnostic::Diagnostic;
use crate::payload::{self, Scope, SharedTypes};
use crate::pointer::step;
use crate::positions::schema_prefix;
use crate::rules::payload as rule;
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
    let mut found: BTreeMap<Scope, Vec<Entry>> = BTreeMap::new();
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
    /// Removes what the last finding is about. A reason is returned when nothing is left to remove.
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
        let shown = parts.iter().fold(prefix.to_owned(), |pointer, part| step(&pointer, part));
        let first_time = self.seen.insert(format!("{shown} {}", finding.rule));
        let keep = schema_prefix(&parts);
        let Some(instead) = (match parts.get(keep) {
            Some(keyword) => without_keyword(schema, &parts[..keep], keyword, finding.rule),
            None => without_schema(schema, &parts, finding.rule, first_time),
        }) else {
            return Some(finding.message.clone());
        };
        if finding.rule != rule::unknown_keyword::META.id {
            notes.push(Note::new(file, &shown, Effect::Loosened, format!("{}; {instead}", finding.message)));
        }
        None
    }
}

/// Takes `keyword` out of the schema at `owner` and says what holds instead.
fn without_keyword(schema: &mut Value, owner: &[String], keyword: &str, rule: &str) -> Option<&'static str> {
    let map = at(schema, owner)?.as_object_mut()?;
    let removed = map.shift_remove(keyword)?;
    if rule == rule::unknown_keyword::META.id {
        map.insert(format!("x-{}", keyword.trim_start_matches('$')), removed);
    }
    Some("not checked")
}

/// Takes the schema at `owner` out, or what makes it a fault, and says what holds instead.
fn without_schema(schema: &mut Value, owner: &[String], rule: &str, first_time: bool) -> Option<&'static str> {
    let (name, before) = owner.split_last()?;
    let (keyword, holder) = before.split_last().map_or((None, before), |(last, rest)| (Some(last.as_str()), rest));
    if let Some(keyword @ ("oneOf" | "anyOf" | "allOf")) = keyword {
        at(schema, holder)?.as_object_mut()?.shift_remove(keyword)?;
        return Some("any value is accepted instead of one of the alternatives");
    }
    let place = at(schema, owner)?;
    if place.is_boolean() && keyword != Some("properties") {
        at(schema, before)?.as_object_mut()?.shift_remove(name)?;
        return Some("not checked");
    }
    if first_time && rule != rule::unusable_name::META.id {
        let described = place.get("description").cloned();
        let described = described.map(|text| ("description".to_owned(), text));
        *place = Value::Object(described.into_iter().collect());
        return Some("any value is accepted");
    }
    // It is the name that cannot be held.
    at(schema, before)?.as_object_mut()?.shift_remove(name)?;
    if let Some(Value::Array(required)) = at(schema, holder)?.get_mut("required") {
        required.retain(|item| item.as_str() != Some(name));
    }
    Some("left out")
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
