//! Types against schemas: on every document both say yes, or both say no; and what a type has read, it writes again.

use chrono::DateTime;
use serde_json::Value;

use crate::documents::Trial;
use crate::evidence::{Fault, Outcome};

/// Judges a type by documents of its payload, valid and broken ones in equal parts. `recode` is what the type makes of a
/// payload: it again, or why it is refused.
pub fn judge(trial: &Trial<'_>, recode: impl Fn(&Value) -> Result<Value, String>) -> Outcome {
    let Trial { documents, known, seed, cases } = *trial;
    let accepted = |document: &Value| match recode(document) {
        Err(reason) => Err(format!("the schema accepts it, and the type refuses it: {reason}")),
        Ok(again) => match lost(document, &again, String::new()) {
            Some((place, what)) => Err(format!("the type does not write what it has read at `{place}`: {what}")),
            None => Ok(()),
        },
    };
    let agrees = |document: &Value| match (documents.accepts(document), recode(document)) {
        (true, _) => accepted(document),
        (false, Ok(_)) => Err("the schema refuses it, and the type accepts it".to_owned()),
        (false, Err(_)) => Ok(()),
    };
    let at_fault = |fault: Fault, document: &Value| match documents.refusals(document).into_iter().next() {
        Some((pointer, reason)) => {
            Fault { message: format!("{}: {reason}", fault.message), ..fault }.at_pointer(&pointer)
        }
        None => fault,
    };
    let trouble = known.iter().find_map(|document| {
        let fault = Fault::new(agrees(document).err()?).shown_by(document.clone());
        Some(at_fault(fault, document))
    });
    let valid = documents.try_valid(seed.of("valid"), cases.div_ceil(2), accepted);
    let broken = documents.try_broken(seed.of("broken"), cases / 2, |broken| match recode(&broken.document) {
        Ok(_) => Err(format!(
            "the schema refuses it for `{}` at `{}`, and the type accepts it",
            broken.keyword, broken.pointer
        )),
        Err(_) => Ok(()),
    });
    let tried = known.len() as u64 + valid.documents + broken.documents;
    let mut faults: Vec<Fault> = trouble.into_iter().collect();
    if valid.documents == 0 && cases > 0 {
        faults.push(Fault::new("no valid document was found for its schema: does it allow any?"));
    }
    faults.extend(
        valid.counterexample.map(|found| Fault::new(found.reason).shown_by(found.document).made_by(found.seed)),
    );
    faults.extend(broken.counterexample.map(|found| {
        Fault::new(found.reason)
            .at_pointer(&found.document.pointer)
            .shown_by(found.document.document)
            .made_by(found.seed)
    }));
    Outcome::of(faults, tried)
}

/// What of a document is not in what was made of it: where, and how they differ. Times are compared as instants, numbers by
/// their value, and the letters of a UUID may change their case.
fn lost(document: &Value, again: &Value, place: String) -> Option<(String, String)> {
    match (document, again) {
        (Value::Object(before), Value::Object(after)) => before
            .iter()
            .find_map(|(name, value)| {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                match after.get(name) {
                    Some(other) => lost(value, other, place),
                    None => Some((place, "it is gone".to_owned())),
                }
            })
            .or_else(|| {
                let new = after.keys().find(|name| !before.contains_key(*name))?;
                Some((place.clone(), format!("`{new}` was not there")))
            }),
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => before
            .iter()
            .zip(after)
            .enumerate()
            .find_map(|(index, (value, other))| lost(value, other, format!("{place}[{index}]"))),
        (Value::Number(before), Value::Number(after)) if before.as_f64() == after.as_f64() => None,
        (Value::String(before), Value::String(after)) if is_same(before, after) => None,
        _ if document == again => None,
        _ => Some((place, format!("{document} became {again}"))),
    }
}

fn is_same(before: &str, after: &str) -> bool {
    let instant = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    let is_uuid = |text: &str| text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    before == after
        || instant(before).is_some_and(|before| instant(after) == Some(before))
        || (is_uuid(before) && before.eq_ignore_ascii_case(after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::lost;

    #[test]
    fn what_is_lost_is_found_and_what_is_the_same_is_not() {
        for (before, after, expected) in [
            (json!({ "a": 5 }), json!({ "a": 5.0 }), None),
            (json!({ "a": "2026-01-01T00:00:00+01:00" }), json!({ "a": "2025-12-31T23:00:00Z" }), None),
            (json!({ "a": { "b": 1 } }), json!({ "a": {} }), Some("a.b")),
            (json!({ "a": [1, 2] }), json!({ "a": [1, 3] }), Some("a[1]")),
            (json!({ "a": [1] }), json!({ "a": [1, 1] }), Some("a")),
            (json!({}), json!({ "new": 1 }), Some("")),
            (json!({ "a": "X" }), json!({ "a": "x" }), Some("a")),
        ] {
            let found = lost(&before, &after, String::new()).map(|(place, _)| place);
            assert_eq!(found.as_deref(), expected, "{before} {after}");
        }
    }
}
