//! Integers and decimals.

use serde::{Deserialize, Deserializer, Serializer, de};

use super::{Violation, Wire};

/// A whole number from `MIN` to `MAX`. `3.0` is one, as in JSON Schema.
#[derive(Debug)]
pub struct Int<const MIN: i128, const MAX: i128>;

/// A finite decimal number. JSON has no other.
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

/// Whether `value` is a whole number of `step`s, with room for the error of one division.
#[must_use]
pub fn is_multiple_of(value: f64, step: f64) -> bool {
    let quotient = value / step;
    (quotient - quotient.round()).abs() <= f64::EPSILON * quotient.abs().max(1.0)
}
