//! Carries events between services.
//!
//! This is the core that generated event crates stand on: what an [`Event`] knows about itself, how payloads are held
//! to their schemas ([`wire`]), which [partition](PartitionKey) an event goes to, and the [`topology`]. An [`Envelope`]
//! is what travels: the event, and of which [`Context`] and [`Producer`] it came. Where an event has several [`versions`], a
//! consumer reads all of them as the latest, and a producer publishes it in each that is still read.

#[cfg(feature = "relay")]
pub mod broker;
pub mod clock;
pub mod cloud_events;
mod codec;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub mod consumer;
mod context;
mod envelope;
mod event;
mod message;
#[cfg(feature = "relay")]
pub mod metrics;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub mod outbox;
mod partition;
mod producer;
pub mod received;
#[cfg(feature = "relay")]
pub mod relay;
#[cfg(feature = "testing")]
pub mod testing;
pub mod topology;
pub mod trace;
pub mod versions;
pub mod wire;

pub use codec::{Codec, CodecError};
pub use context::Context;
pub use envelope::{Envelope, EnvelopeError, RawEnvelope, RawEvent};
pub use event::{Classification, DecodeError, Event, KeyContext, StreamEvent, Tenancy, UnknownEvent, decode};
pub use message::Message;
pub use partition::PartitionKey;
pub use producer::Producer;
pub use trace::TraceParent;
