//! Faults of payload schemas, found by [`crate::payload`].

pub mod ambiguous_union;
pub mod invalid_schema;
pub mod misplaced_keyword;
pub mod name_clash;
pub mod open_object;
pub mod oversized_schema;
pub mod payload_not_object;
pub mod recursive_type;
pub mod remote_reference;
pub mod several_types;
pub mod undeclared_required;
pub mod unenforced_format;
pub mod unknown_keyword;
pub mod unknown_type;
pub mod unsafe_pattern;
pub mod unsupported_keyword;
pub mod unusable_name;

use crate::diagnostic::Meta;

/// Every rule of this group.
pub const ALL: &[&Meta] = &[
    &ambiguous_union::META,
    &invalid_schema::META,
    &misplaced_keyword::META,
    &name_clash::META,
    &open_object::META,
    &oversized_schema::META,
    &payload_not_object::META,
    &recursive_type::META,
    &remote_reference::META,
    &several_types::META,
    &undeclared_required::META,
    &unenforced_format::META,
    &unknown_keyword::META,
    &unknown_type::META,
    &unsafe_pattern::META,
    &unsupported_keyword::META,
    &unusable_name::META,
];
