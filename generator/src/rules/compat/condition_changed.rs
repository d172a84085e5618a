//! ## What it does
//! Reports documents that break a `not`, an `if` or a dependency between fields that only one side has.
//!
//! ## Why it matters
//! Consumers refuse the documents that break the condition they were built with.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { a: {}, b: {} } }
//! new: { properties: { a: {}, b: {} }, dependentRequired: { a: [b] } }
//! ```
//! Check the condition where the event is published, and leave the schema as it is.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "condition-changed",
    summary: "a document that breaks a condition of the other side",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("condition_changed.rs"),
};
