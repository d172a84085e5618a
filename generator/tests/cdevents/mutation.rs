//! Documents that differ from a good one in one place.

use serde_json::{Map, Value, json};

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// A property was taken away.
    Removed,
    /// A value became one of another JSON type.
    Retyped,
    /// A value became another one of the same type.
    Replaced,
}

/// A changed document.
#[derive(Debug)]
pub(crate) struct Mutant {
    pub(crate) change: Change,
    /// JSON pointer to the changed place.
    pub(crate) pointer: String,
    pub(crate) document: Value,
}

/// Every property removed once, and every value replaced once by each of some values that schemas rarely allow.
pub(crate) fn mutants(document: &Value) -> Vec<Mutant> {
    let mut places = Vec::new();
    collect(document, String::new(), &mut places);
    let mut mutants = Vec::new();
    for pointer in places {
        let Some(before) = document.pointer(&pointer) else { continue };
        for value in strangers(before) {
            let same_type = std::mem::discriminant(before) == std::mem::discriminant(&value);
            let change = if same_type { Change::Replaced } else { Change::Retyped };
            let mut document = document.clone();
            if let Some(place) = document.pointer_mut(&pointer) {
                *place = value;
            }
            mutants.push(Mutant { change, pointer: pointer.clone(), document });
        }
        for name in before.as_object().into_iter().flat_map(Map::keys) {
            let mut document = document.clone();
            if let Some(Value::Object(map)) = document.pointer_mut(&pointer) {
                map.shift_remove(name);
            }
            mutants.push(Mutant { change: Change::Removed, pointer: format!("{pointer}/{name}"), document });
        }
    }
    mutants
}

fn collect(value: &Value, pointer: String, places: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, child) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(child, format!("{pointer}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                collect(child, format!("{pointer}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(pointer);
}

/// Values other than `before`, of every type.
fn strangers(before: &Value) -> Vec<Value> {
    let mut values = vec![
        Value::Null,
        json!(true),
        json!(7),
        json!(-1.5),
        json!(""),
        json!("outside of every list"),
        json!("2026-13-45T99:00:00Z"),
        json!([]),
        json!([null]),
        json!({}),
        json!({ "surprise": 1 }),
    ];
    if let Value::String(text) = before {
        // Close to the original: what a sloppy comparison would let through.
        values.extend([
            json!(text.to_uppercase()),
            json!(text.to_lowercase()),
            json!(format!("{text} ")),
            json!([text]),
        ]);
    }
    values.retain(|value| value != before);
    values
}
