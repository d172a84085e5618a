//! A broker in memory, with the faults of a real one at hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{Broker, BrokerError, Progress, Publisher, partition_name};
use crate::message::Message;

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
    down: bool,
}

#[derive(Debug, Default)]
struct Log {
    events: Vec<Entry>,
}

/// A message with the name and the id it was published under.
#[derive(Debug, Clone)]
struct Entry {
    publisher: String,
    id: u64,
    message: Message,
}

impl State {
    fn cut(&mut self) {
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
        let log = state.logs.entry(self.partition.clone()).or_default();
        let mut last = log.last_id(&self.name);
        let Some(&(sent, _)) = messages.last() else { return Ok(()) };
        for (id, message) in messages {
            // What a broker takes for a duplicate is confirmed and not appended.
            if id > last {
                log.events.push(Entry { publisher: self.name.clone(), id, message });
                last = id;
            }
        }
        drop(state);
        self.progress.send_modify(|progress| progress.confirmed = progress.confirmed.max(sent));
        Ok(())
    }

    fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    async fn close(self) {}
}
