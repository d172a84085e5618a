//! ## What it does
//! Reports `$ref` to a file, a URL or a place inside another schema.
//!
//! ## Why it matters
//! What is generated must be the same on every machine and reviewable in one place.
//!
//! ## Example
//! ```yaml
//! total: { $ref: 'https://example.com/money.json' }
//! ```
//! Write instead:
//! ```yaml
//! total: { $ref: Money }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "remote-reference",
    summary: "a reference that leads out of the catalogue",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("remote_reference.rs"),
};
