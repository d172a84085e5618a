//! A dashboard for Grafana: relays, consumers and dead letters of the catalogue's services.

use serde_json::{Value, json};

use crate::model::Model;

/// Columns of a dashboard, and those of a panel.
const COLUMNS: (u32, u32) = (24, 8);
/// Height of a panel, in Grafana's rows.
const HEIGHT: u32 = 8;

/// What a panel shows, with a sentence for whoever sees it for the first time.
struct Panel {
    title: &'static str,
    about: &'static str,
    unit: &'static str,
    lines: &'static [(&'static str, &'static str)],
}

const fn panel(
    title: &'static str,
    about: &'static str,
    unit: &'static str,
    lines: &'static [(&'static str, &'static str)],
) -> Panel {
    Panel { title, about, unit, lines }
}

const SECTIONS: &[(&str, &[Panel])] = &[
    (
        "Needs somebody",
        &[
            panel(
                "Dead letters that wait",
                "Events that no attempt could handle, and on which nobody has decided. See the runbook for dead letters.",
                "short",
                &[(
                    "sum by (consumer, stream) (tidings_consumer_dead_letters_waiting{consumer=~\"$consumer\"})",
                    "{{consumer}} {{stream}}",
                )],
            ),
            panel(
                "Keys that wait",
                "Keys whose events are parked after a failed attempt, or halted behind a dead letter.",
                "short",
                &[(
                    "sum by (consumer, stream) (tidings_consumer_blocked_keys{consumer=~\"$consumer\"})",
                    "{{consumer}} {{stream}}",
                )],
            ),
            panel(
                "Oldest event in an outbox",
                "Age of the oldest committed event that is not known to be published; blank while no relay leads.",
                "s",
                &[("max by (group) (tidings_relay_backlog_age_seconds{group=~\"$group\"})", "{{group}}")],
            ),
        ],
    ),
    (
        "Relays",
        &[
            panel(
                "Published",
                "Events per second that the broker has confirmed.",
                "cps",
                &[(
                    "sum by (group, stream) (rate(tidings_relay_events_published_total{group=~\"$group\"}[$__rate_interval]))",
                    "{{group}} {{stream}}",
                )],
            ),
            panel(
                "Outbox",
                "Committed rows that are not known to be published.",
                "short",
                &[("max by (group) (tidings_relay_backlog_rows{group=~\"$group\"})", "{{group}}")],
            ),
            panel(
                "Unconfirmed",
                "Messages that are sent to the broker and not confirmed.",
                "short",
                &[("sum by (group) (tidings_relay_unconfirmed_messages{group=~\"$group\"})", "{{group}}")],
            ),
            panel(
                "Leaders",
                "One relay of a group leads, the others stand by.",
                "short",
                &[("sum by (group) (tidings_relay_leader{group=~\"$group\"})", "{{group}}")],
            ),
            panel(
                "Time of a window",
                "How long it takes from the opening of a window to the confirm of its last event, on average.",
                "s",
                &[(
                    "sum by (group) (rate(tidings_relay_window_duration_seconds_sum{group=~\"$group\"}[$__rate_interval])) / sum by (group) (rate(tidings_relay_window_duration_seconds_count{group=~\"$group\"}[$__rate_interval]))",
                    "{{group}}",
                )],
            ),
            panel(
                "Windows",
                "Windows of the outbox that are opened, per second.",
                "cps",
                &[(
                    "sum by (group) (rate(tidings_relay_windows_opened_total{group=~\"$group\"}[$__rate_interval]))",
                    "{{group}}",
                )],
            ),
            panel(
                "Segments of outboxes",
                "Segments of outboxes on PostgreSQL. Under steady traffic one is live and the others are kept for a while.",
                "short",
                &[("sum by (instance, state) (tidings_outbox_segments)", "{{instance}} {{state}}")],
            ),
        ],
    ),
    (
        "Consumers",
        &[
            panel(
                "Lag in seconds",
                "How old the newest event was when it was handled: what a lag budget is held against.",
                "s",
                &[(
                    "max by (consumer, stream) (tidings_consumer_lag_seconds{consumer=~\"$consumer\"})",
                    "{{consumer}} {{stream}}",
                )],
            ),
            panel(
                "Lag in events",
                "Events behind the last one that is handled or parked.",
                "short",
                &[(
                    "sum by (consumer, stream) (tidings_consumer_lag_events{consumer=~\"$consumer\"})",
                    "{{consumer}} {{stream}}",
                )],
            ),
            panel(
                "Events by outcome",
                "Events per second: handled, delivered again, passed over, parked behind another, or failed.",
                "cps",
                &[(
                    "sum by (consumer, outcome) (rate(tidings_consumer_events_total{consumer=~\"$consumer\"}[$__rate_interval]))",
                    "{{consumer}} {{outcome}}",
                )],
            ),
            panel(
                "Batches",
                "How long a batch takes from its beginning to its commit, on average.",
                "s",
                &[(
                    "sum by (consumer, stream) (rate(tidings_consumer_batch_duration_seconds_sum{consumer=~\"$consumer\"}[$__rate_interval])) / sum by (consumer, stream) (rate(tidings_consumer_batch_duration_seconds_count{consumer=~\"$consumer\"}[$__rate_interval]))",
                    "{{consumer}} {{stream}}",
                )],
            ),
            panel(
                "Partitions",
                "Partitions that are read by an instance.",
                "short",
                &[("sum by (consumer) (tidings_consumer_partitions{consumer=~\"$consumer\"})", "{{consumer}}")],
            ),
            panel(
                "New dead letters and restarts",
                "In the last 15 minutes.",
                "short",
                &[
                    (
                        "sum by (consumer, stream) (increase(tidings_consumer_dead_letters_total{consumer=~\"$consumer\"}[15m]))",
                        "{{consumer}} {{stream}} dead letters",
                    ),
                    (
                        "sum by (consumer) (increase(tidings_consumer_restarts_total{consumer=~\"$consumer\"}[15m]))",
                        "{{consumer}} restarts",
                    ),
                    (
                        "sum by (group) (increase(tidings_relay_restarts_total{group=~\"$group\"}[15m]))",
                        "{{group}} relay restarts",
                    ),
                ],
            ),
            panel(
                "Events by tenant",
                "Handled events per second, of consumers that are set to count them by tenant; the ten largest.",
                "cps",
                &[(
                    "topk(10, sum by (tenant) (rate(tidings_consumer_tenant_events_total{consumer=~\"$consumer\"}[$__rate_interval])))",
                    "{{tenant}}",
                )],
            ),
        ],
    ),
];

/// The document that Grafana imports.
pub(super) fn dashboard(model: &Model) -> Value {
    let (mut panels, mut row) = (Vec::new(), 0);
    for (section, members) in SECTIONS {
        let id = panels.len() + 1;
        let place = json!({ "x": 0, "y": row, "w": COLUMNS.0, "h": 1 });
        panels.push(
            json!({ "id": id, "type": "row", "title": section, "collapsed": false, "gridPos": place, "panels": [] }),
        );
        row += 1;
        for chunk in members.chunks((COLUMNS.0 / COLUMNS.1) as usize) {
            for (column, member) in (0..).step_by(COLUMNS.1 as usize).zip(chunk) {
                panels.push(member.json(panels.len() + 1, column, row));
            }
            row += HEIGHT;
        }
    }
    json!({
        "title": format!("Events of {}", model.name),
        "uid": uid(&model.name),
        "tags": ["tidings"],
        "schemaVersion": 39,
        "timezone": "browser",
        "refresh": "30s",
        "time": { "from": "now-3h", "to": "now" },
        "graphTooltip": 1,
        "editable": true,
        "annotations": { "list": [] },
        "templating": { "list": [
            { "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus" },
            variable("group", "Relay", "label_values(tidings_relay_leader, group)"),
            variable("consumer", "Consumer", "label_values(tidings_consumer_partitions, consumer)"),
        ] },
        "panels": panels,
    })
}

/// At most 40 characters of the few that Grafana takes.
fn uid(name: &str) -> String {
    format!("tidings-{name}").chars().take(40).collect()
}

fn variable(name: &str, label: &str, query: &str) -> Value {
    json!({
        "name": name,
        "label": label,
        "type": "query",
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "definition": query,
        "query": { "query": query, "refId": name },
        "refresh": 2,
        "sort": 1,
        "multi": true,
        "includeAll": true,
        "allValue": ".*",
        "current": { "selected": true, "text": ["All"], "value": ["$__all"] },
    })
}

impl Panel {
    fn json(&self, id: usize, column: u32, row: u32) -> Value {
        let targets = ('A'..).zip(self.lines).map(
            |(letter, (expr, legend))| json!({ "refId": letter.to_string(), "expr": expr, "legendFormat": legend }),
        );
        json!({
            "id": id,
            "type": "timeseries",
            "title": self.title,
            "description": self.about,
            "gridPos": { "x": column, "y": row, "w": COLUMNS.1, "h": HEIGHT },
            "datasource": { "type": "prometheus", "uid": "${datasource}" },
            "fieldConfig": { "defaults": { "unit": self.unit, "min": 0 }, "overrides": [] },
            "options": { "legend": { "displayMode": "list", "placement": "bottom" }, "tooltip": { "mode": "multi" } },
            "targets": targets.collect::<Value>(),
        })
    }
}
