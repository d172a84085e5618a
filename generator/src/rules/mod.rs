//! What can be wrong with a catalogue: one file per rule.

pub mod format;
pub mod lint;
pub mod payload;
pub mod reference;

use crate::diagnostic::Meta;

/// Every rule id a diagnostic can carry, by group.
pub const ALL: &[&[&Meta]] = &[format::ALL, payload::ALL, reference::ALL];
