//! ## What it does
//! Reports texts whose format one side demands and the other does not.
//!
//! ## Why it matters
//! Generated types parse dates, times, addresses and identifiers; a text of another format is refused.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { due: { type: string, format: date } } }
//! new: { properties: { due: { type: string, format: date-time } } }
//! ```
//! Add a field of the new format beside the old one, or add a version.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "format-changed",
    summary: "a text that is not of the other side's format",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("format_changed.rs"),
};
