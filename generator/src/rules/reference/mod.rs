//! Names that lead nowhere or clash, found by [`crate::model`].

pub mod conflicting_name;
pub mod invalid_cast;
pub mod invalid_key_path;
pub mod invalid_name;
pub mod invalid_version;
pub mod unknown_reference;

use crate::diagnostic::Meta;

/// Every rule of this group.
pub const ALL: &[&Meta] = &[
    &conflicting_name::META,
    &invalid_cast::META,
    &invalid_key_path::META,
    &invalid_name::META,
    &invalid_version::META,
    &unknown_reference::META,
];
