//! # What it does
//! Reports that a file has more than 1,000 findings and the rest are left out.
//!
//! # Why it matters
//! A list this long has one cause, such as a wrong file or a wrong indentation, and is found at its beginning.
//!
//! # Example
//! Wrong:
//! ```yaml
//! include: [package-lock.json]
//! ```
//! Right:
//! ```yaml
//! include: [contexts/*.yaml]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "too-many-findings",
    summary: "a file has so many faults that the rest are not listed",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("too_many_findings.rs"),
};
