//! What a consumer tells of its work.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use metrics::{Gauge, counter, gauge, histogram};

use super::inbox::{Claim, Partition};
use crate::RawEnvelope;
use crate::metrics::{
    CONSUMER_BATCH_DURATION, CONSUMER_BLOCKED_KEYS, CONSUMER_DEAD_LETTERS, CONSUMER_DEAD_LETTERS_WAITING,
    CONSUMER_EVENTS, CONSUMER_LAG, CONSUMER_LAG_EVENTS, CONSUMER_TENANT_EVENTS,
};

/// Counts what becomes of the events of one partition.
#[derive(Debug)]
pub(super) struct Meter {
    consumer: Arc<str>,
    partition: Partition,
    /// Whether handled events are counted by tenant, too.
    by_tenant: bool,
}

/// What became of the events of a batch.
#[derive(Debug, Default)]
pub(super) struct Tally {
    by_tenant: bool,
    handled: u64,
    pub(super) duplicates: u64,
    pub(super) passed: u64,
    pub(super) behind: u64,
    /// When the newest of them happened.
    newest: Option<DateTime<Utc>>,
    /// Those that are handled, by tenant.
    tenants: HashMap<String, u64>,
}

impl Tally {
    pub(super) fn handled(&mut self, envelope: &RawEnvelope) {
        self.handled += 1;
        self.newest = self.newest.max(Some(envelope.occurred_at));
        if let Some(tenant) = envelope.tenant_id.as_ref().filter(|_| self.by_tenant) {
            *self.tenants.entry(tenant.clone()).or_default() += 1;
        }
    }
}

impl Meter {
    pub(super) fn new(claim: &Claim, by_tenant: bool) -> Self {
        let meter = Self { consumer: claim.member.consumer.clone(), partition: claim.partition.clone(), by_tenant };
        // A counter that begins with 1 has not grown, as Prometheus sees it.
        meter.dead_letters(0);
        meter
    }

    /// The partition is not read here any more: whoever reads it now tells of it.
    pub(super) fn end(&self) {
        for known in [CONSUMER_LAG_EVENTS, CONSUMER_BLOCKED_KEYS, CONSUMER_DEAD_LETTERS_WAITING] {
            self.gauge(known, 0.0);
        }
        self.gauge(CONSUMER_LAG, f64::NAN);
    }

    /// For the next batch.
    pub(super) fn tally(&self) -> Tally {
        Tally { by_tenant: self.by_tenant, ..Tally::default() }
    }

    pub(super) fn batch(&self, tally: &Tally, took: Duration) {
        let Tally { handled, duplicates, passed, behind, newest, tenants, .. } = tally;
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
        for (tenant, count) in tenants {
            self.count_for(tenant, *count);
        }
    }

    /// All that is in the partition is handled or parked: nothing is late.
    pub(super) fn caught_up(&self) {
        self.waiting(0);
        self.gauge(CONSUMER_LAG, 0.0);
    }

    /// So many events are in the partition that are not handled.
    pub(super) fn waiting(&self, events: u64) {
        self.gauge(CONSUMER_LAG_EVENTS, f64::from(u32::try_from(events).unwrap_or(u32::MAX)));
    }

    pub(super) fn failed(&self) {
        self.count("failed", 1);
    }

    /// A parked event is handled.
    pub(super) fn handled(&self, tenant: Option<&str>) {
        self.count("handled", 1);
        if let Some(tenant) = tenant.filter(|_| self.by_tenant) {
            self.count_for(tenant, 1);
        }
    }

    /// One more event is a dead letter.
    pub(super) fn dead_letter(&self) {
        self.dead_letters(1);
        self.gauge_of(CONSUMER_DEAD_LETTERS_WAITING).increment(1.0);
    }

    /// So many dead letters wait for a decision.
    pub(super) fn undecided(&self, letters: u64) {
        self.gauge(CONSUMER_DEAD_LETTERS_WAITING, f64::from(u32::try_from(letters).unwrap_or(u32::MAX)));
    }

    fn dead_letters(&self, more: u64) {
        let (consumer, stream) = (self.consumer.to_string(), self.partition.stream);
        counter!(CONSUMER_DEAD_LETTERS, "consumer" => consumer, "stream" => stream).increment(more);
    }

    pub(super) fn blocked(&self, keys: usize) {
        self.gauge(CONSUMER_BLOCKED_KEYS, f64::from(u32::try_from(keys).unwrap_or(u32::MAX)));
    }

    fn count(&self, outcome: &'static str, events: u64) {
        let (consumer, stream) = (self.consumer.to_string(), self.partition.stream);
        counter!(CONSUMER_EVENTS, "consumer" => consumer, "stream" => stream, "outcome" => outcome).increment(events);
    }

    fn count_for(&self, tenant: &str, events: u64) {
        let (consumer, tenant) = (self.consumer.to_string(), tenant.to_owned());
        counter!(CONSUMER_TENANT_EVENTS, "consumer" => consumer, "tenant" => tenant).increment(events);
    }

    fn gauge(&self, name: &'static str, value: f64) {
        self.gauge_of(name).set(value);
    }

    fn gauge_of(&self, name: &'static str) -> Gauge {
        let (consumer, stream) = (self.consumer.to_string(), self.partition.stream);
        let partition = self.partition.number.to_string();
        gauge!(name, "consumer" => consumer, "stream" => stream, "partition" => partition)
    }
}
