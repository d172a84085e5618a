//! # What it does
//! Reports the first place at which a file cannot be understood as YAML.
//!
//! # Why it matters
//! Nothing behind that place can be trusted, so the rest of the file is not checked.
//!
//! # Example
//! Wrong:
//! ```yaml
//! summary: Note: an order was accepted
//! ```
//! Right:
//! ```yaml
//! summary: "Note: an order was accepted"
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "yaml-syntax",
    summary: "the text is not YAML",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("yaml_syntax.rs"),
};
