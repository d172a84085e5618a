//! ## What it does
//! Reports limits of numbers, lengths, counts of items and fields, and steps that allow less than before.
//!
//! ## Why it matters
//! Consumers that were built for the new schema refuse old documents outside the new limit.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { note: { type: string, maxLength: 500 } } }
//! new: { properties: { note: { type: string, maxLength: 300 } } }
//! ```
//! Keep the limit, or add a version.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "limit-tightened",
    summary: "a limit that old documents may exceed",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("limit_tightened.rs"),
};
