//! Reads one partition.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument as _;

use super::ahead::Ahead;
use super::failure::Failure;
use super::inbox::{Claim, Inbox};
use super::item::Item;
use super::{ConsumerError, Shared};
use crate::broker::{Source, partition_name};
use crate::envelope::RawEnvelope;
use crate::relay::in_time;
use crate::trace;

/// Most bytes of a batch.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Parked events that are tried before new ones are read again.
const TURNS: usize = 64;

/// One partition, as long as this instance holds it.
pub(super) struct Lane<I: Inbox, S: Source> {
    pub(super) shared: Arc<Shared<I, S>>,
    pub(super) claim: Claim,
    /// Offset of the next event; `None` before the first.
    pub(super) cursor: Option<u64>,
    /// Keys whose events are parked: the first of them, and when it is tried.
    pub(super) blocked: HashMap<String, Option<(u64, Instant)>>,
    /// Whether there are more of them than these.
    has_more: bool,
    /// When the database was last asked for them.
    looked: Instant,
    /// Events up to this offset may kill the process: an attempt is counted before each.
    careful_to: u64,
}

impl<I: Inbox, S: Source> Lane<I, S> {
    pub(super) fn new(shared: Arc<Shared<I, S>>, claim: Claim) -> Self {
        let cursor = claim.next_offset;
        let batch = if claim.is_orphan { shared.settings.batch as u64 } else { 0 };
        let careful_to = cursor.unwrap_or_default().saturating_add(batch);
        Self { shared, claim, cursor, blocked: HashMap::new(), has_more: false, looked: Instant::now(), careful_to }
    }

    /// Reads until it is stopped or fails, and gives the partition back.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) -> Result<(), ConsumerError> {
        let result = self.read(&mut stopped).await;
        if !matches!(result, Err(ConsumerError::Fenced { .. })) {
            // The lease ends by itself if this fails; whoever is next is careful then, for nothing.
            let _ = in_time(self.shared.inbox.release(&self.claim)).await;
        }
        result
    }

    async fn read(&mut self, stopped: &mut watch::Receiver<bool>) -> Result<(), ConsumerError> {
        let partition = self.claim.partition.clone();
        let from = match self.cursor {
            Some(offset) => offset,
            None => self.begin().await?,
        };
        let subscription = self.shared.source.subscribe(partition.stream, partition.number, from).await?;
        let mut ahead = Ahead::of(subscription, partition_name(partition.stream, partition.number));
        self.look().await?;
        while !*stopped.borrow_and_update() {
            self.take_turns().await?;
            let is_short = self.has_more && self.blocked.len() < self.shared.settings.blocked_keys / 2;
            if is_short || self.looked.elapsed() >= self.shared.settings.look {
                self.look().await?;
            }
            let has_room = !self.has_more && self.blocked.len() < self.shared.settings.blocked_keys;
            if has_room {
                ahead.fill(self.shared.settings.batch);
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
    async fn begin(&mut self) -> Result<u64, ConsumerError> {
        let partition = &self.claim.partition;
        let start = self.shared.settings.start;
        let offset = self.shared.source.offset_of(partition.stream, partition.number, start).await?;
        let mut transaction = in_time(self.shared.inbox.begin()).await?;
        let is_ours = in_time(self.shared.inbox.advance(&mut transaction, &self.claim, None, offset)).await?;
        if !is_ours {
            return Err(self.fenced());
        }
        in_time(self.shared.inbox.commit(transaction)).await?;
        self.cursor = Some(offset);
        Ok(offset)
    }

    /// As many events as are handled together.
    fn batch(&self, ahead: &mut Ahead) -> Vec<Item<I::Transaction>> {
        let from = self.cursor.unwrap_or_default();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < self.shared.settings.batch && bytes < BATCH_BYTES {
            let Some(delivery) = ahead.events.pop_front() else { break };
            // Brokers deliver whole chunks.
            if delivery.offset >= from {
                bytes += delivery.body.len();
                batch.push(Item::read(delivery, &self.shared.routes, self.claim.partition.stream));
            }
        }
        batch
    }

    async fn handle(&mut self, batch: Vec<Item<I::Transaction>>) -> Result<(), ConsumerError> {
        let is_careful = |item: &Item<_>| item.offset < self.careful_to;
        let carefully = batch.iter().take_while(|item| is_careful(item)).count();
        let mut rest = batch;
        let batch = rest.split_off(carefully);
        for item in rest {
            self.handle_carefully(item).await?;
        }
        self.handle_batch(batch).await
    }

    /// Tries parked events whose time has come.
    async fn take_turns(&mut self) -> Result<(), ConsumerError> {
        for _ in 0..TURNS {
            let now = Instant::now();
            let due = self.blocked.values().flatten().filter(|(_, at)| *at <= now).map(|(offset, _)| *offset).min();
            let Some(offset) = due else { break };
            self.try_again(offset, false).await?;
        }
        Ok(())
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
        let now = Instant::now();
        let turn = |next: Option<(u64, Duration)>| next.map(|(offset, wait)| (offset, now + wait));
        self.blocked = blocked.into_iter().map(|blocked| (blocked.key, turn(blocked.next))).collect();
        self.looked = now;
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
