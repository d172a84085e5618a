//! Carries events between services.
//!
//! This is the core that generated event crates stand on: what an [`Event`] knows about itself, how payloads are held
//! to their schemas ([`wire`]), which [partition](PartitionKey) an event goes to, and the [`topology`].

mod event;
mod partition;
pub mod topology;
pub mod wire;

pub use event::{Classification, DecodeError, Event, KeyContext, StreamEvent, Tenancy, UnknownEvent, decode};
pub use partition::PartitionKey;
