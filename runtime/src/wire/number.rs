//! Integers and decimals.

use serde::{Deserialize, Deserializer, Serializer, de};

use super::{Violation, Wire};

/// A whole number from `MIN` to `MAX`. `3.0` is one, as in JSON Schema.
#[derive(Debug)]
pub struct Int<const MIN: i128, const MAX: i128>;

/// A finite decimal number, JSON has no other. It is a double, as for most readers of JSON: an integer past 2^53 becomes
/// the nearest one.
#[derive(Debug)]
pub struct Float;

impl<const MIN: i128, const MAX: i128> Int<MIN, MAX> {
    fn within(value: i128) -> Result<(), Violation> {
        if (MIN..=MAX).contains(&value) {
            return Ok(());
        }
        let expected = match (MIN <= i128::from(i64::MIN), MAX >= i128::from(i64::MAX)) {
            (false, true) => format!("{MIN} or more"),
            (true, false) => format!("{MAX} or less"),
            _ => format!("{MIN} to {MAX}"),
        };
        Err(Violation::new(expected, value))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        let value = deserializer.deserialize_any(Whole)?;
        Self::within(value).map_err(de::Error::custom)?;
        Ok(value)
    }
}

/// Reads what JSON Schema calls an integer.
struct Whole;

impl de::Visitor<'_> for Whole {
    type Value = i128;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<i128, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<i128, E> {
        Ok(value.into())
    }

    #[expect(clippy::cast_possible_truncation, reason = "whole and within the range of i128")]
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<i128, E> {
        if value.fract() == 0.0 && value.abs() < 1e30 {
            Ok(value as i128)
        } else {
            Err(E::invalid_value(de::Unexpected::Float(value), &self))
        }
    }
}

impl<const MIN: i128, const MAX: i128> Wire<i64> for Int<MIN, MAX> {
    fn check(value: &i64) -> Result<(), Violation> {
        Self::within(i128::from(*value))
    }

    fn serialize<S: Serializer>(value: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*value)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        i64::try_from(Self::read(deserializer)?).map_err(de::Error::custom)
    }
}

impl<const MIN: i128, const MAX: i128> Wire<u64> for Int<MIN, MAX> {
    fn check(value: &u64) -> Result<(), Violation> {
        Self::within(i128::from(*value))
    }

    fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*value)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        u64::try_from(Self::read(deserializer)?).map_err(de::Error::custom)
    }
}

impl Wire<f64> for Float {
    fn check(value: &f64) -> Result<(), Violation> {
        if value.is_finite() { Ok(()) } else { Err(Violation::new("a finite number", value)) }
    }

    fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(*value)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        f64::deserialize(deserializer)
    }
}

/// Whether `value` is a whole number of `step`s, both read as the decimals they are written as: `4.35` is 435 steps of
/// `0.01`, though neither is exact in binary. As `jsonschema` has it, the rule ends at some 10^21 steps, where `value` is
/// a whole number anyway and counts as the integer that its bits are.
#[must_use]
pub fn is_multiple_of(value: f64, step: f64) -> bool {
    if step.fract() == 0.0 {
        return value % step == 0.0;
    }
    let (Some(decimal), Some(step)) = (Decimal::of(value), Decimal::of(step)) else { return false };
    let apart = decimal.exponent.abs_diff(step.exponent);
    let scaled = |digits: i128| 10_i128.checked_pow(apart)?.checked_mul(digits);
    if decimal.exponent < step.exponent {
        return scaled(step.digits).map_or(decimal.digits == 0, |step| decimal.digits % step == 0);
    }
    match scaled(decimal.digits) {
        Some(scaled) => scaled % step.digits == 0,
        None => {
            let shift = |digits, base, places: u32| (0..places).fold(digits, |rest, _| rest * base % step.digits);
            let (mantissa, twos) = whole(value);
            shift(shift(mantissa % step.digits, 2, twos), 10, step.exponent.min(0).unsigned_abs()) == 0
        }
    }
}

/// `mantissa * 2^twos`, which a large `value` is.
fn whole(value: f64) -> (i128, u32) {
    let bits = value.to_bits();
    let exponent = (bits >> 52) & 0x7ff;
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    (i128::from(mantissa), u32::try_from(exponent.saturating_sub(1075)).unwrap_or_default())
}

/// `digits * 10^exponent`, without its sign.
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    /// The decimal that `value` is written as in JSON; `None` for what is not finite.
    fn of(value: f64) -> Option<Self> {
        let written = serde_json::Number::from_f64(value.abs())?.to_string();
        let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let places = i32::try_from(fraction.len()).ok()?;
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { digits, exponent: exponent.parse::<i32>().ok()? - places })
    }
}
