//! Every rule, by a change of one catalogue.

use chrono::NaiveDate;

use super::{Change, Reads, check};
use crate::load::load_text;
use crate::model::{EventVersion, Model, resolve};

const CATALOGUE: &str = "
format: tidings/1
name: shop
teams: { checkout: { name: Checkout } }
contexts:
  orders:
    team: checkout
    streams:
      orders:
        partitions: 3
        partition_key: data.id
        retention: { max_age: 30d }
        dead_letter: { max_age: 90d, then: halt_key }
    events:
      order.placed:
        stream: orders
        compatibility: backward
        versions:
          1:
            status: active
            data: { type: object, required: [id], properties: { id: { type: string }, note: { type: string } } }
          2:
            status: draft
            data: { type: object, properties: { id: { type: integer } } }
services:
  mailer: { team: checkout, consumes: [order.placed@1] }
";

fn model(text: &str) -> Model {
    resolve(&load_text("catalogue.yaml", text).tree.unwrap()).0
}

/// Rules that a change falls under, once `from` is replaced by `to`.
fn found(replacements: &[(&str, &str)]) -> Vec<&'static str> {
    let mut text = CATALOGUE.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let today = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
    let (old, new) = (model(CATALOGUE), model(&text));
    let mut rules: Vec<_> = check(&Change { old: &old, new: &new, offset: 0, today, reads: &[] })
        .into_iter()
        .map(|finding| finding.rule)
        .collect();
    rules.sort_unstable();
    rules
}

#[test]
fn what_nobody_relies_on_may_change() {
    assert_eq!(found(&[]), [] as [&str; 0]);
    // The draft, an optional field, longer retention, and a new consumer.
    assert_eq!(found(&[("{ id: { type: integer } }", "{ id: { type: boolean } }")]), [] as [&str; 0]);
    assert_eq!(found(&[("max_age: 30d", "max_age: 60d")]), [] as [&str; 0]);
    assert_eq!(found(&[("services:", "services:\n  audit: { consumes: [order.placed] }")]), [] as [&str; 0]);
}

#[test]
fn what_is_compatible_on_the_wire_may_still_change_the_code() {
    let gift = ("note: { type: string }", "note: { type: string }, gift: { type: boolean }");
    assert_eq!(found(&[gift]), ["rust-api-changed"]);
    assert_eq!(found(&[("note: { type: string }", "note: { type: string, description: A note. }")]), [] as [&str; 0]);
}

#[test]
fn streams_keep_their_shape() {
    assert_eq!(found(&[("partitions: 3", "partitions: 6")]), ["partition-count-changed"]);
    assert_eq!(found(&[("partition_key: data.id", "partition_key: data.note")]), ["partition-key-changed"]);
    assert_eq!(found(&[("max_age: 30d", "max_age: 7d")]), ["retention-cut"]);
    assert_eq!(found(&[("max_age: 90d", "max_age: 7d")]), ["retention-cut"]);
    assert_eq!(found(&[("then: halt_key", "then: skip")]), ["dead-letter-changed"]);
    assert_eq!(found(&[("dead_letter: { max_age: 90d, then: halt_key }", "summary: None.")]), ["dead-letter-changed"]);
    let renamed = [
        ("      orders:\n        partitions", "      purchases:\n        partitions"),
        ("stream: orders", "stream: purchases"),
    ];
    assert_eq!(found(&renamed), ["stream-changed", "stream-removed"]);
}

#[test]
fn lifecycles_go_one_way() {
    assert_eq!(found(&[("status: active", "status: draft")]), ["published-again-as-draft"]);
    assert_eq!(found(&[("status: active", "status: retired")]), ["retired-too-early", "retired-with-consumers"]);
    assert_eq!(found(&[("          1:\n", "          3:\n")]), ["event-removed"]);
}

#[test]
fn payloads_keep_what_the_event_promises() {
    let narrowed = ("note: { type: string }", "note: { type: string, maxLength: 9 }");
    assert_eq!(found(&[narrowed]), ["limit-tightened"]);
    // A field that readers no longer know breaks forward only, which this event does not promise.
    assert_eq!(found(&[("required: [id], ", "")]), ["rust-api-changed"]);
    assert_eq!(found(&[("compatibility: backward", "compatibility: none"), narrowed]), [] as [&str; 0]);
    // Once it is published, the draft has to be readable by those who read version 1.
    assert_eq!(found(&[("status: draft", "status: active")]), ["type-changed"]);
}

#[test]
fn who_is_known_not_to_read_a_field_is_not_woken_up() {
    let published = "{ type: object, required: [id], properties: { id: { type: string }, note: { type: string } } }";
    let changed = "{ type: object, required: [id], properties: { id: { type: string }, note: { type: integer } } }";
    let (old, new) = (model(CATALOGUE), model(&CATALOGUE.replacen(published, changed, 1)));
    let today = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
    let why = |fields: &[&str]| -> String {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        let id = EventVersion { event: "order.placed".to_owned(), version: 1 };
        let reads = [Reads { service: "mailer".to_owned(), id, fields }];
        let found = check(&Change { old: &old, new: &new, offset: 0, today, reads: &reads });
        let of_types = found.iter().filter(|finding| finding.rule == "type-changed");
        of_types.flat_map(|finding| &finding.why).map(String::as_str).collect()
    };
    assert!(why(&["id", "note"]).contains("consumed by `mailer` (team Checkout)"), "{}", why(&["id", "note"]));
    assert!(why(&["id"]).contains("not read by `mailer` (team Checkout)"), "{}", why(&["id"]));
}
