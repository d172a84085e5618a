//! ## What it does
//! Reports properties, values and types named with nothing that a Rust name may contain.
//!
//! ## Why it matters
//! Every name on the wire needs a readable counterpart in code. Letters beyond Latin-1 are refused because the compiler
//! warns about look-alikes among them.
//!
//! ## Example
//! ```yaml
//! properties: { '+': { type: integer } }
//! ```
//! Write instead:
//! ```yaml
//! properties: { plus: { type: integer } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unusable-name",
    summary: "a name of which no Rust name can be made",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("unusable_name.rs"),
};
