//! ## What it does
//! Reports versions that were published and are drafts now.
//!
//! ## Why it matters
//! A draft may change freely; consumers already rely on this one.
//!
//! ## Example
//! ```yaml
//! versions: { 1: { status: draft } } # was active
//! ```
//! Write instead:
//! ```yaml
//! versions: { 1: { status: active } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "published-again-as-draft",
    summary: "a published version that is a draft again",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("published_again_as_draft.rs"),
};
