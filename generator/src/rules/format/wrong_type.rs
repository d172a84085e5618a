//! # What it does
//! Reports a value of another type than the format wants there, such as text in the place of a list.
//!
//! # Why it matters
//! Guessing what was meant would hide mistakes.
//!
//! # Example
//! Wrong:
//! ```yaml
//! steps: order-service
//! ```
//! Right:
//! ```yaml
//! steps:
//!   - { name: place, service: order-service, emits: order.placed }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "wrong-type",
    summary: "a value has the wrong type",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("wrong_type.rs"),
};
