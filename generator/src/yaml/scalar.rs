//! What an unquoted word means: the core schema of YAML 1.2, as far as JSON can hold it.

use serde_json::Number;

use super::Kind;

/// A word that looks like a number no JSON reader would get back as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inexact;

/// The meaning of an unquoted word.
pub(super) fn resolve(word: &str) -> Result<Kind, Inexact> {
    Ok(match word {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => match number(word)? {
            Some(number) => Kind::Number(number),
            None => Kind::String(word.to_owned()),
        },
    })
}

fn number(word: &str) -> Result<Option<Number>, Inexact> {
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(word, ".nan" | ".NaN" | ".NAN") {
        return Err(Inexact);
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = word.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return u64::from_str_radix(digits, radix).map(|n| Some(n.into())).map_err(|_| Inexact);
        }
    }
    let Some(written) = Decimal::parse(unsigned) else {
        return Ok(None);
    };
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let integer = word.strip_prefix('+').unwrap_or(word);
        let signed = integer.parse::<i64>().map(Number::from);
        return signed.or_else(|_| integer.parse::<u64>().map(Number::from)).map(Some).map_err(|_| Inexact);
    }
    let value: f64 = word.parse().map_err(|_| Inexact)?;
    let number = Number::from_f64(value).ok_or(Inexact)?;
    let shortest = format!("{:e}", value.abs());
    if Decimal::parse(&shortest).as_ref() == Some(&written) { Ok(Some(number)) } else { Err(Inexact) }
}

/// A decimal number without its sign: `digits × 10^exponent`, no zeros at either end.
#[derive(PartialEq, Eq)]
struct Decimal {
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads `12`, `1.5`, `.5`, `1.`, `1e-3`; nothing else.
    fn parse(word: &str) -> Option<Self> {
        let (mantissa, exponent) = match word.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (word, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_end_matches('0');
        let exponent =
            exponent - i64::try_from(fraction.len()).ok()? + i64::try_from(digits.len() - significant.len()).ok()?;
        let digits = significant.trim_start_matches('0').to_owned();
        Some(if digits.is_empty() { Self { digits, exponent: 0 } } else { Self { digits, exponent } })
    }
}

/// Stands for every exponent that no number has.
const VERY_LARGE: i64 = 1_000_000;

/// The exponent of a number; one too large for any number counts as very large.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(VERY_LARGE).min(VERY_LARGE);
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(word: &str) -> Option<String> {
        let kind = resolve(word).ok()?;
        let span = crate::source::Span { file: crate::source::FileId(0), start: 0, end: 0 };
        Some(super::super::Node { span, kind }.to_json().to_string())
    }

    #[test]
    fn words_of_yaml_1_1_stay_text() {
        for word in ["NO", "no", "yes", "on", "off", "y", "1_000", "1:30", "0b1", "2027-03-31", "1.2.3", "e5", "-", "."]
        {
            assert_eq!(resolve(word), Ok(Kind::String(word.to_owned())), "{word}");
        }
    }

    #[test]
    fn numbers_keep_their_value() {
        let cases = [
            ("0", "0"),
            ("007", "7"),
            ("-12", "-12"),
            ("+3", "3"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("1.", "1.0"),
            ("1e3", "1000.0"),
            ("0.1", "0.1"),
            ("-2.5E-3", "-0.0025"),
            ("0.0", "0.0"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
        ];
        for (word, expected) in cases {
            assert_eq!(json(word).as_deref(), Some(expected), "{word}");
        }
    }

    #[test]
    fn numbers_that_would_change_are_refused() {
        let words = [
            "18446744073709551616",
            "1e400",
            "3.14159265358979323846",
            ".inf",
            "-.INF",
            ".nan",
            "1e-400",
            "0xFFFFFFFFFFFFFFFFF",
            "1e99999999999999999999",
        ];
        for word in words {
            assert_eq!(resolve(word), Err(Inexact), "{word}");
        }
    }
}
