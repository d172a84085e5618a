//! ## What it does
//! Reports values nested more than 64 levels deep.
//!
//! ## Why it matters
//! Reading is bounded so that no file can exhaust a machine.
//!
//! ## Example
//! ```yaml
//! a: { b: { c: {} } } # and so on
//! ```
//! Write instead:
//! ```yaml
//! types:
//!   Inner: { type: object }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "too-deep",
    summary: "a file that is nested too deep",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("too_deep.rs"),
};
