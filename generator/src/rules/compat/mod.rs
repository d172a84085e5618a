//! Changes of a payload that one side does not understand, found by [`crate::compat`].

pub mod condition_changed;
pub mod constant_changed;
pub mod enum_value_added;
pub mod enum_value_removed;
pub mod field_made_optional;
pub mod field_made_required;
pub mod field_refused;
pub mod format_changed;
pub mod items_changed;
pub mod limit_loosened;
pub mod limit_tightened;
pub mod pattern_changed;
pub mod required_field_added;
pub mod required_field_removed;
pub mod type_changed;
pub mod variant_added;
pub mod variant_removed;

use crate::diagnostic::Meta;

/// Every rule of this group.
pub const ALL: &[&Meta] = &[
    &condition_changed::META,
    &constant_changed::META,
    &enum_value_added::META,
    &enum_value_removed::META,
    &field_made_optional::META,
    &field_made_required::META,
    &field_refused::META,
    &format_changed::META,
    &items_changed::META,
    &limit_loosened::META,
    &limit_tightened::META,
    &pattern_changed::META,
    &required_field_added::META,
    &required_field_removed::META,
    &type_changed::META,
    &variant_added::META,
    &variant_removed::META,
];
