//! ## What it does
//! Reports durations, sizes, dates, names and numbers that a field cannot hold.
//!
//! ## Why it matters
//! The setting would have no meaning.
//!
//! ## Example
//! ```yaml
//! retention: { max_age: 7 }
//! ```
//! Write instead:
//! ```yaml
//! retention: { max_age: 7d }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "bad-value",
    summary: "a value out of range or badly written",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("bad_value.rs"),
};
