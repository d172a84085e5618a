//! ## What it does
//! Reports files whose aliases would expand to more than two million values.
//!
//! ## Why it matters
//! A few lines of aliases of aliases could fill any memory.
//!
//! ## Example
//! ```yaml
//! a: &a [x, x]
//! b: &b [*a, *a]
//! c: [*b, *b] # and so on
//! ```
//! Write instead:
//! ```yaml
//! types:
//!   Line: { type: object }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "alias-expansion",
    summary: "aliases that stand for too much",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("alias_expansion.rs"),
};
