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

/// Gauge by `state`, which is `live`, `closed` or `empty`: segments of the outbox on PostgreSQL. Without an empty one,
/// the outbox grows until old rows may go.
pub const OUTBOX_SEGMENTS: &str = "tidings_outbox_segments";

/// Counter by `consumer`, `stream` and `outcome`, which is `handled`, `duplicate` (noted in the ledger before), `passed`
/// (nothing handles its type), `behind` (parked behind an earlier event of its key) or `failed` (an attempt): events that
/// were read.
pub const CONSUMER_EVENTS: &str = "tidings_consumer_events_total";

/// Histogram by `consumer` and `stream`: from the beginning of a batch to its commit, in seconds.
pub const CONSUMER_BATCH_DURATION: &str = "tidings_consumer_batch_duration_seconds";

/// Gauge by `consumer`, `stream` and `partition`: how long ago the newest event that is handled had happened when it was,
/// in seconds. Held against a lag budget while events come.
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

/// Gauge by `consumer`: partitions that this instance reads.
pub const CONSUMER_PARTITIONS: &str = "tidings_consumer_partitions";

/// Counter by `consumer`: failures of the database or the broker after which a partition was read anew.
pub const CONSUMER_RESTARTS: &str = "tidings_consumer_restarts_total";

/// Describes all metrics to the recorder of this process.
pub fn describe() {
    describe_counter!(RELAY_EVENTS_PUBLISHED, Unit::Count, "Events that the broker has confirmed.");
    describe_gauge!(RELAY_UNCONFIRMED_MESSAGES, Unit::Count, "Messages that are sent and not confirmed.");
    describe_gauge!(RELAY_LEADER, Unit::Count, "1 while this process leads its group, else 0.");
    describe_counter!(RELAY_WINDOWS_OPENED, Unit::Count, "Windows of the outbox that were opened.");
    describe_histogram!(RELAY_WINDOW_DURATION, Unit::Seconds, "From the opening of a window to its last confirm.");
    describe_counter!(RELAY_RESTARTS, Unit::Count, "Failures after which the relay began anew.");
    describe_gauge!(RELAY_BACKLOG_ROWS, Unit::Count, "Rows of the outbox that are not known to be published.");
    describe_gauge!(RELAY_BACKLOG_AGE, Unit::Seconds, "Age of the oldest row that is not known to be published.");
    describe_gauge!(OUTBOX_SEGMENTS, Unit::Count, "Segments of the outbox by state.");
    describe_counter!(CONSUMER_EVENTS, Unit::Count, "Events that were read, by what became of them.");
    describe_histogram!(CONSUMER_BATCH_DURATION, Unit::Seconds, "From the beginning of a batch to its commit.");
    describe_gauge!(CONSUMER_LAG, Unit::Seconds, "How old the newest event was when it was handled.");
    describe_gauge!(CONSUMER_LAG_EVENTS, Unit::Count, "Events behind the last one that is handled or parked.");
    describe_counter!(CONSUMER_TENANT_EVENTS, Unit::Count, "Events that were handled, by tenant.");
    describe_gauge!(CONSUMER_BLOCKED_KEYS, Unit::Count, "Keys whose events are parked or halted.");
    describe_counter!(CONSUMER_DEAD_LETTERS, Unit::Count, "Events that became dead letters.");
    describe_gauge!(CONSUMER_PARTITIONS, Unit::Count, "Partitions that this instance reads.");
    describe_counter!(CONSUMER_RESTARTS, Unit::Count, "Failures after which a partition was read anew.");
}
