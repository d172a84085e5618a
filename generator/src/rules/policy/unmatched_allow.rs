//! ## What it does
//! Reports an `allow` that no finding matches.
//!
//! ## Why it matters
//! The reason for it is gone. Left in place, it would hide the next fault of that kind.
//!
//! ## Example
//! ```yaml
//! allow: [{ rule: orphan-event, reason: The reader comes in May., expires: 2027-05-31 }] # and there is a reader
//! ```
//! Write instead:
//! ```yaml
//! allow: []
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unmatched-allow",
    summary: "an exception that covers nothing",
    level: Level::Warning,
    group: Group::Policy,
    source: include_str!("unmatched_allow.rs"),
};
