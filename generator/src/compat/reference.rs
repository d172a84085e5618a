//! References inside one schema: `#`, `#/$defs/Order`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::pointer::percent_decoded;
use crate::positions;

/// What `reference` leads to.
pub(super) fn target<'d>(document: &'d Value, reference: &str) -> Option<&'d Value> {
    document.pointer(&percent_decoded(reference.strip_prefix('#')?)?)
}

/// A reference to what `pointer` leads to, with everything escaped that a URI may not hold.
pub(super) fn to(pointer: &str) -> String {
    let mut out = String::from("#");
    for byte in pointer.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'~' | b'-' | b'.' | b'_' | b'$' => {
                out.push(char::from(byte));
            }
            _ => out.extend(format!("%{byte:02X}").chars()),
        }
    }
    out
}

/// `schema` with everything it refers to under `$defs`, so that a part of it means the same elsewhere as long as those
/// are with it.
pub(super) fn with_definitions(schema: &Value) -> Value {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut open = Vec::new();
    let mut moved = |part: &Value, open: &mut Vec<(String, String)>| {
        let mut part = part.clone();
        remove_definitions(&mut part);
        positions::each_reference(&mut part, &mut |written| {
            let next = names.len();
            let name = names.entry(written.clone()).or_insert_with(|| {
                open.push((format!("d{next}"), written.clone()));
                format!("d{next}")
            });
            *written = format!("#/$defs/{name}");
        });
        part
    };
    let mut root = moved(schema, &mut open);
    let mut definitions = Map::new();
    while let Some((name, written)) = open.pop() {
        if let Some(target) = target(schema, &written) {
            definitions.insert(name, moved(target, &mut open));
        }
    }
    if let Value::Object(root) = &mut root
        && !definitions.is_empty()
    {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    root
}

fn remove_definitions(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    map.retain(|key, _| !matches!(key.as_str(), "$defs" | "definitions"));
    positions::below_mut(map).into_iter().for_each(remove_definitions);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{target, to};
    use crate::pointer::percent_decoded;

    #[test]
    fn any_name_can_be_referred_to() {
        for name in ["Order", "a b", "Über%", "x#y?z", "100%"] {
            let document = json!({ "$defs": { name: { "title": name } } });
            let reference = to(&format!("/$defs/{name}"));
            assert_eq!(target(&document, &reference), Some(&document["$defs"][name]), "{reference}");
            jsonschema::validator_for(&json!({ "$defs": { name: {} }, "$ref": reference })).unwrap();
        }
        assert_eq!(percent_decoded("%f"), None);
    }
}
