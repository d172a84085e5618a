//! ## What it does
//! Reports texts and names of fields that the pattern of one side allows and that of the other does not.
//!
//! ## Why it matters
//! Generated types hold texts to their pattern when they read.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { sku: { type: string, pattern: '^[A-Z]+$' } } }
//! new: { properties: { sku: { type: string, pattern: '^[A-Z0-9]+$' } } }
//! ```
//! Keep the pattern, or add a version.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "pattern-changed",
    summary: "a text that the other side's pattern does not match",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("pattern_changed.rs"),
};
