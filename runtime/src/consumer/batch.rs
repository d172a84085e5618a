//! Handles events as they are read, many at a time where that is possible.
//!
//! A batch is one transaction: the cursor moves, the ledger notes the events, handlers work. When one of them fails, the
//! transaction is rolled back; what was before the event is done again without it, the event alone, and so is the rest.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::Instant;
use uuid::Uuid;

use super::ConsumerError;
use super::failure::Failure;
use super::handlers::Route;
use super::inbox::{Attempt, Inbox, Mark, Parking};
use super::item::{Becomes, Item, Step};
use super::lane::{Lane, Turn, paced};
use crate::broker::Source;
use crate::relay::{StoreError, in_time};

type Items<I> = Vec<Item<<I as Inbox>::Transaction>>;

/// Why a batch was rolled back.
enum Broken {
    /// By the event at this index.
    At(usize, Failure),
    /// By any of them: the database refused the commit.
    Somewhere(Failure),
    /// Not by the events.
    Never(ConsumerError),
}

impl<E: Into<ConsumerError>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::Never(error.into())
    }
}

/// How an effect ended.
enum Done {
    /// It happened, now or before.
    Yes,
    /// It has not happened.
    Failed(Failure),
    /// It waits for an earlier event of its key.
    Behind,
}

impl<I: Inbox, S: Source> Lane<I, S> {
    /// Handles events, in this order.
    pub(super) async fn handle_batch(&mut self, mut items: Items<I>) -> Result<(), ConsumerError> {
        while !items.is_empty() {
            let step = items.iter().find_map(Item::step).unwrap_or(Step::Transaction);
            let end = items.iter().position(|item| item.step().is_some_and(|other| other != step));
            let rest = items.split_off(end.unwrap_or(items.len()));
            match step {
                Step::Transaction => self.transact(items).await?,
                Step::Effects => self.cause(items).await?,
            }
            items = rest;
        }
        Ok(())
    }

    /// Handles events in as few transactions as possible.
    async fn transact(&mut self, items: Items<I>) -> Result<(), ConsumerError> {
        // The next is the last.
        let mut left: Vec<Range<usize>> = Vec::new();
        left.push(0..items.len());
        while let Some(range) = left.pop() {
            if range.is_empty() {
                continue;
            }
            let is_alone = range.len() == 1;
            match self.attempt(&items[range.clone()]).await {
                Ok(()) => {}
                Err(Broken::Never(error)) => return Err(error),
                Err(Broken::At(_, failure) | Broken::Somewhere(failure)) if is_alone => {
                    self.fails(&items[range.start], failure).await?;
                }
                Err(Broken::At(index, _)) => {
                    let at = range.start + index;
                    left.extend([at + 1..range.end, at..at + 1, range.start..at]);
                }
                Err(Broken::Somewhere(_)) => left.extend(range.rev().map(|index| index..index + 1)),
            }
        }
        Ok(())
    }

    /// Handles events in one transaction.
    async fn attempt(&mut self, items: &[Item<I::Transaction>]) -> Result<(), Broken> {
        let Some(last) = items.last() else { return Ok(()) };
        let (shared, to) = (self.shared.clone(), last.offset + 1);
        let (inbox, began, mut tally) = (&shared.inbox, Instant::now(), self.meter.tally());
        let mut transaction = self.begin().await?;
        let mark = self.advance(&mut transaction, to).await?;
        let is_new = |item: &&Item<_>| item.is_noted() && !self.blocked.contains_key(&item.key);
        let ids: Vec<Uuid> = items.iter().filter(is_new).map(|item| item.id).collect();
        let mut new = HashSet::new();
        if !ids.is_empty() {
            new.extend(in_time(inbox.note(&mut transaction, &self.claim.member.consumer, &ids)).await?);
        }
        let (started, mut behind) = (Instant::now(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            if self.blocked.contains_key(&item.key) {
                behind.extend(self.behind(item));
                tally.behind += 1;
                continue;
            }
            let handled = match &item.becomes {
                Becomes::Handled(Route::Transaction(handler)) if new.remove(&item.id) => match item.envelope() {
                    Some(envelope) => {
                        tally.handled(envelope);
                        let handling = handler.handle(envelope.clone(), &mut transaction);
                        self.guard(envelope, item.offset, handling).await
                    }
                    None => Ok(()),
                },
                Becomes::Handled(_) | Becomes::Known => {
                    tally.duplicates += 1;
                    Ok(())
                }
                Becomes::Passed => {
                    tally.passed += 1;
                    Ok(())
                }
                Becomes::Unreadable(failure) => Err(failure.clone()),
            };
            if let Err(failure) = handled {
                self.give_up(transaction).await?;
                return Err(Broken::At(index, failure));
            }
        }
        let took = started.elapsed();
        let mut transaction = self.seal(transaction, &mark).await?.map_err(Broken::Somewhere)?;
        if !behind.is_empty() {
            in_time(inbox.park(&mut transaction, &self.claim, &behind)).await?;
        }
        if let Some(failure) = self.commit(transaction).await? {
            return Err(Broken::Somewhere(failure));
        }
        self.cursor = Some(to);
        self.size = paced(self.size, items.len(), took).min(shared.settings.batch);
        self.meter.batch(&tally, began.elapsed());
        Ok(())
    }

    /// Begins a transaction for handlers.
    pub(super) async fn begin(&self) -> Result<I::Transaction, ConsumerError> {
        Ok(in_time(self.shared.inbox.begin(self.shared.settings.handler_timeout)).await?)
    }

    async fn advance(&self, transaction: &mut I::Transaction, to: u64) -> Result<Mark, ConsumerError> {
        let advance = self.shared.inbox.advance(transaction, &self.claim, self.cursor, to);
        in_time(advance).await?.ok_or_else(|| self.fenced())
    }

    /// Ends the handlers' part of a transaction; `Err` with what they did to it. From then on, nothing of it is lost that is
    /// written besides.
    pub(super) async fn seal(
        &self,
        mut transaction: I::Transaction,
        mark: &Mark,
    ) -> Result<Result<I::Transaction, Failure>, ConsumerError> {
        let failure = match in_time(self.shared.inbox.seal(&mut transaction, &self.claim, mark)).await {
            Ok(true) => return Ok(Ok(transaction)),
            Ok(false) => Failure::passing("a handler has ended the transaction that it was given"),
            Err(error @ StoreError::Rejected { .. }) => Failure::of(&error),
            Err(error) => return Err(error.into()),
        };
        self.give_up(transaction).await?;
        Ok(Err(failure))
    }

    /// Commits; returns why the database would not.
    ///
    /// # Errors
    /// When it is not the handlers' fault. The transaction may have been committed nevertheless: then the cursor is
    /// elsewhere, and the partition is read again from there.
    pub(super) async fn commit(&self, transaction: I::Transaction) -> Result<Option<Failure>, ConsumerError> {
        match in_time(self.shared.inbox.commit(transaction)).await {
            Ok(()) => Ok(None),
            Err(error @ StoreError::Rejected { .. }) => Ok(Some(Failure::of(&error))),
            Err(error) => Err(error.into()),
        }
    }

    /// Rolls back after a failure. That of an event, unless the database cannot be reached at all: a handler can also
    /// break the connection.
    pub(super) async fn give_up(&self, transaction: I::Transaction) -> Result<(), ConsumerError> {
        if in_time(self.shared.inbox.roll_back(transaction)).await.is_err() {
            let transaction = self.begin().await?;
            in_time(self.shared.inbox.roll_back(transaction)).await?;
        }
        Ok(())
    }

    /// An event that waits for an earlier one of its key. Others that nobody handles are passed over in any case.
    fn behind(&self, item: &Item<I::Transaction>) -> Option<Parking> {
        let attempt = match &item.becomes {
            Becomes::Passed | Becomes::Known => return None,
            Becomes::Handled(_) => None,
            // What is wrong with it cannot be told from what is kept.
            Becomes::Unreadable(failure) => Some(Attempt { failure: Some(failure.clone()), next: Duration::ZERO }),
        };
        Some(Parking { offset: item.offset, event: item.message(&self.claim.partition), attempt })
    }

    /// Moves past an event whose first attempt has failed.
    async fn fails(&mut self, item: &Item<I::Transaction>, failure: Failure) -> Result<(), ConsumerError> {
        let (shared, to) = (self.shared.clone(), item.offset + 1);
        let inbox = &shared.inbox;
        let mut transaction = self.begin().await?;
        self.advance(&mut transaction, to).await?;
        let blocks = self.set_aside(&mut transaction, item, failure).await?;
        in_time(inbox.commit(transaction)).await?;
        self.cursor = Some(to);
        self.blocked.extend(blocks);
        Ok(())
    }

    /// Parks or buries an event whose first attempt has failed. Returns its key if that is blocked now.
    async fn set_aside(
        &self,
        transaction: &mut I::Transaction,
        item: &Item<I::Transaction>,
        failure: Failure,
    ) -> Result<Option<(String, Turn)>, ConsumerError> {
        self.meter.failed();
        let event = item.message(&self.claim.partition);
        let Some(next) = self.wait_after(1).filter(|_| !failure.is_terminal) else {
            let halts = self.bury(transaction, item.offset, &event, 1, &failure).await?;
            return Ok(halts.then(|| (item.key.clone(), None)));
        };
        tracing::info!(event_id = %item.id, offset = item.offset, error = failure.error, "an event is parked");
        let attempt = Some(Attempt { failure: Some(failure), next });
        let parking = [Parking { offset: item.offset, event, attempt }];
        in_time(self.shared.inbox.park(transaction, &self.claim, &parking)).await?;
        Ok(Some((item.key.clone(), Some((item.offset, Instant::now() + next)))))
    }

    /// Counts an attempt at an event before it begins, so that one that kills the process is found out.
    pub(super) async fn handle_carefully(&mut self, item: Item<I::Transaction>) -> Result<(), ConsumerError> {
        if self.blocked.contains_key(&item.key) || !matches!(item.becomes, Becomes::Handled(_)) {
            return self.handle_batch(vec![item]).await;
        }
        let (shared, to, offset) = (self.shared.clone(), item.offset + 1, item.offset);
        let next = self.wait_after(1).unwrap_or_default();
        let attempt = Some(Attempt { failure: None, next });
        let parking = [Parking { offset, event: item.message(&self.claim.partition), attempt }];
        let mut transaction = self.begin().await?;
        self.advance(&mut transaction, to).await?;
        in_time(shared.inbox.park(&mut transaction, &self.claim, &parking)).await?;
        in_time(shared.inbox.commit(transaction)).await?;
        self.cursor = Some(to);
        self.blocked.insert(item.key, Some((offset, Instant::now() + next)));
        self.try_again(offset, true).await
    }

    /// Lets effects happen, those of different keys beside each other, and writes down which did.
    async fn cause(&mut self, mut items: Items<I>) -> Result<(), ConsumerError> {
        let Some(last) = items.last() else { return Ok(()) };
        let (shared, to) = (self.shared.clone(), last.offset + 1);
        let (inbox, began, mut tally) = (&shared.inbox, Instant::now(), self.meter.tally());
        let noted: Vec<Uuid> = items.iter().filter(|item| item.is_noted()).map(|item| item.id).collect();
        let mut known: HashSet<Uuid> = HashSet::new();
        // Nothing happens for an instance that has lost the partition.
        let mut transaction = self.begin_fenced().await?.0;
        if !noted.is_empty() {
            known.extend(in_time(inbox.noted(&mut transaction, &self.claim.member.consumer, &noted)).await?);
        }
        in_time(inbox.commit(transaction)).await?;
        let mut by_key: HashMap<String, Vec<_>> = HashMap::new();
        for item in &mut items {
            // Delivered twice, or for the second time in this batch.
            if item.is_noted() && !known.insert(item.id) {
                item.becomes = Becomes::Known;
            }
        }
        for (index, item) in items.iter().enumerate() {
            by_key.entry(item.key.clone()).or_default().push((index, item));
        }
        let (mut left, started) = (by_key.into_iter(), Instant::now());
        let (mut causing, mut done) = (FuturesUnordered::new(), Vec::new());
        loop {
            while causing.len() < shared.settings.concurrency {
                let Some((key, items)) = left.next() else { break };
                causing.push(self.cause_in_order(key, items));
            }
            let Some(some) = causing.next().await else { break };
            done.extend(some);
        }
        drop(causing);
        let took = started.elapsed();
        done.sort_unstable_by_key(|(index, _)| *index);

        let mut transaction = self.begin().await?;
        self.advance(&mut transaction, to).await?;
        let (mut happened, mut behind, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
        for (item, (_, done)) in items.iter().zip(done) {
            match done {
                Done::Yes if matches!(item.becomes, Becomes::Handled(_)) => {
                    happened.extend(item.is_noted().then_some(item.id));
                    if let Some(envelope) = item.envelope() {
                        tally.handled(envelope);
                    }
                }
                Done::Yes if matches!(item.becomes, Becomes::Known) => tally.duplicates += 1,
                Done::Yes => tally.passed += 1,
                Done::Failed(failure) => blocks.extend(self.set_aside(&mut transaction, item, failure).await?),
                Done::Behind => {
                    behind.extend(self.behind(item));
                    tally.behind += 1;
                }
            }
        }
        if !happened.is_empty() {
            in_time(inbox.note(&mut transaction, &self.claim.member.consumer, &happened)).await?;
        }
        if !behind.is_empty() {
            in_time(inbox.park(&mut transaction, &self.claim, &behind)).await?;
        }
        in_time(inbox.commit(transaction)).await?;
        self.cursor = Some(to);
        self.blocked.extend(blocks);
        // So many happen at the same time.
        let size = paced(self.size, items.len(), took).max(shared.settings.concurrency);
        self.size = size.min(shared.settings.batch);
        self.meter.batch(&tally, began.elapsed());
        Ok(())
    }

    /// Effects of one key, until one fails.
    async fn cause_in_order(&self, key: String, items: Vec<(usize, &Item<I::Transaction>)>) -> Vec<(usize, Done)> {
        let mut waits = self.blocked.contains_key(&key);
        let mut done = Vec::with_capacity(items.len());
        for (index, item) in items {
            if waits {
                done.push((index, Done::Behind));
                continue;
            }
            let result = match &item.becomes {
                Becomes::Handled(Route::Effect { effect, .. }) => match item.envelope() {
                    Some(envelope) => self.guard(envelope, item.offset, effect.handle(envelope.clone())).await,
                    None => Ok(()),
                },
                Becomes::Handled(_) | Becomes::Known | Becomes::Passed => Ok(()),
                Becomes::Unreadable(failure) => Err(failure.clone()),
            };
            // A dead letter that halts nothing lets the next one past.
            waits = result.as_ref().is_err_and(|failure| self.blocks(failure));
            done.push((index, result.map_or_else(Done::Failed, |()| Done::Yes)));
        }
        done
    }
}
