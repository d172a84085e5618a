//! One version of an event as another, so that a consumer writes one handler and a producer feeds readers of old and
//! new versions until the old ones are sunset.
//!
//! The catalogue says how versions follow from each other, with `upcast` and `downcast`; generated code implements the
//! traits here from that. Where it says `by_hand`, generated code asks for a trait named after the step, such as
//! `UpcastOrderPlacedV1`, and does not compile until somebody implements it.

mod error;
mod mapping;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use chrono::NaiveDate;
use serde_json::Value;

pub use error::CastError;
pub use mapping::{Mapping, Source};

use crate::envelope::{Envelope, EnvelopeError, RawEnvelope};
use crate::event::{self, Event};
use crate::partition::PartitionKey;
use crate::topology::Stream;

/// A version that follows from another by a mapping of the catalogue.
pub trait CastFrom<E: Event>: Event {
    /// What `other` says, as this version.
    ///
    /// # Errors
    /// When `other` violates its own schema. The generator has proven that a valid one becomes a valid one.
    fn cast_from(other: &E) -> Result<Self, CastError>;
}

/// A version that can be read from documents of older versions. `H` makes the steps that are left to a person; events
/// without such steps take anything, also `()`.
pub trait Upcast<H: ?Sized = ()>: Event {
    /// Reads the payload of `version`, which is this one or an older one.
    ///
    /// # Errors
    /// When the payload violates the schema of its version, when the version is newer or none that leads here, or when
    /// a step by hand fails.
    fn upcast(version: u32, data: Value, by_hand: &H) -> Result<Self, CastError> {
        match version.cmp(&Self::VERSION) {
            Ordering::Less => Self::from_older(version, data, by_hand),
            Ordering::Equal => Ok(event::decode(data)?),
            Ordering::Greater => Err(CastError::no_way::<Self>(version)),
        }
    }

    /// Reads the payload of a version before this one. Without an `upcast` in the catalogue, there is no way.
    ///
    /// # Errors
    /// As [`Upcast::upcast`].
    fn from_older(version: u32, _data: Value, _by_hand: &H) -> Result<Self, CastError> {
        Err(CastError::no_way::<Self>(version))
    }
}

/// A version that can be published together with older versions.
pub trait Downcast<H: ?Sized = ()>: Event {
    /// Shows `visitor` this event, and the same in each older version, as far as they are published on `day`. The
    /// newest comes first.
    ///
    /// # Errors
    /// Those of `visitor`, of steps by hand, and when the event violates its schema.
    fn each_version<V: VersionVisitor>(&self, day: NaiveDate, by_hand: &H, visitor: &mut V) -> Result<(), CastError> {
        if Self::is_published(day) {
            visitor.visit(self)?;
        }
        if Self::is_older_published(day) { self.each_older(day, by_hand, visitor) } else { Ok(()) }
    }

    /// Whether a version before this one, to which `downcast` of the catalogue leads, is published on `day`.
    #[must_use]
    fn is_older_published(_day: NaiveDate) -> bool {
        false
    }

    /// [`Downcast::each_version`] of the versions before this one.
    ///
    /// # Errors
    /// As [`Downcast::each_version`].
    fn each_older<V: VersionVisitor>(&self, _day: NaiveDate, _by_hand: &H, _visitor: &mut V) -> Result<(), CastError> {
        Ok(())
    }
}

/// Is shown one event in several versions.
pub trait VersionVisitor {
    /// One of the versions.
    ///
    /// # Errors
    /// Whatever ends the visit.
    fn visit<E: Event>(&mut self, event: &E) -> Result<(), CastError>;
}

/// An event of one version with all that a publisher needs to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Where it is published.
    pub stream: &'static Stream,
    /// What keeps it in order with others.
    pub partition_key: PartitionKey,
    /// The event. All versions of it have the same `event_id`, so that a consumer that moves from one version to the
    /// next handles none twice.
    pub envelope: RawEnvelope,
}

impl<E: Event> Envelope<E> {
    /// The event in this one version: what to append to the outbox.
    ///
    /// # Errors
    /// When the payload violates its schema.
    pub fn outgoing(self) -> Result<Outgoing, EnvelopeError> {
        self.into_outgoing().map_err(EnvelopeError::unwritable::<E>)
    }

    fn into_outgoing(self) -> Result<Outgoing, serde_json::Error> {
        let (stream, partition_key) = (E::STREAM, self.partition_key());
        Ok(Outgoing { stream, partition_key, envelope: self.into_raw()? })
    }
}

impl<E: Downcast> Envelope<E> {
    /// The event in each version that is published on `day`, the newest first: what to append to the outbox.
    ///
    /// # Errors
    /// When the payload violates its schema.
    pub fn in_all_versions(&self, day: NaiveDate) -> Result<Vec<Outgoing>, CastError> {
        self.in_all_versions_with(day, &())
    }
}

impl<E: Event> Envelope<E> {
    /// [`Envelope::in_all_versions`], for events with steps by hand.
    ///
    /// # Errors
    /// When the payload violates its schema, and those of `by_hand`.
    pub fn in_all_versions_with<H>(&self, day: NaiveDate, by_hand: &H) -> Result<Vec<Outgoing>, CastError>
    where
        E: Downcast<H>,
    {
        struct Collect<'e, T>(&'e Envelope<T>, Vec<Outgoing>);

        impl<T: Event> VersionVisitor for Collect<'_, T> {
            fn visit<E: Event>(&mut self, event: &E) -> Result<(), CastError> {
                let outgoing = self.0.around(event.clone()).into_outgoing().map_err(CastError::unwritable::<E>)?;
                self.1.push(outgoing);
                Ok(())
            }
        }

        let mut collect = Collect(self, Vec::new());
        self.data.each_version(day, by_hand, &mut collect)?;
        Ok(collect.1)
    }
}
