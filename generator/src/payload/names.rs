//! Wire names to Rust names: legal, conventional, and refused where no honest name exists.

use std::borrow::Cow;

use crate::case::{pascal_case, snake_case};

/// Keywords that `r#` makes legal.
const RAW: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that `r#` does not help.
const NEVER: &[&str] = &["self", "super", "crate", "_"];

/// A field or module name for `wire`; `None` when nothing of it can be used.
pub(crate) fn snake(wire: &str) -> Option<String> {
    let name = snake_case(&usable(wire)?).into_owned();
    let name = if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name };
    match name.as_str() {
        "" => None,
        keyword if RAW.contains(&keyword) => Some(format!("r#{keyword}")),
        keyword if NEVER.contains(&keyword) => Some(format!("{keyword}_")),
        _ => Some(name),
    }
}

/// A type or variant name for `wire`; `None` when nothing of it can be used.
pub(crate) fn pascal(wire: &str) -> Option<String> {
    let name = pascal_case(&usable(wire)?);
    match name.as_str() {
        "" => None,
        "Self" => Some("Self_".to_owned()),
        digits if digits.starts_with(|first: char| first.is_ascii_digit()) => Some(format!("V{digits}")),
        _ => Some(name),
    }
}

/// The singular of a type name, well enough to name an element: `OrderLines` → `OrderLine`, `Parties` → `Party`.
pub(crate) fn singular(plural: &str) -> String {
    let cut = |suffix: &str, instead: &str| plural.strip_suffix(suffix).map(|stem| format!("{stem}{instead}"));
    let is_singular = ["ss", "us", "is"].iter().any(|end| plural.ends_with(end));
    if is_singular {
        return format!("{plural}Item");
    }
    cut("ies", "y")
        .or_else(|| cut("sses", "ss"))
        .or_else(|| cut("xes", "x"))
        .or_else(|| cut("ches", "ch"))
        .or_else(|| cut("s", ""))
        .filter(|stem| !stem.is_empty())
        .unwrap_or_else(|| format!("{plural}Item"))
}

/// `wire` with everything that separates words turned into `_`. Letters beyond Latin-1 are refused: rustc warns about
/// look-alikes among them, and generated code compiles without warnings.
fn usable(wire: &str) -> Option<Cow<'_, str>> {
    if wire.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Some(wire.into());
    }
    let mut out = String::with_capacity(wire.len());
    for c in wire.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ÿ' => out.push(c),
            _ if c.is_ascii() => out.push('_'),
            _ => return None,
        }
    }
    Some(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_digits_become_legal_names() {
        assert_eq!(snake("type").as_deref(), Some("r#type"));
        assert_eq!(snake("self").as_deref(), Some("self_"));
        assert_eq!(snake("1st").as_deref(), Some("_1st"));
        assert_eq!(snake("orderId").as_deref(), Some("order_id"));
        assert_eq!(snake("größe").as_deref(), Some("größe"));
        assert_eq!(pascal("1.0.0").as_deref(), Some("V100"));
        assert_eq!(pascal("self").as_deref(), Some("Self_"));
    }

    #[test]
    fn names_without_a_usable_letter_are_refused() {
        for name in ["", "+", "---", "名前", "🦀", "e\u{301}"] {
            assert_eq!(snake(name), None, "{name}");
        }
    }

    #[test]
    fn elements_are_named_by_the_singular() {
        assert_eq!(singular("OrderLines"), "OrderLine");
        assert_eq!(singular("Parties"), "Party");
        assert_eq!(singular("Addresses"), "Address");
        assert_eq!(singular("Status"), "StatusItem");
        assert_eq!(singular("LinkArray"), "LinkArrayItem");
        assert_eq!(singular("s"), "sItem");
    }
}
