//! How long an event is under way: from before its append, through commit, relay and broker, to its handler.

use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::future::try_join_all;
use tokio::time::interval_at;

use super::consume::handling::{Cursors, HANDLE, Wait};
use super::event::now;
use super::figure::{Figure, quantile, rate};
use super::ground::{Ground, PARTITIONS};
use super::processes;
use super::relay::carrier::CARRY;
use super::watched::Watched;
use super::worker::Worker;

/// Clients that append: enough for one write to the disk to serve many.
const CLIENTS: u32 = 32;

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
    route.notes_waits = true;
    let relay = Worker::start(CARRY, &route)?;
    let mut consumer = Watched::start(HANDLE, &route, Cursors::of(&ground, NAME).await?)?;
    for nr in 0..PARTITIONS as usize {
        ground.append_one(nr).await?;
    }
    consumer.until(PARTITIONS as usize).await?;
    let warming = commit(&ground, wanted, WARMING).await?.len();

    let (began, began_at) = (Instant::now(), now());
    let commits = commit(&ground, wanted, during).await?;
    let committed = rate(commits.len(), began);
    consumer.until(PARTITIONS as usize + warming + commits.len()).await?;
    let waits: Vec<Wait> = serde_json::from_str(&consumer.stop().await?)?;
    relay.stop().await?;

    #[expect(clippy::cast_precision_loss, reason = "no event is under way for 2^52 µs")]
    let milliseconds = |(_, wait): &Wait| *wait as f64 / 1_000.0;
    let waits: Vec<f64> = waits.iter().filter(|(at, _)| *at >= began_at).map(milliseconds).collect();
    ensure!(waits.len() == commits.len(), "of {} events, {} were handled", commits.len(), waits.len());
    figures.push(Figure::new("committed", committed, "events/s").against("wanted", f64::from(wanted)));
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        let whole = quantile(&waits, share);
        let commit = quantile(&commits, share);
        figures.push(Figure::new(format!("append to handler, {name}"), whole, "ms"));
        figures.push(Figure::new(format!("append and commit, {name}"), commit, "ms"));
    }
    Ok(figures)
}

/// Appends at a rate. Returns how many milliseconds each append and its commit took.
async fn commit(ground: &Ground, wanted: u32, during: Duration) -> anyhow::Result<Vec<f64>> {
    let began = tokio::time::Instant::now();
    let clients = (0..CLIENTS).map(async |client| {
        let mut turns =
            interval_at(began + client * Duration::from_secs(1) / wanted, CLIENTS * Duration::from_secs(1) / wanted);
        let mut took = Vec::new();
        for nr in (client as usize..).step_by(CLIENTS as usize) {
            turns.tick().await;
            if began.elapsed() >= during {
                break;
            }
            let began = Instant::now();
            ground.append_one(nr).await?;
            took.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        anyhow::Ok(took)
    });
    Ok(try_join_all(clients).await?.into_iter().flatten().collect())
}
