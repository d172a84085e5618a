//! Events as a broker delivers them, made of documents.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use chrono::{DateTime, TimeDelta};
use serde_json::Value;
use tidings::{Message, PartitionKey, RawEnvelope};
use tidings_generator::model::{Event, EventVersion, KeySource, Model, Version};
use tidings_generator::pointer;
use uuid::{Builder, Uuid};

use crate::contract::TENANT;
use crate::documents::{Documents, Seed};
use crate::estate::Estate;

/// 2026-01-01 at noon: the same in every run, like everything here.
const BEGINNING: i64 = 1_767_268_800;

/// An event that is delivered.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) id: EventVersion,
    pub(super) message: Message,
    pub(super) payload: Value,
    /// What made the payload.
    pub(super) seed: Seed,
}

/// Documents of a version that are not delivered yet.
struct Made<'e> {
    id: EventVersion,
    version: &'e Version,
    documents: &'e Documents,
    left: VecDeque<(Seed, Value)>,
}

/// Events of each of these versions. Those of different types speak of the same things: the first of each of the same order,
/// say, where they have it in their partition keys.
pub(super) fn deliveries(
    estate: &Estate,
    versions: &[(&Event, &Version)],
    seed: Seed,
    cases: u64,
) -> Result<Vec<Delivery>, (EventVersion, String)> {
    let model = estate.model();
    let mut versions = versions.to_vec();
    let ranks = ranks(model);
    versions.sort_by_key(|(event, version)| {
        (ranks.get(&event.name).copied().unwrap_or(usize::MAX), event.name.clone(), version.number)
    });
    let mut made: Vec<Made<'_>> = Vec::new();
    for (event, version) in versions {
        let id = version.id(event);
        let failed = |message: String| (id.clone(), message);
        let documents = match estate.documents(&id) {
            Some(Ok(documents)) => documents,
            Some(Err(error)) => return Err(failed(error.to_string())),
            None => continue,
        };
        let valid = documents.valid(seed.of(&id.to_string()), cases).map_err(|error| failed(error.to_string()))?;
        made.push(Made { id: id.clone(), version, documents, left: valid.into() });
    }
    let mut things: HashMap<(u64, String), Value> = HashMap::new();
    let mut all = Vec::new();
    // No two events of a type happen to the same thing: that an order is placed twice is no case to handle.
    let mut happened: HashSet<(EventVersion, Vec<Value>)> = HashSet::new();
    for case in 0..cases {
        for Made { id, version, documents, left } in &mut made {
            let Some((seed, payload)) = left.pop_front() else { continue };
            let keys = keys(model, version);
            let payload = of_the_same_thing(payload, &keys, case, documents, &mut things);
            let thing = keys.iter().filter_map(|path| payload.pointer(&pointer::of(path.iter().map(String::as_str))));
            if !happened.insert((id.clone(), thing.cloned().collect())) && !keys.is_empty() {
                continue;
            }
            let number = all.len();
            let message = message(model, id, version, &payload, seed, number).map_err(|error| (id.clone(), error))?;
            all.push(Delivery { id: id.clone(), message, payload, seed });
        }
    }
    Ok(all)
}

/// Where each event comes in the flows of the catalogue, compensations last: nobody cancels what was not placed.
fn ranks(model: &Model) -> BTreeMap<String, usize> {
    let steps: Vec<_> = model.flows.values().flat_map(|flow| &flow.steps).collect();
    let forth = steps.iter().flat_map(|step| &step.emits);
    let back = steps.iter().filter_map(|step| step.compensation.as_ref()).flat_map(|compensation| &compensation.emits);
    let mut ranks = BTreeMap::new();
    for (rank, event) in forth.chain(back).enumerate() {
        ranks.entry(event.clone()).or_insert(rank);
    }
    ranks
}

/// Paths into the payload that make up its partition key.
fn keys(model: &Model, version: &Version) -> Vec<Vec<String>> {
    let stream = model.streams.get(&version.stream);
    let parts = stream.into_iter().flat_map(|stream| &stream.partition_key);
    parts.filter_map(|part| if let KeySource::Data(path) = &part.source { Some(path.clone()) } else { None }).collect()
}

fn of_the_same_thing(
    mut payload: Value,
    keys: &[Vec<String>],
    case: u64,
    documents: &Documents,
    things: &mut HashMap<(u64, String), Value>,
) -> Value {
    for path in keys {
        let Some(name) = path.last() else { continue };
        let pointer = pointer::of(path.iter().map(String::as_str));
        let Some(found) = payload.pointer(&pointer).cloned() else { continue };
        let shared = things.entry((case, name.clone())).or_insert(found).clone();
        let mut changed = payload.clone();
        if let Some(place) = changed.pointer_mut(&pointer) {
            *place = shared;
        }
        if documents.accepts(&changed) {
            payload = changed;
        }
    }
    payload
}

fn message(
    model: &Model,
    id: &EventVersion,
    version: &Version,
    payload: &Value,
    seed: Seed,
    number: usize,
) -> Result<Message, String> {
    let at = DateTime::from_timestamp(BEGINNING, 0).unwrap_or_default()
        + TimeDelta::seconds(i64::try_from(number).unwrap_or(0));
    let number = u64::try_from(number).unwrap_or_default();
    let event_id = uuid(at.timestamp_millis(), seed.next(2 * number));
    let correlation_id = uuid(at.timestamp_millis(), seed.next(2 * number + 1));
    let tenant = model.tenancy.is_some().then_some(TENANT);
    let stream = model.streams.get(&version.stream);
    let parts: Vec<String> = stream
        .into_iter()
        .flat_map(|stream| &stream.partition_key)
        .map(|part| match &part.source {
            KeySource::Tenant => tenant.unwrap_or_default().to_owned(),
            KeySource::Correlation => correlation_id.to_string(),
            KeySource::Data(path) => {
                let pointer = pointer::of(path.iter().map(String::as_str));
                match payload.pointer(&pointer) {
                    Some(Value::String(text)) => text.clone(),
                    other => other.map(ToString::to_string).unwrap_or_default(),
                }
            }
        })
        .collect();
    let key = PartitionKey::from_parts(parts.iter().map(|part| part as &dyn std::fmt::Display));
    let partition = key.partition(stream.map_or(1, |stream| stream.partitions));
    let envelope = serde_json::json!({
        "event_id": event_id,
        "event_type": id.event,
        "event_version": id.version,
        "occurred_at": at,
        "correlation_id": correlation_id,
        "producer": "contract-test@1.0.0",
        "data": payload,
    });
    let mut envelope = envelope;
    if let Some(tenant) = tenant {
        envelope["tenant_id"] = tenant.into();
    }
    let envelope = RawEnvelope::from_json(envelope.to_string().as_bytes()).map_err(|error| error.to_string())?;
    Message::of(version.stream.clone(), partition, key.as_str().to_owned(), envelope).map_err(|error| error.to_string())
}

fn uuid(millis: i64, seed: Seed) -> Uuid {
    let mut random = [0; 10];
    random.copy_from_slice(&seed.bytes()[..10]);
    Builder::from_unix_timestamp_millis(millis.unsigned_abs(), &random).into_uuid()
}

/// The same events in another order, in which those of each key of a stream stay in theirs.
pub(super) fn reordered(all: &[Delivery], seed: Seed) -> Vec<Delivery> {
    let mut by_key: BTreeMap<(&str, &str), VecDeque<&Delivery>> = BTreeMap::new();
    for delivery in all {
        by_key.entry((&delivery.message.stream, &delivery.message.key)).or_default().push_back(delivery);
    }
    let mut order = Vec::with_capacity(all.len());
    let mut next = seed;
    while !by_key.is_empty() {
        next = next.next(1);
        let at = usize::from(next.bytes()[0]) % by_key.len();
        let Some(key) = by_key.keys().nth(at).copied() else { break };
        let Some(events) = by_key.get_mut(&key) else { break };
        order.extend(events.pop_front().cloned());
        if events.is_empty() {
            by_key.remove(&key);
        }
    }
    order
}
