//! What a consumer needs of a database.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::Failure;
use crate::message::Message;
use crate::outbox::OutboxTransaction;
use crate::relay::StoreError;

/// A database that remembers how far consumers have come and what they have handled, and in which their handlers work.
///
/// Whatever is written for a [`Claim`] is part of a transaction that [`Inbox::advance`] or [`Inbox::fence`] has found to
/// be the claim's: once another instance has the partition, nothing is.
pub trait Inbox: Clone + Send + Sync + 'static {
    /// A transaction, in which handlers work and may append to the outbox.
    type Transaction: OutboxTransaction + 'static;

    /// Begins a transaction, none of whose statements and pauses should take longer than `limit`.
    ///
    /// # Errors
    /// When the database fails.
    fn begin(&self, limit: Duration) -> impl Future<Output = Result<Self::Transaction, StoreError>> + Send;

    /// Commits a transaction.
    ///
    /// # Errors
    /// When the database fails, or refuses it. What became of it is unknown then.
    fn commit(&self, transaction: Self::Transaction) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Rolls a transaction back.
    ///
    /// # Errors
    /// When the database fails: then it was not the handler's fault.
    fn roll_back(&self, transaction: Self::Transaction) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Says that an instance is there, renews its leases of partitions it reads, and takes what it should read more.
    ///
    /// Partitions are shared out evenly: each instance has its part of `all`, and takes free ones out of `takes` until it
    /// has so many.
    ///
    /// # Errors
    /// When the database fails.
    fn share(
        &self,
        member: &Member,
        all: usize,
        reads: &[Partition],
        takes: &[Partition],
    ) -> impl Future<Output = Result<Share, StoreError>> + Send;

    /// Gives a partition back.
    ///
    /// # Errors
    /// When the database fails. The lease ends by itself then.
    fn release(&self, claim: &Claim) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Says that an instance is gone.
    ///
    /// # Errors
    /// When the database fails. It is forgotten after a while then.
    fn leave(&self, member: &Member) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes room: forgets some events that happened and were handled longer ago than `keep`. Returns how many; none when
    /// there are no more.
    ///
    /// # Errors
    /// When the database fails.
    fn tidy(&self, consumer: &str, keep: Duration) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Moves the cursor of a partition from one offset to another, and renews the lease. `None` where it is elsewhere, or
    /// the partition is another instance's.
    ///
    /// # Errors
    /// When the database fails.
    fn advance(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
        from: Option<u64>,
        to: u64,
    ) -> impl Future<Output = Result<Option<Mark>, StoreError>> + Send;

    /// Renews the lease. `None` where the partition is another instance's.
    ///
    /// # Errors
    /// When the database fails.
    fn fence(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
    ) -> impl Future<Output = Result<Option<Mark>, StoreError>> + Send;

    /// Renews the lease before the commit. `false` where this is not the transaction any more that `mark` is of: a handler
    /// has ended it.
    ///
    /// # Errors
    /// When the database fails; also when a handler has passed over that it did.
    fn seal(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
        mark: &Mark,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Notes events as handled; returns those that were not.
    ///
    /// # Errors
    /// When the database fails.
    fn note(
        &self,
        transaction: &mut Self::Transaction,
        consumer: &str,
        ids: &[Uuid],
    ) -> impl Future<Output = Result<Vec<Uuid>, StoreError>> + Send;

    /// Which of these are noted as handled.
    ///
    /// # Errors
    /// When the database fails.
    fn noted(
        &self,
        transaction: &mut Self::Transaction,
        consumer: &str,
        ids: &[Uuid],
    ) -> impl Future<Output = Result<Vec<Uuid>, StoreError>> + Send;

    /// Parks events: those that failed, and those that wait behind them. An event that is parked already stays as it is.
    ///
    /// # Errors
    /// When the database fails.
    fn park(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
        events: &[Parking],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The keys of a partition that are blocked, at most so many; those whose turn is next come first.
    ///
    /// # Errors
    /// When the database fails.
    fn blocked(&self, claim: &Claim, most: usize) -> impl Future<Output = Result<Vec<Blocked>, StoreError>> + Send;

    /// Whether a key is blocked, and until when.
    ///
    /// # Errors
    /// When the database fails.
    fn blocked_key(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
        key: &str,
    ) -> impl Future<Output = Result<Option<Blocked>, StoreError>> + Send;

    /// How many dead letters of a partition wait for a decision.
    ///
    /// # Errors
    /// When the database fails.
    fn undecided(&self, claim: &Claim) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// A parked event.
    ///
    /// # Errors
    /// When the database fails.
    fn parked(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
        offset: u64,
    ) -> impl Future<Output = Result<Option<Parked>, StoreError>> + Send;

    /// Counts the beginning of an attempt of a parked event, and sets the time of the next in case this one never ends.
    ///
    /// # Errors
    /// When the database fails.
    fn start(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
        offset: u64,
        next: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Notes how an attempt failed, and when the next one is.
    ///
    /// # Errors
    /// When the database fails.
    fn fail(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
        offset: u64,
        failure: &Failure,
        next: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets a parked event, which is handled.
    ///
    /// # Errors
    /// When the database fails.
    fn unpark(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
        offset: u64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes an event a dead letter, and forgets it as a parked event if it is one. Returns when it failed first and last.
    ///
    /// # Errors
    /// When the database fails.
    fn bury(
        &self,
        transaction: &mut Self::Transaction,
        claim: &Claim,
        letter: &Burial<'_>,
    ) -> impl Future<Output = Result<Times, StoreError>> + Send;
}

/// One instance of a consumer.
#[derive(Debug, Clone)]
pub struct Member {
    /// Name of the consumer.
    pub consumer: Arc<str>,
    /// This instance, and no other before or after it.
    pub instance: Uuid,
    /// Another instance takes over what this one has not renewed for so long.
    pub lease: Duration,
}

/// A partition of a stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// Name of the stream.
    pub stream: &'static str,
    /// From 0.
    pub number: u32,
}

/// What an instance should read.
#[derive(Debug, Default)]
pub struct Share {
    /// Newly taken.
    pub taken: Vec<Claim>,
    /// Partitions it reads that are another's by now.
    pub lost: Vec<Partition>,
    /// How many partitions it has too many.
    pub surplus: usize,
}

/// The right of an instance to read a partition for its consumer.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Which instance.
    pub member: Member,
    /// Of which partition.
    pub partition: Partition,
    /// Raised whenever the partition changes hands.
    pub epoch: i64,
    /// Offset of the next event; `None` where the consumer is new.
    pub next_offset: Option<u64>,
    /// Whether the instance that had it before did not give it back: it may have died of an event.
    pub is_orphan: bool,
}

/// Tells a transaction from others, and whether it is still the one that moved the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The database's name of the transaction, where it has names.
    pub transaction: Option<String>,
    /// Where the cursor stands in this transaction, if it was moved.
    pub next_offset: Option<u64>,
}

/// An event that is to be parked.
#[derive(Debug)]
pub struct Parking {
    /// Where it was read.
    pub offset: u64,
    /// The event.
    pub event: Message,
    /// How it failed and when it is tried again; `None` for one that waits for another.
    pub attempt: Option<Attempt>,
}

/// A first attempt at an event.
#[derive(Debug)]
pub struct Attempt {
    /// How it failed; `None` where it is still to begin.
    pub failure: Option<Failure>,
    /// The wait until the next one.
    pub next: Duration,
}

/// A key with parked events, or a dead letter that halts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The key.
    pub key: String,
    /// Its first parked event, and how long until it is tried; `None` where nothing is before a person has decided.
    pub next: Option<(u64, Duration)>,
}

/// A parked event.
#[derive(Debug, Clone)]
pub struct Parked {
    /// Where it was read.
    pub offset: u64,
    /// The event.
    pub event: Message,
    /// Attempts that have begun.
    pub attempts: u32,
    /// How the last one failed, as far as it ended.
    pub error: Option<String>,
}

/// What is kept of an event that no attempt could handle.
#[derive(Debug)]
pub struct Burial<'a> {
    /// Where it was read.
    pub offset: u64,
    /// The event.
    pub event: &'a Message,
    /// Attempts that have begun.
    pub attempts: u32,
    /// How the last one failed.
    pub failure: &'a Failure,
    /// Whether later events of its key wait until a person has decided.
    pub halts_key: bool,
}

/// When an event failed: RFC 3339, in UTC.
#[derive(Debug, Clone)]
pub struct Times {
    /// At first.
    pub first: String,
    /// At last.
    pub last: String,
}

/// How many of `all` partitions an instance should have, of so many instances, `before` of which come before it.
pub(super) fn part(all: usize, instances: i64, before: i64) -> usize {
    let instances = usize::try_from(instances).unwrap_or(1).max(1);
    let before = usize::try_from(before).unwrap_or(0);
    all / instances + usize::from(before < all % instances)
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn every_partition_is_one_instances() {
        for all in 0..20 {
            for instances in 1..8 {
                let parts: Vec<usize> = (0..instances).map(|before| part(all, instances, before)).collect();
                assert_eq!(parts.iter().sum::<usize>(), all);
                assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1);
            }
        }
        // Nothing that a database says makes it fail.
        assert_eq!(part(6, 0, -1), 6);
    }
}
