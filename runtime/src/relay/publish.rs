//! The half of a relay that talks to the broker.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::iter::once;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument as _;

use super::read::{Ended, Work};
use super::{PublishingIds, RelayError, Row, Status, Window};
use crate::broker::{Broker, BrokerError, Progress, Publisher, partition_name};
use crate::trace::sending_span;

/// A connection on which nothing is confirmed for so long is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);

/// Partitions that are opened at the same time: each takes some answers of the broker.
const AT_ONCE: usize = 16;

/// Publishes rows and watches for their confirms.
pub(super) struct Publishing<'b, B: Broker> {
    broker: &'b B,
    name: String,
    status: Status,
    open: Vec<Open<B::Publisher>>,
    /// Index in `open`, by stream and partition.
    by_partition: HashMap<String, BTreeMap<u32, usize>>,
}

/// A partition that is open for appending.
struct Open<P> {
    publisher: P,
    progress: watch::Receiver<Progress>,
    /// Up to here, there is nothing to send.
    sent: u64,
    /// The last id that is known to be confirmed, and since when there is one to wait for behind it.
    heard: (u64, Instant),
    /// Up to here, confirms are counted.
    counted: u64,
    stream: String,
    partition: u32,
}

impl<'b, B: Broker> Publishing<'b, B> {
    /// Opens every partition that was published to, and finds out from which window of `history` on to publish: the
    /// first that is not known to be published, or an earlier one whose rows the broker has lost.
    pub(super) async fn begin<R>(
        broker: &'b B,
        name: &str,
        history: &[Window<R>],
        status: Status,
    ) -> Result<(Self, usize), RelayError> {
        let mut this = Self { broker, name: name.to_owned(), status, open: Vec::new(), by_partition: HashMap::new() };
        let unpublished = history.iter().position(|window| window.next.is_none()).unwrap_or(history.len());
        let mut from = unpublished;
        let published = match (history[..unpublished].last(), history.get(unpublished)) {
            (Some(last), _) => last.next.clone().unwrap_or_default(),
            (None, Some(first)) => first.first.clone(),
            (None, None) => PublishingIds::default(),
        };
        this.open_all(published.iter().map(|(stream, partition, _)| (stream, partition))).await;
        for (stream, partition, next) in published.iter() {
            let index = match this.index(stream, partition).await {
                Err(RelayError::Broker(error @ BrokerError::NoStream { .. })) => {
                    // It may be retired. If there are events for it, publishing them fails.
                    tracing::warn!(%error, "a stream that was published to is gone");
                    continue;
                }
                index => index?,
            };
            let has = this.open[index].publisher.last_id();
            if has + 1 >= next {
                continue;
            }
            let lost = next - 1 - has;
            let holds = |window: &Window<R>| window.first.next(stream, partition) <= has + 1;
            let partition_name = partition_name(stream, partition);
            if let Some(window) = history[..unpublished].iter().rposition(holds) {
                tracing::warn!(partition = partition_name, lost, "the broker lost events; they are published again");
                from = from.min(window);
            } else {
                let kept = history.first().map_or(next, |window| window.first.next(stream, partition));
                let gone = kept - 1 - has;
                tracing::error!(
                    partition = partition_name,
                    lost,
                    gone,
                    "the broker lost events, and not all of them are still in the outbox; keep them longer there"
                );
                from = 0;
            }
        }
        Ok((this, from))
    }

    /// Publishes what comes, until no more comes and everything is confirmed. Each window is passed on when all of its
    /// rows are.
    pub(super) async fn run(
        mut self,
        mut work: mpsc::Receiver<Work>,
        confirmed: mpsc::UnboundedSender<Ended>,
        unconfirmed: u64,
    ) -> Result<(), RelayError> {
        let result = self.publish(&mut work, &confirmed, unconfirmed).await;
        for open in self.open {
            // A broker that does not answer must not keep us.
            let _ = timeout(Duration::from_secs(1), open.publisher.close()).await;
        }
        result
    }

    async fn publish(
        &mut self,
        work: &mut mpsc::Receiver<Work>,
        confirmed: &mpsc::UnboundedSender<Ended>,
        unconfirmed: u64,
    ) -> Result<(), RelayError> {
        let mut pending: VecDeque<Ended> = VecDeque::new();
        let mut more = true;
        let mut look = Instant::now() + SILENCE / 10;
        while more || !pending.is_empty() {
            while pending.front().is_some_and(|window| self.has(window)) {
                let window = pending.pop_front();
                // Whoever reads has ended, and says why.
                window.map(|window| {
                    self.status.window_closed(window.opened.elapsed());
                    confirmed.send(window).is_ok()
                });
            }
            self.count();
            if !more && pending.is_empty() {
                break;
            }
            tokio::select! {
                next = work.recv(), if more => match next {
                    Some(Work::Rows { rows, new }) => self.send(rows, new, unconfirmed).await?,
                    Some(Work::End(window)) => pending.push_back(window),
                    None => more = false,
                },
                result = changed(&mut self.open) => result?,
                () = sleep_until(look) => {
                    look = Instant::now() + SILENCE / 10;
                    if let Some(silent) = self.open.iter_mut().find_map(Open::is_silent) {
                        return Err(BrokerError::Lost { partition: silent }.into());
                    }
                }
            }
        }
        Ok(())
    }

    /// Counts what was confirmed since the last time.
    fn count(&mut self) {
        let mut unconfirmed = 0;
        for open in &mut self.open {
            let confirmed = open.progress.borrow().confirmed;
            if confirmed > open.counted {
                self.status.published(&open.stream, confirmed - open.counted);
                open.counted = confirmed;
            }
            unconfirmed += open.sent.saturating_sub(confirmed);
        }
        self.status.unconfirmed(unconfirmed);
    }

    /// Whether every row of a window is confirmed.
    fn has(&self, window: &Ended) -> bool {
        self.open.iter().all(|open| open.has(window))
    }

    async fn send(&mut self, rows: Vec<(u64, Row)>, new: bool, unconfirmed: u64) -> Result<(), RelayError> {
        let mut batches: Vec<Vec<(u64, Row)>> = Vec::new();
        let mut rows = rows.into_iter();
        while let Some((id, row)) = rows.next() {
            if self.known(&row.stream, row.partition).is_none() {
                let behind = rows.as_slice().iter().map(|(_, row)| row);
                self.open_all(once(&row).chain(behind).map(|row| (row.stream.as_str(), row.partition))).await;
            }
            let index = self.index(&row.stream, row.partition).await?;
            batches.resize_with(self.open.len(), Vec::new);
            let open = &self.open[index];
            if id > open.sent {
                batches[index].push((id, row));
            } else if new {
                // It would be taken for one that the broker has.
                return Err(RelayError::Ahead { partition: partition_name(&open.stream, open.partition), id });
            }
            // Else the broker has it: from another leader, or from the time before it lost others.
        }
        for (open, batch) in self.open.iter_mut().zip(batches) {
            let Some((last, _)) = batch.last() else { continue };
            open.sent = *last;
            let room = open.progress.wait_for(|progress| {
                progress.failure.is_some()
                    || open.sent.saturating_sub(progress.confirmed) <= unconfirmed + batch.len() as u64
            });
            let lost = || BrokerError::Lost { partition: partition_name(&open.stream, open.partition) };
            let failure = timeout(SILENCE, room).await.map_err(|_| lost())?.map_err(|_| lost())?.failure.clone();
            if let Some(failure) = failure {
                return Err(failure.into());
            }
            let span = sending_span(&open.stream, open.partition, &batch);
            open.publisher.send(batch).instrument(span).await?;
        }
        Ok(())
    }

    fn known(&self, stream: &str, partition: u32) -> Option<usize> {
        self.by_partition.get(stream).and_then(|partitions| partitions.get(&partition)).copied()
    }

    /// Opens the partitions that are not yet, several at a time. One that cannot be opened is left for
    /// [`Publishing::index`], which says why.
    async fn open_all(&mut self, partitions: impl Iterator<Item = (&str, u32)>) {
        let closed: BTreeSet<(&str, u32)> =
            partitions.filter(|(stream, partition)| self.known(stream, *partition).is_none()).collect();
        for some in closed.into_iter().collect::<Vec<_>>().chunks(AT_ONCE) {
            let open = some.iter().map(|(stream, partition)| self.broker.publisher(stream, *partition, &self.name));
            for ((stream, partition), publisher) in some.iter().zip(join_all(open).await) {
                if let Ok(publisher) = publisher {
                    self.keep(stream, *partition, publisher);
                }
            }
        }
    }

    /// Index of a partition, opened if it is not yet.
    async fn index(&mut self, stream: &str, partition: u32) -> Result<usize, RelayError> {
        if let Some(index) = self.known(stream, partition) {
            return Ok(index);
        }
        let publisher = self.broker.publisher(stream, partition, &self.name).await?;
        Ok(self.keep(stream, partition, publisher))
    }

    fn keep(&mut self, stream: &str, partition: u32, publisher: B::Publisher) -> usize {
        self.status.broker(Ok(()));
        self.status.moved();
        let (progress, sent) = (publisher.progress(), publisher.last_id());
        let index = self.open.len();
        let heard = (sent, Instant::now());
        self.open.push(Open { publisher, progress, sent, heard, counted: sent, stream: stream.to_owned(), partition });
        self.by_partition.entry(stream.to_owned()).or_default().insert(partition, index);
        index
    }
}

impl<P> Open<P> {
    /// The partition, when nothing of it is confirmed for too long.
    fn is_silent(&mut self) -> Option<String> {
        let confirmed = self.progress.borrow().confirmed;
        if confirmed >= self.sent || confirmed != self.heard.0 {
            self.heard = (confirmed, Instant::now());
        }
        (self.heard.1.elapsed() >= SILENCE).then(|| partition_name(&self.stream, self.partition))
    }

    /// Whether the rows that a window has for this partition are confirmed.
    fn has(&self, window: &Ended) -> bool {
        let next = window.next.next(&self.stream, self.partition);
        let is_empty = next == window.first.next(&self.stream, self.partition);
        is_empty || self.progress.borrow().confirmed + 1 >= next
    }
}

/// Waits until one of the partitions has come further.
async fn changed<P>(open: &mut [Open<P>]) -> Result<(), RelayError> {
    if open.is_empty() {
        return std::future::pending().await;
    }
    let changes = open.iter_mut().map(|open| {
        Box::pin(async move {
            let lost = BrokerError::Lost { partition: partition_name(&open.stream, open.partition) };
            open.progress.changed().await.map_err(|_| lost)?;
            open.progress.borrow_and_update().failure.clone().map_or(Ok(()), Err)
        })
    });
    let (result, ..) = pin!(select_all(changes)).await;
    Ok(result?)
}
