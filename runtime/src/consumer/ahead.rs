//! Reads a partition ahead of what is handled: no transaction waits for the broker, and what arrives during one is handled
//! together in the next.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::broker::{BrokerError, Delivery, Subscription};

/// Bytes that are read and not taken, at most, besides what the broker delivered last.
const ROOM: usize = 2 * 1024 * 1024;

/// Bytes that an event takes besides its body, about.
const BESIDES: usize = 1024;

/// Deliveries of the broker that are not taken, at most: small ones, of a broker that stores events as they come.
const DELIVERIES: usize = 256;

/// What was delivered at once, and the room it takes until it is taken.
type Delivered = Result<(Vec<Delivery>, OwnedSemaphorePermit), BrokerError>;

/// Events of a partition that have been read, and the task that reads more.
pub(super) struct Ahead {
    pub(super) events: VecDeque<Delivery>,
    /// The first and the last offset of what was delivered first, until somebody looks at it.
    pub(super) first: Option<(u64, u64)>,
    has_begun: bool,
    delivered: mpsc::Receiver<Delivered>,
    /// Why there are no more.
    end: Option<BrokerError>,
    partition: String,
    /// Ends with this value.
    _reading: JoinSet<()>,
}

impl Ahead {
    pub(super) fn of<S: Subscription>(subscription: S, partition: String) -> Self {
        let (sender, delivered) = mpsc::channel(DELIVERIES);
        let mut reading = JoinSet::new();
        reading.spawn(read(subscription, sender));
        Self {
            events: VecDeque::new(),
            first: None,
            has_begun: false,
            delivered,
            end: None,
            partition,
            _reading: reading,
        }
    }

    /// Takes what has been read, until there are so many events.
    pub(super) fn fill(&mut self, events: usize) {
        while self.events.len() < events && self.end.is_none() {
            match self.delivered.try_recv() {
                Ok(delivered) => self.take(Some(delivered)),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.take(None),
            }
        }
    }

    /// Waits until something is read. Nothing is lost when the wait is given up.
    ///
    /// # Errors
    /// When nothing more will be, and all that was has been taken out.
    pub(super) async fn wait(&mut self) -> Result<(), BrokerError> {
        if self.end.is_none() {
            let delivered = self.delivered.recv().await;
            self.take(delivered);
        }
        self.end.take_if(|_| self.events.is_empty()).map_or(Ok(()), Err)
    }

    fn take(&mut self, delivered: Option<Delivered>) {
        match delivered {
            Some(Ok((events, _))) => {
                if !std::mem::replace(&mut self.has_begun, true) {
                    self.first = events.first().zip(events.last()).map(|(first, last)| (first.offset, last.offset));
                }
                self.events.extend(events);
            }
            Some(Err(error)) => self.end = Some(error),
            // The task panicked.
            None => self.end = Some(BrokerError::Lost { partition: self.partition.clone() }),
        }
    }
}

async fn read<S: Subscription>(mut subscription: S, sender: mpsc::Sender<Delivered>) {
    let room = Arc::new(Semaphore::new(ROOM));
    loop {
        let delivered = match subscription.next().await {
            Ok(events) => {
                let size: usize = events.iter().map(|event| event.body.len() + BESIDES).sum();
                let size = u32::try_from(size.min(ROOM)).unwrap_or(u32::MAX);
                // Nobody closes it.
                let Ok(taken) = room.clone().acquire_many_owned(size).await else { return };
                Ok((events, taken))
            }
            Err(error) => Err(error),
        };
        let is_end = delivered.is_err();
        if sender.send(delivered).await.is_err() || is_end {
            return;
        }
    }
}
