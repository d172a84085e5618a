//! ## What it does
//! Reports `type` with more than one type besides `null`.
//!
//! ## Why it matters
//! Every reader in every language would have to handle all of them; most handle the first.
//!
//! ## Example
//! ```yaml
//! amount: { type: [string, number] }
//! ```
//! Write instead:
//! ```yaml
//! amount: { type: integer, description: In cents. }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "several-types",
    summary: "a value of several JSON types",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("several_types.rs"),
};
