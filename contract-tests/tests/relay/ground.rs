//! A database and a broker to relay between.

use std::collections::BTreeMap;
use std::time::Duration;

use tidings::broker::Broker;
use tidings::outbox::{KeyOrder, OutboxTransaction, Statements};
use tidings::relay::{Most, Relay, RelayError, Settings, Store};
use tidings::{Message, PartitionKey};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub(crate) const STREAM: &str = "orders";
pub(crate) const PARTITIONS: u32 = 3;

/// A database and a broker of one test.
pub(crate) trait Ground: Sync {
    type Store: Store + Clone;
    type Broker: Broker + Clone;
    type Transaction: OutboxTransaction;

    fn store(&self) -> Self::Store;
    fn broker(&self) -> Self::Broker;
    async fn begin(&self) -> Self::Transaction;
    async fn commit(&self, transaction: Self::Transaction);
    async fn roll_back(&self, transaction: Self::Transaction);
    /// What the broker has, by partition and in order: at least so many events, unless they do not come in time.
    async fn published(&self, least: usize) -> Vec<Vec<Event>>;

    /// Appends events of these keys and commits.
    async fn append(&self, keys: &[&str]) -> Vec<Event> {
        let mut transaction = self.begin().await;
        let events = add(&mut transaction, keys).await;
        self.commit(transaction).await;
        events
    }

    /// A relay at work.
    fn relay(&self) -> Running {
        self.relay_with(settings())
    }

    fn relay_with(&self, settings: Settings) -> Running {
        let relay = Relay::new(self.store(), self.broker(), settings);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            relay
                .run(async {
                    // A sender that is gone is as good as a signal.
                    let _ = stopped.await;
                })
                .await
        });
        Running { stop, task }
    }
}

/// Fast for tests.
pub(crate) fn settings() -> Settings {
    Settings {
        chunk: Most { rows: 7, bytes: 1 << 20 },
        standby: Duration::from_millis(50),
        backoff: (Duration::from_millis(10), Duration::from_millis(200)),
        ..Settings::default()
    }
}

/// A relay in a task.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), RelayError>>,
}

impl Running {
    /// Ends it as a service ends that is told to.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap().unwrap();
    }

    /// Ends it as a crash does.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// How it ended by itself.
    pub(crate) async fn ended(self) -> Result<(), RelayError> {
        let Self { stop, task } = self;
        let ended = task.await.unwrap();
        drop(stop);
        ended
    }
}

/// What tells an event from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: Uuid,
    pub(crate) key: String,
}

/// Appends events of these keys.
pub(crate) async fn add(transaction: &mut impl OutboxTransaction, keys: &[&str]) -> Vec<Event> {
    let messages: Vec<Message> = keys.iter().map(|key| message(key)).collect();
    transaction.add(&messages, KeyOrder::AsCommitted, Statements::Prepared).await.unwrap();
    messages.into_iter().map(|message| Event { id: message.event_id, key: message.key }).collect()
}

pub(crate) fn message(key: &str) -> Message {
    let event_id = Uuid::now_v7();
    Message {
        stream: STREAM.to_owned(),
        partition: PartitionKey::from_parts([&key as &dyn std::fmt::Display]).partition(PARTITIONS),
        event_id,
        event_type: "order.placed".to_owned(),
        event_version: 2,
        key: key.to_owned(),
        tenant_id: Some("acme".to_owned()),
        headers: format!(
            r#"{{"event_id":"{event_id}","event_type":"order.placed","event_version":2,"tenant_id":"acme","occurred_at":"2026-03-01T12:00:00Z","correlation_id":"{event_id}","producer":"order-service@1.4.0"}}"#
        ),
        payload: format!(r#"{{"order_id":"{key}"}}"#).into_bytes(),
    }
}

/// Holds what was published against what was appended: everything once, and each key in this order.
pub(crate) fn assert_same(appended: &[Event], published: &[Vec<Event>]) {
    let by_key = |events: &mut dyn Iterator<Item = &Event>| {
        let mut keys: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        events.for_each(|event| keys.entry(event.key.clone()).or_default().push(event.id));
        keys
    };
    let (expected, found) = (by_key(&mut appended.iter()), by_key(&mut published.iter().flatten()));
    for (key, ids) in &expected {
        let found = found.get(key).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(found.len(), ids.len(), "events of key {key}");
        assert_eq!(found, ids, "order of key {key}");
    }
    assert_eq!(found.len(), expected.len());
}
