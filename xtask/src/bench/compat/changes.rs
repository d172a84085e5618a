//! Changes of payload schemas, of the kinds that teams make from one version to the next.

use serde_json::{Map, Value, json};

use super::events::{LENGTHS, WORDS, event, field};
use super::random::Random;

const SEED: u64 = 20_261_121;

/// Schemas and a change of each; always the same.
pub(super) fn pairs(count: usize) -> impl Iterator<Item = (Value, Value)> {
    let mut random = Random::new(SEED);
    (0..count).map(move |_| {
        let old = event(&mut random);
        let new = changed(&old, &mut random);
        (old, new)
    })
}

/// `schema` with one to three changes.
fn changed(schema: &Value, random: &mut Random) -> Value {
    let mut schema = schema.clone();
    let places = places(&schema);
    let mut left = 1 + random.below(3);
    while left > 0 {
        let place = random.pick(&places);
        // An earlier change may have taken the place away.
        if let Some(Value::Object(place)) = schema.pointer_mut(place)
            && change(place, random)
        {
            left -= 1;
        }
    }
    schema
}

/// Pointers to every schema of an object or of a field.
fn places(schema: &Value) -> Vec<String> {
    fn visit(schema: &Value, pointer: String, places: &mut Vec<String>) {
        for key in ["properties", "$defs"] {
            for (name, inner) in schema.get(key).and_then(Value::as_object).into_iter().flatten() {
                visit(inner, format!("{pointer}/{key}/{name}"), places);
            }
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(key).filter(|inner| inner.is_object()) {
                visit(inner, format!("{pointer}/{key}"), places);
            }
        }
        places.push(pointer);
    }
    let mut places = Vec::new();
    visit(schema, String::new(), &mut places);
    places
}

/// Changes one thing about a schema; `false` where what was chosen cannot be done to it.
fn change(schema: &mut Map<String, Value>, random: &mut Random) -> bool {
    if random.chance(5) {
        return schema.insert("description".to_owned(), json!("Described in other words.")).is_some();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") if schema.contains_key("properties") => change_fields(schema, random),
        Some("string") if schema.contains_key("enum") => change_choice(schema, random),
        Some("string") => change_text(schema, random),
        Some("integer" | "number") => change_number(schema, random),
        Some("array") => match random.below(3) {
            0 => schema.insert("maxItems".to_owned(), json!(5 + random.below(50))).is_some(),
            1 => schema.insert("minItems".to_owned(), json!(1)).is_none(),
            _ => schema.insert("uniqueItems".to_owned(), json!(true)).is_none(),
        },
        Some("boolean") => schema.insert("type".to_owned(), json!(["boolean", "null"])).is_some(),
        _ => false,
    }
}

fn change_fields(schema: &mut Map<String, Value>, random: &mut Random) -> bool {
    let Some(Value::Object(fields)) = schema.get_mut("properties") else { return false };
    let names: Vec<String> = fields.keys().cloned().collect();
    let name = random.pick(&names).clone();
    let (new, new_schema) = field(random, 1);
    let mut required: Vec<Value> = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(fields)) = schema.get_mut("properties") else { return false };
    let is_required = required.iter().any(|it| *it == name);
    match random.below(8) {
        // An optional field more.
        0..=2 if !fields.contains_key(&new) => {
            fields.insert(new, new_schema);
        }
        // A required one more.
        3 if !fields.contains_key(&new) => {
            fields.insert(new.clone(), new_schema);
            required.push(json!(new));
        }
        // One less.
        4 if fields.len() > 1 => {
            fields.remove(&name);
            required.retain(|it| *it != name);
        }
        5 if is_required => required.retain(|it| *it != name),
        5 => required.push(json!(name)),
        // Another name.
        6 if !fields.contains_key(&new) => {
            if let Some(kept) = fields.remove(&name) {
                fields.insert(new.clone(), kept);
            }
            if is_required {
                required.retain(|it| *it != name);
                required.push(json!(new));
            }
        }
        7 if schema.remove("additionalProperties").is_none() => {
            schema.insert("additionalProperties".to_owned(), json!(false));
        }
        7 => {}
        _ => return false,
    }
    schema.insert("required".to_owned(), Value::Array(required));
    true
}

fn change_choice(schema: &mut Map<String, Value>, random: &mut Random) -> bool {
    let word = json!(random.pick(&WORDS));
    let Some(Value::Array(listed)) = schema.get_mut("enum") else { return false };
    match random.below(5) {
        0..=2 if !listed.contains(&word) => listed.push(word),
        3 if listed.len() > 1 => {
            listed.remove(random.below(listed.len()));
        }
        4 => {
            schema.remove("enum");
        }
        _ => return false,
    }
    true
}

fn change_text(schema: &mut Map<String, Value>, random: &mut Random) -> bool {
    match random.below(6) {
        0..=1 => {
            let length = json!(random.pick(&LENGTHS));
            schema.insert("maxLength".to_owned(), length.clone()) != Some(length)
        }
        2 => schema.insert("minLength".to_owned(), json!(1)) != Some(json!(1)),
        3 => schema.insert("type".to_owned(), json!(["string", "null"])).is_some(),
        4 => match schema.get("pattern").and_then(Value::as_str) {
            Some(pattern) => {
                let wider = pattern.replace("A-Z", "A-Za-z");
                schema.insert("pattern".to_owned(), json!(wider));
                true
            }
            None => schema.insert("pattern".to_owned(), json!(r"^\S")).is_none(),
        },
        _ => schema.remove("format").is_some(),
    }
}

fn change_number(schema: &mut Map<String, Value>, random: &mut Random) -> bool {
    match random.below(5) {
        0 => schema.insert("minimum".to_owned(), json!(random.below(3))).is_some(),
        1 => schema.insert("maximum".to_owned(), json!(10 + random.below(1_000))).is_some(),
        2 => schema.remove("maximum").is_some(),
        3 => schema.insert("type".to_owned(), json!("number")) == Some(json!("integer")),
        _ => schema.insert("multipleOf".to_owned(), json!(5)).is_none(),
    }
}

#[cfg(test)]
mod tests {
    use tidings_generator::compat::{ContentModel, Schema};

    use super::pairs;

    #[test]
    fn pairs_are_schemas_that_differ_and_the_same_in_every_run() {
        let made: Vec<_> = pairs(200).collect();
        assert_eq!(made, pairs(200).collect::<Vec<_>>());
        for (old, new) in &made {
            assert!((8..=20).contains(&old["properties"].as_object().unwrap().len()), "{old}");
            for schema in [old, new] {
                Schema::new(schema, ContentModel::AsWritten).unwrap_or_else(|error| panic!("{error}: {schema}"));
            }
        }
        let same = made.iter().filter(|(old, new)| old == new).count();
        assert!(same < 20, "{same} pairs are no change");
    }
}
