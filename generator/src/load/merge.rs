//! The trees of several files to one, as if everything were written in the root file.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::rules::format::{duplicate_definition, include_nested, unknown_field, wrong_type};
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};

/// The maps of the root that included files may add to.
const SECTIONS: [&str; 6] = ["contexts", "flows", "projections", "services", "teams", "types"];

/// Puts what `included` defines into `root`.
pub(super) fn merge(mut root: Node, included: Vec<Node>, findings: &mut Vec<Diagnostic>) -> Node {
    let Kind::Mapping(sections) = &mut root.kind else { return root };
    let mut names = Names::default();
    for section in sections.iter() {
        for definition in section.value.entries() {
            names.add(&section.key, definition);
        }
    }
    for file in included {
        for (section, definition) in definitions(file, findings) {
            match names.add(&section.key, &definition) {
                None => add(sections, section, definition),
                Some(first) => {
                    let message = format!("`{}` is defined twice under `{}`", definition.key, section.key);
                    findings.push(
                        Diagnostic::new(&duplicate_definition::META, definition.key_span, message)
                            .label("again here")
                            .related(first, "first defined here")
                            .help("keep one of the two, or rename one"),
                    );
                }
            }
        }
    }
    root
}

/// Where each name of each section is defined.
#[derive(Default)]
struct Names(BTreeMap<String, BTreeMap<String, Span>>);

impl Names {
    /// Remembers a definition, unless its name is taken: then it answers with the first place.
    fn add(&mut self, section: &str, definition: &Entry) -> Option<Span> {
        let names = self.0.entry(section.to_owned()).or_default();
        let first = *names.entry(definition.key.clone()).or_insert(definition.key_span);
        (first != definition.key_span).then_some(first)
    }
}

fn add(sections: &mut Vec<Entry>, section: Entry, definition: Entry) {
    let at = sections.iter().position(|entry| entry.key == section.key).unwrap_or_else(|| {
        sections.push(section);
        sections.len() - 1
    });
    // A section of the root that is no mapping is reported when its shape is checked.
    if let Kind::Mapping(definitions) = &mut sections[at].value.kind {
        definitions.push(definition);
    }
}

/// What an included file defines, each with its section as an empty mapping.
fn definitions(file: Node, findings: &mut Vec<Diagnostic>) -> Vec<(Entry, Entry)> {
    let span = file.span;
    let Kind::Mapping(mut entries) = file.kind else {
        let help = "begin it with `context: NAME`, or with a section such as `services:`";
        findings.push(Diagnostic::new(&wrong_type::META, span, "an included file must be a mapping").help(help));
        return Vec::new();
    };
    entries.retain(|entry| {
        let is_include = entry.key == "include";
        if is_include {
            let help = "move the pattern to `include` of the root file";
            let message = "an included file cannot include files";
            findings.push(Diagnostic::new(&include_nested::META, entry.key_span, message).help(help));
        }
        !is_include
    });
    let Some(at) = entries.iter().position(|entry| entry.key == "context") else {
        return entries.into_iter().flat_map(|entry| of_section(entry, findings)).collect();
    };
    let context = entries.remove(at);
    let key_span = context.value.span;
    let Some(key) = context.value.as_str().map(str::to_owned) else {
        let message = "`context` must be the name of a context";
        findings.push(Diagnostic::new(&wrong_type::META, key_span, message).help("write `context: NAME`"));
        return Vec::new();
    };
    let value = Node { span, kind: Kind::Mapping(entries) };
    vec![(section("contexts", context.key_span), Entry { key, key_span, value })]
}

fn of_section(entry: Entry, findings: &mut Vec<Diagnostic>) -> Vec<(Entry, Entry)> {
    if !SECTIONS.contains(&entry.key.as_str()) {
        let help = match entry.key.as_str() {
            "events" | "streams" => "they belong to a context: add `context: NAME` to this file".to_owned(),
            "allow" | "defaults" | "format" | "lints" | "name" | "tenancy" => "write it in the root file".to_owned(),
            other => suggest::nearest(other, SECTIONS.into_iter().chain(["context"])).map_or_else(
                || format!("an included file has `context`, or any of {}", SECTIONS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            ),
        };
        let message = format!("`{}` has no place in an included file", entry.key);
        findings.push(Diagnostic::new(&unknown_field::META, entry.key_span, message).help(help));
        return Vec::new();
    }
    let Kind::Mapping(definitions) = entry.value.kind else {
        let message = format!("`{}` must be a mapping", entry.key);
        let help = "write names with their definitions below it, or remove it";
        findings.push(Diagnostic::new(&wrong_type::META, entry.value.span, message).help(help));
        return Vec::new();
    };
    definitions.into_iter().map(|definition| (section(&entry.key, entry.key_span), definition)).collect()
}

fn section(name: &str, span: Span) -> Entry {
    Entry { key: name.to_owned(), key_span: span, value: Node { span, kind: Kind::Mapping(Vec::new()) } }
}
