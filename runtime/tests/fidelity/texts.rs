//! Lengths and patterns.

use serde_json::json;
use tidings::wire::{self, Checked, Pattern, Rule, Text, Violation};

use crate::{Pair, near};

#[test]
fn lengths_agree() {
    // One code point, two UTF-16 units, four bytes; a letter and its accent; a family.
    let hard =
        ["", "a", "ab", "abcd", "😀😀😀", "😀😀😀😀", "e\u{301}e\u{301}", "👨\u{200d}👩\u{200d}👧", "\u{0}\u{0}"];
    Pair::<String, Text<2, 3>>::new(&json!({ "type": "string", "minLength": 2, "maxLength": 3 }))
        .on(hard)
        .on_random(near("\\PC{1,4}"));
    Pair::<String, Text<2, { wire::MAX }>>::new(&json!({ "type": "string", "minLength": 2 }))
        .on(hard)
        .on_random(near("\\PC{0,4}"));
    Pair::<String, Text<0, 3>>::new(&json!({ "type": "string", "maxLength": 3 })).on(hard).on_random(near("\\PC{1,5}"));
    Pair::<String, Text<0, { wire::MAX }>>::new(&json!({ "type": "string" })).on(hard).on_random(near("\\PC{0,9}"));
}

macro_rules! patterns {
    ($($rule:ident: $pattern:literal on $near:expr;)*) => {$(
        struct $rule;

        impl Rule<String> for $rule {
            fn check(value: &String) -> Result<(), Violation> {
                static PATTERN: std::sync::LazyLock<Pattern> = std::sync::LazyLock::new(|| {
                    let translated = jsonschema_regex::to_rust_regex($pattern).expect("a pattern of the profile");
                    Pattern::new($pattern, String::leak(translated.into_owned()))
                });
                PATTERN.check(value)
            }
        }
    )*

    #[test]
    fn patterns_agree() {
        $(Pair::<String, Checked<Text<0, { wire::MAX }>, $rule>>::new(&json!({ "type": "string", "pattern": $pattern }))
            .on(["", "a\n", "\n", "\u{2028}", "ａ", "٣", "é", "A"])
            .on_random(near($near));)*
    }
    };
}

patterns! {
    Unanchored: "[0-9]{3}" on "[a-z]{0,3}[0-9]{2,4}";
    Anchored: "^[a-z]+$" on "[a-z]{1,5}";
    Digits: "^\\d+$" on "[0-9]{1,5}";
    Words: "^\\w+\\s\\S+$" on "[a-zA-Z_0-9]{1,4}[ \\t][a-z]{1,4}";
    Boundary: "\\bcat\\b" on "[a-z ]{0,3} cat [a-z]{0,3}";
    Dot: "^a.b$" on "a[a-c.\n\r\u{2028}]b";
    Letters: "^\\p{L}{2,4}$" on "\\p{L}{2,4}";
    Sku: "^[A-Z0-9]+(?:-[A-Z0-9]+)*$" on "[A-Z0-9]{1,3}(-[A-Z0-9]{1,2}){0,2}";
    Escapes: "^\\/\\-\\u0041$" on "/-A";
    Either: "^(?:new|used|a{2,})$" on "new|used|a{1,4}";
}
