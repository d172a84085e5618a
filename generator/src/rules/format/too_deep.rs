//! # What it does
//! Reports more than 64 mappings and lists within each other.
//!
//! # Why it matters
//! No catalogue needs it, and programs that read the generated files may run out of stack.
//!
//! # Example
//! Wrong:
//! ```yaml
//! [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
//! ```
//! Right:
//! ```yaml
//! types:
//!   Address: { type: object, properties: { street: { type: string } } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "too-deep",
    summary: "mappings and lists are nested too deeply",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("too_deep.rs"),
};
