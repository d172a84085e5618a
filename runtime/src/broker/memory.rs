//! A broker in memory, with the faults of a real one at hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::{Broker, BrokerError, Delivery, Progress, Publisher, Source, Start, Subscription, partition_name};
use crate::message::Message;
use crate::received::{self, Properties};
#[cfg(feature = "testing")]
use crate::testing::{Fault, Faults};

/// Events of a chunk: a subscription begins with the first event of one.
const CHUNK: u64 = 4;

/// Most events that are delivered at once.
const MOST: usize = 1_000;

/// A broker for tests and demonstrations. Copies of it are the same broker.
///
/// It has every stream that it is asked for.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    logs: BTreeMap<(String, u32), Log>,
    /// Of publishers that are connected.
    connected: Vec<watch::Sender<Progress>>,
    /// Counts connections that were cut, and wakes subscriptions whenever something happens.
    cuts: watch::Sender<u64>,
    down: bool,
    #[cfg(feature = "testing")]
    faults: Faults,
}

#[derive(Debug, Default)]
struct Log {
    events: Vec<Entry>,
}

/// A message with the name, the id and the time it was published under.
#[derive(Debug, Clone)]
struct Entry {
    publisher: String,
    id: u64,
    at: DateTime<Utc>,
    message: Message,
}

impl State {
    fn cut(&mut self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
        for connection in self.connected.drain(..) {
            connection.send_modify(|progress| {
                progress.failure = Some(BrokerError::Lost { partition: "any".to_owned() });
            });
        }
    }
}

impl Log {
    fn last_id(&self, publisher: &str) -> u64 {
        self.events.iter().rev().find(|entry| entry.publisher == publisher).map_or(0, |entry| entry.id)
    }
}

impl Memory {
    /// An empty broker.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fails when these faults come.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        self.state().faults = faults;
        self
    }

    /// What a partition holds, from its first offset on.
    #[must_use]
    pub fn events(&self, stream: &str, partition: u32) -> Vec<Message> {
        let state = self.state();
        let log = state.logs.get(&(stream.to_owned(), partition));
        log.map(|log| log.events.iter().map(|entry| entry.message.clone()).collect()).unwrap_or_default()
    }

    /// What all partitions hold.
    #[must_use]
    pub fn all(&self) -> BTreeMap<(String, u32), Vec<Message>> {
        let events = |log: &Log| log.events.iter().map(|entry| entry.message.clone()).collect();
        self.state().logs.iter().map(|(partition, log)| (partition.clone(), events(log))).collect()
    }

    /// Appends a message as some other program may: nothing of it is checked.
    pub fn append(&self, message: Message) {
        let mut state = self.state();
        let log = state.logs.entry((message.stream.clone(), message.partition)).or_default();
        log.events.push(Entry { publisher: String::new(), id: 0, at: Utc::now(), message });
        state.cuts.send_modify(|_| {});
    }

    /// Ends every connection, as a restart of the broker does.
    pub fn cut(&self) {
        self.state().cut();
    }

    /// Refuses connections until [`Memory::start`], after ending those there are.
    pub fn stop(&self) {
        let mut state = self.state();
        state.down = true;
        state.cut();
    }

    /// Takes connections again.
    pub fn start(&self) {
        self.state().down = false;
    }

    /// Forgets the last events of a partition, though they were confirmed, as a broker does whose machine lost power
    /// before it wrote to disk. Ends every connection.
    pub fn lose_tail(&self, stream: &str, partition: u32, events: usize) {
        let mut state = self.state();
        state.cut();
        if let Some(log) = state.logs.get_mut(&(stream.to_owned(), partition)) {
            let kept = log.events.len().saturating_sub(events);
            log.events.truncate(kept);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker for Memory {
    type Publisher = MemoryPublisher;

    async fn reach(&self) -> Result<(), BrokerError> {
        if self.state().down { Err(BrokerError::Lost { partition: "any".to_owned() }) } else { Ok(()) }
    }

    async fn publisher(&self, stream: &str, partition: u32, name: &str) -> Result<MemoryPublisher, BrokerError> {
        let mut state = self.state();
        if state.down {
            return Err(BrokerError::Lost { partition: partition_name(stream, partition) });
        }
        let key = (stream.to_owned(), partition);
        let last_id = state.logs.entry(key.clone()).or_default().last_id(name);
        let progress = watch::Sender::new(Progress { confirmed: last_id, failure: None });
        state.connected.retain(|connection| connection.receiver_count() > 0);
        state.connected.push(progress.clone());
        Ok(MemoryPublisher { broker: self.clone(), partition: key, name: name.to_owned(), last_id, progress })
    }
}

/// Appends to a partition in memory.
#[derive(Debug)]
pub struct MemoryPublisher {
    broker: Memory,
    partition: (String, u32),
    name: String,
    last_id: u64,
    progress: watch::Sender<Progress>,
}

#[cfg(feature = "testing")]
impl MemoryPublisher {
    fn lost(&self) -> BrokerError {
        BrokerError::Lost { partition: partition_name(&self.partition.0, self.partition.1) }
    }
}

impl Publisher for MemoryPublisher {
    fn last_id(&self) -> u64 {
        self.last_id
    }

    async fn send(&mut self, messages: Vec<(u64, Message)>) -> Result<(), BrokerError> {
        let mut state = self.broker.state();
        // Under the lock, so that nothing is appended over a connection that has ended.
        if let Some(failure) = self.progress.borrow().failure.clone() {
            return Err(failure);
        }
        #[cfg(feature = "testing")]
        if state.faults.comes(Fault::BeforePublish) {
            state.cut();
            return Err(self.lost());
        }
        let log = state.logs.entry(self.partition.clone()).or_default();
        let mut last = log.last_id(&self.name);
        let Some(&(sent, _)) = messages.last() else { return Ok(()) };
        for (id, message) in messages {
            // What a broker takes for a duplicate is confirmed and not appended.
            if id > last {
                log.events.push(Entry { publisher: self.name.clone(), id, at: Utc::now(), message });
                last = id;
            }
        }
        state.cuts.send_modify(|_| {});
        #[cfg(feature = "testing")]
        if state.faults.comes(Fault::BeforeConfirm) {
            state.cut();
            return Err(self.lost());
        }
        self.progress.send_modify(|progress| progress.confirmed = progress.confirmed.max(sent));
        #[cfg(feature = "testing")]
        if state.faults.comes(Fault::AfterConfirm) {
            state.cut();
        }
        Ok(())
    }

    fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    async fn close(self) {}
}

impl Source for Memory {
    type Subscription = MemorySubscription;

    async fn subscribe(&self, stream: &str, partition: u32, from: u64) -> Result<MemorySubscription, BrokerError> {
        let state = self.state();
        if state.down {
            return Err(BrokerError::Lost { partition: partition_name(stream, partition) });
        }
        let mut happens = state.cuts.subscribe();
        let cuts = *happens.borrow_and_update();
        // As other brokers do, it delivers whole chunks; and what comes, where there is nothing so late.
        let end = state.logs.get(&(stream.to_owned(), partition)).map_or(0, |log| log.events.len() as u64);
        let next = if from < end { from - from % CHUNK } else { end };
        Ok(MemorySubscription { broker: self.clone(), partition: (stream.to_owned(), partition), next, cuts, happens })
    }

    async fn offset_of(&self, stream: &str, partition: u32, start: Start) -> Result<u64, BrokerError> {
        let state = self.state();
        let events = state.logs.get(&(stream.to_owned(), partition)).map_or(&[][..], |log| &log.events);
        let offset = match start {
            Start::First => 0,
            Start::Last => events.len(),
            Start::Time(time) => events.partition_point(|entry| entry.at < time),
            Start::Offset(offset) => return Ok(offset),
        };
        Ok(offset as u64)
    }
}

/// Reads a partition in memory.
#[derive(Debug)]
pub struct MemorySubscription {
    broker: Memory,
    partition: (String, u32),
    next: u64,
    cuts: u64,
    happens: watch::Receiver<u64>,
}

impl MemorySubscription {
    fn read(&mut self) -> Result<Vec<Delivery>, BrokerError> {
        let state = self.broker.state();
        if *self.happens.borrow_and_update() != self.cuts {
            return Err(BrokerError::Lost { partition: partition_name(&self.partition.0, self.partition.1) });
        }
        let events = state.logs.get(&self.partition).map_or(&[][..], |log| &log.events);
        let from = usize::try_from(self.next).unwrap_or(usize::MAX).min(events.len());
        let delivery = |(offset, entry): (u64, &Entry)| {
            let body = entry.message.body();
            let properties = Properties { group_id: Some(&entry.message.key), ..Properties::default() };
            Delivery { offset, received: received::decode(&body, &properties), body }
        };
        let deliveries: Vec<_> = (self.next..).zip(&events[from..]).take(MOST).map(delivery).collect();
        self.next += deliveries.len() as u64;
        Ok(deliveries)
    }
}

impl Subscription for MemorySubscription {
    async fn next(&mut self) -> Result<Vec<Delivery>, BrokerError> {
        loop {
            let deliveries = self.read()?;
            if !deliveries.is_empty() {
                return Ok(deliveries);
            }
            // It lives as long as the broker, which this subscription holds.
            let _ = self.happens.changed().await;
        }
    }

    async fn close(self) {}
}
