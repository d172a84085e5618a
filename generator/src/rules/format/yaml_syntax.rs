//! ## What it does
//! Reports text that YAML 1.2 does not allow.
//!
//! ## Why it matters
//! Nothing behind the fault can be read with certainty.
//!
//! ## Example
//! ```yaml
//! summary: An order: placed
//! ```
//! Write instead:
//! ```yaml
//! summary: 'An order: placed'
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "yaml-syntax",
    summary: "text that is not YAML",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("yaml_syntax.rs"),
};
