//! What handles which event, and what that guarantees.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::ConsumerError;
use super::failure::{Failure, HandlerError};
use crate::envelope::{Envelope, EnvelopeError, RawEnvelope};
use crate::event::{Event, StreamEvent};
use crate::topology::Stream;
use crate::versions::Upcast;

/// A future without a name.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Handles an event by what it does in a transaction of the database `Tx`: that, and the note that the event is handled,
/// are committed together.
///
/// The transaction is shared with other events of a batch. It is rolled back, and the event handled again, when one of
/// them fails.
pub trait Handler<T, Tx>: Send + Sync + 'static {
    /// Handles one event.
    ///
    /// # Errors
    /// Whatever prevents it. Nothing that was done in the transaction remains.
    fn handle(&self, event: Envelope<T>, transaction: &mut Tx)
    -> impl Future<Output = Result<(), HandlerError>> + Send;
}

impl<T: Send, Tx: Send, F> Handler<T, Tx> for F
where
    F: for<'a> Fn(Envelope<T>, &'a mut Tx) -> BoxFuture<'a, Result<(), HandlerError>> + Send + Sync + 'static,
{
    fn handle(
        &self,
        event: Envelope<T>,
        transaction: &mut Tx,
    ) -> impl Future<Output = Result<(), HandlerError>> + Send {
        self(event, transaction)
    }
}

/// Handles an event by what it does outside of the database: it sends a mail, or calls another service.
pub trait Effect<T>: Send + Sync + 'static {
    /// Handles one event. Its id is a good idempotency key for what is called.
    ///
    /// # Errors
    /// Whatever prevents it.
    fn handle(&self, event: Envelope<T>) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

impl<T, F, R> Effect<T> for F
where
    F: Fn(Envelope<T>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), HandlerError>> + Send,
{
    fn handle(&self, event: Envelope<T>) -> impl Future<Output = Result<(), HandlerError>> + Send {
        self(event)
    }
}

/// What a [`Handler`] does happens once for each event: it is committed together with the note that the event is handled.
#[derive(Debug, Clone, Copy)]
pub struct ExactlyOnce<H>(pub H);

/// What an [`Effect`] does happens at least once for each event: again only where the process or the database fails
/// between the effect and the note that the event is handled. An event that is delivered again is not handled again.
#[derive(Debug, Clone, Copy)]
pub struct AtLeastOnce<F>(pub F);

/// An [`Effect`] that may happen any number of times, because a second one changes nothing. Nothing is noted for it but
/// how far the consumer has come.
#[derive(Debug, Clone, Copy)]
pub struct Idempotent<F>(pub F);

/// One of [`ExactlyOnce`], [`AtLeastOnce`] and [`Idempotent`].
pub trait Guarantee<T, Tx>: sealed::Sealed {
    #[doc(hidden)]
    fn route(self, decode: Decode<T>) -> Route<Tx>;
}

mod sealed {
    pub trait Sealed {}
    impl<H> Sealed for super::ExactlyOnce<H> {}
    impl<F> Sealed for super::AtLeastOnce<F> {}
    impl<F> Sealed for super::Idempotent<F> {}
}

type Decode<T> = Box<dyn Fn(RawEnvelope) -> Result<Envelope<T>, EnvelopeError> + Send + Sync>;

impl<T: Send + 'static, Tx: Send + 'static, H: Handler<T, Tx>> Guarantee<T, Tx> for ExactlyOnce<H> {
    fn route(self, decode: Decode<T>) -> Route<Tx> {
        Route::Transaction(Arc::new(Typed { decode, with: self.0 }))
    }
}

impl<T: Send + 'static, Tx, F: Effect<T>> Guarantee<T, Tx> for AtLeastOnce<F> {
    fn route(self, decode: Decode<T>) -> Route<Tx> {
        Route::Effect { effect: Arc::new(Typed { decode, with: self.0 }), is_noted: true }
    }
}

impl<T: Send + 'static, Tx, F: Effect<T>> Guarantee<T, Tx> for Idempotent<F> {
    fn route(self, decode: Decode<T>) -> Route<Tx> {
        Route::Effect { effect: Arc::new(Typed { decode, with: self.0 }), is_noted: false }
    }
}

struct Typed<T, H> {
    decode: Decode<T>,
    with: H,
}

/// [`Handler`] for an event of any type.
#[doc(hidden)]
pub trait AnyHandler<Tx>: Send + Sync {
    fn handle<'a>(&'a self, event: RawEnvelope, transaction: &'a mut Tx) -> BoxFuture<'a, Result<(), Failure>>;
}

/// [`Effect`] for an event of any type.
#[doc(hidden)]
pub trait AnyEffect: Send + Sync {
    fn handle(&self, event: RawEnvelope) -> BoxFuture<'_, Result<(), Failure>>;
}

impl<T: Send + 'static, Tx: Send, H: Handler<T, Tx>> AnyHandler<Tx> for Typed<T, H> {
    fn handle<'a>(&'a self, event: RawEnvelope, transaction: &'a mut Tx) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let event = (self.decode)(event).map_err(|error| Failure::unreadable(&error))?;
            Ok(self.with.handle(event, transaction).await?)
        })
    }
}

impl<T: Send + 'static, F: Effect<T>> AnyEffect for Typed<T, F> {
    fn handle(&self, event: RawEnvelope) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let event = (self.decode)(event).map_err(|error| Failure::unreadable(&error))?;
            Ok(self.with.handle(event).await?)
        })
    }
}

/// What becomes of an event.
#[doc(hidden)]
pub enum Route<Tx> {
    Transaction(Arc<dyn AnyHandler<Tx>>),
    Effect {
        effect: Arc<dyn AnyEffect>,
        /// Whether the ledger remembers the event.
        is_noted: bool,
    },
}

impl<Tx> Clone for Route<Tx> {
    fn clone(&self) -> Self {
        match self {
            Self::Transaction(handler) => Self::Transaction(handler.clone()),
            Self::Effect { effect, is_noted } => Self::Effect { effect: effect.clone(), is_noted: *is_noted },
        }
    }
}

impl<Tx> Route<Tx> {
    pub(super) fn is_noted(&self) -> bool {
        !matches!(self, Self::Effect { is_noted: false, .. })
    }
}

/// What a consumer handles. `Tx` is a transaction of its database.
///
/// An event for which there is nothing here is passed over.
pub struct Handlers<Tx> {
    streams: BTreeMap<&'static str, Routes<Tx>>,
    twice: Vec<String>,
}

pub(super) struct Routes<Tx> {
    pub(super) stream: &'static Stream,
    by_type: HashMap<&'static str, Route<Tx>>,
    /// For all other events of the stream.
    rest: Option<Route<Tx>>,
}

impl<Tx> Routes<Tx> {
    pub(super) fn of(&self, event_type: &str) -> Option<&Route<Tx>> {
        self.by_type.get(event_type).or(self.rest.as_ref())
    }
}

impl<Tx> fmt::Debug for Handlers<Tx> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (stream, routes) in &self.streams {
            let mut types: Vec<_> = routes.by_type.keys().copied().collect();
            types.sort_unstable();
            types.extend(routes.rest.is_some().then_some("*"));
            map.entry(stream, &types);
        }
        map.finish()
    }
}

impl<Tx> Default for Handlers<Tx> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Tx> Handlers<Tx> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { streams: BTreeMap::new(), twice: Vec::new() }
    }

    /// Handles one event, also in older versions, from which the catalogue leads to `E`.
    #[must_use]
    pub fn on<E: Upcast>(self, handle: impl Guarantee<E, Tx>) -> Self {
        self.on_with::<E, ()>(handle, ())
    }

    /// [`Handlers::on`], for events with steps by hand.
    #[must_use]
    pub fn on_with<E: Upcast<B>, B: Send + Sync + 'static>(self, handle: impl Guarantee<E, Tx>, by_hand: B) -> Self {
        let decode = move |raw: RawEnvelope| raw.decode_latest_with::<E, B>(&by_hand);
        self.add(E::STREAM, Some(<E as Event>::TYPE), handle.route(Box::new(decode)))
    }

    /// Handles one event in this version. In another one, it becomes a dead letter.
    #[must_use]
    pub fn on_version<E: Event>(self, handle: impl Guarantee<E, Tx>) -> Self {
        self.add(E::STREAM, Some(E::TYPE), handle.route(Box::new(RawEnvelope::into_event::<E>)))
    }

    /// Handles whatever comes on a stream and has no handler of its own, in the version it comes in.
    #[must_use]
    pub fn on_stream<S: StreamEvent>(self, handle: impl Guarantee<S, Tx>) -> Self {
        self.add(S::STREAM, None, handle.route(Box::new(RawEnvelope::into_stream_event::<S>)))
    }

    /// Whether there is something here for an event of this type on this stream.
    #[must_use]
    pub fn handle(&self, stream: &str, event_type: &str) -> bool {
        self.streams.get(stream).is_some_and(|routes| routes.of(event_type).is_some())
    }

    fn add(mut self, stream: &'static Stream, event_type: Option<&'static str>, route: Route<Tx>) -> Self {
        let routes = self.streams.entry(stream.name);
        let routes = routes.or_insert_with(|| Routes { stream, by_type: HashMap::new(), rest: None });
        let before = match event_type {
            Some(event_type) => routes.by_type.insert(event_type, route),
            None => routes.rest.replace(route),
        };
        if before.is_some() {
            self.twice.push(event_type.unwrap_or(stream.name).to_owned());
        }
        self
    }

    /// With each route as `change` makes it.
    #[cfg(all(feature = "testing", feature = "sqlite"))]
    pub(crate) fn map(mut self, change: impl Fn(Route<Tx>) -> Route<Tx>) -> Self {
        for routes in self.streams.values_mut() {
            let by_type = std::mem::take(&mut routes.by_type);
            routes.by_type = by_type.into_iter().map(|(name, route)| (name, change(route))).collect();
            routes.rest = routes.rest.take().map(&change);
        }
        self
    }

    /// By stream, unless something is wrong.
    pub(super) fn into_routes(self) -> Result<BTreeMap<&'static str, Routes<Tx>>, ConsumerError> {
        if let Some(what) = self.twice.into_iter().next() {
            return Err(ConsumerError::HandledTwice { what });
        }
        if self.streams.is_empty() {
            return Err(ConsumerError::NothingHandled);
        }
        Ok(self.streams)
    }
}
