//! Integers and numbers: at their limits, near zero, and anywhere.

use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy as _, Union};
use serde_json::{Number, Value, json};
use tidings_generator::payload::{IntegerRules, NumberRules};

/// Up to here a double holds every integer, so a validator that divides doubles is right about multiples.
const EXACT: i128 = 1 << 53;

/// As far as numbers without limits go when they are anywhere.
const FAR: f64 = 1e12;

/// Integers within their limits; without limits, those of 64 bits.
pub(super) fn integers(rules: &IntegerRules) -> BoxedStrategy<Value> {
    if !rules.one_of.is_empty() {
        return select(rules.one_of.iter().copied().map(integer).collect::<Vec<_>>()).boxed();
    }
    let step = i128::from(rules.multiple_of.unwrap_or(1).max(1));
    let (mut least, mut most) = (rules.min.unwrap_or(i64::MIN.into()), rules.max.unwrap_or(i64::MAX.into()));
    if step > 1 {
        (least, most) = (least.max(-EXACT), most.min(EXACT));
    }
    // As multiples of the step.
    let (least, most) = (-((-least).div_euclid(step)), most.div_euclid(step));
    if least > most {
        // The validator will refuse it, as it would anything.
        return select(vec![integer(least * step)]).boxed();
    }
    let value = move |multiple: i128| integer(multiple * step);
    let near: Vec<i128> =
        [0, 1, -1, least, least + 1, most - 1, most].into_iter().filter(|it| (least..=most).contains(it)).collect();
    let (small_least, small_most) = (least.max(-1_000), most.min(1_000));
    // Whatever is far shrinks to what is small first.
    let small = (small_least <= small_most).then(|| (3, (small_least..=small_most).prop_map(value).boxed()));
    let others = [(1, (least..=most).prop_map(value).boxed()), (2, select(near).prop_map(value).boxed())];
    let choices: Vec<_> = small.into_iter().chain(others).collect();
    Union::new_weighted(choices).boxed()
}

/// An integer as JSON, as far as JSON has it.
pub(super) fn integer(value: i128) -> Value {
    i64::try_from(value).map(Value::from).or_else(|_| u64::try_from(value).map(Value::from)).unwrap_or_else(|_| {
        #[expect(clippy::cast_precision_loss, reason = "beyond 64 bits there is nothing more exact")]
        Value::from(value as f64)
    })
}

/// Numbers within their limits.
pub(super) fn numbers(rules: &NumberRules) -> BoxedStrategy<Value> {
    let limit = |limit: &Option<Number>| limit.as_ref().and_then(Number::as_f64);
    let least = [limit(&rules.min), limit(&rules.exclusive_min)].into_iter().flatten().reduce(f64::max);
    let most = [limit(&rules.max), limit(&rules.exclusive_max)].into_iter().flatten().reduce(f64::min);
    let is_allowed = {
        let rules = rules.clone();
        move |value: f64| {
            limit_allows(rules.min.as_ref(), |min| value >= min)
                && limit_allows(rules.max.as_ref(), |max| value <= max)
                && limit_allows(rules.exclusive_min.as_ref(), |min| value > min)
                && limit_allows(rules.exclusive_max.as_ref(), |max| value < max)
        }
    };
    let (low, high) = match (least, most) {
        (Some(least), Some(most)) => (least, most),
        (Some(least), None) => (least, least + FAR),
        (None, Some(most)) => (most - FAR, most),
        (None, None) => (-FAR, FAR),
    };
    let step = rules.multiple_of.as_ref().and_then(Number::as_f64).filter(|step| *step > 0.0);
    let mut near = vec![0.0, 1.0, -1.0, 0.5, -0.5, 0.1, 1e-9, 1e15, -1e15, 1e300, low, high, low + 1.0, high - 1.0];
    near.extend([low.midpoint(high), low.midpoint(0.0)]);
    if let Some(step) = step {
        near = near.into_iter().map(|value| (value / step).round() * step).collect();
    }
    // As they are written, which may be more exact.
    let written = [&rules.min, &rules.max].into_iter().flatten().cloned().map(Value::Number);
    let near: Vec<Value> =
        near.into_iter().filter(|value| is_allowed(*value)).map(|value| json!(value)).chain(written).collect();
    let anywhere = (low.min(high)..=high.max(low)).prop_map(move |value| match step {
        Some(step) => json!((value / step).round() * step),
        // JSON does not tell 5 from 5.0.
        None if value.fract() == 0.0 => integer(rounded(value)),
        None => json!(value),
    });
    let tens = (0_i32..=200)
        .prop_map(move |tenth| json!(f64::from(tenth) / 10.0))
        .prop_filter("outside of its limits", move |value| value.as_f64().is_some_and(&is_allowed));
    let has_tens = low < 20.0 && high > 0.0 && high - low > 0.5 && step.is_none();
    let mut choices = vec![(1, anywhere.boxed())];
    if has_tens {
        choices.insert(0, (2, tens.boxed()));
    }
    if !near.is_empty() {
        choices.push((2, select(near).boxed()));
    }
    Union::new_weighted(choices).boxed()
}

fn limit_allows(limit: Option<&Number>, allows: impl Fn(f64) -> bool) -> bool {
    limit.and_then(Number::as_f64).is_none_or(allows)
}

#[expect(clippy::cast_possible_truncation, reason = "whole, and far from the limits")]
fn rounded(value: f64) -> i128 {
    value as i128
}
