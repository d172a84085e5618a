//! Reading a partition of RabbitMQ.
//!
//! By the client's frames, so that the broker sends no more than there is room for. One chunk is under way at a time: the
//! client hands each to a task of its own, which would let a later one overtake an earlier one. The next one is asked for
//! when one is taken, and arrives while that is handled.

use std::collections::HashMap;
use std::time::Duration;

use rabbitmq_stream_client::Client;
use rabbitmq_stream_client::types::{
    Message as Frame, MessageResult, OffsetSpecification, Response, ResponseCode, ResponseKind,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{RabbitMq, answer, close};
use crate::broker::{BrokerError, Delivery, Source, Start, Subscription};
use crate::received;

/// The subscription of a connection, of which there is one.
const SUBSCRIPTION: u8 = 1;

/// A connection on which nothing came for so long is asked for a sign of life.
const SILENCE: Duration = Duration::from_secs(20);

/// How long the client may take to pass on what it has read.
const GRACE: Duration = Duration::from_secs(1);

impl RabbitMq {
    async fn read_from(
        &self,
        stream: &str,
        partition: u32,
        from: OffsetSpecification,
    ) -> Result<RabbitMqSubscription, BrokerError> {
        let (client, partition) = self.connect_to_partition(stream, partition).await?;
        let (sender, chunks) = mpsc::unbounded_channel();
        // Closes the connection on every way out.
        let subscription = RabbitMqSubscription { client: Some(client.clone()), partition, chunks, end: 0 };
        let partition = &subscription.partition;
        let lost = BrokerError::Lost { partition: partition.clone() };
        client
            .set_handler(move |result: MessageResult| {
                // The broker sends no more than it has credit for; nobody reads when the subscription is gone.
                let _ = match result.map(|result| result.map(Response::kind)) {
                    Some(Ok(ResponseKind::Deliver(chunk))) => {
                        sender.send(Ok(Chunk { first: chunk.chunk_first_offset, messages: chunk.messages }))
                    }
                    Some(Err(error)) => {
                        // Also when the client cannot read a message, say of a producer that batches sub-entries.
                        tracing::warn!(%error, "a connection to the broker ends: {lost}");
                        sender.send(Err(lost.clone()))
                    }
                    // The partition has moved to another node or is gone; or the connection is; or nothing more would come.
                    Some(Ok(ResponseKind::MetadataUpdate(_) | ResponseKind::Credit(_))) | None => {
                        sender.send(Err(lost.clone()))
                    }
                    Some(Ok(_)) => Ok(()),
                };
                std::future::ready(Ok(()))
            })
            .await;
        let subscribe = client.subscribe(SUBSCRIPTION, partition, from, 1, HashMap::new());
        let subscribed = answer(&format!("read `{partition}`"), subscribe).await?;
        match subscribed.code() {
            ResponseCode::Ok => Ok(subscription),
            ResponseCode::StreamDoesNotExist => Err(BrokerError::NoStream { partition: partition.clone() }),
            ResponseCode::AccessRefused => {
                Err(BrokerError::Refused { user: self.user.clone(), what: format!("read `{partition}`") })
            }
            other => Err(BrokerError::Failed { what: format!("read `{partition}`"), cause: format!("{other:?}") }),
        }
    }

    /// The first offset and the length of the first chunk there is from here on.
    async fn first_chunk(
        &self,
        stream: &str,
        partition: u32,
        from: OffsetSpecification,
    ) -> Result<Option<(u64, u64)>, BrokerError> {
        let mut subscription = self.read_from(stream, partition, from).await?;
        // The broker sends what it has before it answers the next question.
        let asked = subscription.is_alive().await;
        let first = timeout(GRACE, subscription.chunks.recv()).await;
        let lost = subscription.lost();
        subscription.close().await;
        asked?;
        match first {
            Ok(Some(chunk)) => chunk.map(|chunk| Some((chunk.first, chunk.messages.len() as u64))),
            Ok(None) => Err(lost),
            Err(_) => Ok(None),
        }
    }

    /// The offset of what is published next.
    async fn end_of(&self, stream: &str, partition: u32) -> Result<u64, BrokerError> {
        let last = self.first_chunk(stream, partition, OffsetSpecification::Last).await?;
        Ok(last.map_or(0, |(first, length)| first + length))
    }
}

impl Source for RabbitMq {
    type Subscription = RabbitMqSubscription;

    async fn subscribe(&self, stream: &str, partition: u32, from: u64) -> Result<RabbitMqSubscription, BrokerError> {
        self.read_from(stream, partition, OffsetSpecification::Offset(from)).await
    }

    async fn offset_of(&self, stream: &str, partition: u32, start: Start) -> Result<u64, BrokerError> {
        match start {
            Start::First => Ok(0),
            Start::Offset(offset) => Ok(offset),
            Start::Last => self.end_of(stream, partition).await,
            Start::Time(time) => {
                let from = OffsetSpecification::Timestamp(time.timestamp_millis());
                match self.first_chunk(stream, partition, from).await? {
                    Some((first, _)) => Ok(first),
                    None => self.end_of(stream, partition).await,
                }
            }
        }
    }
}

/// Events that the broker stored together.
struct Chunk {
    /// Offset of the first.
    first: u64,
    messages: Vec<Frame>,
}

/// Reads one partition of RabbitMQ.
pub struct RabbitMqSubscription {
    /// `None` once it is closed.
    client: Option<Client>,
    partition: String,
    chunks: mpsc::UnboundedReceiver<Result<Chunk, BrokerError>>,
    /// Behind the last chunk.
    end: u64,
}

impl std::fmt::Debug for RabbitMqSubscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RabbitMqSubscription").field("partition", &self.partition).finish_non_exhaustive()
    }
}

impl RabbitMqSubscription {
    fn lost(&self) -> BrokerError {
        BrokerError::Lost { partition: self.partition.clone() }
    }

    /// A connection may be dead without anybody saying so.
    async fn is_alive(&self) -> Result<(), BrokerError> {
        let Some(client) = &self.client else { return Err(self.lost()) };
        let metadata = client.metadata(vec![self.partition.clone()]);
        let metadata = answer(&format!("tell of `{}`", self.partition), metadata).await?;
        if metadata.contains_key(&self.partition) { Ok(()) } else { Err(self.lost()) }
    }
}

impl Subscription for RabbitMqSubscription {
    async fn next(&mut self) -> Result<Vec<Delivery>, BrokerError> {
        let chunk = loop {
            match timeout(SILENCE, self.chunks.recv()).await {
                Ok(Some(chunk)) => break chunk?,
                Ok(None) => return Err(self.lost()),
                Err(_) => self.is_alive().await?,
            }
        };
        if chunk.first < self.end {
            // What was passed on after it must not be taken for all that was before.
            return Err(self.lost());
        }
        self.end = chunk.first + chunk.messages.len() as u64;
        // Each message makes room for the next.
        let deliveries = (chunk.first..).zip(chunk.messages).map(|(offset, message)| {
            let body = message.data().unwrap_or_default();
            Delivery { offset, received: received::decode(body, &(&message).into()), body: body.to_vec() }
        });
        let deliveries = deliveries.collect();
        if let Some(client) = self.client.clone() {
            // By a task of its own: a chunk must not be lost when the wait for it is given up.
            tokio::spawn(async move { client.credit(SUBSCRIPTION, 1).await });
        }
        Ok(deliveries)
    }

    async fn close(mut self) {
        if let Some(client) = self.client.take() {
            close(&client).await;
        }
    }
}

/// The client reads for ever from a connection that nobody closes.
impl Drop for RabbitMqSubscription {
    fn drop(&mut self) {
        if let (Some(client), Ok(runtime)) = (self.client.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { close(&client).await });
        }
    }
}
