//! Where events are published.
//!
//! A relay needs little of a broker: to append to a partition in order, to drop what it has already, and to say how far
//! it has come. [`Memory`] is a broker for tests and demonstrations; RabbitMQ streams are behind the feature `rabbitmq`.

#[cfg(feature = "rabbitmq")]
mod address;
#[cfg(feature = "rabbitmq")]
mod amqp;
mod memory;
#[cfg(feature = "rabbitmq")]
mod rabbitmq;
mod source;

use std::sync::Arc;

use tokio::sync::watch;
use uuid::Uuid;

#[cfg(feature = "rabbitmq")]
pub use address::{Address, InvalidAddress};
#[cfg(feature = "rabbitmq")]
pub use amqp::Encoding;
pub use memory::{Memory, MemoryPublisher, MemorySubscription};
#[cfg(feature = "rabbitmq")]
pub use rabbitmq::{Layout, LayoutError, RabbitMq, RabbitMqPublisher, RabbitMqSubscription};
pub use source::{Delivery, Source, Start, Subscription};

use crate::message::Message;

/// Where events are published.
pub trait Broker: Send + Sync + 'static {
    /// Appends to one partition.
    type Publisher: Publisher;

    /// Connects and logs in, to find out whether that can be done.
    ///
    /// # Errors
    /// When it cannot.
    fn reach(&self) -> impl Future<Output = Result<(), BrokerError>> + Send;

    /// Opens a partition for appending. `name` identifies the publisher over its lives: the broker drops what it has
    /// under that name already.
    ///
    /// # Errors
    /// When the broker cannot be reached, or does not have or not give the partition.
    fn publisher(
        &self,
        stream: &str,
        partition: u32,
        name: &str,
    ) -> impl Future<Output = Result<Self::Publisher, BrokerError>> + Send;
}

/// Appends to one partition.
pub trait Publisher: Send + 'static {
    /// The highest publishing id that the broker had appended under this name when the partition was opened; 0 where it
    /// had none.
    fn last_id(&self) -> u64;

    /// Hands messages to the broker, each with its publishing id. Ids rise from message to message and from call to
    /// call, and leave none out that is to be sent later: the broker takes a lower one for what it has already, and would
    /// confirm without appending it. Waits while the broker is busy; confirms come later.
    ///
    /// # Errors
    /// When the connection is gone. The publisher is of no use then, and what became of the messages is unknown.
    fn send(&mut self, messages: Vec<(u64, Message)>) -> impl Future<Output = Result<(), BrokerError>> + Send;

    /// How far the broker has come.
    fn progress(&self) -> watch::Receiver<Progress>;

    /// Gives the partition back. Does not wait for confirms.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// How far a broker has come with what a publisher sent.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Every message up to this publishing id is appended and confirmed.
    pub confirmed: u64,
    /// Why no more will be confirmed.
    pub failure: Option<BrokerError>,
}

/// Why a broker does not take events.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// No connection.
    #[error(
        "cannot reach the broker at {address}: {cause}; check the address, and that it is RabbitMQ 3.13 or later with its \
         stream plugin enabled"
    )]
    Unreachable {
        /// Host and port.
        address: String,
        /// What happened.
        cause: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The broker is older than any that is supported.
    #[error("the broker at {address} is {version}; streams need RabbitMQ 3.13 or later")]
    TooOld {
        /// Host and port.
        address: String,
        /// Name and version.
        version: String,
    },
    /// The broker has no such partition.
    #[error("the broker has no stream `{partition}`; apply the generated topology")]
    NoStream {
        /// Name of the partition.
        partition: String,
    },
    /// The broker has other streams than it is to have.
    #[error("{}", topology(missing, different))]
    Topology {
        /// Names of streams that it does not have.
        missing: Vec<String>,
        /// What is different about others.
        different: Vec<String>,
    },
    /// The broker does not let this user do it.
    #[error("the broker does not let user `{user}` {what}; check the password and the generated permissions")]
    Refused {
        /// Who.
        user: String,
        /// What.
        what: String,
    },
    /// The broker said no to something else.
    #[error("the broker cannot {what}: {cause}")]
    Failed {
        /// What was asked of it.
        what: String,
        /// Its answer.
        cause: String,
    },
    /// The message is larger than the broker takes.
    #[error(
        "event {event_id} (`{event_type}`) takes {size} bytes, and the broker takes {most} at once for `{partition}`; raise \
         `stream.frame_max` there and `with_frame_max` here, or delete its row from `tidings_outbox`; the relay waits"
    )]
    TooLarge {
        /// Name of the partition.
        partition: String,
        /// Which event.
        event_id: Uuid,
        /// Its type.
        event_type: String,
        /// Bytes on the wire, about.
        size: usize,
        /// Most bytes of a message.
        most: usize,
    },
    /// The connection ended.
    #[error("the connection to `{partition}` is lost")]
    Lost {
        /// Name of the partition.
        partition: String,
    },
}

impl BrokerError {
    /// Whether no wait mends it.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::TooOld { .. } | Self::Refused { .. } | Self::Topology { .. })
    }
}

/// Name of a partition on the broker: `orders-0`.
#[must_use]
pub fn partition_name(stream: &str, partition: u32) -> String {
    format!("{stream}-{partition}")
}

fn topology(missing: &[String], different: &[String]) -> String {
    let mut faults = Vec::new();
    if !missing.is_empty() {
        faults.push(format!("the broker has no {}; apply the generated topology", code(missing)));
    }
    if !different.is_empty() {
        let remedy = "give new events a new stream, since partitions that change would part events of a key";
        faults.push(format!("of streams on the broker, {}; {remedy}", different.join(", ")));
    }
    faults.join("; ")
}

fn code(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
