//! ## What it does
//! Reports keywords that are neither part of JSON Schema nor begin with `x-`.
//!
//! ## Why it matters
//! A misspelt keyword is ignored by every validator, silently.
//!
//! ## Example
//! ```yaml
//! sku: { type: string, maxLenght: 40 }
//! ```
//! Write instead:
//! ```yaml
//! sku: { type: string, maxLength: 40 }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unknown-keyword",
    summary: "a keyword that JSON Schema does not have",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("unknown_keyword.rs"),
};
