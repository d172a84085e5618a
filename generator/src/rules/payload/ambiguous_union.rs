//! ## What it does
//! Reports `oneOf` or `anyOf` whose alternatives a reader cannot tell from each other at a glance.
//!
//! ## Why it matters
//! A consumer that has to try one alternative after the other may settle on the wrong one, and a new alternative could
//! silently capture documents of an old one.
//!
//! ## Example
//! ```yaml
//! method:
//!   oneOf:
//!     - { type: object, properties: { iban: { type: string } } }
//!     - { type: object, properties: { card: { type: string } } }
//! ```
//! Write instead:
//! ```yaml
//! method:
//!   oneOf:
//!     - { type: object, required: [kind, iban], properties: { kind: { const: transfer }, iban: { type: string } } }
//!     - { type: object, required: [kind, card], properties: { kind: { const: card }, card: { type: string } } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "ambiguous-union",
    summary: "alternatives of a union that cannot be told apart",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("ambiguous_union.rs"),
};
