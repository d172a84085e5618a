//! Changes of a catalogue that services which are deployed do not survive, found by [`crate::breaking`].

pub mod dead_letter_changed;
pub mod event_removed;
pub mod partition_count_changed;
pub mod partition_key_changed;
pub mod published_again_as_draft;
pub mod retention_cut;
pub mod retired_too_early;
pub mod retired_with_consumers;
pub mod rust_api_changed;
pub mod stream_changed;
pub mod stream_removed;
pub mod undecided_change;

use crate::diagnostic::Meta;

/// Every rule of this group.
pub const ALL: &[&Meta] = &[
    &dead_letter_changed::META,
    &event_removed::META,
    &partition_count_changed::META,
    &partition_key_changed::META,
    &published_again_as_draft::META,
    &retention_cut::META,
    &retired_too_early::META,
    &retired_with_consumers::META,
    &rust_api_changed::META,
    &stream_changed::META,
    &stream_removed::META,
    &undecided_change::META,
];
