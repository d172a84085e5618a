//! Patterns of events, such as `order.*` or `order.placed@2`.

use std::collections::BTreeSet;

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::model::{EventVersion, Model, Selection};
use crate::rules::reference as rule;
use crate::source::Span;
use crate::suggest;

impl Resolver<'_> {
    /// What the patterns of the list at `path` stand for.
    pub(super) fn selections(&mut self, path: &[&str], patterns: &[String], model: &Model) -> Vec<Selection> {
        let spans: Vec<Span> =
            self.node(path).map(|node| node.items().iter().map(|item| item.span).collect()).unwrap_or_default();
        let whole = self.span(path);
        patterns
            .iter()
            .enumerate()
            .map(|(index, pattern)| {
                let span = spans.get(index).copied().unwrap_or(whole);
                Selection { pattern: pattern.clone(), span, versions: self.select(pattern, span, model) }
            })
            .collect()
    }

    fn select(&mut self, pattern: &str, span: Span, model: &Model) -> BTreeSet<EventVersion> {
        let (name, version) = match pattern.split_once('@') {
            None => (pattern, None),
            Some((name, number)) => match number.parse::<u32>() {
                Ok(number) => (name, Some(number)),
                Err(_) => {
                    self.out.push(
                        Diagnostic::new(&rule::unknown_reference::META, span, format!("`{pattern}` names no version"))
                            .help("write `order.placed@2`, or `order.placed` for every published version"),
                    );
                    return BTreeSet::new();
                }
            },
        };
        let prefix = name.strip_suffix('*');
        let matches = |event: &str| prefix.map_or(event == name, |prefix| event.starts_with(prefix));
        let found = model.select(name, version);
        if !found.is_empty() {
            return found;
        }
        let declared = self.tree.catalogue.contexts.values().flat_map(|context| &context.events);
        let is_broken_elsewhere = declared.into_iter().any(|(event, body)| {
            let understood = model.events.get(event).map_or(0, |event| event.versions.len());
            matches(event) && understood < body.versions.len()
        }) || self.tree.cut.iter().any(|name| matches(name));
        if !is_broken_elsewhere {
            let events = model.events.values().filter(|event| matches(&event.name));
            let versions: Vec<String> =
                events.flat_map(|e| e.versions.keys().map(|n| format!("{}@{n}", e.name))).collect();
            let help = if versions.is_empty() {
                suggest::nearest(name, model.events.keys().map(String::as_str)).map_or_else(
                    || "declare the event in a context".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                )
            } else {
                format!("there are {}; drafts and retired versions are selected by number only", versions.join(", "))
            };
            let what = if prefix.is_some() { "no event matches" } else { "there is no published event" };
            self.out
                .push(Diagnostic::new(&rule::unknown_reference::META, span, format!("{what} `{pattern}`")).help(help));
        }
        found
    }
}
