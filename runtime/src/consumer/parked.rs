//! Tries parked events again, and buries those for which there is no more hope.

use std::time::Duration;

use super::ConsumerError;
use super::failure::Failure;
use super::handlers::Route;
use super::inbox::{Burial, Inbox, Mark};
use super::item::{dead_letter, kept};
use super::lane::Lane;
use crate::broker::Source;
use crate::envelope::RawEnvelope;
use crate::message::Message;
use crate::outbox::{KeyOrder, OutboxTransaction as _, Statements};
use crate::relay::{StoreError, in_time};

/// How long an event waits that nothing here handles: another version of the service may.
const NOBODY: Duration = Duration::from_mins(1);

impl<I: Inbox, S: Source> Lane<I, S> {
    /// Tries the first parked event of a key.
    pub(super) async fn try_again(&mut self, offset: u64, has_begun: bool) -> Result<(), ConsumerError> {
        let (mut transaction, _) = self.begin_fenced().await?;
        let found = in_time(self.shared.inbox.parked(&mut transaction, &self.claim, offset)).await?;
        let Some(parked) = found else {
            // Somebody else's business by now.
            in_time(self.shared.inbox.roll_back(transaction)).await?;
            return self.look().await;
        };
        let shared = self.shared.clone();
        let attempts = parked.attempts + u32::from(!has_begun);
        let readable = kept(&parked.event, &shared.routes);
        match readable {
            Err(error) => {
                // It is known why since it was read from the stream.
                let failure = Failure::unreadable(&error);
                let error = parked.error.clone().unwrap_or(failure.error);
                self.bury(&mut transaction, offset, &parked.event, attempts, &Failure { error, ..failure }).await?;
                in_time(shared.inbox.commit(transaction)).await?;
            }
            Ok((_, None)) => {
                let failure = Failure::passing(format_args!("nothing here handles `{}`", parked.event.event_type));
                tracing::warn!(offset, event_id = %parked.event.event_id, error = failure.error, "a parked event waits");
                in_time(shared.inbox.fail(&mut transaction, &self.claim, offset, &failure, NOBODY)).await?;
                in_time(shared.inbox.commit(transaction)).await?;
            }
            Ok(_) if !has_begun && parked.attempts > 0 && self.wait_after(parked.attempts).is_none() => {
                // The last attempt never ended.
                let error = parked.error.clone().unwrap_or_else(|| "the process ended during the attempt".to_owned());
                self.bury(&mut transaction, offset, &parked.event, parked.attempts, &Failure::passing(error)).await?;
                in_time(shared.inbox.commit(transaction)).await?;
            }
            Ok((envelope, Some(route))) => {
                if has_begun {
                    in_time(shared.inbox.roll_back(transaction)).await?;
                } else {
                    let next = self.wait_after(attempts).unwrap_or_default();
                    in_time(shared.inbox.start(&mut transaction, &self.claim, offset, next)).await?;
                    in_time(shared.inbox.commit(transaction)).await?;
                }
                match self.handle_parked(offset, &envelope, route).await? {
                    None => self.meter.handled(envelope.tenant_id.as_deref()),
                    Some(failure) => self.fail_parked(offset, attempts, &failure).await?,
                }
            }
        }
        self.look_at(&parked.event.key).await
    }

    /// Handles a parked event; returns how it failed if it did.
    async fn handle_parked(
        &self,
        offset: u64,
        envelope: &RawEnvelope,
        route: &Route<I::Transaction>,
    ) -> Result<Option<Failure>, ConsumerError> {
        let (inbox, consumer, id) = (&self.shared.inbox, &self.claim.member.consumer, [envelope.event_id]);
        let (mut transaction, mut mark) = self.begin_fenced().await?;
        match route {
            Route::Transaction(handler) => {
                if !in_time(inbox.note(&mut transaction, consumer, &id)).await?.is_empty() {
                    let handling = handler.handle(envelope.clone(), &mut transaction);
                    if let Err(failure) = self.guard(envelope, offset, handling).await {
                        self.give_up(transaction).await?;
                        return Ok(Some(failure));
                    }
                }
            }
            Route::Effect { effect, is_noted } => {
                let is_known = *is_noted && !in_time(inbox.noted(&mut transaction, consumer, &id)).await?.is_empty();
                in_time(inbox.commit(transaction)).await?;
                if !is_known {
                    let handled = self.guard(envelope, offset, effect.handle(envelope.clone())).await;
                    if let Err(failure) = handled {
                        return Ok(Some(failure));
                    }
                }
                (transaction, mark) = self.begin_fenced().await?;
                if *is_noted {
                    in_time(inbox.note(&mut transaction, consumer, &id)).await?;
                }
            }
        }
        match self.seal(transaction, &mark).await? {
            Ok(mut transaction) => {
                in_time(inbox.unpark(&mut transaction, &self.claim, offset)).await?;
                self.commit(transaction).await
            }
            Err(failure) => Ok(Some(failure)),
        }
    }

    /// Writes down how an attempt failed; the last one makes a dead letter.
    async fn fail_parked(&mut self, offset: u64, attempts: u32, failure: &Failure) -> Result<(), ConsumerError> {
        self.meter.failed();
        let (mut transaction, _) = self.begin_fenced().await?;
        match self.wait_after(attempts).filter(|_| !failure.is_terminal) {
            Some(next) => {
                in_time(self.shared.inbox.fail(&mut transaction, &self.claim, offset, failure, next)).await?;
            }
            None => {
                let parked = in_time(self.shared.inbox.parked(&mut transaction, &self.claim, offset)).await?;
                if let Some(parked) = parked {
                    self.bury(&mut transaction, offset, &parked.event, attempts, failure).await?;
                }
            }
        }
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
            // There are few, and a pooler may stand between.
            let added = transaction.add(&[letter], KeyOrder::AsCommitted, Statements::Unprepared).await;
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

    /// Whether a failed first attempt keeps later events of the key waiting.
    pub(super) fn blocks(&self, failure: &Failure) -> bool {
        let is_retried = !failure.is_terminal && self.wait_after(1).is_some();
        is_retried || self.dead_letters().is_some_and(|stream| stream.halt_key)
    }

    fn dead_letters(&self) -> Option<crate::topology::DeadLetter> {
        self.shared.routes.get(self.claim.partition.stream).and_then(|routes| routes.stream.dead_letter)
    }

    /// How long to wait after so many attempts; `None` after the last.
    pub(super) fn wait_after(&self, attempts: u32) -> Option<Duration> {
        let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
        self.shared.settings.retry.get(index).copied()
    }

    /// Begins a transaction for a claim that still holds.
    pub(super) async fn begin_fenced(&self) -> Result<(I::Transaction, Mark), ConsumerError> {
        let mut transaction = self.begin().await?;
        let mark = in_time(self.shared.inbox.fence(&mut transaction, &self.claim)).await?;
        Ok((transaction, mark.ok_or_else(|| self.fenced())?))
    }
}
