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
}
