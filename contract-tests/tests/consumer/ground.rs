//! A database and a broker to consume between, and a handler that does as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidings::broker::{Broker, Publisher as _, Source};
use tidings::consumer::{
    Consumer, ConsumerError, Effect, ExactlyOnce, Handler, HandlerError, Handlers, Inbox, Settings,
};
use tidings::{Envelope, Message};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::events::{Paid, Placed, Praised};

/// Which event: its key and its number.
pub(crate) type Which = (String, u32);

/// A database and a broker of one test, with a table of effects.
pub(crate) trait Ground: Sync + Sized + 'static {
    type Inbox: Inbox;
    type Broker: Broker + Source + Clone;

    fn inbox(&self) -> Self::Inbox;
    fn broker(&self) -> Self::Broker;
    /// Writes an effect.
    fn write(
        transaction: &mut <Self::Inbox as Inbox>::Transaction,
        which: &Which,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
    /// Effects in the order they were written.
    async fn effects(&self) -> Vec<Which>;
    /// The one value that a query gives, as text.
    async fn ask(&self, query: &str) -> String;
    async fn execute(&self, statement: &str);

    /// Publishes events, in this order.
    async fn publish(&self, messages: &[Message]) {
        let mut by_partition: BTreeMap<(String, u32), Vec<Message>> = BTreeMap::new();
        for message in messages {
            by_partition.entry((message.stream.clone(), message.partition)).or_default().push(message.clone());
        }
        for ((stream, partition), messages) in by_partition {
            // A name of its own: the last id of a publisher that has just been closed may be unknown yet.
            let name = uuid::Uuid::now_v7().to_string();
            let mut publisher = self.broker().publisher(&stream, partition, &name).await.unwrap();
            let last = messages.len() as u64;
            let messages = (1..).zip(messages).collect();
            let mut progress = publisher.progress();
            publisher.send(messages).await.unwrap();
            progress.wait_for(|progress| progress.confirmed >= last).await.unwrap();
            publisher.close().await;
        }
    }

    /// A consumer of both streams at work.
    fn consume(&self, worker: &Worker) -> Running {
        self.consume_with(worker, settings())
    }

    fn consume_with(&self, worker: &Worker, settings: Settings) -> Running {
        let writing = Writing::<Self> { worker: worker.clone(), ground: std::marker::PhantomData };
        let handlers = Handlers::new().on::<Placed>(ExactlyOnce(writing.clone())).on::<Paid>(ExactlyOnce(writing));
        self.run(handlers, settings)
    }

    fn run(&self, handlers: Handlers<<Self::Inbox as Inbox>::Transaction>, settings: Settings) -> Running {
        let consumer = Consumer::new("projection", self.inbox(), self.broker(), handlers, settings).unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            consumer
                .run(async {
                    // A sender that is gone is as good as a signal.
                    let _ = stopped.await;
                })
                .await
        });
        Running { stop, task }
    }

    /// Waits for so many effects, and a little for more.
    async fn wait_for(&self, effects: usize) -> Vec<Which> {
        for _ in 0..3_000 {
            if self.effects().await.len() >= effects {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        sleep(Duration::from_millis(150)).await;
        self.effects().await
    }

    /// Waits until a query gives this.
    async fn wait_until(&self, query: &str, expected: &str) {
        let mut found = String::new();
        for _ in 0..3_000 {
            found = self.ask(query).await;
            if found == expected {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(found, expected, "{query}");
    }
}

/// Fast for tests.
pub(crate) fn settings() -> Settings {
    Settings {
        batch: 7,
        retry: vec![Duration::from_millis(100), Duration::from_millis(200)],
        lease: Duration::from_millis(900),
        look: Duration::from_millis(50),
        handler_timeout: Duration::from_secs(2),
        backoff: (Duration::from_millis(10), Duration::from_millis(200)),
        ..Settings::default()
    }
}

/// A consumer in a task.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ConsumerError>>,
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
    pub(crate) async fn ended(self) -> Result<(), ConsumerError> {
        let Self { stop, task } = self;
        let ended = task.await.unwrap();
        drop(stop);
        ended
    }
}

/// What a handler does with one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Fails,
    FailsForGood,
    Panics,
    NeverEnds,
}

/// Tells handlers what to do.
#[derive(Clone, Default)]
pub(crate) struct Worker(Arc<Mutex<Orders>>);

#[derive(Default)]
struct Orders {
    does: BTreeMap<Which, Does>,
    begun: Vec<Which>,
}

impl Worker {
    pub(crate) fn tell(&self, key: &str, number: u32, does: Does) {
        self.0.lock().unwrap().does.insert((key.to_owned(), number), does);
    }

    pub(crate) fn relent(&self) {
        self.0.lock().unwrap().does.clear();
    }

    /// How many attempts at an event have begun.
    pub(crate) fn attempts(&self, key: &str, number: u32) -> usize {
        self.0.lock().unwrap().begun.iter().filter(|which| (which.0.as_str(), which.1) == (key, number)).count()
    }

    pub(crate) async fn wait_for_attempt(&self, key: &str, number: u32, attempts: usize) {
        for _ in 0..3_000 {
            if self.attempts(key, number) >= attempts {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("no attempt {attempts} at {number} of {key}");
    }

    async fn work(&self, which: &Which) -> Result<(), HandlerError> {
        let does = {
            let mut orders = self.0.lock().unwrap();
            orders.begun.push(which.clone());
            orders.does.get(which).copied()
        };
        match does {
            None => Ok(()),
            Some(Does::Fails) => Err(HandlerError::retry("the weather is bad")),
            Some(Does::FailsForGood) => Err(HandlerError::terminal("there is no such account")),
            Some(Does::Panics) => panic!("out of cheese"),
            Some(Does::NeverEnds) => std::future::pending().await,
        }
    }
}

/// Writes events as effects, in the transaction.
pub(crate) struct Writing<G> {
    worker: Worker,
    ground: std::marker::PhantomData<fn() -> G>,
}

impl<G> Clone for Writing<G> {
    fn clone(&self) -> Self {
        Self { worker: self.worker.clone(), ground: self.ground }
    }
}

impl<G: Ground> Writing<G> {
    async fn handle(
        &self,
        which: Which,
        transaction: &mut <G::Inbox as Inbox>::Transaction,
    ) -> Result<(), HandlerError> {
        // Before it fails, so that an effect of a failed attempt would be seen.
        G::write(transaction, &which).await?;
        self.worker.work(&which).await
    }
}

impl<G: Ground> Handler<Placed, <G::Inbox as Inbox>::Transaction> for Writing<G> {
    async fn handle(
        &self,
        event: Envelope<Placed>,
        transaction: &mut <G::Inbox as Inbox>::Transaction,
    ) -> Result<(), HandlerError> {
        Self::handle(self, (event.data.key, event.data.number), transaction).await
    }
}

impl<G: Ground> Handler<Paid, <G::Inbox as Inbox>::Transaction> for Writing<G> {
    async fn handle(
        &self,
        event: Envelope<Paid>,
        transaction: &mut <G::Inbox as Inbox>::Transaction,
    ) -> Result<(), HandlerError> {
        Self::handle(self, (event.data.key, event.data.number), transaction).await
    }
}

/// Does something outside of the database.
#[derive(Clone)]
pub(crate) struct Outside(pub(crate) Worker);

impl Effect<Placed> for Outside {
    async fn handle(&self, event: Envelope<Placed>) -> Result<(), HandlerError> {
        self.0.work(&(event.data.key, event.data.number)).await
    }
}

impl Effect<Praised> for Outside {
    async fn handle(&self, event: Envelope<Praised>) -> Result<(), HandlerError> {
        self.0.work(&(event.data.key, event.data.number)).await
    }
}

/// Holds effects against the events: each once, and each key in order.
pub(crate) fn assert_all(events: &[Message], effects: &[Which]) {
    let mut expected: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for event in events {
        let payload: serde_json::Value = serde_json::from_slice(&event.payload).unwrap();
        let number = u32::try_from(payload["number"].as_u64().unwrap()).unwrap();
        expected.entry(event.key.clone()).or_default().push(number);
    }
    let mut found: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (key, number) in effects {
        found.entry(key.clone()).or_default().push(*number);
    }
    assert_eq!(found, expected);
}
