//! Alerting rules for Prometheus: one group per service, so that each alert knows whom to wake up.
//!
//! Thresholds come from the catalogue where it has one: lag budgets, retries, partitions. An alert of severity `page` is
//! for now, one of severity `ticket` for the next day.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Consumer, has_outbox};
use crate::model::{Duration, Model, Service};

/// An outbox whose oldest event is older is not emptied.
const OUTBOX_AGE: u64 = 60;
/// A consumer stops reading a partition with 1,000 blocked keys; at half of that it is not the events that are at fault.
const BLOCKED_KEYS: u64 = 500;
/// The longest that an alert waits for, in seconds: a week.
const LONGEST: u64 = 7 * 86_400;
/// What a key may be blocked for beyond its retries, in seconds.
const GRACE: u64 = 900;

/// All rules, as the file of Prometheus has them.
pub(super) fn rules(model: &Model) -> Value {
    let relays = model.services.values().filter(|service| has_outbox(model, service)).map(relay);
    let consumers = Consumer::all(model);
    let consumers = consumers.iter().map(|consumer| self::consumer(model, consumer));
    let groups: Vec<Value> = relays.chain(consumers).collect();
    json!({ "groups": groups })
}

/// An alert that holds for `seconds` before anybody is called.
struct Alert<'a> {
    name: &'static str,
    service: &'a Service,
    /// `None`: it is about all that the service does.
    read_model: Option<&'a str>,
    severity: &'static str,
    expr: String,
    seconds: u64,
    summary: String,
    description: &'static str,
    runbook: String,
}

impl Alert<'_> {
    fn rule(&self) -> Value {
        let mut labels = json!({ "severity": self.severity, "service": literal(&self.service.name) });
        if let Some(team) = &self.service.team {
            labels["team"] = json!(literal(team));
        }
        if let Some(read_model) = self.read_model {
            labels["read_model"] = json!(literal(read_model));
        }
        json!({
            "alert": self.name,
            "expr": self.expr,
            "for": format!("{}s", self.seconds),
            "labels": labels,
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook": self.runbook,
            },
        })
    }
}

/// Text that Prometheus, which takes it for a template of Go, leaves as it is.
fn literal(text: &str) -> String {
    text.replace("{{", "{{`{{`}}")
}

/// A string of Prometheus' query language.
fn string(text: &str) -> String {
    json!(text).to_string()
}

fn relay(service: &Service) -> Value {
    let group = string(&service.name);
    let alert = |name, severity, expr, seconds, summary: &str, description, section: &str| {
        let summary = format!("{} {summary}", literal(&service.name));
        let runbook = format!("ops/broker.md#{section}");
        Alert { name, service, read_model: None, severity, expr, seconds, summary, description, runbook }.rule()
    };
    let rules = [
        alert(
            "TidingsOutboxOld",
            "page",
            format!("max by (group) (tidings_relay_backlog_age_seconds{{group={group}}}) > {OUTBOX_AGE}"),
            120,
            "has committed events that are not published for {{ $value | humanizeDuration }}",
            "Events wait in the outbox. Nothing is lost, but whoever reads them is behind.",
            "events-are-not-published",
        ),
        alert(
            "TidingsRelayMissing",
            "page",
            // Whoever was there last week and is not there now counts as zero; whoever never was, is not missed.
            format!(
                "(sum by (group) (tidings_relay_leader{{group={group}}}) \
                 or 0 * sum by (group) (last_over_time(tidings_relay_leader{{group={group}}}[7d]))) < 1"
            ),
            300,
            "has no relay that leads",
            "Nobody publishes the events of this outbox. They wait there.",
            "events-are-not-published",
        ),
        alert(
            "TidingsRelayTwice",
            "ticket",
            format!("sum by (group) (tidings_relay_leader{{group={group}}}) > 1"),
            300,
            "has {{ $value }} relays that take themselves for the leader",
            "Writes of all but one are refused, so no event is published twice; but one of them does not notice.",
            "events-are-not-published",
        ),
        alert(
            "TidingsRelayRestarts",
            "ticket",
            format!("sum by (group) (increase(tidings_relay_restarts_total{{group={group}}}[5m])) > 0"),
            900,
            "has a relay that begins anew again and again",
            "Its log says why: the database or the broker refuses what it asks for.",
            "events-are-not-published",
        ),
    ];
    json!({ "name": format!("tidings-relay-{}", service.name), "rules": rules })
}

fn consumer(model: &Model, consumer: &Consumer<'_>) -> Value {
    let service = consumer.service;
    let name = string(&service.name);
    let mut rules = Vec::new();
    let mut alert = |name, severity, expr, seconds, summary: String, description, runbook: &str| {
        let (runbook, read_model) = (runbook.to_owned(), None);
        rules.push(Alert { name, service, read_model, severity, expr, seconds, summary, description, runbook }.rule());
    };
    let shown = literal(&service.name);
    let partitions: u64 = consumer.streams.iter().map(|stream| u64::from(stream.partitions)).sum();
    alert(
        "TidingsConsumerMissing",
        "page",
        format!(
            "(sum by (consumer) (tidings_consumer_partitions{{consumer={name}}}) \
             or 0 * sum by (consumer) (last_over_time(tidings_consumer_partitions{{consumer={name}}}[7d]))) < {partitions}"
        ),
        300,
        format!("{shown} reads {{{{ $value }}}} of {partitions} partitions"),
        "Nobody reads the others: instances are missing, or they cannot take partitions over.",
        "ops/broker.md#a-consumer-is-behind",
    );
    let handled = format!(
        "sum by (consumer, stream) (increase(tidings_consumer_events_total{{consumer={name}, outcome!=\"failed\"}}[10m])) > 0"
    );
    alert(
        "TidingsConsumerStuck",
        "page",
        format!(
            "sum by (consumer, stream) (tidings_consumer_lag_events{{consumer={name}}}) > 0 \
             unless on (consumer, stream) {handled}"
        ),
        600,
        format!(
            "{shown} has handled nothing of {{{{ $labels.stream }}}} for minutes, and {{{{ $value }}}} events wait"
        ),
        "Events wait and none is handled: a handler that never ends, a key that halts everything, or a lock.",
        "ops/broker.md#a-consumer-is-behind",
    );
    alert(
        "TidingsConsumerFails",
        "page",
        format!(
            "sum by (consumer, stream) (increase(tidings_consumer_events_total{{consumer={name}, outcome=\"failed\"}}[10m])) > 0 \
             unless on (consumer, stream) {handled}"
        ),
        600,
        format!("{shown} fails at all events of {{{{ $labels.stream }}}}"),
        "Attempts fail or take too long, and nothing else is handled: it is hardly the events that are at fault.",
        "ops/dead-letters.md#when-they-grow",
    );
    let halts = consumer.halting().next().is_some();
    alert(
        "TidingsDeadLetters",
        if halts { "page" } else { "ticket" },
        format!("sum by (consumer, stream) (tidings_consumer_dead_letters_waiting{{consumer={name}}}) > 0"),
        60,
        format!("{shown} has {{{{ $value }}}} dead letters of {{{{ $labels.stream }}}} that nobody has decided on"),
        "No attempt could handle these events. They are kept until a person decides.",
        "ops/dead-letters.md",
    );
    alert(
        "TidingsDeadLettersGrow",
        "page",
        format!(
            "sum by (consumer, stream) (increase(tidings_consumer_dead_letters_total{{consumer={name}}}[15m])) > 10"
        ),
        60,
        format!("{shown} makes dead letters of {{{{ $labels.stream }}}}, {{{{ $value | humanize }}}} in 15 minutes"),
        "So many at once are hardly the fault of single events.",
        "ops/dead-letters.md#when-they-grow",
    );
    alert(
        "TidingsKeysParked",
        "ticket",
        format!("sum by (consumer, stream) (tidings_consumer_blocked_keys{{consumer={name}}}) > 0"),
        consumer.patience().as_secs().saturating_add(GRACE).min(LONGEST),
        format!("{shown} has {{{{ $value }}}} keys of {{{{ $labels.stream }}}} that wait"),
        "For longer than all retries of an event take, some key has waited at any time. Its later events are not handled.",
        "ops/dead-letters.md#keys-that-wait",
    );
    alert(
        "TidingsManyKeysParked",
        "page",
        format!(
            "max by (consumer, stream, partition) (tidings_consumer_blocked_keys{{consumer={name}}}) >= {BLOCKED_KEYS}"
        ),
        60,
        format!(
            "{shown} has {{{{ $value }}}} keys that wait in partition {{{{ $labels.partition }}}} of {{{{ $labels.stream }}}}"
        ),
        "At 1,000 the partition is not read on: it is hardly the events that are at fault.",
        "ops/dead-letters.md#keys-that-wait",
    );
    alert(
        "TidingsConsumerRestarts",
        "ticket",
        format!("sum by (consumer) (increase(tidings_consumer_restarts_total{{consumer={name}}}[5m])) > 0"),
        900,
        format!("{shown} begins anew again and again"),
        "Its log says why: the database or the broker refuses what it asks for.",
        "ops/broker.md#a-consumer-is-behind",
    );
    rules.extend(budgets(model, consumer).iter().map(Budget::rule));
    json!({ "name": format!("tidings-consumer-{}", service.name), "rules": rules })
}

/// How old may be what is read at a service, or in one of its read models.
struct Budget<'a> {
    service: &'a Service,
    read_model: Option<&'a str>,
    /// What it is made of.
    streams: BTreeSet<&'a str>,
    most: Duration,
}

/// What is promised of a service and of each of its read models.
fn budgets<'a>(model: &'a Model, consumer: &Consumer<'a>) -> Vec<Budget<'a>> {
    let service = consumer.service;
    let streams = || consumer.streams.iter().map(|stream| stream.name.as_str()).collect();
    let own = service.lag_budget.map(|most| Budget { service, read_model: None, streams: streams(), most });
    let projections = model.projections.values().filter(|projection| projection.service == service.name);
    let projections = projections.filter_map(|projection| {
        let ids = projection.from.iter().flat_map(|selection| &selection.versions);
        let streams = ids.filter_map(|id| Some(model.version(id)?.1.stream.as_str())).collect();
        Some(Budget { service, read_model: Some(&projection.name), streams, most: projection.lag_budget? })
    });
    // What is promised of the whole service need not be told once more of a read model.
    let is_told = |budget: &Budget<'_>| {
        own.as_ref().is_some_and(|own| own.most == budget.most && budget.streams.is_subset(&own.streams))
    };
    let projections: Vec<_> = projections.filter(|budget| !is_told(budget)).collect();
    own.into_iter().chain(projections).collect()
}

impl Budget<'_> {
    fn rule(&self) -> Value {
        let streams: Vec<String> = self.streams.iter().map(|stream| stream.replace('.', "[.]")).collect();
        let of = format!("consumer={}, stream=~{}", string(&self.service.name), string(&streams.join("|")));
        let whose = self.read_model.map_or_else(String::new, |name| format!("{name} of "));
        let alert = Alert {
            name: "TidingsFreshnessOverBudget",
            service: self.service,
            read_model: self.read_model,
            severity: "page",
            // The lag is that of the newest event when it was handled: it says nothing of a partition where nothing comes.
            expr: format!(
                "max by (consumer, stream) (tidings_consumer_lag_seconds{{{of}}} > {} and \
                 (changes(tidings_consumer_lag_seconds{{{of}}}[5m]) > 0 or tidings_consumer_lag_events{{{of}}} > 0))",
                self.most.0.as_secs_f64()
            ),
            seconds: 300,
            summary: format!(
                "{} is {{{{ $value | humanizeDuration }}}} behind {{{{ $labels.stream }}}}; its budget is {}",
                literal(&format!("{whose}{}", self.service.name)),
                self.most
            ),
            description: "What is read there is older than the catalogue promises.",
            runbook: "ops/broker.md#a-consumer-is-behind".to_owned(),
        };
        alert.rule()
    }
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn text_is_no_template() {
        assert_eq!(literal("a {{ $value }} b"), "a {{`{{`}} $value }} b");
    }
}
