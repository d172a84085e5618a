//! What a consumer tells of its work.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use metrics::{counter, gauge, histogram};

use super::inbox::{Claim, Partition};
use crate::metrics::{
    CONSUMER_BATCH_DURATION, CONSUMER_BLOCKED_KEYS, CONSUMER_DEAD_LETTERS, CONSUMER_EVENTS, CONSUMER_LAG,
};

/// Counts what becomes of the events of one partition.
#[derive(Debug)]
pub(super) struct Meter {
    consumer: Arc<str>,
    partition: Partition,
}

/// What became of the events of a batch.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) handled: u64,
    pub(super) duplicates: u64,
    pub(super) passed: u64,
    pub(super) behind: u64,
    /// When the newest of them happened.
    pub(super) newest: Option<DateTime<Utc>>,
}

impl Meter {
    pub(super) fn new(claim: &Claim) -> Self {
        Self { consumer: claim.member.consumer.clone(), partition: claim.partition.clone() }
    }

    pub(super) fn batch(&self, tally: &Tally, took: Duration) {
        let Tally { handled, duplicates, passed, behind, newest } = tally;
        let outcomes = [("handled", handled), ("duplicate", duplicates), ("passed", passed), ("behind", behind)];
        for (outcome, count) in outcomes.into_iter().filter(|(_, count)| **count > 0) {
            self.count(outcome, *count);
        }
        let (consumer, stream) = (self.consumer.to_string(), self.partition.stream);
        histogram!(CONSUMER_BATCH_DURATION, "consumer" => consumer, "stream" => stream).record(took.as_secs_f64());
        if let Some(newest) = newest {
            let lag = (Utc::now() - newest).to_std().unwrap_or_default();
            self.gauge(CONSUMER_LAG, lag.as_secs_f64());
        }
    }

    pub(super) fn failed(&self) {
        self.count("failed", 1);
    }

    /// A parked event is handled.
    pub(super) fn handled(&self) {
        self.count("handled", 1);
    }

    pub(super) fn dead_letter(&self) {
        let (consumer, stream) = (self.consumer.to_string(), self.partition.stream);
        counter!(CONSUMER_DEAD_LETTERS, "consumer" => consumer, "stream" => stream).increment(1);
    }

    pub(super) fn blocked(&self, keys: usize) {
        self.gauge(CONSUMER_BLOCKED_KEYS, f64::from(u32::try_from(keys).unwrap_or(u32::MAX)));
    }

    fn count(&self, outcome: &'static str, events: u64) {
        let (consumer, stream) = (self.consumer.to_string(), self.partition.stream);
        counter!(CONSUMER_EVENTS, "consumer" => consumer, "stream" => stream, "outcome" => outcome).increment(events);
    }

    fn gauge(&self, name: &'static str, value: f64) {
        let (consumer, stream) = (self.consumer.to_string(), self.partition.stream);
        let partition = self.partition.number.to_string();
        gauge!(name, "consumer" => consumer, "stream" => stream, "partition" => partition).set(value);
    }
}
