//! ## What it does
//! Reports tags such as `!!binary` or `!include`.
//!
//! ## Why it matters
//! Tags make a value mean something else in each reader.
//!
//! ## Example
//! ```yaml
//! include: !include contexts.yaml
//! ```
//! Write instead:
//! ```yaml
//! include: [contexts/*.yaml]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unsupported-tag",
    summary: "a YAML tag",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("unsupported_tag.rs"),
};
