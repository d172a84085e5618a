//! ## What it does
//! Reports properties, enumeration values and types that would have the same name in generated code.
//!
//! ## Why it matters
//! `orderId` and `order_id` are two properties on the wire and one field in Rust: one of them would be lost.
//!
//! ## Example
//! ```yaml
//! properties:
//!   orderId: { type: string }
//!   order_id: { type: string }
//! ```
//! Write instead:
//! ```yaml
//! properties:
//!   order_id: { type: string }
//!   external_order_id: { type: string }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "name-clash",
    summary: "two names that become one in Rust",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("name_clash.rs"),
};
