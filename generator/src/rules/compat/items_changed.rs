//! ## What it does
//! Reports lists whose items must be unique, or must contain something, on one side only.
//!
//! ## Why it matters
//! Consumers refuse the lists that break the rule they were built with.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { skus: { type: array } } }
//! new: { properties: { skus: { type: array, uniqueItems: true } } }
//! ```
//! Check the rule where the event is published, and leave the schema as it is.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "items-changed",
    summary: "a list that the other side does not accept",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("items_changed.rs"),
};
