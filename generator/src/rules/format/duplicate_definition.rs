//! ## What it does
//! Reports names that two files of a catalogue define.
//!
//! ## Why it matters
//! Only one of the two could hold.
//!
//! ## Example
//! ```yaml
//! # a.yaml
//! teams: { checkout: { name: Checkout } }
//! # b.yaml
//! teams: { checkout: { name: Checkout } }
//! ```
//! Write instead:
//! ```yaml
//! # a.yaml
//! teams: { checkout: { name: Checkout } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "duplicate-definition",
    summary: "one thing defined in two files",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("duplicate_definition.rs"),
};
