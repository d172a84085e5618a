//! ## What it does
//! Reports entries of `tidings-baseline.json` whose finding is gone.
//!
//! ## Why it matters
//! A baseline may only shrink. A stale entry would hide the same fault when it comes back.
//!
//! ## Example
//! ```yaml
//! # the baseline holds a finding that was corrected
//! ```
//! Write instead:
//! ```yaml
//! # cargo xtask lint --shrink-baseline
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "stale-baseline",
    summary: "an entry of the baseline that no longer occurs",
    level: Level::Warning,
    group: Group::Policy,
    source: include_str!("stale_baseline.rs"),
};
