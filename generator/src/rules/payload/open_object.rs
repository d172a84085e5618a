//! ## What it does
//! Reports an object that declares properties and also describes undeclared ones.
//!
//! ## Why it matters
//! A property that is added to the schema later may already be in use with another meaning.
//!
//! ## Example
//! ```yaml
//! type: object
//! properties: { order_id: { type: string } }
//! additionalProperties: { type: string }
//! ```
//! Write instead:
//! ```yaml
//! type: object
//! properties:
//!   order_id: { type: string }
//!   labels: { type: object, additionalProperties: { type: string } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "open-object",
    summary: "declared properties beside typed further ones",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("open_object.rs"),
};
