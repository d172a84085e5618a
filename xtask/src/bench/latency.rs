//! How long an event is under way: from its commit, through relay and broker, to its handler.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::future::try_join_all;
use tokio::time::interval_at;
use uuid::Uuid;

use super::consume::handling::{Cursors, HANDLE, Handled};
use super::event::now;
use super::figure::{Figure, quantile, rate};
use super::ground::{Ground, PARTITIONS};
use super::processes;
use super::relay::carrier::CARRY;
use super::watched::Watched;
use super::worker::Worker;

/// Clients that append: enough for one write to the disk to serve several, and too few to keep each other waiting.
const CLIENTS: u32 = 8;

const NAME: &str = "bench-latency";

/// Connections are open and caches are filled by then.
const WARMING: Duration = Duration::from_secs(2);

/// Appends so many events in a second, each in a transaction of its own, for so long.
pub(crate) fn run(rate: u32, during: Duration) -> anyhow::Result<Vec<Figure>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(rate, during))
}

async fn measure(wanted: u32, during: Duration) -> anyhow::Result<Vec<Figure>> {
    let mut figures: Vec<Figure> =
        processes::load().map(|load| Figure::new("load before", load, "processes")).into_iter().collect();
    let ground = Ground::new().await?;
    ground.empty_streams().await?;
    ground.empty_outbox().await?;
    ground.empty_inbox().await?;
    let mut route = ground.route(NAME);
    route.notes_times = true;
    let relay = Worker::start(CARRY, &route)?;
    let mut consumer = Watched::start(HANDLE, &route, Cursors::of(&ground, NAME).await?)?;
    for nr in 0..PARTITIONS as usize {
        ground.append_one(nr).await?;
    }
    consumer.until(PARTITIONS as usize).await?;
    let warming = commit(&ground, wanted, WARMING).await?.len();

    let began = Instant::now();
    let commits = commit(&ground, wanted, during).await?;
    let committed = rate(commits.len(), began);
    consumer.until(PARTITIONS as usize + warming + commits.len()).await?;
    let handled: Vec<Handled> = serde_json::from_str(&consumer.stop().await?)?;
    relay.stop().await?;

    let handled: HashMap<Uuid, u64> = handled.into_iter().collect();
    #[expect(clippy::cast_precision_loss, reason = "no event is under way for 2^52 µs")]
    let milliseconds = |from: u64, to: u64| to.saturating_sub(from) as f64 / 1_000.0;
    let mut waits = Vec::with_capacity(commits.len());
    for Commit { event, committed_at, .. } in &commits {
        let handled_at = handled.get(event).with_context(|| format!("event {event} was not handled"))?;
        waits.push(milliseconds(*committed_at, *handled_at));
    }
    let commits: Vec<f64> = commits.iter().map(|commit| milliseconds(commit.began_at, commit.committed_at)).collect();
    figures.push(Figure::new("committed", committed, "events/s").against("wanted", f64::from(wanted)));
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        figures.push(Figure::new(format!("commit to handler, {name}"), quantile(&waits, share), "ms"));
        figures.push(Figure::new(format!("append and commit, {name}"), quantile(&commits, share), "ms"));
    }
    Ok(figures)
}

/// An event that was appended; times as [`now`] tells them.
struct Commit {
    event: Uuid,
    began_at: u64,
    committed_at: u64,
}

/// Appends at a rate, each event in a transaction of its own.
async fn commit(ground: &Ground, wanted: u32, during: Duration) -> anyhow::Result<Vec<Commit>> {
    let began = tokio::time::Instant::now();
    let clients = (0..CLIENTS).map(async |client| {
        let mut turns =
            interval_at(began + client * Duration::from_secs(1) / wanted, CLIENTS * Duration::from_secs(1) / wanted);
        let mut commits = Vec::new();
        for nr in (client as usize..).step_by(CLIENTS as usize) {
            turns.tick().await;
            if began.elapsed() >= during {
                break;
            }
            let began_at = now();
            let event = ground.append_one(nr).await?;
            commits.push(Commit { event, began_at, committed_at: now() });
        }
        anyhow::Ok(commits)
    });
    Ok(try_join_all(clients).await?.into_iter().flatten().collect())
}
