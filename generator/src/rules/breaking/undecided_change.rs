//! ## What it does
//! Reports published payloads whose change could not be judged.
//!
//! ## Why it matters
//! What is not known to be compatible is treated as breaking.
//!
//! ## Example
//! ```yaml
//! data: { type: object, not: { properties: { a: true } } } # rewritten
//! ```
//! Write instead:
//! ```yaml
//! data: { type: object } # as it was; the change goes into a version 2
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "undecided-change",
    summary: "a change of a payload that could be neither proven nor refuted",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("undecided_change.rs"),
};
