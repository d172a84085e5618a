//! Gives an instance its part of the partitions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use metrics::{counter, gauge};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::inbox::{Claim, Inbox, Member, Partition, Share};
use super::lane::Lane;
use super::{ConsumerError, Shared};
use crate::broker::{Source, partition_name};
use crate::metrics::{CONSUMER_PARTITIONS, CONSUMER_RESTARTS};
use crate::relay::{backoff, in_time};

/// How often room is made.
const TIDY: Duration = Duration::from_mins(10);

/// Starts and ends the readers of partitions.
pub(super) struct Supervisor<I: Inbox, S: Source> {
    member: Member,
    shared: Arc<Shared<I, S>>,
    all: Vec<Partition>,
    lanes: JoinSet<Result<(), ConsumerError>>,
    running: BTreeMap<Partition, Running>,
    /// Partitions whose readers have failed, how often, and when they are read again.
    failed: BTreeMap<Partition, (u32, Instant)>,
    tidied: Option<Instant>,
    /// Beside everything else: it may take a while, and leases do not wait.
    tidying: JoinSet<()>,
}

struct Running {
    task: Id,
    stop: watch::Sender<bool>,
    since: Instant,
}

impl<I: Inbox, S: Source> Supervisor<I, S> {
    pub(super) fn new(member: Member, shared: Arc<Shared<I, S>>) -> Self {
        let partitions = |stream: &'static crate::topology::Stream| {
            (0..stream.partitions).map(|number| Partition { stream: stream.name, number })
        };
        let all = shared.routes.values().flat_map(|routes| partitions(routes.stream)).collect();
        let (running, failed) = (BTreeMap::new(), BTreeMap::new());
        Self { member, shared, all, lanes: JoinSet::new(), running, failed, tidied: None, tidying: JoinSet::new() }
    }

    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) -> Result<(), ConsumerError> {
        let result = self.work(&mut stopped).await;
        for lane in self.running.values() {
            lane.stop.send_replace(true);
        }
        while let Some(ended) = self.lanes.join_next().await {
            if let Ok(Err(error)) = ended {
                tracing::warn!(%error, "a partition was not given back in order");
            }
        }
        self.running.clear();
        self.tell();
        // It is forgotten after a while if this fails.
        let _ = in_time(self.shared.inbox.leave(&self.member)).await;
        result
    }

    async fn work(&mut self, stopped: &mut watch::Receiver<bool>) -> Result<(), ConsumerError> {
        let (mut failures, mut beat) = (0, Instant::now());
        while !*stopped.borrow_and_update() {
            tokio::select! {
                () = sleep_until(beat) => {
                    let wait = match self.beat().await {
                        Ok(()) => {
                            failures = 0;
                            self.shared.settings.lease / 3
                        }
                        Err(error) if error.is_final() => return Err(error),
                        Err(error) => {
                            failures += 1;
                            let wait = backoff(self.shared.settings.backoff, failures);
                            tracing::warn!(%error, ?wait, "the consumer cannot renew its leases");
                            wait
                        }
                    };
                    let again = self.failed.values().map(|(_, at)| *at).filter(|at| *at > Instant::now()).min();
                    let next = Instant::now() + wait;
                    beat = again.map_or(next, |again| again.min(next).max(Instant::now() + wait / 10));
                }
                Some(ended) = self.lanes.join_next_with_id() => {
                    self.ended(ended)?;
                    // Another instance may wait for it, or this one may take it again.
                    beat = beat.min(Instant::now() + self.shared.settings.backoff.0);
                }
                Some(_) = self.tidying.join_next() => {}
                _ = stopped.changed() => {}
            }
        }
        Ok(())
    }

    /// Renews leases, and begins and ends what has changed hands.
    async fn beat(&mut self) -> Result<(), ConsumerError> {
        let now = Instant::now();
        let reads: Vec<Partition> = self.running.keys().cloned().collect();
        let waits = |partition: &Partition| self.failed.get(partition).is_some_and(|(_, at)| *at > now);
        let is_free = |partition: &&Partition| !self.running.contains_key(*partition) && !waits(partition);
        let takes: Vec<Partition> = self.all.iter().filter(is_free).cloned().collect();
        let share = self.shared.inbox.share(&self.member, self.all.len(), &reads, &takes);
        let Share { taken, lost, surplus } = in_time(share).await?;
        let surplus = self.running.keys().rev().take(surplus).cloned();
        for partition in lost.into_iter().chain(surplus.collect::<Vec<_>>()) {
            if let Some(lane) = self.running.get(&partition) {
                lane.stop.send_replace(true);
            }
        }
        for claim in taken {
            self.begin(claim);
        }
        self.tell();
        if self.tidied.is_none_or(|at| at.elapsed() >= TIDY) && self.tidying.is_empty() {
            self.tidied = Some(now);
            self.tidying.spawn(tidy(self.member.consumer.clone(), self.shared.clone()));
        }
        Ok(())
    }

    /// Tells how many partitions this instance reads.
    fn tell(&self) {
        let partitions = u32::try_from(self.running.len()).unwrap_or(u32::MAX);
        gauge!(CONSUMER_PARTITIONS, "consumer" => self.member.consumer.to_string()).set(partitions);
    }

    fn begin(&mut self, claim: Claim) {
        let partition = claim.partition.clone();
        let (stop, stopped) = watch::channel(false);
        let task = self.lanes.spawn(Lane::new(self.shared.clone(), claim).run(stopped)).id();
        self.running.insert(partition, Running { task, stop, since: Instant::now() });
    }

    /// Notes that the reader of a partition has ended.
    fn ended(&mut self, ended: Result<(Id, Result<(), ConsumerError>), JoinError>) -> Result<(), ConsumerError> {
        let (task, result) = match ended {
            Ok(ended) => ended,
            Err(panic) => (panic.id(), Err(ConsumerError::Crashed(panic.to_string()))),
        };
        let Some(partition) = self.running.iter().find(|(_, lane)| lane.task == task).map(|(at, _)| at.clone()) else {
            return Ok(());
        };
        let since = self.running.remove(&partition).map_or_else(Instant::now, |lane| lane.since);
        self.tell();
        let name = partition_name(partition.stream, partition.number);
        match result {
            Ok(()) => {
                self.failed.remove(&partition);
            }
            Err(error) if error.is_final() => return Err(error),
            Err(error) => {
                let backoffs = self.shared.settings.backoff;
                let worked = since.elapsed() > backoffs.1;
                let failures = self.failed.get(&partition).map_or(1, |(count, _)| if worked { 1 } else { count + 1 });
                let wait = backoff(backoffs, failures);
                counter!(CONSUMER_RESTARTS, "consumer" => self.member.consumer.to_string()).increment(1);
                tracing::warn!(partition = name, %error, ?wait, "a partition is read again");
                self.failed.insert(partition, (failures, Instant::now() + wait));
            }
        }
        Ok(())
    }
}

/// Forgets old entries of the ledger, slice by slice.
async fn tidy<I: Inbox, S: Source>(consumer: Arc<str>, shared: Arc<Shared<I, S>>) {
    let Some(keep) = shared.settings.keep else { return };
    loop {
        match in_time(shared.inbox.tidy(&consumer, keep)).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "old entries of the ledger are not forgotten");
                return;
            }
        }
    }
}
