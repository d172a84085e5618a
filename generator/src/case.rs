//! Names in the cases of Rust, as [`heck`] has them.

use std::borrow::Cow;

use heck::ToSnakeCase as _;

/// `name` in `snake_case`. Most names are, and heck takes its time to find that out.
pub(crate) fn snake_case(name: &str) -> Cow<'_, str> {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if name.split('_').all(is_word) { name.into() } else { name.to_snake_case().into() }
}

#[cfg(test)]
mod tests {
    use heck::ToSnakeCase as _;
    use proptest::{prop_assert_eq, proptest};

    use super::snake_case;

    proptest! {
        #[test]
        fn agrees_with_heck(name in "[a-c0-2_A-Bü.]{0,8}") {
            prop_assert_eq!(snake_case(&name), name.to_snake_case());
        }
    }
}
