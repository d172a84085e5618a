//! ## What it does
//! Reports payloads whose root is a string, a list or any other value than an object.
//!
//! ## Why it matters
//! Fields can be added to an object without breaking anybody. Nothing can be added to a bare value.
//!
//! ## Example
//! ```yaml
//! data: { type: array, items: { type: string } }
//! ```
//! Write instead:
//! ```yaml
//! data: { type: object, required: [skus], properties: { skus: { type: array, items: { type: string } } } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "payload-not-object",
    summary: "a payload that is not an object",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("payload_not_object.rs"),
};
