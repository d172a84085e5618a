//! ## What it does
//! Reports a mapping with two equal keys.
//!
//! ## Why it matters
//! YAML readers keep one of the two and drop the other, silently.
//!
//! ## Example
//! ```yaml
//! teams:
//!   checkout: { name: Checkout }
//!   checkout: { name: Checkout team }
//! ```
//! Write instead:
//! ```yaml
//! teams:
//!   checkout: { name: Checkout team }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "duplicate-key",
    summary: "a key that is there twice",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("duplicate_key.rs"),
};
