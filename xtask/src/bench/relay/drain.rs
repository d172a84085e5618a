//! A relay at work, watched from outside: how far it has come, and what it uses.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rabbitmq_stream_client::Client;
use tidings::broker::partition_name;
use tokio::time::sleep;
use uuid::Uuid;

use super::carrier::{Carrier, Route};
use super::ground::{Ground, PARTITIONS, STREAM};
use super::processes::{self, Tree};

/// How often the relay is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The share of events that a relay has published with the first.
const BEGINNING: f64 = 1e-9;

/// Without progress for so long, a relay is taken for stuck.
const STUCK: Duration = Duration::from_secs(60);

/// A relay that is watched.
pub(super) struct Watched {
    carrier: Carrier,
    client: Client,
    publisher: String,
    /// Since the relay was started, at each look: how long, and how many events the broker had.
    progress: Vec<(Duration, usize)>,
    /// MiB of the relay at each look.
    pub(super) memory: Vec<f64>,
    peak: Option<f64>,
    began: Instant,
    relay: Tree,
}

impl Watched {
    pub(super) async fn start(ground: &Ground, route: &Route, publisher: String) -> anyhow::Result<Self> {
        let client = ground.client().await?;
        let began = Instant::now();
        let carrier = Carrier::start(route)?;
        let relay = Tree::of(carrier.id());
        Ok(Self { carrier, client, publisher, progress: Vec::new(), memory: Vec::new(), peak: None, began, relay })
    }

    /// Waits until the broker has so many events from this relay.
    pub(super) async fn until(&mut self, events: usize) -> anyhow::Result<()> {
        let mut moved = Instant::now();
        loop {
            let has = self.look().await?;
            if has >= events {
                return Ok(());
            }
            if self.progress.iter().rev().nth(1).is_none_or(|(_, before)| *before < has) {
                moved = Instant::now();
            }
            ensure!(self.carrier.is_alive(), "the relay ended after {has} of {events} events");
            ensure!(moved.elapsed() < STUCK, "the relay is stuck after {has} of {events} events");
            sleep(LOOK).await;
        }
    }

    async fn look(&mut self) -> anyhow::Result<usize> {
        let mut has = 0;
        for partition in 0..PARTITIONS {
            // Publishing ids are counted from 1, without gaps.
            let last = self.client.query_publisher_sequence(&self.publisher, &partition_name(STREAM, partition)).await;
            has += usize::try_from(last.context("the broker does not say how far it is")?)?;
        }
        self.progress.push((self.began.elapsed(), has));
        if let Some((now, peak)) = processes::memory(self.carrier.id()) {
            self.memory.push(now);
            self.peak = Some(peak);
        }
        Ok(has)
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.client.close().await?;
        tokio::task::spawn_blocking(|| self.carrier.stop()).await?
    }

    /// Events per second between two moments, by the share of `events` that the broker had.
    fn rate_between(&self, events: usize, from: f64, to: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 events")]
        let has = |(_, has): &&(Duration, usize), share: f64| *has as f64 >= events as f64 * share;
        let moment = |share: f64| self.progress.iter().find(|look| has(look, share)).copied().unwrap_or_default();
        let (began, ended) = (moment(from), moment(to));
        #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 events")]
        let count = (ended.1 - began.1) as f64;
        count / ended.0.saturating_sub(began.0).as_secs_f64()
    }
}

/// What was measured of a relay that published all there was.
pub(super) struct Drained {
    /// Events per second, from the start of the process to the last confirm.
    pub(super) rate: f64,
    /// Events per second of each half, from the first event on.
    pub(super) halves: [f64; 2],
    /// Of processor time for an event: relay, PostgreSQL, RabbitMQ; `None` where the system does not say.
    pub(super) microseconds: [Option<f64>; 3],
    /// MiB of the relay.
    pub(super) peak: Option<f64>,
    /// For an event, of the relay alone: bytes of the write-ahead log, commits, dead rows.
    pub(super) wal: f64,
    pub(super) commits: f64,
    pub(super) dead: f64,
}

/// Lets a relay publish everything that is in the outbox.
pub(super) async fn measure(ground: &Ground, events: usize) -> anyhow::Result<Drained> {
    ground.empty_streams().await?;
    let group = format!("drain-{}", Uuid::now_v7());
    let publisher = ground.enlist(&group).await?;
    let servers = ground.servers()?;
    let before = ground.written().await?;
    let mut relay = Watched::start(ground, &ground.route(&group), publisher).await?;
    relay.until(events).await?;
    #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 events")]
    let count = events as f64;
    let each = |tree: &Tree| tree.seconds() * 1_000_000.0 / count;
    let [postgres, rabbitmq] = servers.each_ref().map(|server| server.as_ref().map(each));
    let microseconds = [Some(each(&relay.relay)).filter(|_| relay.peak.is_some()), postgres, rabbitmq];
    let last = relay.progress.last().map_or(Duration::ZERO, |(moment, _)| *moment);
    let halves = [relay.rate_between(events, BEGINNING, 0.5), relay.rate_between(events, 0.5, 1.0)];
    let peak = relay.peak;
    relay.stop().await?;
    // The last session of the relay has told its numbers by then.
    let after = ground.written().await?;
    Ok(Drained {
        rate: count / last.as_secs_f64(),
        halves,
        microseconds,
        peak,
        wal: (after.wal - before.wal) / count,
        commits: (after.commits - before.commits) / count,
        dead: (after.dead - before.dead) / count,
    })
}
