//! Limits and steps of numbers, compared as exactly as JSON writes them.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::parts::{Parts, Types};

/// Orders numbers exactly where both are integers.
pub(super) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// A limit of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Limit {
    pub(super) value: Number,
    /// The limit itself is not allowed.
    pub(super) exclusive: bool,
}

impl Parts<'_> {
    /// The lowest number allowed, as far as keywords say.
    pub(super) fn lowest(&self) -> Option<Limit> {
        self.limit("minimum", "exclusiveMinimum", Ordering::Greater)
    }

    /// The highest number allowed, as far as keywords say.
    pub(super) fn highest(&self) -> Option<Limit> {
        self.limit("maximum", "exclusiveMaximum", Ordering::Less)
    }

    fn limit(&self, inclusive: &str, exclusive: &str, tighter: Ordering) -> Option<Limit> {
        let mut tightest: Option<Limit> = None;
        for (keyword, exclusive) in [(inclusive, false), (exclusive, true)] {
            for value in self.all(keyword) {
                let Value::Number(value) = value else { continue };
                let wins = tightest.as_ref().is_none_or(|best| match compare(value, &best.value) {
                    Some(Ordering::Equal) => exclusive,
                    order => order == Some(tighter),
                });
                if wins {
                    tightest = Some(Limit { value: value.clone(), exclusive });
                }
            }
        }
        tightest
    }
}

/// Whether the writer's numbers keep the reader's limit.
pub(super) fn within(writer: &Parts<'_>, types: Types, key: &str, value: &Value) -> bool {
    let Value::Number(limit) = value else { return false };
    let is_lower = key.ends_with("inimum");
    let Some(own) = (if is_lower { writer.lowest() } else { writer.highest() }) else { return false };
    let whole = !types.has(Types::FRACTION);
    let own = if whole { tightened(own, is_lower) } else { own };
    let order = compare(&own.value, limit);
    let inside = if is_lower { Ordering::Greater } else { Ordering::Less };
    let exclusive = key.starts_with("exclusive");
    order == Some(inside) || (order == Some(Ordering::Equal) && (!exclusive || own.exclusive))
}

/// The limit of whole numbers that this limit of all numbers is.
fn tightened(limit: Limit, is_lower: bool) -> Limit {
    if let Some(whole) = limit.value.as_i64() {
        let next = if is_lower { whole.checked_add(1) } else { whole.checked_sub(1) };
        return match next.filter(|_| limit.exclusive) {
            Some(next) => Limit { value: next.into(), exclusive: false },
            None => limit,
        };
    }
    let Some(value) = limit.value.as_f64().filter(|value| value.fract() != 0.0) else { return limit };
    let rounded = if is_lower { value.ceil() } else { value.floor() };
    Number::from_f64(rounded).map_or(limit, |value| Limit { value, exclusive: false })
}

/// Whether the writer's steps are among the reader's.
pub(super) fn steps_fit(writer: &Parts<'_>, types: Types, value: &Value) -> bool {
    let Some(step) = fraction(value) else { return writer.all("multipleOf").any(|own| own == value) };
    let whole = (!types.has(Types::FRACTION)).then_some((1, 1));
    let own: Vec<(u128, u128)> = writer.all("multipleOf").filter_map(fraction).chain(whole).collect();
    // Whole multiples of a/b, in lowest terms, are the multiples of a.
    let whole_steps = own.iter().map(|(times, _)| (*times, 1)).filter(|_| whole.is_some());
    own.iter().copied().chain(whole_steps.collect::<Vec<_>>()).any(|own| own.0 * step.1 % (own.1 * step.0) == 0)
}

/// A positive decimal number in lowest terms, unless it has too many digits.
fn fraction(value: &Value) -> Option<(u128, u128)> {
    let text = value.as_number()?.to_string();
    let (whole, digits) = text.split_once('.').unwrap_or((&text, ""));
    let below = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let above: u128 = format!("{whole}{digits}").parse().ok().filter(|above| *above > 0 && *above < 1 << 60)?;
    let (mut a, mut b) = (above, below);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    (below < 1 << 60).then_some((above / a, below / a))
}
