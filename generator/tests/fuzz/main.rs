//! Bytes that nobody wrote as a catalogue, and schemas that nobody would: whatever they are, they are read, refused or
//! checked, and nothing panics.
//!
//! Each runs for a second with the other tests; `.ci/fuzz` runs one for longer, guided by coverage.

mod hostile;

use std::time::Duration;

use chrono::NaiveDate;
use rustix::time::{ClockId, clock_gettime};
use tidings_generator::compat::{ContentModel, Schema, Verdict, compare};
use tidings_generator::diagnostic::{Format, render};
use tidings_generator::event_cache::EventCache;
use tidings_generator::{load, model, rules};

/// Far above what any input of a few kilobytes takes, and far below what a person would wait. Inputs are small, so
/// that only growth beyond proportion can reach it.
const LONGEST: Duration = Duration::from_secs(10);

/// Time that the processors have spent on this process: others on the machine make it no longer.
fn spent() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().expect("a process has not worked for less than no time")
}

/// Reads, resolves and checks `bytes`, and renders what was found.
fn read(bytes: &[u8]) {
    let before = spent();
    let text = String::from_utf8_lossy(bytes);
    let mut loaded = load::load_text("catalogue.yaml", &text);
    if let Some(tree) = &loaded.tree {
        let (model, found) = model::resolve(tree);
        loaded.diagnostics.extend(found);
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        loaded.diagnostics.extend(rules::check(&model, today, &EventCache::off()));
    }
    for format in [Format::Human, Format::Json, Format::Sarif, Format::Github] {
        assert!(
            loaded.diagnostics.is_empty() || !render(&loaded.diagnostics, &loaded.sources, format, false).is_empty()
        );
    }
    let took = spent() - before;
    assert!(took < LONGEST, "took {took:?}");
}

/// Compares two schemas that are made from `bytes`, for readers of both kinds.
fn judge(bytes: &[u8]) {
    let before = spent();
    let (old, new) = hostile::pair(bytes);
    for model in [ContentModel::TolerantReader, ContentModel::AsWritten] {
        if let (Ok(old), Ok(new)) = (Schema::new(&old, model), Schema::new(&new, model)) {
            let comparison = compare(&old, &new);
            for verdict in [&comparison.backward, &comparison.forward] {
                assert_eq!(matches!(verdict, Verdict::Breaking(_)), !verdict.findings().is_empty());
            }
        }
    }
    let took = spent() - before;
    assert!(took < LONGEST, "took {took:?}: {old} and {new}");
}

#[test]
fn bytes() {
    bolero::check!().with_max_len(16 * 1024).for_each(read);
}

#[test]
fn schemas() {
    bolero::check!().with_max_len(4 * 1024).for_each(judge);
}
