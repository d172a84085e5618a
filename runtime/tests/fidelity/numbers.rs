//! Integers and decimals.
#![expect(clippy::cast_precision_loss, reason = "where doubles round is what is tested")]

use proptest::prelude::*;
use serde_json::{Number, Value, json};
use tidings::wire::{Checked, Float, Int, Rule, Violation, is_multiple_of};

use crate::{Pair, not_text};

/// 2^53, up to which a double holds every integer.
const EXACT: i64 = 1 << 53;

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// Integers and decimals of all sizes, close to where representations end.
fn number() -> impl Strategy<Value = Value> + Clone {
    let edges =
        [0.0, 1.0, EXACT as f64, i64::MIN as f64, i64::MAX as f64, u64::MAX as f64, 1e30, 1e300, f64::MAX, 5e-324];
    prop_oneof![
        6 => (-120..1_200_i64).prop_map(Value::from),
        4 => (0..120_i64).prop_map(Value::from),
        4 => (-12_000..12_000_i64).prop_map(|n| float(n as f64 / 10.0)),
        2 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => (0..3_i64, any::<bool>()).prop_map(|(n, up)| Value::from(if up { i64::MAX - n } else { i64::MIN + n })),
        1 => (0..3_u64).prop_map(|n| Value::from(u64::MAX - n)),
        1 => (prop::sample::select(edges.to_vec()), any::<bool>()).prop_map(|(n, minus)| float(if minus { -n } else { n })),
        2 => any::<f64>().prop_map(float),
        1 => prop::num::f64::ANY.prop_map(float),
        1 => Just(json!("1")),
        1 => not_text(),
    ]
}

/// As [`number`], without integers that a double rounds.
fn double() -> impl Strategy<Value = Value> + Clone {
    number().prop_map(|value| match (value.as_i64(), value.as_u64()) {
        (None, None) => value,
        (Some(integer), _) if (-EXACT..=EXACT).contains(&integer) => value,
        _ => float(value.as_f64().unwrap_or_default()),
    })
}

fn spellings() -> Vec<Value> {
    [
        "1",
        "1.0",
        "1e2",
        "1E+2",
        "10e-1",
        "15e-1",
        "-0",
        "-0.0",
        "0.0",
        "1e30",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "9223372036854775807.0",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "1e-400",
        "100.00000000000001",
        "0.1",
        "1.7976931348623157e308",
    ]
    .into_iter()
    .map(|text| serde_json::from_str(text).expect("a number"))
    .collect()
}

#[test]
fn integers_agree() {
    const LOW: i128 = i64::MIN as i128;
    const HIGH: i128 = i64::MAX as i128;
    const HIGHEST: i128 = u64::MAX as i128;
    macro_rules! compare {
        ($native:ty, $low:expr, $high:expr, $min:expr, $max:expr) => {
            Pair::<$native, Int<{ $low }, { $high }>>::new(&json!({ "type": "integer", "minimum": $min, "maximum": $max }))
                .on(spellings())
                .on_random(number());
        };
    }
    compare!(i64, 1, 100, 1, 100);
    compare!(i64, -3, 1_000, -3, 1_000);
    compare!(i64, LOW, HIGH, i64::MIN, i64::MAX);
    compare!(i64, LOW, 0, i64::MIN, 0);
    compare!(i64, 0, HIGH - 1, 0, i64::MAX - 1);
    compare!(u64, 0, HIGHEST, 0, u64::MAX);
    compare!(u64, 1, HIGHEST - 1, 1, u64::MAX - 1);
}

#[test]
fn decimals_agree() {
    let exact = spellings().into_iter().filter(|value| !value.is_u64() || value.as_u64() <= Some(EXACT.unsigned_abs()));
    Pair::<f64, Float>::new(&json!({ "type": "number" }))
        .on(exact.filter(|value| !value.is_i64() || value.as_i64() >= Some(-EXACT)))
        .on_random(double());
}

/// Decided, not overlooked: a `number` is a double, as for most readers of JSON, so larger integers are rounded.
#[test]
fn integers_past_2_to_the_53_become_the_nearest_double() {
    let read: f64 = tidings::wire::As::<Float>::deserialize(&json!(EXACT + 1)).expect("a number");
    assert_eq!(read.to_bits(), (EXACT as f64).to_bits());
}

macro_rules! bounds {
    ($($rule:ident: $keyword:literal $bound:literal, $operator:tt;)*) => {
        $(struct $rule;
        impl Rule<f64> for $rule {
            fn check(value: &f64) -> Result<(), Violation> {
                if *value $operator $bound { Ok(()) } else { Err(Violation::new("within bounds", value)) }
            }
        })*

        #[test]
        fn bounds_of_decimals_agree() {
            $(Pair::<f64, Checked<Float, $rule>>::new(&json!({ "type": "number", $keyword: $bound }))
                .on([json!($bound), float(f64::next_up($bound)), float(f64::next_down($bound))])
                .on_random(double());)*
        }
    };
}

bounds! {
    AtLeast: "minimum" 0.1, >=;
    AtMost: "maximum" 99.9, <=;
    Above: "exclusiveMinimum" -0.5, >;
    Below: "exclusiveMaximum" 1000.0, <;
    AtMostExact: "maximum" 9_007_199_254_740_992.0, <=;
}

macro_rules! steps {
    ($($rule:ident: $step:literal;)*) => {
        $(struct $rule;
        impl Rule<f64> for $rule {
            fn check(value: &f64) -> Result<(), Violation> {
                if is_multiple_of(*value, $step) { Ok(()) } else { Err(Violation::new("a multiple", value)) }
            }
        })*

        #[test]
        fn multiples_of_decimals_agree() {
            $({
                let multiples = prop_oneof![
                    (-1_000_000..1_000_000_i64).prop_map(|n| float(n as f64 * $step)),
                    any::<i64>().prop_map(|n| float(n as f64 * $step)),
                    // So large that only the bits count.
                    (any::<i64>(), 20..300).prop_map(|(n, power)| float(n as f64 * 2_f64.powi(power))),
                ];
                let nearly = multiples.clone().prop_map(|value| float(value.as_f64().unwrap_or_default().next_up()));
                // Written as people write them: `0.07`, not `0.07 * n` in binary.
                let decimal = (-1_000_000_000..1_000_000_000_i64, 0..6_u32).prop_map(|(n, places)| {
                    let text = format!("{n}e-{places}");
                    serde_json::from_str::<Value>(&text).expect("a number")
                });
                Pair::<f64, Checked<Float, $rule>>::new(&json!({ "type": "number", "multipleOf": $step }))
                    .on([json!($step), json!(0), float(-0.0), float(1_070_468.14), float(4.35), float(1.1), float(1e15)])
                    .on([float(19.99), float(0.3), float(9_007_199_254_740_991.0), float(1e21), float(1e22 / 3.0)])
                    .on([float(1_000_000.000_000_001), float(123_456_789.01), float(1e12 + 0.01), float(1e12 + 0.003)])
                    .on_random(prop_oneof![3 => multiples, 1 => nearly, 3 => decimal, 1 => double()]);
            })*
        }
    };
}

steps! {
    Cent: 0.01;
    Tenth: 0.1;
    Quarter: 0.25;
    Third: 0.3;
    Seventh: 0.07;
    One: 1.0;
    Five: 5.0;
    Large: 1e17;
    OneAndAHalf: 1.5;
    Sixteenth: 1.6;
    Small: 1e-9;
}

struct Sevens;

impl Rule<i64> for Sevens {
    fn check(value: &i64) -> Result<(), Violation> {
        if value % 7 == 0 { Ok(()) } else { Err(Violation::new("a multiple of 7", value)) }
    }
}

#[test]
fn multiples_of_integers_agree() {
    let schema = json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX, "multipleOf": 7 });
    let sevens = any::<i64>().prop_map(|n| Value::from(n / 7 * 7));
    Pair::<i64, Checked<Int<{ i64::MIN as i128 }, { i64::MAX as i128 }>, Sevens>>::new(&schema)
        .on([json!(14), json!(14.0), json!(-7), json!(-7.5), json!(9_007_199_254_740_995_i64)])
        .on_random(prop_oneof![sevens.clone(), sevens.prop_map(|n| float(n.as_f64().unwrap_or_default())), number()]);
}
