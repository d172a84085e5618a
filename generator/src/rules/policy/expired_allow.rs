//! ## What it does
//! Reports an `allow` past its `expires`. The findings that it covered are back as well.
//!
//! ## Why it matters
//! Exceptions are promises to come back to something.
//!
//! ## Example
//! ```yaml
//! allow: [{ rule: orphan-event, reason: The reader comes in May., expires: 2025-05-31 }]
//! ```
//! Write instead:
//! ```yaml
//! allow: [{ rule: orphan-event, reason: The reader comes in May., expires: 2027-05-31 }]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "expired-allow",
    summary: "an exception whose last day has passed",
    level: Level::Warning,
    group: Group::Policy,
    source: include_str!("expired_allow.rs"),
};
