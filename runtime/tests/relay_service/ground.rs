//! A database and a broker for one test.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rabbitmq_stream_client::types::OffsetSpecification;
use rabbitmq_stream_client::{Client, ClientOptions};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tidings::outbox::{KeyOrder, OutboxTransaction, Statements};
use tidings::{Message, RawEnvelope};
use tidings_contract::services;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use super::process::Variables;

pub(crate) const GROUP: &str = "order-service";

/// Keys of the stream protocol.
const PEER_PROPERTIES: u8 = 0x11;
const SASL_HANDSHAKE: u8 = 0x12;
const SASL_AUTHENTICATE: u8 = 0x13;
const TUNE: u8 = 0x14;
const OPEN: u8 = 0x15;
const EXCHANGE_COMMAND_VERSIONS: u8 = 0x1b;

pub(crate) struct Ground {
    pub(crate) postgres: services::Postgres,
    pub(crate) pool: PgPool,
    pub(crate) rabbitmq: services::RabbitMq,
}

impl Ground {
    /// With migrations and without streams; `None` where this machine has no servers.
    pub(crate) async fn new() -> Option<Self> {
        let this = Self::bare().await?;
        migrations("postgres").await.run(&this.pool).await.unwrap();
        Some(this)
    }

    /// Without migrations.
    pub(crate) async fn bare() -> Option<Self> {
        let (postgres, rabbitmq) = (services::postgres().await?, services::rabbitmq().await?);
        Some(Self { pool: postgres.pool().await, postgres, rabbitmq })
    }

    pub(crate) fn broker_url(&self) -> String {
        let (host, port) = self.rabbitmq.stream_address();
        let (user, password) = (self.rabbitmq.user(), self.rabbitmq.password());
        format!("rabbitmq-stream://{user}:{password}@{host}:{port}/{}", self.rabbitmq.virtual_host())
    }

    /// Settings of a relay that works and answers probes.
    pub(crate) fn variables(&self) -> Variables<'static> {
        vec![
            ("TIDINGS_DATABASE_URL", self.postgres.url().to_owned()),
            ("TIDINGS_BROKER_URL", self.broker_url()),
            ("TIDINGS_GROUP", GROUP.to_owned()),
            ("TIDINGS_LISTEN", "127.0.0.1:0".to_owned()),
            ("TIDINGS_STANDBY", "100ms".to_owned()),
            ("TIDINGS_BACKOFF_LONGEST", "300ms".to_owned()),
        ]
    }

    /// The same with other values.
    pub(crate) fn variables_with(&self, others: &[(&'static str, &str)]) -> Variables<'static> {
        let mut variables = self.variables();
        variables.extend(others.iter().map(|(name, value)| (*name, (*value).to_owned())));
        variables
    }

    pub(crate) async fn client(&self) -> Client {
        let (host, port) = self.rabbitmq.stream_address();
        let login = ClientOptions::builder().user(self.rabbitmq.user()).password(self.rabbitmq.password());
        let options = login.host(host).port(port).v_host(self.rabbitmq.virtual_host()).build();
        Client::connect(options).await.unwrap()
    }

    pub(crate) async fn create(&self, stream: &str) {
        let client = self.client().await;
        assert!(client.create_stream(stream, HashMap::new()).await.unwrap().is_ok());
        client.close().await.unwrap();
    }

    pub(crate) async fn append(&self, stream: &str, partition: u32) -> Uuid {
        let mut transaction = self.pool.begin().await.unwrap();
        let event = add(&mut transaction, stream, partition).await;
        transaction.commit().await.unwrap();
        event
    }

    /// Ids of the first events of a stream, so many of them.
    pub(crate) async fn published(&self, stream: &str, count: usize) -> Vec<Uuid> {
        let (host, port) = self.rabbitmq.stream_address();
        let environment = rabbitmq_stream_client::Environment::builder().host(host).port(port);
        let environment = environment.username(self.rabbitmq.user()).password(self.rabbitmq.password());
        let environment = environment.virtual_host(self.rabbitmq.virtual_host()).build().await.unwrap();
        let mut consumer = environment.consumer().offset(OffsetSpecification::First).build(stream).await.unwrap();
        let mut events = Vec::new();
        while events.len() < count {
            let next = timeout(Duration::from_secs(30), futures_util::StreamExt::next(&mut consumer)).await;
            let delivery = next.expect("an event").unwrap().unwrap();
            events.push(RawEnvelope::from_json(delivery.message().data().unwrap()).unwrap().event_id);
        }
        consumer.handle().close().await.unwrap();
        events
    }
}

pub(crate) async fn migrations(store: &str) -> Migrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/migrations").join(store);
    Migrator::new(folder).await.unwrap()
}

/// Appends an event.
pub(crate) async fn add(transaction: &mut impl OutboxTransaction, stream: &str, partition: u32) -> Uuid {
    let event_id = Uuid::now_v7();
    let message = Message {
        stream: stream.to_owned(),
        partition,
        event_id,
        event_type: "order.placed".to_owned(),
        event_version: 2,
        key: "o-1".to_owned(),
        tenant_id: None,
        headers: format!(
            r#"{{"event_id":"{event_id}","event_type":"order.placed","event_version":2,"occurred_at":"2026-03-01T12:00:00Z","correlation_id":"{event_id}","producer":"order-service@1.4.0"}}"#
        ),
        payload: br#"{"order_id":"o-1"}"#.to_vec(),
    };
    transaction.add(&[message], KeyOrder::AsCommitted, Statements::Prepared).await.unwrap();
    event_id
}

/// An address where nobody listens.
pub(crate) async fn nowhere() -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    socket.local_addr().unwrap().to_string()
}

/// Something that takes connections and closes them, until it is dropped.
pub(crate) async fn mute() -> (String, JoinHandle<()>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let closing = tokio::spawn(async move { while socket.accept().await.is_ok() {} });
    (address, closing)
}

/// Something that speaks the stream protocol as this version of RabbitMQ does, and says that it is.
pub(crate) async fn broker_of(version: &'static str) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((connection, _)) = socket.accept().await {
            // It ends when the client has gone.
            tokio::spawn(async move { answer(connection, version).await });
        }
    });
    address
}

/// The server's part of opening a connection, by the protocol's documentation: frames of key, version, correlation and
/// body, each after its length.
async fn answer(mut connection: TcpStream, version: &str) -> std::io::Result<()> {
    let text = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
    let [none, one] = [0_u32, 1].map(u32::to_be_bytes);
    loop {
        let mut frame = vec![0; usize::try_from(connection.read_u32().await?).unwrap()];
        connection.read_exact(&mut frame).await?;
        let body = match frame[1] {
            PEER_PROPERTIES => [one.to_vec(), text("version"), text(version)].concat(),
            SASL_HANDSHAKE => [one.to_vec(), text("PLAIN")].concat(),
            // The broker hangs up on what it does not know.
            EXCHANGE_COMMAND_VERSIONS if version.starts_with("3.10.") => return Ok(()),
            OPEN | EXCHANGE_COMMAND_VERSIONS => none.to_vec(),
            TUNE => continue,
            _ => Vec::new(),
        };
        let ok = 1_u16.to_be_bytes();
        let answer = [&[0x80, frame[1], 0, 1][..], &frame[4..8], &ok, &body].concat();
        send(&mut connection, &answer).await?;
        if frame[1] == SASL_AUTHENTICATE {
            let (frame_max, heartbeat) = (1_048_576_u32.to_be_bytes(), none);
            send(&mut connection, &[&[0, TUNE, 0, 1][..], &frame_max, &heartbeat].concat()).await?;
        }
    }
}

async fn send(connection: &mut TcpStream, frame: &[u8]) -> std::io::Result<()> {
    connection.write_u32(u32::try_from(frame.len()).unwrap()).await?;
    connection.write_all(frame).await
}

/// Carries connections from one address to another, for as long as the test runs.
pub(crate) async fn proxy(from: &str, to: String) {
    let socket = TcpListener::bind(from).await.unwrap();
    let (ready, mut is_ready) = mpsc::channel::<()>(1);
    tokio::spawn(async move {
        drop(ready);
        while let Ok((mut one, _)) = socket.accept().await {
            let to = to.clone();
            tokio::spawn(async move {
                let mut other = TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut one, &mut other).await;
            });
        }
    });
    is_ready.recv().await;
}
