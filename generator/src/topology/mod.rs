//! What the catalogue asks of the broker, in RabbitMQ's own terms and no file format's.
//!
//! `definitions.json`, Terraform, the Kubernetes manifests, the value in the generated crate and the runtime's diff all
//! read this description, so they cannot disagree.
//!
//! - A stream of the catalogue is a *super stream*: a durable direct exchange marked `x-super-stream`, one stream queue
//!   `NAME-0`, `NAME-1`, … per partition, each bound with its number. One partition is no exception, so that names do
//!   not change when a second one is added.
//! - Its dead letters go to `NAME.dlq`, one plain stream queue: they are few, and a person reads them in one list. It is
//!   bound to nothing; publishers of the stream protocol address a queue by its name.
//! - A stream exists once it carries a version that is not a draft, or one that a service names outright. A draft that
//!   nobody uses leaves no trace on the broker; a retired version keeps its stream, which still holds old documents.
//! - Everything lives in one virtual host, named like the catalogue.

mod limits;
mod names;
mod permissions;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

pub use limits::Limits;
pub use names::{dead_letter_name, name_fault, partition_name};
pub use permissions::User;

use crate::format::Status;
use crate::model::{EventVersion, Model, Stream};

/// Everything on the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// The catalogue's name. Importers may put everything into another virtual host, one per environment.
    pub virtual_host: String,
    /// By name.
    pub streams: Vec<SuperStream>,
    /// One per service, by name.
    pub users: Vec<User>,
}

/// A stream of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuperStream {
    /// Name of the exchange; its queues begin with it.
    pub name: String,
    /// At least 1.
    pub partitions: u32,
    /// Of each partition.
    pub limits: Limits,
    /// `None`: the catalogue has no dead-letter policy for it.
    pub dead_letter: Option<DeadLetterStream>,
}

/// Where events go that no attempt could handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetterStream {
    /// Name of its only queue.
    pub name: String,
    /// Of that queue.
    pub limits: Limits,
}

/// A stream queue: a partition or a dead-letter stream. Always durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// `orders-0` or `orders.dlq`.
    pub name: String,
    /// As RabbitMQ takes them: `x-queue-type`, `x-max-age`, ….
    pub arguments: Map<String, Value>,
}

/// The exchange of a super stream. Always durable and direct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// The super stream's.
    pub name: String,
    /// `x-super-stream`.
    pub arguments: Map<String, Value>,
}

/// Ties a partition to its super stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Binding {
    /// Name of the exchange.
    pub source: String,
    /// Name of the queue.
    pub destination: String,
    /// The partition's number.
    pub routing_key: String,
    /// `x-stream-partition-order`: the number again, for clients to sort by.
    pub arguments: Map<String, Value>,
}

impl Topology {
    /// What `model` asks for.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let named: BTreeSet<&EventVersion> = permissions::named_versions(model);
        let exists = |stream: &Stream| {
            stream.carries.iter().any(|id| {
                let is_draft = model.version(id).is_none_or(|(_, version)| version.status == Status::Draft);
                !is_draft || named.contains(id)
            })
        };
        let streams: Vec<_> = model.streams.values().filter(|stream| exists(stream)).map(SuperStream::of).collect();
        let users = model.services.values().map(|service| User::of(model, service)).collect();
        Self { virtual_host: model.name.clone(), streams, users }
    }

    /// Every exchange, in order of name.
    pub fn exchanges(&self) -> impl Iterator<Item = Exchange> {
        self.streams.iter().map(SuperStream::exchange)
    }

    /// Every queue: the partitions of each stream, then its dead letters.
    pub fn queues(&self) -> impl Iterator<Item = Queue> {
        self.streams.iter().flat_map(SuperStream::queues)
    }

    /// Every binding, in order of stream and partition.
    pub fn bindings(&self) -> impl Iterator<Item = Binding> {
        self.streams.iter().flat_map(SuperStream::bindings)
    }
}

impl SuperStream {
    /// The super stream of a catalogue's stream, whether or not anything is published to it yet.
    #[must_use]
    pub fn of(stream: &Stream) -> Self {
        let dead_letter = stream.dead_letter.map(|policy| DeadLetterStream {
            name: dead_letter_name(&stream.name),
            limits: Limits::of(policy.retention),
        });
        Self {
            name: stream.name.clone(),
            partitions: stream.partitions,
            limits: Limits::of(stream.retention),
            dead_letter,
        }
    }

    /// Its exchange.
    #[must_use]
    pub fn exchange(&self) -> Exchange {
        Exchange { name: self.name.clone(), arguments: arguments([("x-super-stream", json!(true))]) }
    }

    /// The name of each partition's queue, in order.
    pub fn partition_names(&self) -> impl Iterator<Item = String> {
        (0..self.partitions).map(|partition| partition_name(&self.name, partition))
    }

    /// Its partitions in order, then its dead letters.
    pub fn queues(&self) -> impl Iterator<Item = Queue> {
        let partitions = self.partition_names().map(|name| Queue { name, arguments: self.limits.arguments() });
        let dead_letter = self
            .dead_letter
            .iter()
            .map(|dead_letter| Queue { name: dead_letter.name.clone(), arguments: dead_letter.limits.arguments() });
        partitions.chain(dead_letter)
    }

    /// One binding per partition.
    pub fn bindings(&self) -> impl Iterator<Item = Binding> {
        (0..self.partitions).map(|partition| Binding {
            source: self.name.clone(),
            destination: partition_name(&self.name, partition),
            routing_key: partition.to_string(),
            arguments: arguments([("x-stream-partition-order", json!(partition))]),
        })
    }
}

fn arguments<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
