//! ## What it does
//! Reports names under `required` that are not among `properties`.
//!
//! ## Why it matters
//! No producer could send a document that passes, since producers send only what is declared.
//!
//! ## Example
//! ```yaml
//! required: [order_id, totl]
//! properties: { order_id: { type: string }, total: { type: integer } }
//! ```
//! Write instead:
//! ```yaml
//! required: [order_id, total]
//! properties: { order_id: { type: string }, total: { type: integer } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "undeclared-required",
    summary: "a required property that is not declared",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("undeclared_required.rs"),
};
