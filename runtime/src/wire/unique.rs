//! Lists without equal items.

use std::collections::{BTreeMap, HashSet};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serializer, de, ser};
use serde_json::{Number, Value};

use super::container::{check_items, count_within};
use super::{Violation, Wire, Written};

/// A list of `MIN` to `MAX` items, no two of them equal as JSON.
///
/// A document is judged as it was written: two spellings of one UUID, or items that differ only in what the reader
/// ignores, are different. [`Wire::check`] looks at each item alone; that no two are equal is checked where they are
/// read and written.
#[derive(Debug)]
pub struct UniqueList<A, const MIN: usize, const MAX: usize>(PhantomData<A>);

impl<T, A: Wire<T>, const MIN: usize, const MAX: usize> Wire<Vec<T>> for UniqueList<A, MIN, MAX> {
    fn check(value: &Vec<T>) -> Result<(), Violation> {
        count_within(MIN, MAX, value.len(), "items")?;
        check_items::<T, A>(value)
    }

    fn serialize<S: Serializer>(value: &Vec<T>, serializer: S) -> Result<S::Ok, S::Error> {
        let items: Result<Vec<Value>, _> =
            value.iter().map(|item| serde_json::to_value(Written::<T, A>(item, PhantomData))).collect();
        let items = items.map_err(ser::Error::custom)?;
        all_different(items.iter().map(canonical)).map_err(ser::Error::custom)?;
        serializer.collect_seq(items)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        let items = Vec::<Judged<T, A>>::deserialize(deserializer)?;
        all_different(items.iter().map(|item| item.canonical.clone())).map_err(de::Error::custom)?;
        Ok(items.into_iter().map(|item| item.value).collect())
    }
}

/// An item that was read, and what it was read from.
struct Judged<T, A> {
    value: T,
    canonical: String,
    adapter: PhantomData<A>,
}

impl<'de, T, A: Wire<T>> Deserialize<'de> for Judged<T, A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?;
        let canonical = canonical(&json);
        let value = A::deserialize(json).map_err(de::Error::custom)?;
        Ok(Self { value, canonical, adapter: PhantomData })
    }
}

fn all_different(items: impl Iterator<Item = String>) -> Result<(), Violation> {
    let mut seen = HashSet::new();
    for (index, item) in items.enumerate() {
        if let Some(item) = seen.replace(item) {
            return Err(Violation::new("different items", item).within(format_args!("[{index}]")));
        }
    }
    Ok(())
}

/// A text that is the same for values that are equal as JSON: `1` and `1.0`, members in any order.
fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => canonical_number(number),
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let sorted: BTreeMap<&String, String> =
                members.iter().map(|(key, value)| (key, canonical(value))).collect();
            format!("{sorted:?}")
        }
        other => other.to_string(),
    }
}

/// All digits of whole numbers, however they were written.
fn canonical_number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float == 0.0 => "0".to_owned(),
        Some(float) if number.is_f64() && float.fract() == 0.0 => format!("{float:.0}"),
        _ => number.to_string(),
    }
}
