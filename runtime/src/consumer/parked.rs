//! Tries parked events again, and buries those for which there is no more hope.

use std::time::Duration;

use super::ConsumerError;
use super::failure::Failure;
use super::handlers::Route;
use super::inbox::{Burial, Inbox, Parked};
use super::item::{dead_letter, kept};
use super::lane::Lane;
use crate::broker::Source;
use crate::message::Message;
use crate::outbox::{KeyOrder, OutboxTransaction as _};
use crate::relay::{StoreError, in_time};

/// How an attempt at a parked event ended.
enum Tried {
    Handled,
    Failed(Failure),
}

impl<I: Inbox, S: Source> Lane<I, S> {
    /// Tries the first parked event of a key.
    pub(super) async fn try_again(&mut self, offset: u64, has_begun: bool) -> Result<(), ConsumerError> {
        if let Some(parked) = in_time(self.shared.inbox.parked(&self.claim, offset)).await? {
            if has_begun {
                self.try_parked(&parked, parked.attempts).await?;
            } else if self.wait_after(parked.attempts).is_none() && parked.attempts > 0 {
                // The last attempt never ended.
                let error = parked.error.clone().unwrap_or_else(|| "the process ended during the attempt".to_owned());
                let failure = Failure::passing(error);
                self.bury_parked(&parked, parked.attempts, &failure).await?;
            } else {
                let attempts = parked.attempts + 1;
                self.start(offset, self.wait_after(attempts).unwrap_or_default()).await?;
                self.try_parked(&parked, attempts).await?;
            }
        }
        // The next event of the key may be handled now; or the event is another's business by now.
        self.look().await
    }

    async fn try_parked(&mut self, parked: &Parked, attempts: u32) -> Result<(), ConsumerError> {
        let tried = self.handle_parked(parked).await?;
        if matches!(tried, Tried::Failed(_)) {
            self.meter.failed();
        }
        match tried {
            Tried::Handled => {
                self.meter.handled();
                Ok(())
            }
            Tried::Failed(failure) => match self.wait_after(attempts).filter(|_| !failure.is_terminal) {
                Some(next) => self.fail_again(parked.offset, &failure, next).await,
                None => self.bury_parked(parked, attempts, &failure).await,
            },
        }
    }

    async fn handle_parked(&self, parked: &Parked) -> Result<Tried, ConsumerError> {
        let (envelope, route) = match kept(&parked.event, &self.shared.routes) {
            Ok((envelope, route)) => (Some(envelope), route.cloned()),
            Err(error) => return Ok(Tried::Failed(Failure::unreadable(&error))),
        };
        match (envelope, route) {
            (Some(envelope), Some(Route::Transaction(handler))) => {
                let mut transaction = self.begin_fenced().await?;
                let id = [envelope.event_id];
                let note = self.shared.inbox.note(&mut transaction, &self.claim.member.consumer, &id);
                if !in_time(note).await?.is_empty() {
                    let handling = handler.handle(envelope.clone(), &mut transaction);
                    let handled = self.guard(&envelope, parked.offset, handling).await;
                    if let Err(failure) = handled {
                        in_time(self.shared.inbox.roll_back(transaction)).await?;
                        return Ok(Tried::Failed(failure));
                    }
                }
                self.unpark(transaction, parked.offset).await
            }
            (Some(envelope), Some(Route::Effect { effect, is_noted })) => {
                let id = [envelope.event_id];
                let consumer = &self.claim.member.consumer;
                let is_known = is_noted && !in_time(self.shared.inbox.noted(consumer, &id)).await?.is_empty();
                if !is_known {
                    let handled = self.guard(&envelope, parked.offset, effect.handle(envelope.clone())).await;
                    if let Err(failure) = handled {
                        return Ok(Tried::Failed(failure));
                    }
                }
                let mut transaction = self.begin_fenced().await?;
                if is_noted {
                    in_time(self.shared.inbox.note(&mut transaction, consumer, &id)).await?;
                }
                self.unpark(transaction, parked.offset).await
            }
            // Nothing handles it any more.
            _ => self.unpark(self.begin_fenced().await?, parked.offset).await,
        }
    }

    async fn unpark(&self, mut transaction: I::Transaction, offset: u64) -> Result<Tried, ConsumerError> {
        in_time(self.shared.inbox.unpark(&mut transaction, &self.claim, offset)).await?;
        if let Err(error) = in_time(self.shared.inbox.commit(transaction)).await {
            self.reach_database().await?;
            return Ok(Tried::Failed(Failure::of(&error)));
        }
        Ok(Tried::Handled)
    }

    async fn start(&self, offset: u64, next: Duration) -> Result<(), ConsumerError> {
        let mut transaction = self.begin_fenced().await?;
        in_time(self.shared.inbox.start(&mut transaction, &self.claim, offset, next)).await?;
        Ok(in_time(self.shared.inbox.commit(transaction)).await?)
    }

    async fn fail_again(&self, offset: u64, failure: &Failure, next: Duration) -> Result<(), ConsumerError> {
        let mut transaction = self.begin_fenced().await?;
        in_time(self.shared.inbox.fail(&mut transaction, &self.claim, offset, failure, next)).await?;
        Ok(in_time(self.shared.inbox.commit(transaction)).await?)
    }

    async fn bury_parked(&self, parked: &Parked, attempts: u32, failure: &Failure) -> Result<(), ConsumerError> {
        let mut transaction = self.begin_fenced().await?;
        self.bury(&mut transaction, parked.offset, &parked.event, attempts, failure).await?;
        Ok(in_time(self.shared.inbox.commit(transaction)).await?)
    }

    /// Makes an event a dead letter: a row for those who decide, and an event for those who watch. Returns whether its
    /// key is halted.
    pub(super) async fn bury(
        &self,
        transaction: &mut I::Transaction,
        offset: u64,
        event: &Message,
        attempts: u32,
        failure: &Failure,
    ) -> Result<bool, ConsumerError> {
        let stream = self.dead_letters();
        let halts_key = stream.is_some_and(|stream| stream.halt_key);
        let burial = Burial { offset, event, attempts, failure, halts_key };
        let times = in_time(self.shared.inbox.bury(transaction, &self.claim, &burial)).await?;
        if let Some(stream) = stream {
            let letter = dead_letter(stream.stream, &self.claim, &burial, &times);
            let added = transaction.add(&[letter], KeyOrder::AsCommitted).await;
            added.map_err(|cause| StoreError::Failed { action: "append a dead letter to the outbox", cause })?;
        }
        self.meter.dead_letter();
        tracing::warn!(
            event_id = %event.event_id,
            event_type = event.event_type,
            offset,
            attempts,
            error = failure.error,
            halts_key,
            "an event is a dead letter"
        );
        Ok(halts_key)
    }

    /// Whether a failed attempt keeps later events of the key waiting.
    pub(super) fn blocks(&self, failure: &Failure, attempts: u32) -> bool {
        let is_retried = !failure.is_terminal && self.wait_after(attempts).is_some();
        is_retried || self.dead_letters().is_some_and(|stream| stream.halt_key)
    }

    fn dead_letters(&self) -> Option<crate::topology::DeadLetter> {
        self.shared.routes.get(self.claim.partition.stream).and_then(|routes| routes.stream.dead_letter)
    }

    /// How long to wait after so many attempts; `None` after the last.
    fn wait_after(&self, attempts: u32) -> Option<Duration> {
        let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
        self.shared.settings.retry.get(index).copied()
    }

    async fn begin_fenced(&self) -> Result<I::Transaction, ConsumerError> {
        let mut transaction = in_time(self.shared.inbox.begin()).await?;
        if in_time(self.shared.inbox.fence(&mut transaction, &self.claim)).await? {
            Ok(transaction)
        } else {
            Err(self.fenced())
        }
    }
}
