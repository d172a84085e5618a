//! What a change of a catalogue breaks, and for whom.
//!
//! Drafts change freely. Everything else is held against what is deployed: payloads by [`crate::compat`] in the
//! directions that the event promises, streams and lifecycles by rules of their own.

mod affected;
mod lifecycle;
mod payloads;
mod streams;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;

use crate::diagnostic::Diagnostic;
use crate::model::{EventVersion, Model, Status, Version};
use crate::pointer;
use crate::source::{FileId, Span};

/// A catalogue before and after a change.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// As it is deployed.
    pub old: &'a Model,
    /// As it would be.
    pub new: &'a Model,
    /// How far the old catalogue's files lie behind the new one's in the sources that findings point into; see
    /// [`crate::source::Sources::append`].
    pub offset: u32,
    /// What sunsets are held against.
    pub today: NaiveDate,
    /// What consumers have said that they read; of others, it is everything.
    pub reads: &'a [Reads],
}

/// The fields that a service reads of one version of an event, as its contract says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reads {
    /// Name of the service.
    pub service: String,
    /// The version.
    pub id: EventVersion,
    /// Fields, as `lines[].sku`.
    pub fields: Vec<String>,
}

impl Reads {
    /// Whether what is at this pointer of documents is read, or holds something that is, or is part of something that is.
    fn concerns(&self, pointer: &str) -> bool {
        let place = pointer::parts(pointer);
        // One that names no fields reads whatever there is.
        self.fields.is_empty()
            || self.fields.iter().any(|field| {
                let parts = field.replace("[]", ".*").replace("{}", ".*");
                let mut pairs = parts.split('.').zip(&place);
                pairs.all(|(one, other)| one == other || one == "*" || other == "*")
            })
    }
}

/// Everything that the change breaks.
#[must_use]
pub fn check(change: &Change<'_>) -> Vec<Diagnostic> {
    let mut out = payloads::check(change);
    lifecycle::check(change, &mut out);
    streams::check(change, &mut out);
    out
}

impl Change<'_> {
    /// A place of the old catalogue, among the sources of both.
    fn before(&self, span: Span) -> Span {
        Span { file: FileId(span.file.0 + self.offset), ..span }
    }
}

/// Whether somebody may rely on it.
fn is_published(version: &Version) -> bool {
    matches!(version.status, Status::Active | Status::Deprecated)
}
