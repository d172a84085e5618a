//! What a relay needs of a database.

use std::time::Duration;

use super::{PublishingIds, StoreError};
use crate::message::Message;

/// A database with an outbox.
pub trait Store: Send + Sync + 'static {
    /// The right to publish.
    type Lead: Lead;

    /// The relays that share the work.
    fn group(&self) -> &str;

    /// Takes the lead; `None` where another relay has it.
    ///
    /// # Errors
    /// When the database cannot be reached or is not as the migrations leave it.
    fn lead(&self) -> impl Future<Output = Result<Option<Self::Lead>, StoreError>> + Send;
}

/// The right to publish, until it is dropped, released or taken over by another relay. Whatever it writes is refused
/// once another relay leads.
pub trait Lead: Send + 'static {
    /// Which rows make up a window.
    type Range: Clone + std::fmt::Debug + Send + Sync + 'static;
    /// How far a window has been read.
    type Position: Default + Send + 'static;

    /// Under which name the broker knows whoever leads.
    fn publisher_name(&self) -> &str;

    /// Windows whose rows are still there, oldest first: all that are not known to be published, and those before them.
    /// There is a last one, though without rows, once there was any.
    ///
    /// # Errors
    /// When the database fails.
    fn history(&mut self) -> impl Future<Output = Result<Vec<Window<Self::Range>>, StoreError>> + Send;

    /// Records a window of all rows that were committed since the last one; `None` where there are none. What is
    /// recorded survives a crash of the database.
    ///
    /// # Errors
    /// When the database fails or another relay leads.
    fn open(
        &mut self,
        first: &PublishingIds,
    ) -> impl Future<Output = Result<Option<Window<Self::Range>>, StoreError>> + Send;

    /// Rows of a window from `position` on, at most so many, always in the same order; none at its end. However large
    /// rows are, no more than this is held in memory, and one row.
    ///
    /// # Errors
    /// When the database fails.
    fn read(
        &mut self,
        window: &Window<Self::Range>,
        position: &mut Self::Position,
        most: Most,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// Notes that every row of a window is confirmed, and which ids come behind it.
    ///
    /// # Errors
    /// When the database fails or another relay leads.
    fn published(&mut self, window: u64, next: &PublishingIds) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Shows that whoever leads is still there. Called every second or so, whatever else there is to do.
    ///
    /// # Errors
    /// When the database fails or another relay leads.
    fn keep(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// How much there is to publish. Called every second or so, so it does not walk the outbox.
    ///
    /// # Errors
    /// When the database fails.
    fn backlog(&mut self) -> impl Future<Output = Result<Backlog, StoreError>> + Send;

    /// Makes room: forgets rows that were published longer ago than `retain`.
    ///
    /// # Errors
    /// When the database fails or another relay leads.
    fn tidy(&mut self, retain: Duration) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives up the lead, so that another relay need not wait.
    fn release(self) -> impl Future<Output = ()> + Send;
}

/// A row of an outbox, in the order of its window.
pub type Row = Message;

/// What is committed and not known to be published.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backlog {
    /// Rows: exact where there are few, else an estimate.
    pub rows: u64,
    /// Age of the oldest of them; zero where there is none.
    pub oldest: Duration,
    /// How many segments the outbox has by state, where it has any.
    pub segments: Vec<(String, u64)>,
}

/// How much is read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Rows.
    pub rows: usize,
    /// Bytes of rows, and what is left of the row that goes beyond.
    pub bytes: usize,
}

/// A set of rows that never changes.
#[derive(Debug, Clone)]
pub struct Window<R> {
    /// From 1, without gaps.
    pub number: u64,
    /// Which rows.
    pub range: R,
    /// The publishing id of the first row of each partition.
    pub first: PublishingIds,
    /// The ids behind its last rows; `None` while it is not known to be published.
    pub next: Option<PublishingIds>,
}
