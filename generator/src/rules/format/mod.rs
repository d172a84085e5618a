//! Faults that keep a file from being read as a catalogue, found by [`crate::yaml`] and [`crate::load`].

pub mod alias_expansion;
pub mod bad_value;
pub mod duplicate_definition;
pub mod duplicate_key;
pub mod include_matches_nothing;
pub mod include_outside;
pub mod missing_field;
pub mod not_utf8;
pub mod several_documents;
pub mod too_deep;
pub mod too_large;
pub mod unknown_field;
pub mod unknown_value;
pub mod unreadable_file;
pub mod unsupported_tag;
pub mod wrong_type;
pub mod yaml_syntax;

use crate::diagnostic::Meta;

/// Every rule of this group.
pub const ALL: &[&Meta] = &[
    &alias_expansion::META,
    &bad_value::META,
    &duplicate_definition::META,
    &duplicate_key::META,
    &include_matches_nothing::META,
    &include_outside::META,
    &missing_field::META,
    &not_utf8::META,
    &several_documents::META,
    &too_deep::META,
    &too_large::META,
    &unknown_field::META,
    &unknown_value::META,
    &unreadable_file::META,
    &unsupported_tag::META,
    &wrong_type::META,
    &yaml_syntax::META,
];
