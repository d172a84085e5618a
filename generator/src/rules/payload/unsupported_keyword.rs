//! ## What it does
//! Reports keywords of JSON Schema that have no faithful counterpart in Rust types, such as `not`, `if`, `prefixItems` or
//! `patternProperties`. The finding says what to write instead.
//!
//! ## Why it matters
//! The generated type would accept what the schema refuses, or the other way round.
//!
//! ## Example
//! ```yaml
//! size: { type: array, prefixItems: [{ type: integer }, { type: integer }] }
//! ```
//! Write instead:
//! ```yaml
//! size: { type: object, properties: { width: { type: integer }, height: { type: integer } } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unsupported-keyword",
    summary: "a keyword outside the payload profile",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("unsupported_keyword.rs"),
};
