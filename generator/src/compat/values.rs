//! Which values there are: all of them, where they are few, and whether there are any at all.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::numbers::compare;
use super::parts::{Parts, Types};

/// All values, where there are finitely many and the parts or their types list them.
pub(super) fn finite(writer: &Parts<'_>) -> Option<Vec<Value>> {
    finite_within(writer, 4)
}

fn finite_within(writer: &Parts<'_>, depth: usize) -> Option<Vec<Value>> {
    let types = writer.types();
    if let Some(listed) = writer.listed() {
        return Some(listed.into_iter().filter(|value| type_of(value).within(types)).cloned().collect());
    }
    if types == Types::OBJECT {
        return records(writer, depth.checked_sub(1)?);
    }
    let with_bool = types.has(Types::BOOLEAN).then(|| vec![Value::Bool(false), Value::Bool(true)]);
    let with_null = types.has(Types::NULL).then(|| vec![Value::Null]);
    let all_types = types.each().all(|one| one == Types::BOOLEAN || one == Types::NULL);
    all_types.then(|| with_bool.into_iter().chain(with_null).flatten().collect())
}

/// All records of a closed object, where each of its fields has few values.
fn records(writer: &Parts<'_>, depth: usize) -> Option<Vec<Value>> {
    const MOST: usize = 64;
    if !writer.other_property().is_impossible() || !writer.patterns().is_empty() {
        return None;
    }
    let required = writer.required();
    let mut records = vec![Map::new()];
    for name in writer.declared() {
        let field = writer.property(name);
        let values = if field.is_impossible() { Vec::new() } else { finite_within(&field, depth)? };
        let mut next = if required.contains(name) { Vec::new() } else { records.clone() };
        for value in values {
            next.extend(records.iter().cloned().map(|mut record| {
                record.insert(name.to_owned(), value.clone());
                record
            }));
        }
        records = next;
        if records.len() > MOST {
            return None;
        }
    }
    Some(records.into_iter().map(Value::Object).collect())
}

pub(super) fn type_of(value: &Value) -> Types {
    match value {
        Value::Null => Types::NULL,
        Value::Bool(_) => Types::BOOLEAN,
        Value::Number(number) if number.is_f64() && number.as_f64().is_some_and(|n| n.fract() != 0.0) => {
            Types::FRACTION
        }
        Value::Number(_) => Types::INTEGER,
        Value::String(_) => Types::STRING,
        Value::Array(_) => Types::ARRAY,
        Value::Object(_) => Types::OBJECT,
    }
}

/// Whether it is certain that no value is one of `parts`.
pub(super) fn is_empty(parts: &Parts<'_>, depth: usize) -> bool {
    if parts.is_impossible() {
        return true;
    }
    let types = parts.types();
    if let Some(listed) = parts.listed()
        && listed.iter().all(|value| !type_of(value).within(types))
    {
        return true;
    }
    let number_is_empty = || match (parts.lowest(), parts.highest()) {
        (Some(low), Some(high)) => match compare(&low.value, &high.value) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => low.exclusive || high.exclusive,
            _ => false,
        },
        _ => false,
    };
    let exceeds = |least: &str, most: &str| parts.at_most(most).is_some_and(|most| parts.at_least(least) > most);
    types.each().all(|one| {
        if one == Types::INTEGER || one == Types::FRACTION {
            number_is_empty()
        } else if one == Types::STRING {
            exceeds("minLength", "maxLength")
        } else if one == Types::ARRAY {
            exceeds("minItems", "maxItems")
        } else if one == Types::OBJECT {
            exceeds("minProperties", "maxProperties")
                || (depth > 0 && parts.required().into_iter().any(|name| is_empty(&parts.property(name), depth - 1)))
        } else {
            false
        }
    })
}

/// Whether it is certain that no value is one of both.
pub(super) fn disjoint(a: &Parts<'_>, b: &Parts<'_>) -> bool {
    let types = a.types().and(b.types());
    if types.is_none() || a.is_impossible() || b.is_impossible() {
        return true;
    }
    if let (Some(a), Some(b)) = (finite(a), finite(b)) {
        return !share_a_value(&a, &b);
    }
    if !types.within(Types::OBJECT) {
        return false;
    }
    let both: Vec<&str> = a.required().into_iter().chain(b.required()).collect();
    both.into_iter().any(|name| {
        let (a, b) = (a.property(name), b.property(name));
        a.is_impossible() || b.is_impossible() || a.types().and(b.types()).is_none() || {
            matches!((finite(&a), finite(&b)), (Some(a), Some(b)) if !share_a_value(&a, &b))
        }
    })
}

fn share_a_value(a: &[Value], b: &[Value]) -> bool {
    a.iter().any(|a| b.iter().any(|b| same(a, b)))
}

/// Equal as JSON Schema compares: `1` and `1.0` are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
