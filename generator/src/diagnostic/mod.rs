//! What is wrong with a catalogue, where, why, and what to do about it.

mod github;
mod human;
mod json;
mod markdown;
mod render;
mod sarif;
#[cfg(test)]
mod tests;

pub use github::annotation;
pub use render::{Format, render};

use crate::source::Span;

/// How bad a finding is. Only [`Level::Error`] and [`Level::Warning`] are printed by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Stops generation.
    Error,
    /// Reported, does not stop generation.
    Warning,
}

/// One finding. Built with [`Diagnostic::new`] and the chained setters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case id; a page about it is printed by `explain`.
    pub rule: &'static str,
    /// How bad it is here; the catalogue may have changed it.
    pub level: Level,
    /// One line, lower case, no full stop.
    pub message: String,
    /// The place at fault. `None` only where there is no place, such as an empty catalogue folder.
    pub span: Option<Span>,
    /// Text under the underlined place; may be empty.
    pub label: String,
    /// Other places that matter, each with its own text.
    pub related: Vec<(Span, String)>,
    /// Why this is a problem: what would go wrong.
    pub why: Option<String>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding of the rule described by `meta`, at its default level.
    pub fn new(meta: &Meta, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self {
            rule: meta.id,
            level: meta.level,
            message: message.into(),
            span: span.into(),
            label: String::new(),
            related: Vec::new(),
            why: None,
            help: None,
        }
    }

    /// The place at fault.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Text under the underlined place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// A further place, with what it has to do with the finding.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// What would go wrong.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// What to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A rule's identity card. Every id that a diagnostic can carry has one, listed in [`crate::rules::all`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// Kebab-case, named for the fault: `missing-partition-key`.
    pub id: &'static str,
    /// One line for `explain --list`.
    pub summary: &'static str,
    /// Level unless the catalogue says otherwise.
    pub level: Level,
    /// What the rule looks at.
    pub group: Group,
    /// Source text of the file that describes the rule: its leading `//!` lines are the rule's page.
    pub source: &'static str,
}

impl Meta {
    /// The rule's page in Markdown.
    #[must_use]
    pub fn page(&self) -> String {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }
}

/// What a rule looks at. Only [`Group::Lint`] may be turned down or allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The file could not be read as a catalogue.
    Format,
    /// A name that leads nowhere, or two that clash.
    Reference,
    /// A payload schema outside the profile.
    Payload,
    /// A change of a payload that producers and consumers do not both survive.
    Compatibility,
    /// A change of a catalogue that deployed services do not survive.
    Breaking,
    /// Advice of practice, with adjustable severity.
    Lint,
    /// Misuse of severities, allows and the baseline.
    Policy,
}
