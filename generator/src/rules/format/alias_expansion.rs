//! # What it does
//! Reports anchors and aliases that together repeat more than four times the size of their file (and more than 1 MiB),
//! and an alias inside its own anchor.
//!
//! # Why it matters
//! A few lines of aliases of aliases expand to billions of values and take all memory of the machine that reads them.
//!
//! # Example
//! Wrong:
//! ```yaml
//! a: &a [x, x, x, x, x, x, x, x]
//! b: &b [*a, *a, *a, *a, *a, *a, *a, *a]
//! c: &c [*b, *b, *b, *b, *b, *b, *b, *b]
//! # … and so on
//! ```
//! Right:
//! ```yaml
//! retention: &month { max_age: 30d }
//! dead_letter: *month
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "alias-expansion",
    summary: "aliases repeat more text than a catalogue needs",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("alias_expansion.rs"),
};
