//! What has changed since another run: a hash of each event, and one of everything around the events.
//!
//! Places are no part of it: a line added above an event changes nothing that is generated from it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rayon::prelude::*;
use serde::Serialize;

use super::{Event, Model};
use crate::digest::Digest;

/// Hashes of a model. What is made of one event alone depends on nothing but [`Fingerprints::of_event`].
#[derive(Debug, Clone)]
pub struct Fingerprints(BTreeMap<String, Digest>);

/// Everything but the events, and of those their names: all of a model that the texts of one event may depend on.
/// Shared types are part of the payloads that use them; lints and exceptions change no output.
#[derive(Serialize)]
struct Surroundings<'a>(
    (&'a str, &'a Option<String>, &'a Option<super::TenancyMode>),
    &'a BTreeMap<String, super::Team>,
    &'a BTreeMap<String, super::Context>,
    &'a BTreeMap<String, super::Stream>,
    &'a BTreeMap<String, super::Service>,
    &'a BTreeMap<String, super::Projection>,
    &'a BTreeMap<String, super::Flow>,
);

impl Fingerprints {
    /// The hashes of `model`.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let surroundings = hash(&Surroundings(
            (&model.name, &model.summary, &model.tenancy),
            &model.teams,
            &model.contexts,
            &model.streams,
            &model.services,
            &model.projections,
            &model.flows,
        ));
        let of_event = |event: &Event| Digest::of_parts([surroundings.as_bytes(), hash(event).as_bytes()]);
        Self(model.events.par_iter().map(|(name, event)| (name.clone(), of_event(event))).collect())
    }

    /// The hash of the whole model.
    #[must_use]
    pub fn of_all(&self) -> Digest {
        Digest::of_parts(self.0.values().map(Digest::as_bytes))
    }

    /// The hash of an event and of what surrounds it; `None` for an event of another model.
    #[must_use]
    pub fn of_event(&self, event: &Event) -> Option<Digest> {
        self.0.get(&event.name).copied()
    }
}

/// The hash of a value as JSON.
fn hash(value: &impl Serialize) -> Digest {
    struct Hashing(blake3::Hasher);

    impl Write for Hashing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut hashing = io::BufWriter::with_capacity(16 * 1024, Hashing(blake3::Hasher::new()));
    serde_json::to_writer(&mut hashing, value).expect("a model has string keys and nothing that cannot be written");
    let hashing = hashing.into_inner().unwrap_or_else(|error| panic!("hashing cannot fail: {error}"));
    Digest::from_bytes(*hashing.0.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::Fingerprints;
    use crate::load::load_text;
    use crate::model::{Model, resolve};

    const CATALOGUE: &str = "
format: tidings/1
name: shop
contexts:
  orders:
    types: { Money: { type: object, properties: { cents: { type: integer, maximum: 9 } } } }
    streams: { orders: { partitions: 2 } }
    events:
      order.placed:
        stream: orders
        versions: { 1: { status: active, data: { type: object, properties: { total: { $ref: Money } } } } }
      order.shipped:
        versions: { 1: { status: active, data: { type: object, properties: { on: { type: string, title: Day } } } } }
";

    fn model(text: &str) -> Model {
        resolve(&load_text("catalogue.yaml", text).tree.unwrap()).0
    }

    /// Which of the two events has another fingerprint after `from` was replaced by `to`.
    fn changed(from: &str, to: &str) -> Vec<String> {
        assert!(CATALOGUE.contains(from));
        let (before, after) = (model(CATALOGUE), model(&CATALOGUE.replace(from, to)));
        let (old, new) = (Fingerprints::of(&before), Fingerprints::of(&after));
        let differs = |name: &&String| old.of_event(&before.events[*name]) != new.of_event(&after.events[*name]);
        before.events.keys().filter(differs).cloned().collect()
    }

    #[test]
    fn an_event_changes_with_what_it_says_and_with_what_it_refers_to() {
        assert_eq!(changed("on: { type: string", "on: { type: boolean"), ["order.shipped"]);
        assert_eq!(changed("title: Day", "title: Date"), ["order.shipped"]);
        assert_eq!(changed("maximum: 9", "maximum: 8"), ["order.placed"]);
        assert_eq!(changed("title: Day }", "title: Day } }, title: Shipping, x-of: {"), ["order.shipped"]);
        assert_eq!(changed("partitions: 2", "partitions: 3"), ["order.placed", "order.shipped"]);
    }

    #[test]
    fn an_event_changes_with_who_shares_its_types() {
        let types = "    types: { Money: { type: object, properties: { cents: { type: integer, maximum: 9 } } } }\n";
        let of_all = format!("{types}contexts:");
        let moved = CATALOGUE.replace(types, "").replace("contexts:", of_all.trim_start());
        let (before, after) = (model(CATALOGUE), model(&moved));
        let (old, new) = (Fingerprints::of(&before), Fingerprints::of(&after));
        let prints = |name: &str| (old.of_event(&before.events[name]), new.of_event(&after.events[name]));
        let (placed, shipped) = (prints("order.placed"), prints("order.shipped"));
        assert_ne!(placed.0, placed.1);
        assert_eq!(shipped.0, shipped.1);
    }

    #[test]
    fn lines_and_comments_change_nothing() {
        assert_eq!(changed("name: shop\n", "name: shop\n\n# A comment.\n\n"), [] as [&str; 0]);
    }
}
