//! # What it does
//! Reports a number that JSON readers would not get back as it was written: more digits than a 64-bit number holds, or
//! not finite.
//!
//! # Why it matters
//! A limit or an example would silently become a slightly different one in generated code and schemas.
//!
//! # Example
//! Wrong:
//! ```yaml
//! maximum: 123456789012345678901234567890
//! ```
//! Right:
//! ```yaml
//! maximum: 9007199254740991
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "inexact-number",
    summary: "a number cannot be kept exactly",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("inexact_number.rs"),
};
