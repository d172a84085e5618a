//! # What it does
//! Reports a value that is out of range, too short, or not written as a duration (`7d`), a size (`5GB`), a date
//! (`2027-03-31`) or a name should be.
//!
//! # Why it matters
//! A value read differently than it was meant changes what brokers keep and for how long.
//!
//! # Example
//! Wrong:
//! ```yaml
//! retention: { max_age: 7 days or so }
//! ```
//! Right:
//! ```yaml
//! retention: { max_age: 7d }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "bad-value",
    summary: "a value is of the right type but not allowed here",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("bad_value.rs"),
};
