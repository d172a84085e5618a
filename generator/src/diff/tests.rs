//! Changes of the Rust API, by a change of one payload.

use super::api_changes;
use crate::load::load_text;
use crate::model::resolve;

const BEFORE: &str = "{ type: object, required: [id, state], properties: {
    id: { type: string },
    count: { type: integer },
    state: { type: string, enum: [open, closed] },
    line: { type: object, properties: { sku: { type: string } } },
    tags: { type: array, items: { type: string } },
    money: { $ref: Money } } }";

/// What stops compiling between `BEFORE` and the same with `from` replaced by `to`.
fn changes(from: &str, to: &str) -> Vec<String> {
    assert!(BEFORE.contains(from), "{from}");
    let after = BEFORE.replacen(from, to, 1);
    let text = format!(
        "
format: tidings/1
name: shop
types: {{ Money: {{ type: object, properties: {{ cents: {{ type: integer }} }} }} }}
contexts:
  orders:
    events:
      order.placed:
        versions:
          1: {{ status: active, data: {} }}
          2: {{ status: active, data: {} }}
",
        BEFORE.replace('\n', " "),
        after.replace('\n', " "),
    );
    let loaded = load_text("catalogue.yaml", &text);
    let (model, found) = resolve(&loaded.tree.expect("a catalogue"));
    assert!(found.is_empty(), "{found:?}");
    let versions = &model.events["order.placed"].versions;
    let changes = api_changes(&versions[&1].payload, &versions[&2].payload);
    changes.into_iter().map(|change| format!("{} {}", change.item, change.change)).collect()
}

#[test]
fn what_code_sees_is_reported_and_nothing_else() {
    assert_eq!(changes("id: {", "id: {"), [] as [&str; 0]);
    assert_eq!(changes("id: { type: string", "id: { type: string, maxLength: 9"), [] as [&str; 0]);
    assert_eq!(
        changes("count: {", "note: { type: string }, count: {"),
        ["OrderPlacedV2::note is new, `Option<String>`: literals of the struct need it"]
    );
    assert_eq!(changes("    count: { type: integer },\n", ""), ["OrderPlacedV2::count is gone"]);
    assert_eq!(
        changes("count: { type: integer", "count: { type: number"),
        ["OrderPlacedV2::count is `Option<f64>` instead of `Option<i64>`"]
    );
    assert_eq!(
        changes("count: { type: integer", "count: { type: integer, minimum: 0, maximum: 18446744073709551615"),
        ["OrderPlacedV2::count is `Option<u64>` instead of `Option<i64>`"]
    );
    assert_eq!(
        changes("required: [id, state]", "required: [id]"),
        ["OrderPlacedV2::state is `Option<OrderPlacedV2State>` instead of `OrderPlacedV1State`"]
    );
    assert_eq!(
        changes("[open, closed]", "[open, lost]"),
        ["OrderPlacedV2State::Closed is gone", "OrderPlacedV2State::Lost is new: a `match` without `_` needs it"]
    );
    assert_eq!(
        changes("sku: { type: string }", "sku: { type: string, format: uuid }"),
        ["OrderPlacedV2Line::sku is `Option<Uuid>` instead of `Option<String>`"]
    );
    assert_eq!(
        changes("items: { type: string }", "items: { type: boolean }"),
        ["OrderPlacedV2::tags is `Option<Vec<bool>>` instead of `Option<Vec<String>>`"]
    );
    assert_eq!(
        changes("{ $ref: Money }", "{ type: integer }"),
        ["OrderPlacedV2::money is `Option<i64>` instead of `Option<Money>`"]
    );
}
