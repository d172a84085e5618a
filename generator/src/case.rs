//! Names in the cases of Rust, as [`heck`] has them.

use std::borrow::Cow;

use heck::{ToPascalCase as _, ToSnakeCase as _};

/// `name` in `snake_case`. Most names are, and heck takes its time to find that out.
pub(crate) fn snake_case(name: &str) -> Cow<'_, str> {
    if is_snake_case(name) { name.into() } else { name.to_snake_case().into() }
}

/// `name` in `PascalCase`, sooner where it is in `snake_case`.
pub(crate) fn pascal_case(name: &str) -> String {
    if !is_snake_case(name) {
        return name.to_pascal_case();
    }
    let mut pascal = String::with_capacity(name.len());
    for word in name.split('_') {
        let mut letters = word.chars();
        pascal.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        pascal.push_str(letters.as_str());
    }
    pascal
}

fn is_snake_case(name: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.split('_').all(is_word)
}

#[cfg(test)]
mod tests {
    use heck::{ToPascalCase as _, ToSnakeCase as _};
    use proptest::{prop_assert_eq, proptest};

    use super::{pascal_case, snake_case};

    proptest! {
        #[test]
        fn agree_with_heck(name in "[a-c0-2_A-Bü.]{0,8}") {
            prop_assert_eq!(snake_case(&name), name.to_snake_case());
            prop_assert_eq!(pascal_case(&name), name.to_pascal_case());
        }
    }
}
