//! ## What it does
//! Reports an `upcast` or `downcast` that speaks of fields that are not there, says two things about one field, or
//! forgets one.
//!
//! ## Why it matters
//! What is not said about a field is lost, or made up, in every document that is read in another version.
//!
//! ## Example
//! ```yaml
//! 1: { status: deprecated, data: { type: object, required: [total], properties: { total: { type: integer } } } }
//! 2:
//!   status: active
//!   upcast: { fields: { amount: { from: totl } } }
//!   data: { type: object, required: [amount], properties: { amount: { type: integer } } }
//! ```
//! Write instead:
//! ```yaml
//! 2:
//!   upcast: { fields: { amount: { from: total } } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "invalid-cast",
    summary: "a mapping between versions that does not fit their fields",
    level: Level::Error,
    group: Group::Reference,
    source: include_str!("invalid_cast.rs"),
};
