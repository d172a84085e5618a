//! What can be wrong with a catalogue: one file per rule.

pub mod format;

use crate::diagnostic::Meta;

/// Every rule id a diagnostic can carry.
pub const ALL: &[&Meta] = &[];
