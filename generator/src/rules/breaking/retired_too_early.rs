//! ## What it does
//! Reports versions that went from active to retired, and those whose sunset lies ahead.
//!
//! ## Why it matters
//! Its consumers had no time to move.
//!
//! ## Example
//! ```yaml
//! versions: { 1: { status: retired } } # was active
//! ```
//! Write instead:
//! ```yaml
//! versions: { 1: { status: deprecated, sunset: 2027-03-31 } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "retired-too-early",
    summary: "a version that is retired before it was deprecated, or before its sunset",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("retired_too_early.rs"),
};
