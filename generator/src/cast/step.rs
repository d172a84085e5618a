//! What a step makes of the values that a schema allows.

use serde_json::{Value, json};

use super::Step;
use super::image::BY_HAND;
use crate::format::Convert;

/// What a step makes of values of one type that are not `null`; else what is wrong, and what helps.
pub(super) fn stepped(schema: Value, step: &Step) -> Result<Value, (String, &'static str)> {
    let kind = match schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        Some(Value::String(_)) => "string",
        _ => schema.get("type").and_then(Value::as_str).unwrap_or("any value"),
    };
    let unfit = |what: &str| (format!("{what} needs {}, and here is {kind}", wanted(step)), BY_HAND);
    match step {
        Step::Same => Ok(schema),
        Step::Values(values, otherwise) => {
            if kind != "string" {
                return Err(unfit("`values`"));
            }
            let listed = |text: &str| values.iter().find(|(from, _)| from == text).map(|(_, to)| to.clone());
            if let Some(known) = schema.get("enum").and_then(Value::as_array) {
                let to = known.iter().map(|value| {
                    let listed = value.as_str().and_then(listed);
                    listed.or_else(|| otherwise.clone()).unwrap_or_else(|| value.clone())
                });
                return Ok(json!({ "enum": distinct(to) }));
            }
            let known = distinct(values.iter().map(|(_, to)| to.clone()).chain(otherwise.clone()));
            Ok(match otherwise {
                Some(_) => json!({ "enum": known }),
                None => json!({ "anyOf": [{ "enum": known }, schema] }),
            })
        }
        Step::Before(_) | Step::Behind(_) => {
            if kind != "string" {
                return Err(unfit("`before` and `behind`"));
            }
            let mut part = json!({ "type": "string" });
            if let Some(longest) = schema.get("maxLength") {
                part["maxLength"] = longest.clone();
            }
            Ok(part)
        }
        Step::Times(factor) => {
            if kind != "integer" {
                return Err(unfit("`times`"));
            }
            times(&schema, *factor).ok_or_else(|| {
                let message = format!("{factor} times this integer may not be one of 64 bits");
                (message, "give the older field a `minimum` and a `maximum`, or write `by_hand`")
            })
        }
        Step::Convert(Convert::Text) => match kind {
            "string" => Ok(schema),
            "integer" => Ok(json!({ "type": "string", "pattern": "^-?[0-9]{1,20}$" })),
            "number" => Ok(json!({ "type": "string" })),
            "boolean" => Ok(json!({ "enum": ["true", "false"] })),
            _ => Err(unfit("`text`")),
        },
        Step::Convert(Convert::List) => Ok(json!({ "type": "array", "items": schema, "minItems": 1, "maxItems": 1 })),
    }
}

fn wanted(step: &Step) -> &'static str {
    match step {
        Step::Times(_) => "an integer",
        Step::Convert(_) => "a number, a text or a truth value",
        _ => "a text",
    }
}

fn distinct(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut out = Vec::new();
    for value in values {
        if !out.contains(&value) {
            out.push(value);
        }
    }
    out
}

/// The integers of `schema`, multiplied; `None` where one of them would leave 64 bits.
fn times(schema: &Value, factor: i64) -> Option<Value> {
    let product = |value: &Value| value.as_i64()?.checked_mul(factor);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(json!({ "enum": values.iter().map(product).collect::<Option<Vec<_>>>()? }));
    }
    let bound = |inclusive: &str, exclusive: &str, inward: i64| match (schema.get(inclusive), schema.get(exclusive)) {
        (Some(bound), _) => bound.as_i64(),
        (None, Some(bound)) => bound.as_i64()?.checked_add(inward),
        (None, None) => None,
    };
    let low = bound("minimum", "exclusiveMinimum", 1)?.checked_mul(factor)?;
    let high = bound("maximum", "exclusiveMaximum", -1)?.checked_mul(factor)?;
    let mut scaled = json!({ "type": "integer", "minimum": low.min(high), "maximum": low.max(high) });
    if factor != 0 {
        scaled["multipleOf"] = factor.checked_abs()?.into();
    }
    Some(scaled)
}
