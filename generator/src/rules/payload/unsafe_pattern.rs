//! ## What it does
//! Reports patterns that are not regular expressions, and those with look-around or backreferences.
//!
//! ## Why it matters
//! Patterns run on payloads that strangers send. A backtracking one lets a single document stall a consumer.
//!
//! ## Example
//! ```yaml
//! password: { type: string, pattern: '^(?=.*[0-9]).+$' }
//! ```
//! Write instead:
//! ```yaml
//! password: { type: string, pattern: '[0-9]' }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unsafe-pattern",
    summary: "a pattern that cannot be matched in linear time",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("unsafe_pattern.rs"),
};
