//! Reads one partition.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument as _;

use super::ahead::Ahead;
use super::failure::Failure;
use super::inbox::{Claim, Inbox};
use super::item::Item;
use super::meter::Meter;
use super::{ConsumerError, Shared};
use crate::broker::{BrokerError, Source, Start, partition_name};
use crate::envelope::RawEnvelope;
use crate::relay::in_time;
use crate::trace;

/// Most bytes of a batch.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// How long the handlers of a batch should take, so that a consumer ends soon that is told to, and locks are not held for
/// long.
const BATCH_TIME: Duration = Duration::from_secs(1);

/// Events of the first batch, at most: nobody knows yet how fast handlers are.
const FIRST_BATCH: usize = 64;

/// How often the broker is asked how many events wait.
const MEASURE: Duration = Duration::from_mins(1);

/// The first parked event of a key, and when it is tried; `None` where nothing is before a person has decided.
pub(super) type Turn = Option<(u64, Instant)>;

/// One partition, as long as this instance holds it.
pub(super) struct Lane<I: Inbox, S: Source> {
    pub(super) shared: Arc<Shared<I, S>>,
    pub(super) claim: Claim,
    pub(super) meter: Meter,
    /// Offset of the next event; `None` before the first.
    pub(super) cursor: Option<u64>,
    /// Events of the next batch, at most.
    pub(super) size: usize,
    /// Keys whose events are parked or halted.
    pub(super) blocked: HashMap<String, Turn>,
    /// Whether there are more of them than these.
    has_more: bool,
    /// When the database was last asked for them.
    looked: Instant,
    /// When the broker was last asked where the partition ends.
    measured: Instant,
    /// Its answer. Not waited for when the reader ends: the connection is closed in order.
    measuring: Option<JoinHandle<Result<u64, BrokerError>>>,
    /// Events up to this offset may kill the process: an attempt is counted before each.
    careful_to: u64,
}

impl<I: Inbox, S: Source> Lane<I, S> {
    pub(super) fn new(shared: Arc<Shared<I, S>>, claim: Claim) -> Self {
        let cursor = claim.next_offset;
        let batch = if claim.is_orphan { shared.settings.batch as u64 } else { 0 };
        let careful_to = cursor.unwrap_or_default().saturating_add(batch);
        let meter = Meter::new(&claim, shared.settings.tenants);
        let size = FIRST_BATCH.min(shared.settings.batch);
        Self {
            shared,
            claim,
            meter,
            cursor,
            size,
            blocked: HashMap::new(),
            has_more: false,
            looked: Instant::now(),
            measured: Instant::now(),
            measuring: None,
            careful_to,
        }
    }

    /// Reads until it is stopped or fails, and gives the partition back.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) -> Result<(), ConsumerError> {
        let result = self.read(&mut stopped).await;
        self.meter.end();
        if !matches!(result, Err(ConsumerError::Fenced { .. })) {
            // The lease ends by itself if this fails; whoever is next is careful then, for nothing.
            let _ = in_time(self.shared.inbox.release(&self.claim)).await;
        }
        result
    }

    async fn read(&mut self, stopped: &mut watch::Receiver<bool>) -> Result<(), ConsumerError> {
        let partition = self.claim.partition.clone();
        let from = match self.cursor {
            Some(offset) => self.not_behind_the_end(offset).await?,
            None => self.start_at().await?,
        };
        let subscription = self.shared.source.subscribe(partition.stream, partition.number, from).await?;
        let mut ahead = Ahead::of(subscription, partition_name(partition.stream, partition.number));
        self.look().await?;
        self.count_dead_letters().await;
        while !*stopped.borrow_and_update() {
            self.take_turns().await?;
            let is_short = self.has_more && self.blocked.len() <= self.shared.settings.blocked_keys / 2;
            if is_short || self.looked.elapsed() >= self.shared.settings.look {
                self.look().await?;
            }
            self.measure().await;
            let has_room = !self.has_more && self.blocked.len() < self.shared.settings.blocked_keys;
            if has_room {
                ahead.fill(self.shared.settings.batch);
                if let Some(first) = ahead.first.take() {
                    self.begin_with(first)?;
                }
                if !ahead.events.is_empty() {
                    let batch = self.batch(&mut ahead);
                    self.handle(batch).await?;
                    continue;
                }
            }
            tokio::select! {
                arrived = ahead.wait(), if ahead.events.is_empty() => arrived?,
                () = sleep_until(self.next_turn()) => {}
                _ = stopped.changed() => {}
            }
        }
        Ok(())
    }

    /// Writes down where a new consumer begins, so that it begins there in any case.
    async fn start_at(&mut self) -> Result<u64, ConsumerError> {
        let partition = &self.claim.partition;
        let start = self.shared.settings.start;
        let offset = self.shared.source.offset_of(partition.stream, partition.number, start).await?;
        self.move_to(offset).await?;
        Ok(offset)
    }

    /// Moves the cursor without handling anything.
    async fn move_to(&mut self, offset: u64) -> Result<(), ConsumerError> {
        let mut transaction = self.begin().await?;
        let moved = in_time(self.shared.inbox.advance(&mut transaction, &self.claim, self.cursor, offset)).await?;
        moved.ok_or_else(|| self.fenced())?;
        in_time(self.shared.inbox.commit(transaction)).await?;
        self.cursor = Some(offset);
        Ok(())
    }

    /// Where to read, of a broker that may have lost events which were read. It would go on behind what it has, past
    /// whatever it got since.
    async fn not_behind_the_end(&mut self, from: u64) -> Result<u64, ConsumerError> {
        let partition = self.claim.partition.clone();
        if from == 0 {
            return Ok(from);
        }
        let end = self.shared.source.offset_of(partition.stream, partition.number, Start::Last).await?;
        if end >= from {
            if end == from {
                self.meter.caught_up();
            } else {
                self.meter.waiting(end - from);
            }
            return Ok(from);
        }
        let name = partition_name(partition.stream, partition.number);
        tracing::error!(
            partition = name,
            cursor = from,
            end,
            "the broker has lost events that were read, or the stream was made anew; it is read again from its beginning, \
             and the ledger knows what was handled"
        );
        self.move_to(0).await?;
        Ok(0)
    }

    /// Tells when the events that were delivered first, from one offset to another, are not those that were asked for.
    fn begin_with(&self, (first, last): (u64, u64)) -> Result<(), ConsumerError> {
        let cursor = self.cursor.unwrap_or_default();
        let partition = partition_name(self.claim.partition.stream, self.claim.partition.number);
        if last < cursor {
            // Lost since it was asked for its end.
            return Err(BrokerError::Lost { partition }.into());
        }
        if first > cursor && cursor > 0 {
            let gone = first - cursor;
            tracing::error!(
                partition,
                cursor,
                gone,
                "the broker removed events before they were read; keep them longer"
            );
        }
        Ok(())
    }

    /// As many events as are handled together.
    fn batch(&self, ahead: &mut Ahead) -> Vec<Item<I::Transaction>> {
        let from = self.cursor.unwrap_or_default();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        // A key may be blocked by each event that is handled carefully.
        let most = if from < self.careful_to { 1 } else { self.size };
        while batch.len() < most && bytes < BATCH_BYTES {
            let Some(delivery) = ahead.events.pop_front() else { break };
            // Brokers deliver whole chunks.
            if delivery.offset >= from {
                bytes += delivery.body.len();
                batch.push(Item::read(delivery, &self.shared.routes, self.claim.partition.stream));
            }
        }
        batch
    }

    async fn handle(&mut self, mut batch: Vec<Item<I::Transaction>>) -> Result<(), ConsumerError> {
        match batch.pop_if(|item| item.offset < self.careful_to) {
            Some(item) => self.handle_carefully(item).await,
            None => self.handle_batch(batch).await,
        }
    }

    /// Tries parked events whose time has come, as long as a batch may take. New events of their keys are read after that,
    /// and need not be parked, too, if these are done.
    async fn take_turns(&mut self) -> Result<(), ConsumerError> {
        let began = Instant::now();
        while began.elapsed() < BATCH_TIME {
            let now = Instant::now();
            let due = self.blocked.values().flatten().filter(|(_, at)| *at <= now).min_by_key(|(_, at)| *at);
            let Some(&(offset, _)) = due else { break };
            self.try_again(offset, false).await?;
        }
        Ok(())
    }

    /// Tells how many events and dead letters wait, once a minute. The broker is asked beside everything else.
    async fn measure(&mut self) {
        if let Some(answer) = self.measuring.take_if(|answer| answer.is_finished()) {
            match answer.await {
                // Where more was handled since it was asked, it is not known whether that is all.
                Ok(Ok(end)) if Some(end) == self.cursor => self.meter.caught_up(),
                Ok(Ok(end)) => self.meter.waiting(end.saturating_sub(self.cursor.unwrap_or_default())),
                Ok(Err(error)) => tracing::debug!(%error, "the broker does not tell how many events wait"),
                Err(panic) => tracing::error!(%panic, "nobody can tell how many events wait"),
            }
        }
        if self.measured.elapsed() >= MEASURE && self.measuring.is_none() {
            self.measured = Instant::now();
            let (shared, partition) = (self.shared.clone(), self.claim.partition.clone());
            let end = async move { shared.source.offset_of(partition.stream, partition.number, Start::Last).await };
            self.measuring = Some(tokio::spawn(end));
            self.count_dead_letters().await;
        }
    }

    async fn count_dead_letters(&self) {
        match in_time(self.shared.inbox.undecided(&self.claim)).await {
            Ok(letters) => self.meter.undecided(letters),
            Err(error) => tracing::debug!(%error, "the database does not tell how many dead letters wait"),
        }
    }

    /// When there is something to do in any case.
    fn next_turn(&self) -> Instant {
        let look = self.looked + self.shared.settings.look;
        self.blocked.values().flatten().map(|(_, at)| *at).min().map_or(look, |turn| turn.min(look))
    }

    /// Asks the database for blocked keys: a person may have decided on one, or another instance has parked events.
    pub(super) async fn look(&mut self) -> Result<(), ConsumerError> {
        let most = self.shared.settings.blocked_keys.saturating_add(1);
        let blocked = in_time(self.shared.inbox.blocked(&self.claim, most)).await?;
        self.has_more = blocked.len() >= most;
        self.blocked = blocked.into_iter().map(|blocked| (blocked.key, turn(blocked.next))).collect();
        self.looked = Instant::now();
        self.meter.blocked(self.blocked.len());
        Ok(())
    }

    /// Asks the database for one key, of which an event was tried.
    pub(super) async fn look_at(&mut self, key: &str) -> Result<(), ConsumerError> {
        let (mut transaction, _) = self.begin_fenced().await?;
        let blocked = in_time(self.shared.inbox.blocked_key(&mut transaction, &self.claim, key)).await?;
        in_time(self.shared.inbox.roll_back(transaction)).await?;
        self.blocked.remove(key);
        self.blocked.extend(blocked.map(|blocked| (blocked.key, turn(blocked.next))));
        self.meter.blocked(self.blocked.len());
        Ok(())
    }

    pub(super) fn fenced(&self) -> ConsumerError {
        let partition = &self.claim.partition;
        ConsumerError::Fenced {
            consumer: self.claim.member.consumer.to_string(),
            partition: partition_name(partition.stream, partition.number),
        }
    }

    /// The result of a handler that may panic or never end.
    pub(super) async fn guard(
        &self,
        event: &RawEnvelope,
        offset: u64,
        handler: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(), Failure> {
        let (limit, partition) = (self.shared.settings.handler_timeout, &self.claim.partition);
        let consumer = &*self.claim.member.consumer;
        let span = trace::handling_span(event, consumer, partition.stream, partition.number, offset);
        let handler = AssertUnwindSafe(handler.instrument(span.clone())).catch_unwind();
        let result = match timeout(limit, handler).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
                Err(Failure::passing(format_args!("the handler panicked: {text}")))
            }
            Err(_) => Err(Failure::passing(format_args!("the handler took longer than {limit:?}"))),
        };
        if let Err(failure) = &result {
            trace::failed(&span, &failure.error);
        }
        result
    }
}

/// What the database tells as a wait.
fn turn(next: Option<(u64, Duration)>) -> Turn {
    next.map(|(offset, wait)| (offset, Instant::now() + wait))
}

/// How many events a batch may have after handlers have taken so long with `events`.
pub(super) fn paced(size: usize, events: usize, took: Duration) -> usize {
    if took > BATCH_TIME {
        let fit = events as u128 * BATCH_TIME.as_micros() / took.as_micros();
        usize::try_from(fit).unwrap_or(events).max(1)
    } else if events >= size {
        size.saturating_mul(2)
    } else {
        size
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::paced;

    #[test]
    fn batches_grow_until_they_take_a_second() {
        for (size, events, milliseconds, expected) in [
            (64, 64, 10, 128),
            (64, 63, 10, 64),
            (64, 64, 1_000, 128),
            (128, 128, 2_000, 64),
            (128, 100, 4_000, 25),
            (2, 2, 60_000, 1),
        ] {
            assert_eq!(paced(size, events, Duration::from_millis(milliseconds)), expected, "{size} {events}");
        }
    }
}
