//! The half of a relay that talks to the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};

use super::{Lead, PublishingIds, RelayError, Row, Settings, Status, StoreError, Window};

/// How often the lead is kept and room is made.
const CARE: Duration = Duration::from_secs(1);

/// A window begins no sooner after the last one, unless that one was large. Each is a record that is kept for a while.
const BETWEEN: Duration = Duration::from_millis(20);

/// A database that does not answer for so long is taken for dead.
const SILENCE: Duration = Duration::from_mins(1);

/// What is to be published.
pub(super) enum Work {
    /// Rows with their publishing ids.
    Rows {
        rows: Vec<(u64, Row)>,
        /// Whether nobody can have published them before.
        new: bool,
    },
    /// The end of a window.
    End(Ended),
}

/// A window that has been read to its end.
pub(super) struct Ended {
    pub(super) number: u64,
    pub(super) opened: Instant,
    pub(super) first: PublishingIds,
    pub(super) next: PublishingIds,
}

/// Makes windows, reads them, and notes which are published.
pub(super) struct Reading<L> {
    pub(super) lead: L,
    pub(super) settings: Settings,
    pub(super) status: Status,
    pub(super) wake: Arc<Notify>,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) rows: mpsc::Sender<Work>,
    pub(super) confirms: mpsc::UnboundedReceiver<Ended>,
    /// The last window that is published a second time. Until it is, nothing is thrown away.
    pub(super) again: u64,
    pub(super) cared: Instant,
}

/// What ended a rest.
enum Rested {
    Long,
    Woken,
    /// Nobody publishes any more.
    Ended,
}

impl<L: Lead> Reading<L> {
    /// Reads `history` from window `from` on, and then what is new, until it is stopped and everything is confirmed, or
    /// until nobody publishes any more.
    pub(super) async fn run(mut self, history: Vec<Window<L::Range>>, from: usize) -> Result<(), RelayError> {
        self.read_all(history, from).await?;
        // The end of the rows is the end of publishing, once everything is confirmed.
        let Self { mut lead, rows, mut confirms, .. } = self;
        drop(rows);
        loop {
            match timeout(CARE, confirms.recv()).await {
                Ok(Some(Ended { number, next, .. })) => in_time(lead.published(number, &next)).await?,
                Ok(None) => break,
                Err(_) => in_time(lead.keep()).await?,
            }
        }
        lead.release().await;
        Ok(())
    }

    async fn read_all(&mut self, mut history: Vec<Window<L::Range>>, from: usize) -> Result<(), RelayError> {
        let mut next = history.last().map(|last| last.next.clone().unwrap_or_default()).unwrap_or_default();
        let again = history.split_off(from);
        drop(history);
        self.again = again.last().map_or(0, |window| window.number);
        for window in again {
            let Some((behind, _)) = self.read(&window, false).await? else { return Ok(()) };
            next.raise(&behind);
        }
        let (shortest, longest) = self.settings.poll;
        let mut pause = shortest;
        while !*self.stopped.borrow_and_update() {
            let opened = Instant::now();
            if let Some(window) = in_time(self.lead.open(&next)).await? {
                self.status.window_opened();
                let Some((behind, rows)) = self.read(&window, true).await? else { return Ok(()) };
                next = behind;
                pause = shortest;
                if rows < self.settings.chunk.rows {
                    sleep(BETWEEN.saturating_sub(opened.elapsed())).await;
                }
            } else {
                match self.rest(pause).await? {
                    Rested::Ended => return Ok(()),
                    Rested::Woken => pause = shortest,
                    Rested::Long => pause = (pause * 2).min(longest),
                }
            }
            self.care().await?;
        }
        Ok(())
    }

    /// Hands a window on; returns the ids behind it and how many rows it has, or `None` when there is no use in going on.
    async fn read(
        &mut self,
        window: &Window<L::Range>,
        new: bool,
    ) -> Result<Option<(PublishingIds, usize)>, RelayError> {
        let opened = Instant::now();
        let mut ids = window.first.clone();
        let mut position = L::Position::default();
        let mut count = 0;
        loop {
            let rows = in_time(self.lead.read(window, &mut position, self.settings.chunk)).await?;
            if rows.is_empty() {
                break;
            }
            count += rows.len();
            let rows = rows.into_iter().map(|row| (ids.take(&row.stream, row.partition), row)).collect();
            // Whoever leads next reads the window from its beginning, if it is left here.
            if *self.stopped.borrow() || !self.hand_on(Work::Rows { rows, new }).await? {
                return Ok(None);
            }
        }
        let ended = Ended { number: window.number, opened, first: window.first.clone(), next: ids.clone() };
        Ok(self.hand_on(Work::End(ended)).await?.then_some((ids, count)))
    }

    /// Waits until there is room for `work`, and does what else there is to do meanwhile. `false` when nobody takes it.
    async fn hand_on(&mut self, work: Work) -> Result<bool, RelayError> {
        let rows = self.rows.clone();
        loop {
            self.note_confirms().await?;
            self.care().await?;
            match timeout(CARE, rows.reserve()).await {
                Ok(Ok(place)) => {
                    place.send(work);
                    return Ok(true);
                }
                Ok(Err(_)) => return Ok(false),
                Err(_) => {}
            }
        }
    }

    async fn note_confirms(&mut self) -> Result<(), RelayError> {
        while let Ok(ended) = self.confirms.try_recv() {
            self.note(ended).await?;
        }
        Ok(())
    }

    async fn note(&mut self, Ended { number, next, .. }: Ended) -> Result<(), RelayError> {
        in_time(self.lead.published(number, &next)).await?;
        if number >= self.again {
            self.again = 0;
        }
        Ok(())
    }

    /// Keeps the lead and makes room, now and then.
    async fn care(&mut self) -> Result<(), RelayError> {
        if self.cared.elapsed() >= CARE {
            in_time(self.lead.keep()).await?;
            self.status.backlog(&in_time(self.lead.backlog()).await?);
            if self.again == 0 {
                in_time(self.lead.tidy(self.settings.retain)).await?;
            }
            self.cared = Instant::now();
        }
        Ok(())
    }

    /// Waits so long, unless something happens.
    async fn rest(&mut self, pause: Duration) -> Result<Rested, RelayError> {
        tokio::select! {
            () = sleep(pause) => Ok(Rested::Long),
            () = self.wake.notified() => Ok(Rested::Woken),
            _ = self.stopped.changed() => Ok(Rested::Woken),
            ended = self.confirms.recv() => match ended {
                None => Ok(Rested::Ended),
                Some(ended) => {
                    self.note(ended).await?;
                    Ok(Rested::Woken)
                }
            },
        }
    }
}

/// An answer of the database, or the end of waiting for it.
pub(crate) async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(SILENCE, answer).await.unwrap_or(Err(StoreError::Silent))
}
