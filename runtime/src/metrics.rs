//! Names of all metrics, in one place.
//!
//! They are recorded with the crate `metrics`: whoever has the process installs a recorder for it, such as
//! `metrics-exporter-prometheus`, and calls [`describe`] after that. Without a recorder they cost next to nothing.
//!
//! Names follow Prometheus: counters end in `_total`, times are in seconds, sizes in bytes.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Counter by `group` and `stream`: events that the broker has confirmed. Counts what is published again after the
/// broker lost it, too.
pub const RELAY_EVENTS_PUBLISHED: &str = "tidings_relay_events_published_total";

/// Gauge by `group`: messages that were sent to the broker and are not confirmed.
pub const RELAY_UNCONFIRMED_MESSAGES: &str = "tidings_relay_unconfirmed_messages";

/// Gauge by `group`: 1 while this process leads, 0 while it does not. In a group, one leads.
pub const RELAY_LEADER: &str = "tidings_relay_leader";

/// Counter by `group`: windows of the outbox that were opened.
pub const RELAY_WINDOWS_OPENED: &str = "tidings_relay_windows_opened_total";

/// Histogram by `group`: from the opening of a window to the confirm of its last event, in seconds.
pub const RELAY_WINDOW_DURATION: &str = "tidings_relay_window_duration_seconds";

/// Counter by `group`: failures after which the relay began anew.
pub const RELAY_RESTARTS: &str = "tidings_relay_restarts_total";

/// Gauge by `group`: committed rows of the outbox that are not known to be published. Exact up to a thousand, estimated
/// from ids beyond. NaN while this process does not lead.
pub const RELAY_BACKLOG_ROWS: &str = "tidings_relay_backlog_rows";

/// Gauge by `group`: age of the oldest of these rows, in seconds; 0 where there is none. NaN while this process does not
/// lead.
pub const RELAY_BACKLOG_AGE: &str = "tidings_relay_backlog_age_seconds";

/// Gauge by `state`, which is `live`, `closed` or `empty`: segments of the outbox on PostgreSQL. Under steady traffic none
/// is empty: one is live, and the others are kept for a while. NaN while this process does not lead.
pub const OUTBOX_SEGMENTS: &str = "tidings_outbox_segments";

/// Counter by `consumer`, `stream` and `outcome`, which is `handled`, `duplicate` (noted in the ledger before), `passed`
/// (nothing handles its type), `behind` (parked behind an earlier event of its key) or `failed` (an attempt): events that
/// were read.
pub const CONSUMER_EVENTS: &str = "tidings_consumer_events_total";

/// Histogram by `consumer` and `stream`: from the beginning of a batch to its commit, in seconds.
pub const CONSUMER_BATCH_DURATION: &str = "tidings_consumer_batch_duration_seconds";

/// Gauge by `consumer`, `stream` and `partition`: how long ago the newest event that is handled had happened when it was,
/// in seconds; 0 where the broker has nothing more, as it is asked once a minute. Held against a lag budget. NaN of a
/// partition that this process does not read any more.
pub const CONSUMER_LAG: &str = "tidings_consumer_lag_seconds";

/// Gauge by `consumer`, `stream` and `partition`: events behind the last one that is handled or parked. Asked for once a
/// minute.
pub const CONSUMER_LAG_EVENTS: &str = "tidings_consumer_lag_events";

/// Counter by `consumer` and `tenant`, where a consumer is set to count them: events that were handled.
pub const CONSUMER_TENANT_EVENTS: &str = "tidings_consumer_tenant_events_total";

/// Gauge by `consumer`, `stream` and `partition`: keys whose events are parked or halted, up to the limit at which the
/// partition is not read on.
pub const CONSUMER_BLOCKED_KEYS: &str = "tidings_consumer_blocked_keys";

/// Counter by `consumer` and `stream`: events that became dead letters.
pub const CONSUMER_DEAD_LETTERS: &str = "tidings_consumer_dead_letters_total";

/// Gauge by `consumer`, `stream` and `partition`: dead letters on which nobody has decided. Counted once a minute, and
/// when one more comes. 0 of a partition that this process does not read.
pub const CONSUMER_DEAD_LETTERS_WAITING: &str = "tidings_consumer_dead_letters_waiting";

/// Gauge by `consumer`: partitions that this instance reads.
pub const CONSUMER_PARTITIONS: &str = "tidings_consumer_partitions";

/// Counter by `consumer`: failures of the database or the broker after which a partition was read anew.
pub const CONSUMER_RESTARTS: &str = "tidings_consumer_restarts_total";

/// A metric, and what it is split by.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it is read.
    pub kind: Kind,
    unit: Unit,
    /// Labels that each of its time series has.
    pub labels: &'static [&'static str],
    /// One sentence for whoever sees it for the first time.
    pub about: &'static str,
}

/// How a metric is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Only grows; its rate matters.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution, as buckets or as quantiles: whoever installs the recorder decides.
    Histogram,
}

/// All metrics, relays' first.
pub const ALL: &[Metric] = &[
    counter(RELAY_EVENTS_PUBLISHED, Unit::Count, &["group", "stream"], "Events that the broker has confirmed."),
    gauge(RELAY_UNCONFIRMED_MESSAGES, Unit::Count, &["group"], "Messages that are sent and not confirmed."),
    gauge(RELAY_LEADER, Unit::Count, &["group"], "1 while this process leads its group, else 0."),
    counter(RELAY_WINDOWS_OPENED, Unit::Count, &["group"], "Windows of the outbox that were opened."),
    histogram(RELAY_WINDOW_DURATION, Unit::Seconds, &["group"], "From the opening of a window to its last confirm."),
    counter(RELAY_RESTARTS, Unit::Count, &["group"], "Failures after which the relay began anew."),
    gauge(RELAY_BACKLOG_ROWS, Unit::Count, &["group"], "Rows of the outbox that are not known to be published."),
    gauge(RELAY_BACKLOG_AGE, Unit::Seconds, &["group"], "Age of the oldest row that is not known to be published."),
    gauge(OUTBOX_SEGMENTS, Unit::Count, &["state"], "Segments of the outbox by state."),
    counter(
        CONSUMER_EVENTS,
        Unit::Count,
        &["consumer", "stream", "outcome"],
        "Events that were read, by what became of them.",
    ),
    histogram(
        CONSUMER_BATCH_DURATION,
        Unit::Seconds,
        &["consumer", "stream"],
        "From the beginning of a batch to its commit.",
    ),
    gauge(
        CONSUMER_LAG,
        Unit::Seconds,
        &["consumer", "stream", "partition"],
        "How old the newest event was when it was handled.",
    ),
    gauge(
        CONSUMER_LAG_EVENTS,
        Unit::Count,
        &["consumer", "stream", "partition"],
        "Events behind the last one that is handled or parked.",
    ),
    counter(CONSUMER_TENANT_EVENTS, Unit::Count, &["consumer", "tenant"], "Events that were handled, by tenant."),
    gauge(
        CONSUMER_BLOCKED_KEYS,
        Unit::Count,
        &["consumer", "stream", "partition"],
        "Keys whose events are parked or halted.",
    ),
    counter(CONSUMER_DEAD_LETTERS, Unit::Count, &["consumer", "stream"], "Events that became dead letters."),
    gauge(
        CONSUMER_DEAD_LETTERS_WAITING,
        Unit::Count,
        &["consumer", "stream", "partition"],
        "Dead letters on which nobody has decided.",
    ),
    gauge(CONSUMER_PARTITIONS, Unit::Count, &["consumer"], "Partitions that this instance reads."),
    counter(CONSUMER_RESTARTS, Unit::Count, &["consumer"], "Failures after which a partition was read anew."),
];

const fn counter(name: &'static str, unit: Unit, labels: &'static [&'static str], about: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, unit, labels, about }
}

const fn gauge(name: &'static str, unit: Unit, labels: &'static [&'static str], about: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, unit, labels, about }
}

const fn histogram(name: &'static str, unit: Unit, labels: &'static [&'static str], about: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, unit, labels, about }
}

/// Describes all metrics to the recorder of this process.
pub fn describe() {
    for metric in ALL {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.unit, metric.about),
            Kind::Gauge => describe_gauge!(metric.name, metric.unit, metric.about),
            Kind::Histogram => describe_histogram!(metric.name, metric.unit, metric.about),
        }
    }
}
