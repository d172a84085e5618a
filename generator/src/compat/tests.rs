//! Verdicts on single changes. The hand-judged table is in `tests/compat`.

use serde_json::{Value, json};

use super::{ContentModel, Direction, Schema, Verdict, compare, judge};
use crate::rules;

fn verdicts(old: &Value, new: &Value, model: ContentModel) -> (&'static str, &'static str) {
    let (old, new) = (Schema::new(old, model).unwrap(), Schema::new(new, model).unwrap());
    let comparison = compare(&old, &new);
    (comparison.backward.as_str(), comparison.forward.as_str())
}

#[test]
fn an_optional_field_is_compatible_for_tolerant_readers_only() {
    let old = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let new = json!({ "type": "object", "properties": { "a": { "type": "string" }, "b": { "type": "integer" } } });
    assert_eq!(verdicts(&old, &new, ContentModel::TolerantReader), ("compatible", "compatible"));
    assert_eq!(verdicts(&old, &new, ContentModel::AsWritten), ("breaking", "compatible"));
}

#[test]
fn every_page_of_a_rule_shows_a_change_that_it_explains() {
    for meta in rules::compat::ALL {
        let page = meta.page();
        let from = page.find("```yaml,breaks\n").unwrap() + "```yaml,breaks\n".len();
        let example: Value = serde_yaml::from_str(&page[from..from + page[from..].find("```").unwrap()]).unwrap();
        let found = [ContentModel::TolerantReader, ContentModel::AsWritten].into_iter().any(|model| {
            let schema = |side: &str| Schema::new(&example[side], model).unwrap();
            let comparison = compare(&schema("old"), &schema("new"));
            comparison.findings().any(|finding| finding.rule.id == meta.id)
        });
        assert!(found, "nothing falls under {}", meta.id);
    }
}

#[test]
fn every_reason_has_a_finding_with_a_small_witness() {
    let old = json!({ "type": "object", "required": ["id", "total"], "properties": {
        "id": { "type": "string", "format": "uuid" },
        "total": { "type": "integer", "minimum": 0 },
        "lines": { "type": "array", "items": { "type": "object", "properties": { "sku": { "type": "string" } } } },
    } });
    let new = json!({ "type": "object", "required": ["id", "channel"], "properties": {
        "id": { "type": "string", "format": "uuid" },
        "total": { "type": "integer", "minimum": 1 },
        "channel": { "enum": ["web", "app"] },
        "lines": { "type": "array", "maxItems": 3, "items": {
            "type": "object", "properties": { "sku": { "type": "string", "maxLength": 4 } } } },
    } });
    let schema = |value| Schema::new(value, ContentModel::TolerantReader).unwrap();
    let Verdict::Breaking(findings) = judge(&schema(&old), &schema(&new), Direction::Backward) else { panic!() };
    let shown: Vec<_> =
        findings.iter().map(|it| format!("{} {} {} {}", it.rule.id, it.place, it.path_new, it.witness)).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_recursive_type_is_compared_to_its_end() {
    let list = |item: Value| {
        json!({
            "$defs": { "Node": { "type": "object", "required": ["item"], "properties": {
                "item": item, "next": { "$ref": "#/$defs/Node" } } } },
            "$ref": "#/$defs/Node",
        })
    };
    let (narrow, wide) = (list(json!({ "type": "integer" })), list(json!({ "type": "number" })));
    for model in [ContentModel::TolerantReader, ContentModel::AsWritten] {
        assert_eq!(verdicts(&narrow, &wide, model), ("compatible", "breaking"));
    }
}

#[test]
fn thousands_of_listed_values_are_compared() {
    let list = |most: u32| json!({ "enum": (0..most).collect::<Vec<_>>() });
    // Each value against each would take minutes.
    assert_eq!(verdicts(&json!({}), &list(8_000), ContentModel::AsWritten), ("breaking", "compatible"));
}
