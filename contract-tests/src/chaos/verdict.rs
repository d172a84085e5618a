//! What was promised, held against what is there.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use sqlx::{AssertSqlSafe, PgPool};
use tidings::broker::{Source as _, Subscription as _};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

use super::event::{Changed, STREAM};
use super::part::{Route, partitions};

/// Examples of a violation that are shown.
const EXAMPLES: usize = 5;

/// A partition of which nothing comes for so long has been read.
const QUIET: Duration = Duration::from_secs(3);

/// A promise, and how often it was broken.
#[derive(Debug)]
pub struct Violations {
    /// What should not be: `lost`.
    pub name: &'static str,
    /// How often it is.
    pub count: usize,
    /// The first of them.
    pub examples: Vec<String>,
}

impl Violations {
    pub(super) fn new(name: &'static str, found: Vec<String>) -> Self {
        let count = found.len();
        Self { name, count, examples: found.into_iter().take(EXAMPLES).collect() }
    }
}

/// Each query gives the violations of a promise as texts.
const EFFECTS: [(&str, &str); 6] = [
    (
        "lost",
        "SELECT format('%s version %s (%s)', key, version, event_id) FROM chaos_journal \
         WHERE event_id NOT IN (SELECT event_id FROM chaos_effect) ORDER BY key, version",
    ),
    (
        "duplicate effects",
        "SELECT format('%s version %s (%s): %s times', key, version, event_id, count(*)) FROM chaos_effect \
         GROUP BY key, version, event_id HAVING count(*) > 1 ORDER BY key, version",
    ),
    (
        "out of order within a key",
        "SELECT format('%s version %s after %s', key, version, before) FROM (SELECT id, key, version, \
         lag(version) OVER (PARTITION BY key ORDER BY id) AS before FROM chaos_effect) AS effects \
         WHERE version < before ORDER BY id",
    ),
    (
        "effects of what did not happen",
        "SELECT format('%s version %s (%s)', key, version, event_id) FROM chaos_effect \
         WHERE event_id NOT IN (SELECT event_id FROM chaos_journal) ORDER BY key, version",
    ),
    (
        "entities whose events are not all there",
        "SELECT format('%s: %s events of %s versions', entity.key, count(event_id), entity.version) \
         FROM chaos_entity AS entity LEFT JOIN chaos_journal AS journal USING (key) \
         GROUP BY entity.key, entity.version HAVING count(event_id) <> entity.version",
    ),
    ("dead letters", "SELECT format('%s offset %s: %s', key, \"offset\", error) FROM tidings_dead_letter"),
];

/// Of the effects.
pub(super) async fn of_effects(pool: &PgPool) -> anyhow::Result<Vec<Violations>> {
    let mut violations = Vec::new();
    for (name, query) in EFFECTS {
        violations.push(Violations::new(name, sqlx::query_scalar(query).fetch_all(pool).await?));
    }
    Ok(violations)
}

#[derive(Debug, Deserialize)]
struct Published {
    event_id: Uuid,
    data: Changed,
}

/// Of what the streams hold. The consumer's ledger would hide an event that was published twice.
pub(super) async fn of_streams(pool: &PgPool, route: &Route) -> anyhow::Result<Vec<Violations>> {
    let mut reads = JoinSet::new();
    for (number, name) in partitions() {
        let broker = route.broker();
        reads.spawn(async move {
            let mut subscription = broker.subscribe(STREAM.name, number, 0).await?;
            let mut published = Vec::new();
            while let Ok(deliveries) = timeout(QUIET, subscription.next()).await {
                for delivery in deliveries? {
                    let event: Published = serde_json::from_slice(&delivery.body)
                        .with_context(|| format!("offset {} of `{name}` is no event", delivery.offset))?;
                    published.push((format!("{name} offset {}", delivery.offset), event));
                }
            }
            subscription.close().await;
            anyhow::Ok(published)
        });
    }
    let journal: Vec<Uuid> = sqlx::query_scalar("SELECT event_id FROM chaos_journal").fetch_all(pool).await?;
    let mut missing: HashSet<Uuid> = journal.into_iter().collect();
    let (mut seen, mut last) = (HashMap::new(), HashMap::new());
    let (mut twice, mut disordered, mut unreal) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(published) = reads.join_next().await {
        for (place, Published { event_id, data }) in published?? {
            if let Some(first) = seen.insert(event_id, place.clone()) {
                twice.push(format!("{} version {} at {first} and {place}", data.key, data.version));
            } else if !missing.remove(&event_id) {
                unreal.push(format!("{} version {} at {place}", data.key, data.version));
            }
            let before = last.insert(data.key.clone(), data.version).unwrap_or_default();
            if data.version < before {
                disordered.push(format!("{} version {} after {before} at {place}", data.key, data.version));
            }
        }
    }
    Ok(vec![
        Violations::new("not published", missing.into_iter().map(|id| id.to_string()).collect()),
        Violations::new("published twice", twice),
        Violations::new("published out of order within a key", disordered),
        Violations::new("published though rolled back", unreal),
    ])
}

/// How much is there.
pub(super) async fn count(pool: &PgPool, table: &str) -> anyhow::Result<i64> {
    let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    Ok(sqlx::query_scalar(count).fetch_one(pool).await?)
}
