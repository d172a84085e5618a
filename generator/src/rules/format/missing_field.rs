//! ## What it does
//! Reports mappings that lack a field which has no default.
//!
//! ## Why it matters
//! There is nothing sensible to assume.
//!
//! ## Example
//! ```yaml
//! versions:
//!   1: { data: { type: object } }
//! ```
//! Write instead:
//! ```yaml
//! versions:
//!   1: { status: active, data: { type: object } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "missing-field",
    summary: "a field that must be there",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("missing_field.rs"),
};
