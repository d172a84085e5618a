//! The half of a relay that talks to the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::sleep;

use super::{Lead, PublishingIds, RelayError, Row, Settings, Window};

/// How often, at most, room is made.
const TIDY: Duration = Duration::from_secs(1);

/// What is to be published.
pub(super) enum Work {
    /// Rows with their publishing ids.
    Rows(Vec<(u64, Row)>),
    /// The end of a window.
    End(Ended),
}

/// A window that has been read to its end.
pub(super) struct Ended {
    pub(super) number: u64,
    pub(super) first: PublishingIds,
    pub(super) next: PublishingIds,
}

/// Makes windows, reads them, and notes which are published.
pub(super) struct Reading<L> {
    pub(super) lead: L,
    pub(super) settings: Settings,
    pub(super) wake: Arc<Notify>,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) rows: mpsc::Sender<Work>,
    pub(super) confirms: mpsc::UnboundedReceiver<Ended>,
}

/// Whether anybody still publishes what is read.
enum Flow {
    Goes,
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
        while let Some(Ended { number, next, .. }) = confirms.recv().await {
            lead.published(number, &next).await?;
        }
        lead.release().await;
        Ok(())
    }

    async fn read_all(&mut self, history: Vec<Window<L::Range>>, from: usize) -> Result<(), RelayError> {
        let mut next = history.last().map(|last| last.next.clone().unwrap_or_default()).unwrap_or_default();
        for window in &history[from..] {
            let Some(behind) = self.read(window).await? else { return Ok(()) };
            next = behind;
        }
        let (shortest, longest) = self.settings.poll;
        let mut pause = shortest;
        let mut tidied = Instant::now();
        while !*self.stopped.borrow_and_update() {
            if let Some(window) = self.lead.open(&next).await? {
                let Some(behind) = self.read(&window).await? else { return Ok(()) };
                next = behind;
                pause = shortest;
            } else {
                match self.rest(pause).await? {
                    Some(Flow::Ended) => return Ok(()),
                    Some(Flow::Goes) => pause = shortest,
                    None => pause = (pause * 2).min(longest),
                }
            }
            if tidied.elapsed() >= TIDY {
                self.lead.tidy(self.settings.retain).await?;
                tidied = Instant::now();
            }
        }
        Ok(())
    }

    /// Hands a window on; returns the ids behind it, or `None` when nobody takes it.
    async fn read(&mut self, window: &Window<L::Range>) -> Result<Option<PublishingIds>, RelayError> {
        let mut ids = window.first.clone();
        let mut position = L::Position::default();
        loop {
            let rows = self.lead.read(window, &mut position, self.settings.chunk).await?;
            if rows.is_empty() {
                break;
            }
            let rows = rows.into_iter().map(|row| (ids.take(&row.stream, row.partition), row)).collect();
            if self.rows.send(Work::Rows(rows)).await.is_err() {
                return Ok(None);
            }
            self.note_confirms().await?;
        }
        let ended = Ended { number: window.number, first: window.first.clone(), next: ids.clone() };
        let taken = self.rows.send(Work::End(ended)).await.is_ok();
        Ok(taken.then_some(ids))
    }

    async fn note_confirms(&mut self) -> Result<(), RelayError> {
        while let Ok(Ended { number, next, .. }) = self.confirms.try_recv() {
            self.lead.published(number, &next).await?;
        }
        Ok(())
    }

    /// Waits so long, unless something happens: then says what.
    async fn rest(&mut self, pause: Duration) -> Result<Option<Flow>, RelayError> {
        tokio::select! {
            () = sleep(pause) => Ok(None),
            () = self.wake.notified() => Ok(Some(Flow::Goes)),
            _ = self.stopped.changed() => Ok(None),
            ended = self.confirms.recv() => match ended {
                None => Ok(Some(Flow::Ended)),
                Some(Ended { number, next, .. }) => {
                    self.lead.published(number, &next).await?;
                    Ok(Some(Flow::Goes))
                }
            },
        }
    }
}
