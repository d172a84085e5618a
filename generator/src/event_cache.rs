//! What was made of, or found out about, one event alone, kept from run to run.

use crate::cache::Cache;
use crate::digest::Digest;
use crate::model::{Event, Fingerprints};
use crate::text::Text;

/// Remembers the texts of events that have not changed, so that an edited event costs one event.
#[derive(Debug, Clone, Copy)]
pub struct EventCache<'a>(Option<(&'a Cache, &'a Fingerprints)>);

impl<'a> EventCache<'a> {
    /// Makes every text anew.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// The texts of the model with these hashes, as far as `cache` has them. Without hashes every text is made anew.
    #[must_use]
    pub fn new(cache: &'a Cache, fingerprints: Option<&'a Fingerprints>) -> Self {
        Self(fingerprints.map(|fingerprints| (cache, fingerprints)))
    }

    /// A text made of `event` and what surrounds it, of no other event. `what` tells it from other texts of the event,
    /// and holds whatever else it is made of.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get_or<E>(&self, what: &[&str], event: &Event, make: impl FnOnce() -> Result<String, E>) -> Result<Text, E> {
        let known = self.0.and_then(|(cache, prints)| Some((cache, prints.of_event(event)?)));
        let Some((cache, print)) = known else { return make().map(Text::from) };
        let parts = what.iter().map(|part| part.as_bytes()).chain([print.as_bytes().as_slice()]);
        cache.get_or(Digest::of_parts(parts), make)
    }

    /// A text made of `parts` and nothing else, such as one formatted from another.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn made_of<E>(&self, parts: &[&str], make: impl FnOnce() -> Result<String, E>) -> Result<Text, E> {
        let Some((cache, _)) = self.0 else { return make().map(Text::from) };
        cache.get_or(Digest::of_parts(parts), make)
    }
}
