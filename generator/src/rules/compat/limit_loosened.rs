//! ## What it does
//! Reports limits of numbers, lengths, counts of items and fields, and steps that allow more than before.
//!
//! ## Why it matters
//! Consumers that are deployed today refuse new documents outside the old limit.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { note: { type: string, maxLength: 300 } } }
//! new: { properties: { note: { type: string, maxLength: 500 } } }
//! ```
//! Add a version, or deploy consumers first and declare `compatibility: backward`.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "limit-loosened",
    summary: "a limit that new documents may exceed and existing readers still hold",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("limit_loosened.rs"),
};
