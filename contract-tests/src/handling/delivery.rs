//! Events as a broker delivers them, made of documents.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use chrono::{DateTime, TimeDelta};
use serde_json::Value;
use tidings::{Message, PartitionKey, RawEnvelope};
use tidings_generator::model::{Event, EventVersion, KeySource, Model, Version};
use tidings_generator::pointer;
use uuid::{Builder, Uuid};

use crate::contract::TENANT;
use crate::documents::{Documents, Seed};
use crate::estate::Estate;
use crate::evidence::Fault;
use crate::regressions;

/// 2026-01-01 at noon: the same in every run, like everything here.
const BEGINNING: i64 = 1_767_268_800;

/// An event that is delivered.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) id: EventVersion,
    /// Events of the same case speak of the same things.
    pub(super) case: u64,
    pub(super) message: Message,
    pub(super) payload: Value,
    /// What made the payload, if it was made.
    seed: Option<Seed>,
}

impl Delivery {
    /// The fault, shown by this event.
    pub(super) fn shows(&self, fault: Fault) -> Fault {
        let fault = fault.shown_by(self.payload.clone());
        self.seed.iter().fold(fault, |fault, seed| fault.made_by(*seed))
    }
}

/// Makes events. Those of different types speak of the same things: the first of each of the same order, say, where they
/// have it in their partition keys.
pub(super) struct Deliveries<'e> {
    estate: &'e Estate,
    seed: Seed,
    cases: u64,
    /// What belongs together besides, as paths into payloads.
    shared: Vec<&'e [String]>,
    /// Values of fields by case and name.
    things: HashMap<(u64, &'e str), Value>,
    /// Correlation ids by case, where they are given.
    correlations: HashMap<u64, Uuid>,
    /// Events that were made.
    count: u64,
}

/// A payload, and what made it, unless it is one that is known to have been trouble.
pub(super) type Document = (Option<Seed>, Value);

/// Documents of a version that are not delivered yet.
struct Made<'e> {
    id: EventVersion,
    version: &'e Version,
    documents: &'e Documents,
    keys: Vec<&'e [String]>,
    left: Vec<Document>,
}

impl<'e> Deliveries<'e> {
    pub(super) fn new(estate: &'e Estate, seed: Seed, cases: u64) -> Self {
        Self { estate, seed, cases, shared: Vec::new(), things: HashMap::new(), correlations: HashMap::new(), count: 0 }
    }

    /// All events of a case have the same value at this path.
    pub(super) fn sharing(mut self, path: &'e [String]) -> Self {
        self.shared.push(path);
        self
    }

    /// From now on, the events of a case have this value at a path, or as their correlation id where there is none.
    pub(super) fn learn(&mut self, case: u64, path: Option<&'e [String]>, value: Value) {
        match path {
            Some(path) => {
                if let Some(name) = path.last() {
                    self.things.insert((case, name), value);
                }
            }
            None => self.correlations.extend(value.as_str().and_then(|id| Some((case, id.parse().ok()?)))),
        }
    }

    /// Documents of a version, one for each case: first those that are known to have been trouble.
    pub(super) fn documents(&self, id: &EventVersion) -> Result<Vec<Document>, String> {
        let documents = match self.estate.documents(id) {
            Some(documents) => documents.map_err(|error| error.to_string())?,
            None => return Ok(Vec::new()),
        };
        let known = regressions::of(id)?.into_iter().filter(|document| documents.accepts(document));
        let made = documents.valid(self.seed.of(&id.to_string()), self.cases).map_err(|error| error.to_string())?;
        let made = made.into_iter().map(|(seed, document)| (Some(seed), document));
        let most = usize::try_from(self.cases).unwrap_or(usize::MAX);
        Ok(known.map(|document| (None, document)).chain(made).take(most).collect())
    }

    /// Of each of these versions in this order, an event for each case. Errors are of a version.
    pub(super) fn make(
        &mut self,
        versions: &[(&'e Event, &'e Version)],
    ) -> Result<Vec<Delivery>, (EventVersion, String)> {
        let model = self.estate.model();
        let mut made: Vec<Made<'_>> = Vec::new();
        for (event, version) in versions {
            let id = version.id(event);
            let left = self.documents(&id).map_err(|error| (id.clone(), error))?;
            let Some(Ok(documents)) = self.estate.documents(&id) else { continue };
            made.push(Made { id, version, documents, keys: keys(model, version), left });
        }
        let mut all = Vec::new();
        // No two events of a type happen to the same thing: that an order is placed twice is no case to handle.
        let mut happened: HashSet<(EventVersion, Vec<Value>)> = HashSet::new();
        for Made { id, version, documents, keys, left } in &mut made {
            for (case, (seed, payload)) in (0..).zip(std::mem::take(left)) {
                let payload = self.of_the_same_thing(payload, keys, case, documents);
                let thing = keys.iter().filter_map(|path| at(&payload, path));
                if !happened.insert((id.clone(), thing.cloned().collect())) && !keys.is_empty() {
                    continue;
                }
                let message = self.message(id, version, &payload, case).map_err(|error| (id.clone(), error))?;
                all.push(Delivery { id: id.clone(), case, message, payload, seed });
            }
        }
        Ok(all)
    }

    fn of_the_same_thing(
        &mut self,
        mut payload: Value,
        keys: &[&'e [String]],
        case: u64,
        documents: &Documents,
    ) -> Value {
        for path in keys.iter().chain(&self.shared) {
            let Some(name) = path.last() else { continue };
            let Some(found) = at(&payload, path).cloned() else { continue };
            let shared = self.things.entry((case, name)).or_insert(found).clone();
            let mut changed = payload.clone();
            if let Some(place) = changed.pointer_mut(&pointer::of(path.iter().map(String::as_str))) {
                *place = shared;
            }
            if documents.accepts(&changed) {
                payload = changed;
            }
        }
        payload
    }

    /// The correlation id of a case.
    pub(super) fn correlation_id(&self, case: u64) -> Uuid {
        let made = || uuid(BEGINNING * 1_000, self.seed.of("correlation").next(case));
        self.correlations.get(&case).copied().unwrap_or_else(made)
    }

    fn message(&mut self, id: &EventVersion, version: &Version, payload: &Value, case: u64) -> Result<Message, String> {
        let model = self.estate.model();
        let at = DateTime::from_timestamp(BEGINNING, 0).unwrap_or_default()
            + TimeDelta::seconds(i64::try_from(self.count).unwrap_or(0));
        let event_id = uuid(at.timestamp_millis(), self.seed.of(&id.to_string()).next(self.count));
        self.count += 1;
        let correlation_id = self.correlation_id(case);
        let tenant = model.tenancy.is_some().then_some(TENANT);
        let stream = model.streams.get(&version.stream);
        let parts: Vec<String> = stream
            .into_iter()
            .flat_map(|stream| &stream.partition_key)
            .map(|part| match &part.source {
                KeySource::Tenant => tenant.unwrap_or_default().to_owned(),
                KeySource::Correlation => correlation_id.to_string(),
                KeySource::Data(path) => match self::at(payload, path) {
                    Some(Value::String(text)) => text.clone(),
                    other => other.map(ToString::to_string).unwrap_or_default(),
                },
            })
            .collect();
        let key = PartitionKey::from_parts(parts.iter().map(|part| part as &dyn std::fmt::Display));
        let partition = key.partition(stream.map_or(1, |stream| stream.partitions));
        let mut envelope = serde_json::json!({
            "event_id": event_id,
            "event_type": id.event,
            "event_version": id.version,
            "occurred_at": at,
            "correlation_id": correlation_id,
            "producer": "contract-test@1.0.0",
            "data": payload,
        });
        if let Some(tenant) = tenant {
            envelope["tenant_id"] = tenant.into();
        }
        let envelope = RawEnvelope::from_json(envelope.to_string().as_bytes()).map_err(|error| error.to_string())?;
        Message::of(version.stream.clone(), partition, key.as_str().to_owned(), envelope)
            .map_err(|error| error.to_string())
    }
}

/// What is at a path of a payload.
pub(super) fn at<'v>(payload: &'v Value, path: &[String]) -> Option<&'v Value> {
    payload.pointer(&pointer::of(path.iter().map(String::as_str)))
}

/// In the order in which they come in the flows of the catalogue, compensations last: nobody cancels what was not placed.
pub(super) fn in_order_of_flows<'e>(
    model: &Model,
    versions: impl IntoIterator<Item = (&'e Event, &'e Version)>,
) -> Vec<(&'e Event, &'e Version)> {
    let steps: Vec<_> = model.flows.values().flat_map(|flow| &flow.steps).collect();
    let forth = steps.iter().flat_map(|step| &step.emits);
    let back = steps.iter().filter_map(|step| step.compensation.as_ref()).flat_map(|compensation| &compensation.emits);
    let mut ranks: BTreeMap<&str, usize> = BTreeMap::new();
    for (rank, event) in forth.chain(back).enumerate() {
        ranks.entry(event).or_insert(rank);
    }
    let mut versions: Vec<_> = versions.into_iter().collect();
    versions.sort_by_key(|(event, version)| {
        (ranks.get(event.name.as_str()).copied().unwrap_or(usize::MAX), &event.name, version.number)
    });
    versions
}

/// Paths into the payload that make up its partition key.
fn keys<'e>(model: &'e Model, version: &Version) -> Vec<&'e [String]> {
    let stream = model.streams.get(&version.stream);
    let parts = stream.into_iter().flat_map(|stream| &stream.partition_key);
    parts
        .filter_map(|part| if let KeySource::Data(path) = &part.source { Some(path.as_slice()) } else { None })
        .collect()
}

fn uuid(millis: i64, seed: Seed) -> Uuid {
    let mut random = [0; 10];
    random.copy_from_slice(&seed.bytes()[..10]);
    Builder::from_unix_timestamp_millis(millis.unsigned_abs(), &random).into_uuid()
}

/// By event, those that come before it.
pub(super) type Causes<'e> = BTreeMap<&'e str, BTreeSet<&'e str>>;

/// For each event, those that come before it, because the service has to do its part in between: whoever is told that an
/// order cannot be fulfilled has taken the money for it before, which began that.
pub(super) fn causes<'e>(model: &'e Model, service: &str) -> Causes<'e> {
    let steps = || model.flows.values().flat_map(|flow| &flow.steps);
    let parts = steps().flat_map(|step| {
        let back = step.compensation.as_ref().map(|compensation| (&compensation.on, &compensation.emits));
        [Some((&step.on, &step.emits)), back].into_iter().flatten().map(move |(on, emits)| (&step.service, on, emits))
    });
    let parts: Vec<_> = parts.collect();
    let mut causes = Causes::new();
    for (_, on, emits) in parts.iter().filter(|(by, ..)| *by == service) {
        let mut follow: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = emits.iter().map(String::as_str).collect();
        while let Some(event) = next.pop() {
            let then = parts.iter().filter(|(_, on, _)| on.iter().any(|it| it == event));
            next.extend(then.flat_map(|(.., emits)| *emits).map(String::as_str).filter(|it| follow.insert(it)));
        }
        for event in follow {
            causes.entry(event).or_default().extend(on.iter().map(String::as_str).filter(|it| *it != event));
        }
    }
    causes
}

/// The same events in another order, in which those of each key of a stream stay in theirs, and none of a case comes before
/// what causes it.
pub(super) fn reordered(all: &[Delivery], causes: &Causes<'_>, seed: Seed) -> Vec<Delivery> {
    let mut by_key: BTreeMap<(&str, &str), VecDeque<&Delivery>> = BTreeMap::new();
    for delivery in all {
        by_key.entry((&delivery.message.stream, &delivery.message.key)).or_default().push_back(delivery);
    }
    let mut to_come: HashMap<(u64, &str), usize> = HashMap::new();
    for delivery in all {
        *to_come.entry((delivery.case, &delivery.id.event)).or_default() += 1;
    }
    let mut order = Vec::with_capacity(all.len());
    let mut next = seed;
    while !by_key.is_empty() {
        let may_come = |delivery: &&Delivery| {
            let mut before = causes.get(delivery.id.event.as_str()).into_iter().flatten();
            !before.any(|cause| to_come.get(&(delivery.case, *cause)).is_some_and(|count| *count > 0))
        };
        let ready = by_key.iter().filter(|(_, events)| events.front().is_some_and(&may_come));
        let ready: Vec<_> = ready.map(|(key, _)| *key).collect();
        // Where causes wait for each other, any may be the first.
        let ready = if ready.is_empty() { by_key.keys().copied().collect() } else { ready };
        next = next.next(1);
        let Some(key) = ready.get(usize::from(next.bytes()[0]) % ready.len()) else { break };
        let Some(events) = by_key.get_mut(key) else { break };
        if let Some(delivery) = events.pop_front() {
            to_come.entry((delivery.case, &delivery.id.event)).and_modify(|count| *count -= 1);
            order.push(delivery.clone());
        }
        if events.is_empty() {
            by_key.remove(key);
        }
    }
    order
}
