//! A relay at work, watched from outside: how far it has come, and what it uses.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rabbitmq_stream_client::Client;
use tidings::broker::partition_name;
use tokio::time::sleep;

use super::carrier::{Carrier, Route};
use super::ground::{Ground, PARTITIONS, STREAM};
use super::processes::{self, Tree};

/// How often the relay is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Without progress for so long, a relay is taken for stuck.
const STUCK: Duration = Duration::from_secs(60);

/// A relay that is watched.
pub(super) struct Watched {
    carrier: Carrier,
    client: Client,
    publisher: String,
    /// Since the relay was started, at each look: how long, and how many events the broker had.
    pub(super) progress: Vec<(Duration, usize)>,
    /// MiB of the relay at each look.
    pub(super) memory: Vec<f64>,
    pub(super) peak: Option<f64>,
    began: Instant,
    pub(super) relay: Tree,
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

    /// Events per second from the start of the relay to the last event.
    pub(super) fn rate(&self) -> f64 {
        let (last, events) = self.progress.last().copied().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 events")]
        let events = events as f64;
        events / last.as_secs_f64()
    }

    /// When the broker had so many events.
    pub(super) fn moment(&self, events: usize) -> Duration {
        self.progress.iter().find(|(_, has)| *has >= events).map_or(Duration::MAX, |(moment, _)| *moment)
    }
}
