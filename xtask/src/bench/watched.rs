//! A process at work, watched from outside: how far it has come, and what it uses.

use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::time::sleep;

use super::figure::{Figure, median};
use super::ground::Ground;
use super::processes::{self, Tree};
use super::worker::{Route, Worker};

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The share of events that a process is done with after the first.
const BEGINNING: f64 = 1e-9;

/// Without progress for so long, a process is taken for stuck.
const STUCK: Duration = Duration::from_secs(60);

/// Where it shows how far a process has come.
pub(super) trait Progress {
    /// Events that it is done with.
    async fn done(&mut self) -> anyhow::Result<usize>;

    async fn close(self) -> anyhow::Result<()>;
}

/// A process that is watched.
pub(super) struct Watched<P> {
    worker: Worker,
    progress: P,
    /// Since the process was started, at each look: how long, and with how many events it was done.
    seen: Vec<(Duration, usize)>,
    /// MiB of the process at each look.
    pub(super) memory: Vec<f64>,
    peak: Option<f64>,
    began: Instant,
    tree: Tree,
}

impl<P: Progress> Watched<P> {
    pub(super) fn start(command: &str, route: &Route, progress: P) -> anyhow::Result<Self> {
        let began = Instant::now();
        let worker = Worker::start(command, route)?;
        let tree = Tree::of(worker.id());
        Ok(Self { worker, progress, seen: Vec::new(), memory: Vec::new(), peak: None, began, tree })
    }

    /// Waits until it is done with so many events.
    pub(super) async fn until(&mut self, events: usize) -> anyhow::Result<()> {
        let mut moved = Instant::now();
        loop {
            let done = self.look().await?;
            if done >= events {
                return Ok(());
            }
            if self.seen.iter().rev().nth(1).is_none_or(|(_, before)| *before < done) {
                moved = Instant::now();
            }
            ensure!(self.worker.is_alive(), "a process of this bench ended after {done} of {events} events");
            ensure!(moved.elapsed() < STUCK, "a process of this bench is stuck after {done} of {events} events");
            sleep(LOOK).await;
        }
    }

    async fn look(&mut self) -> anyhow::Result<usize> {
        let done = self.progress.done().await?;
        self.seen.push((self.began.elapsed(), done));
        if let Some((now, peak)) = processes::memory(self.worker.id()) {
            self.memory.push(now);
            self.peak = Some(peak);
        }
        Ok(done)
    }

    /// Returns what the process said.
    pub(super) async fn stop(self) -> anyhow::Result<String> {
        self.progress.close().await?;
        self.worker.stop().await
    }

    /// The first look by which it was done with this share of `events`.
    fn look_at(&self, events: usize, share: f64) -> usize {
        #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 events")]
        let is_there = |(_, done): &(Duration, usize)| *done as f64 >= events as f64 * share;
        self.seen.iter().position(is_there).unwrap_or_default()
    }

    /// Events per second between two looks.
    fn rate_between(&self, from: usize, to: usize) -> f64 {
        let at = |look: usize| self.seen.get(look).copied().unwrap_or_default();
        let (began, ended) = (at(from), at(to));
        #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 events")]
        let count = ended.1.saturating_sub(began.1) as f64;
        count / ended.0.saturating_sub(began.0).as_secs_f64()
    }

    /// The most MiB in each part, where `second` is the first look of the second.
    pub(super) fn memory_of_halves(&self, second: usize) -> Option<[f64; 2]> {
        let (early, late) = self.memory.split_at_checked(second)?;
        let highest = |seen: &[f64]| seen.iter().copied().reduce(f64::max);
        highest(early).zip(highest(late)).map(|(early, late)| [early, late])
    }
}

/// What was measured of a process that did all there was to do.
pub(super) struct Measured {
    /// Events per second, from the start of the process to the last one.
    pub(super) rate: f64,
    /// Events per second of each half, from the first event on.
    pub(super) halves: [f64; 2],
    /// Of processor time for an event: process, PostgreSQL, RabbitMQ; `None` where the system does not say.
    pub(super) microseconds: [Option<f64>; 3],
    /// MiB of the process: the most in each half, and of all.
    pub(super) memory: Option<[f64; 2]>,
    pub(super) peak: Option<f64>,
    /// For an event, of the process alone: bytes of the write-ahead log, commits, dead rows.
    pub(super) wal: f64,
    pub(super) commits: f64,
    pub(super) dead: f64,
}

impl Measured {
    /// Lets a process do everything there is to do.
    pub(super) async fn of(
        ground: &Ground,
        command: &str,
        route: &Route,
        progress: impl Progress,
        events: usize,
    ) -> anyhow::Result<Self> {
        let servers = ground.servers()?;
        let before = ground.written().await?;
        let mut watched = Watched::start(command, route, progress)?;
        watched.until(events).await?;
        #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 events")]
        let count = events as f64;
        let each = |tree: &Tree| tree.seconds() * 1_000_000.0 / count;
        let [postgres, rabbitmq] = servers.each_ref().map(|server| server.as_ref().map(each));
        let microseconds = [Some(each(&watched.tree)).filter(|_| watched.peak.is_some()), postgres, rabbitmq];
        let last = watched.seen.last().map_or(Duration::ZERO, |(moment, _)| *moment);
        let [first, half, end] = [BEGINNING, 0.5, 1.0].map(|share| watched.look_at(events, share));
        let halves = [watched.rate_between(first, half), watched.rate_between(half, end)];
        let (memory, peak) = (watched.memory_of_halves(half), watched.peak);
        watched.stop().await?;
        // The last session of the process has told its numbers by then.
        let after = ground.written().await?;
        Ok(Self {
            rate: count / last.as_secs_f64(),
            halves,
            microseconds,
            memory,
            peak,
            wal: (after.wal - before.wal) / count,
            commits: (after.commits - before.commits) / count,
            dead: (after.dead - before.dead) / count,
        })
    }
}

/// Figures of what an event costs: processor time of the process by this name and of its servers, and what is written.
pub(super) fn costs(name: &str, measured: &[&Measured]) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut whole = Some(0.0);
    for (index, name) in [name, "PostgreSQL", "RabbitMQ"].into_iter().enumerate() {
        let each: Option<Vec<f64>> = measured.iter().map(|one| one.microseconds[index]).collect();
        let each = each.map(median);
        whole = whole.zip(each).map(|(whole, each)| whole + each);
        figures.extend(each.map(|each| Figure::new(format!("processor time, {name}"), each, "µs/event")));
    }
    figures.extend(whole.map(|whole| Figure::new("processor time, all", whole, "µs/event")));
    let of = |value: &dyn Fn(&Measured) -> f64| median(measured.iter().map(|one| value(one)).collect());
    figures.extend([
        Figure::new("write-ahead log", of(&|one| one.wal), "B/event"),
        Figure::new("commits", of(&|one| one.commits), "/event"),
        Figure::new("dead rows", of(&|one| one.dead), "/event"),
    ]);
    figures
}

/// The most MiB that the process had.
pub(super) fn peak(measured: &[&Measured]) -> Option<f64> {
    let peaks: Option<Vec<f64>> = measured.iter().map(|one| one.peak).collect();
    peaks.map(median)
}
