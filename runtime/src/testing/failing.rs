//! Handlers that fail when they are told to.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::{Fault, Faults};
use crate::consumer::handlers::{AnyEffect, AnyHandler, Route};
use crate::consumer::{BoxFuture, Failure, HandlerError, Handlers};
use crate::envelope::RawEnvelope;

impl<Tx: Send + 'static> Handlers<Tx> {
    /// These handlers, which fail when [`Fault::Handling`] comes: no event twice.
    pub(super) fn with_faults(self, faults: &Faults) -> Self {
        let trouble = Arc::new(Trouble { faults: faults.clone(), failed: Mutex::default() });
        self.map(|route| match route {
            Route::Transaction(inner) => Route::Transaction(Arc::new(Failing { inner, trouble: trouble.clone() })),
            Route::Effect { effect, is_noted } => {
                Route::Effect { effect: Arc::new(Failing { inner: effect, trouble: trouble.clone() }), is_noted }
            }
        })
    }
}

struct Trouble {
    faults: Faults,
    failed: Mutex<HashSet<Uuid>>,
}

impl Trouble {
    fn of(&self, event: Uuid) -> Result<(), Failure> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.contains(&event) || !self.faults.comes(Fault::Handling) {
            return Ok(());
        }
        failed.insert(event);
        Err(HandlerError::retry("a fault of the test").into())
    }
}

struct Failing<H: ?Sized> {
    inner: Arc<H>,
    trouble: Arc<Trouble>,
}

impl<Tx: Send> AnyHandler<Tx> for Failing<dyn AnyHandler<Tx>> {
    fn handle<'a>(&'a self, event: RawEnvelope, transaction: &'a mut Tx) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let id = event.event_id;
            self.inner.handle(event, transaction).await?;
            self.trouble.of(id)
        })
    }
}

impl AnyEffect for Failing<dyn AnyEffect> {
    fn handle(&self, event: RawEnvelope) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            self.trouble.of(event.event_id)?;
            self.inner.handle(event).await
        })
    }
}
