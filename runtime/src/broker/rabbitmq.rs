//! RabbitMQ streams.
//!
//! A partition is appended to over a connection of its own, to the node that leads it, and by the client's frames rather
//! than its producers: those go on after a batch that could not be sent, and the broker would take the next one and drop
//! the lost one for ever.

mod layout;
mod subscription;
mod topology;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rabbitmq_stream_client::error::ClientError;
use rabbitmq_stream_client::types::{Message as Amqp, MessageResult, ResponseCode, ResponseKind};
use rabbitmq_stream_client::{Client, ClientOptions, TlsConfiguration};
use tokio::sync::watch;
use tokio::time::timeout;

pub use layout::{Layout, LayoutError};
pub use subscription::RabbitMqSubscription;

use super::amqp::{Encoding, Frame};
use super::{Broker, BrokerError, Progress, Publisher, partition_name};
use crate::message::Message;

/// For one answer of the broker.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a frame that a broker takes, unless somebody has configured `stream.frame_max`.
const FRAME_MAX: usize = 1024 * 1024;

/// The publisher of a connection, of which there is one.
const PUBLISHER: u8 = 1;

/// The oldest broker that is supported.
const OLDEST: (u32, u32) = (3, 13);

/// A broker, and how to log in.
#[derive(Clone)]
pub struct RabbitMq {
    host: String,
    port: u16,
    user: String,
    password: String,
    virtual_host: String,
    tls: TlsConfiguration,
    load_balanced: bool,
    frame_max: usize,
    encoding: Encoding,
}

/// Without the password.
impl std::fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, user, virtual_host, .. } = self;
        f.debug_struct("RabbitMq").field("address", &format_args!("{user}@{host}:{port}/{virtual_host}")).finish()
    }
}

impl RabbitMq {
    /// The broker that listens for the stream protocol at this address, with its default user and virtual host.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            user: "guest".to_owned(),
            password: "guest".to_owned(),
            virtual_host: "/".to_owned(),
            tls: TlsConfiguration::default(),
            load_balanced: false,
            frame_max: FRAME_MAX,
            encoding: Encoding::default(),
        }
    }

    /// Logs in like this.
    #[must_use]
    pub fn with_login(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        (self.user, self.password) = (user.into(), password.into());
        self
    }

    /// In this virtual host.
    #[must_use]
    pub fn with_virtual_host(mut self, virtual_host: impl Into<String>) -> Self {
        self.virtual_host = virtual_host.into();
        self
    }

    /// Over TLS. Where several implementations of cryptography are built in, the process is to choose one first
    /// (`rustls::crypto::CryptoProvider::install_default`); the client panics otherwise.
    #[must_use]
    pub fn with_tls(mut self, tls: TlsConfiguration) -> Self {
        self.tls = tls;
        self
    }

    /// Behind a load balancer: the nodes cannot be reached by the addresses they give.
    #[must_use]
    pub fn behind_load_balancer(mut self) -> Self {
        self.load_balanced = true;
        self
    }

    /// To a broker whose `stream.frame_max` is this many bytes, not 1 MiB: no event may be larger.
    #[must_use]
    pub fn with_frame_max(mut self, bytes: usize) -> Self {
        self.frame_max = bytes;
        self
    }

    /// Publishes events in this form.
    #[must_use]
    pub fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    async fn connect(&self, host: &str, port: u16, purpose: &str) -> Result<Client, BrokerError> {
        let options = ClientOptions::builder()
            .host(host)
            .port(port)
            .user(&self.user)
            .password(&self.password)
            .v_host(&self.virtual_host)
            .tls(self.tls.clone())
            .max_frame_size(u32::try_from(self.frame_max).unwrap_or(u32::MAX))
            .client_provided_name(format!("tidings {purpose}"))
            .build();
        let address = || format!("{host}:{port}");
        let unreachable = |cause: ClientError| BrokerError::Unreachable { address: address(), cause: Arc::new(cause) };
        let client = timeout(PATIENCE, Client::connect(options)).await;
        let client = client.map_err(|_| unreachable(ClientError::Io(std::io::ErrorKind::TimedOut.into())))?;
        let client = client.map_err(|cause| match cause {
            ClientError::RequestError(
                ResponseCode::AuthenticationFailure
                | ResponseCode::AuthenticationFailureLoopback
                | ResponseCode::SaslError,
            ) => BrokerError::Refused { user: self.user.clone(), what: "log in".to_owned() },
            ClientError::RequestError(ResponseCode::VirtualHostAccessFailure) => BrokerError::Refused {
                user: self.user.clone(),
                what: format!("use virtual host `{}`", self.virtual_host),
            },
            cause => unreachable(cause),
        })?;
        let properties = client.server_properties().await;
        let version = properties.get("version").cloned().unwrap_or_default();
        if is_too_old(&version) {
            close(&client).await;
            return Err(BrokerError::TooOld { address: address(), version: format!("RabbitMQ {version}") });
        }
        Ok(client)
    }

    /// A connection to the node that leads a partition, and its name.
    async fn connect_to_partition(&self, stream: &str, partition: u32) -> Result<(Client, String), BrokerError> {
        // Dead letters have a stream without partitions.
        let plain = (partition == 0).then(|| stream.to_owned());
        let streams = std::iter::once(partition_name(stream, partition)).chain(plain).collect();
        self.connect_to_leader(streams).await
    }

    /// The first of these streams that the broker has, and a connection to the node that leads it.
    async fn connect_to_leader(&self, streams: Vec<String>) -> Result<(Client, String), BrokerError> {
        let wanted = streams.first().cloned().unwrap_or_default();
        let client = self.connect(&self.host, self.port, &wanted).await?;
        if self.load_balanced && streams.len() < 2 {
            return Ok((client, wanted));
        }
        let metadata = answer(&format!("look for `{wanted}`"), client.metadata(streams.clone())).await;
        let found = match metadata {
            Ok(mut metadata) => {
                streams.into_iter().find_map(|stream| metadata.remove(&stream).map(|it| (stream, it.leader)))
            }
            Err(error) => {
                close(&client).await;
                return Err(error);
            }
        };
        let Some((stream, leader)) = found else {
            close(&client).await;
            return Err(BrokerError::NoStream { partition: wanted });
        };
        let port = u16::try_from(leader.port).unwrap_or(self.port);
        if self.load_balanced || (leader.host.as_str(), port) == (self.host.as_str(), self.port) {
            return Ok((client, stream));
        }
        close(&client).await;
        Ok((self.connect(&leader.host, port, &stream).await?, stream))
    }
}

impl Broker for RabbitMq {
    type Publisher = RabbitMqPublisher;

    async fn reach(&self) -> Result<(), BrokerError> {
        let client = self.connect(&self.host, self.port, "probe").await?;
        close(&client).await;
        Ok(())
    }

    async fn publisher(&self, stream: &str, partition: u32, name: &str) -> Result<RabbitMqPublisher, BrokerError> {
        let (client, partition) = self.connect_to_partition(stream, partition).await?;
        let progress = watch::Sender::new(Progress::default());
        let confirms = Arc::new(Mutex::new(Confirms { partition: partition.clone(), beyond: BTreeSet::new() }));
        // Closes the connection on every way out.
        let mut publisher = RabbitMqPublisher {
            client: Some(client.clone()),
            partition,
            frame_max: self.frame_max,
            encoding: self.encoding,
            last_id: 0,
            sent: 0,
            progress,
            confirms,
        };
        let (confirms, progress) = (publisher.confirms.clone(), publisher.progress.clone());
        client
            .set_handler(move |result: MessageResult| {
                confirms.lock().unwrap_or_else(PoisonError::into_inner).hear(result, &progress);
                std::future::ready(Ok(()))
            })
            .await;
        let partition = &publisher.partition;
        let declare = client.declare_publisher(PUBLISHER, Some(name.to_owned()), partition);
        let declared = answer(&format!("publish to `{partition}`"), declare).await?;
        match declared.code() {
            ResponseCode::Ok => {}
            ResponseCode::StreamDoesNotExist => {
                return Err(BrokerError::NoStream { partition: partition.clone() });
            }
            ResponseCode::AccessRefused => {
                let what = format!("publish to `{partition}`");
                return Err(BrokerError::Refused { user: self.user.clone(), what });
            }
            other => {
                let what = format!("open `{partition}`");
                return Err(BrokerError::Failed { what, cause: format!("{other:?}") });
            }
        }
        let last = client.query_publisher_sequence(name, partition);
        publisher.last_id = answer(&format!("tell the last id of `{partition}`"), last).await?;
        publisher.sent = publisher.last_id;
        publisher.progress.send_modify(|progress| progress.confirmed = publisher.last_id);
        Ok(publisher)
    }
}

/// Appends to one partition of RabbitMQ.
pub struct RabbitMqPublisher {
    /// `None` once it is closed.
    client: Option<Client>,
    partition: String,
    frame_max: usize,
    encoding: Encoding,
    last_id: u64,
    /// The last id that was sent.
    sent: u64,
    progress: watch::Sender<Progress>,
    confirms: Arc<Mutex<Confirms>>,
}

impl std::fmt::Debug for RabbitMqPublisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RabbitMqPublisher").field("partition", &self.partition).finish_non_exhaustive()
    }
}

impl Publisher for RabbitMqPublisher {
    fn last_id(&self) -> u64 {
        self.last_id
    }

    async fn send(&mut self, messages: Vec<(u64, Message)>) -> Result<(), BrokerError> {
        let Some(client) = self.client.clone() else { return Err(self.lost()) };
        if let Some(&(first, _)) = messages.first() {
            // Ids that nobody sends any more are not waited for.
            self.progress.send_if_modified(|progress| {
                let skips = progress.confirmed == self.sent && first > self.sent + 1;
                progress.confirmed = if skips { first - 1 } else { progress.confirmed };
                skips
            });
        }
        let (mut frames, mut bytes) = (Vec::with_capacity(messages.len()), 0);
        for (id, message) in messages {
            let frame = Frame::new(id, &message, self.encoding);
            // Half of what fits: many small frames are slow, and so is one that the broker cannot begin with.
            if !frames.is_empty() && bytes + frame.size > self.frame_max / 2 {
                self.publish(&client, std::mem::take(&mut frames)).await?;
                bytes = 0;
            }
            if frame.size > self.frame_max {
                return Err(BrokerError::TooLarge {
                    partition: self.partition.clone(),
                    event_id: message.event_id,
                    event_type: message.event_type,
                    size: frame.size,
                    most: self.frame_max,
                });
            }
            bytes += frame.size;
            self.sent = id;
            frames.push(frame.message);
        }
        if !frames.is_empty() {
            self.publish(&client, frames).await?;
        }
        Ok(())
    }

    fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    async fn close(mut self) {
        if let Some(client) = self.client.take() {
            close(&client).await;
        }
    }
}

impl RabbitMqPublisher {
    fn lost(&self) -> BrokerError {
        BrokerError::Lost { partition: self.partition.clone() }
    }

    /// Sends a frame. One that may have been sent in part is the end of the connection.
    async fn publish(&self, client: &Client, messages: Vec<Amqp>) -> Result<(), BrokerError> {
        let publish = timeout(PATIENCE, client.publish(PUBLISHER, messages, 1)).await;
        publish.map_err(|_| self.lost())?.map_err(|_| self.lost())?;
        Ok(())
    }
}

/// The client reads for ever from a connection that nobody closes.
impl Drop for RabbitMqPublisher {
    fn drop(&mut self) {
        if let (Some(client), Ok(runtime)) = (self.client.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { close(&client).await });
        }
    }
}

/// What was confirmed.
struct Confirms {
    partition: String,
    /// Ids that were confirmed before one below them was.
    beyond: BTreeSet<u64>,
}

impl Confirms {
    fn hear(&mut self, result: MessageResult, progress: &watch::Sender<Progress>) {
        let failure = match result.map(|result| result.map(rabbitmq_stream_client::types::Response::kind)) {
            Some(Ok(ResponseKind::PublishConfirm(confirm))) => {
                progress.send_modify(|progress| self.advance(confirm.publishing_ids, &mut progress.confirmed));
                None
            }
            Some(Ok(ResponseKind::PublishError(error))) => error.publishing_errors.first().map(|error| {
                let cause = format!("{:?}", error.error_code);
                BrokerError::Failed { what: format!("append to `{}`", self.partition), cause }
            }),
            // The partition has moved to another node or is gone; or the connection is.
            Some(Ok(ResponseKind::MetadataUpdate(_)) | Err(_)) | None => {
                Some(BrokerError::Lost { partition: self.partition.clone() })
            }
            Some(Ok(_)) => None,
        };
        if let Some(failure) = failure {
            progress.send_modify(|progress| progress.failure = Some(failure));
        }
    }

    fn advance(&mut self, ids: Vec<u64>, confirmed: &mut u64) {
        for id in ids {
            if id == *confirmed + 1 {
                *confirmed = id;
            } else if id > *confirmed {
                self.beyond.insert(id);
            }
        }
        while self.beyond.remove(&(*confirmed + 1)) {
            *confirmed += 1;
        }
    }
}

/// Waits for an answer, but not for ever.
async fn answer<T>(what: &str, answer: impl Future<Output = Result<T, ClientError>>) -> Result<T, BrokerError> {
    let failed = |cause: String| BrokerError::Failed { what: what.to_owned(), cause };
    match timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|cause| failed(cause.to_string())),
        Err(_) => Err(failed("no answer".to_owned())),
    }
}

/// Where the broker does not answer, it ends the connection itself when it hears no more of it.
async fn close(client: &Client) {
    if timeout(Duration::from_secs(1), client.close()).await.is_err() {
        client.set_heartbeat(0).await;
    }
}

fn is_too_old(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    let found = parts.next().zip(parts.next());
    found.is_some_and(|found| found < OLDEST)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Confirms, is_too_old};

    #[test]
    fn confirms_count_without_gaps() {
        let mut confirms = Confirms { partition: "orders-0".to_owned(), beyond: BTreeSet::new() };
        let mut confirmed = 4;
        for (ids, expected) in [(vec![5, 6], 6), (vec![9, 8], 6), (vec![3, 6], 6), (vec![7], 9), (vec![10], 10)] {
            confirms.advance(ids, &mut confirmed);
            assert_eq!(confirmed, expected);
        }
        assert_eq!(confirms.beyond, BTreeSet::new());
    }

    #[test]
    fn old_brokers_are_told_by_their_version() {
        for (version, old) in
            [("3.12.14", true), ("3.13.0", false), ("4.0.5", false), ("4.1.0-rc.1", false), ("", false)]
        {
            assert_eq!(is_too_old(version), old, "{version}");
        }
    }
}
