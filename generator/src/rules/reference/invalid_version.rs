//! ## What it does
//! Reports versions below 1.
//!
//! ## Why it matters
//! Versions count from 1, so that 0 can mean that there is none.
//!
//! ## Example
//! ```yaml
//! versions:
//!   0: { status: active, data: { type: object } }
//! ```
//! Write instead:
//! ```yaml
//! versions:
//!   1: { status: active, data: { type: object } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "invalid-version",
    summary: "a version number that cannot be",
    level: Level::Error,
    group: Group::Reference,
    source: include_str!("invalid_version.rs"),
};
