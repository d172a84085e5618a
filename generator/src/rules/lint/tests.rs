//! Every example on every lint's page is run.

use chrono::NaiveDate;
use serde_json::Value;

use super::{ALL, Circumstances, Lint};
use crate::diagnostic::Diagnostic;
use crate::event_cache::EventCache;
use crate::{load, model};

/// A small catalogue without findings. Examples are laid over it: mappings are merged, `null` removes.
const BASE: &str = r"
format: tidings/1
name: shop
tenancy: { mode: partition }
teams: { checkout: { name: Checkout } }
defaults:
  partitions: 3
  partition_key: [tenant_id, data.order_id]
  retention: { max_age: 7d }
  dead_letter: { max_age: 30d }
contexts:
  orders:
    team: checkout
    streams: { orders: {} }
    types:
      Order:
        type: object
        required: [order_id, total]
        properties:
          order_id: { type: string }
          total: { type: integer }
          placed_at: { type: string, format: date-time }
    events:
      order.placed: { stream: orders, versions: { 1: { status: active, data: { $ref: Order } } } }
      order.billed: { stream: orders, versions: { 1: { status: active, data: { $ref: Order } } } }
services:
  shop-api: { team: checkout, publishes: [order.*], consumes: [order.billed] }
  billing: { team: checkout, publishes: [order.*], consumes: [order.*], dedup_window: 14d }
";

fn overlay(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                if value.is_null() {
                    base.remove(&key);
                } else {
                    overlay(base.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (base, over) => *base = over,
    }
}

fn findings(fragment: &str) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let mut catalogue: Value = serde_yaml::from_str(BASE).expect("the base is YAML");
    overlay(&mut catalogue, serde_yaml::from_str(fragment).expect("an example is YAML"));
    let loaded = load::load_text("catalogue.yaml", &catalogue.to_string());
    let mut faults = loaded.diagnostics;
    let (model, found) = model::resolve(&loaded.tree.expect("an example can be understood"));
    faults.extend(found);
    let today = NaiveDate::from_ymd_opt(2026, 6, 1).expect("a day");
    let cache = EventCache::off();
    let circumstances = Circumstances::of(&model, today, &cache);
    let mut lints = Vec::new();
    for lint in ALL {
        (lint.check)(&model, &circumstances, &mut lints);
    }
    (faults, lints)
}

fn example<'p>(lint: &Lint, page: &'p str, kind: &str) -> &'p str {
    let fence = format!("```yaml,{kind}\n");
    let from = page.find(&fence).unwrap_or_else(|| panic!("{} has no example that {kind}", lint.meta.id)) + fence.len();
    &page[from..from + page[from..].find("```").expect("a closed example")]
}

#[test]
fn the_base_catalogue_has_no_findings() {
    let (faults, lints) = findings("{}");
    assert_eq!((faults, lints), (Vec::new(), Vec::new()));
}

#[test]
fn failing_examples_are_reported_and_passing_ones_are_not() {
    for lint in ALL {
        let page = lint.meta.page();
        let (faults, found) = findings(example(lint, &page, "fails"));
        assert!(faults.is_empty(), "{}: {faults:#?}", lint.meta.id);
        assert!(
            found.iter().any(|finding| finding.rule == lint.meta.id),
            "{} is not reported: {found:#?}",
            lint.meta.id
        );
        let (faults, found) = findings(example(lint, &page, "passes"));
        assert!(faults.is_empty(), "{}: {faults:#?}", lint.meta.id);
        assert!(!found.iter().any(|finding| finding.rule == lint.meta.id), "{} is reported: {found:#?}", lint.meta.id);
    }
}

#[test]
fn every_finding_says_where_why_and_what_to_do() {
    for lint in ALL {
        let page = lint.meta.page();
        for finding in findings(example(lint, &page, "fails")).1 {
            assert!(finding.span.is_some() && finding.why.is_some() && finding.help.is_some(), "{finding:#?}");
        }
    }
}
