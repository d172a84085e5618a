//! ## What it does
//! Reports schemas that are nested more than 32 levels deep or need more than 500 types.
//!
//! ## Why it matters
//! Nobody can read such a payload, and generated code for it takes minutes to compile.
//!
//! ## Example
//! ```yaml
//! properties: { a: { type: object, properties: { b: { type: object, properties: { c: {} } } } } } # and so on
//! ```
//! Write instead:
//! ```yaml
//! properties: { a: { $ref: A } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "oversized-schema",
    summary: "a schema too deep or with too many types",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("oversized_schema.rs"),
};
