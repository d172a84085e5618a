//! The JSON form of envelopes: the members that `schemas/envelope.json` names, in its order.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Envelope, RawEvent};
use crate::event::{Event, Tenancy};
use crate::producer::Producer;
use crate::trace::TraceParent;
use crate::wire::{self, As, Id, Int, ObjectOnly, Optional, Same, Text};

type NonEmpty = Text<1, { wire::MAX }>;

#[derive(Serialize, Deserialize)]
struct Document<D> {
    #[serde(with = "As::<Id>")]
    event_id: Uuid,
    #[serde(with = "As::<NonEmpty>")]
    event_type: String,
    #[serde(with = "As::<Int<1, { u32::MAX as i128 }>>")]
    event_version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "As::<Optional<NonEmpty>>")]
    tenant_id: Option<String>,
    #[serde(with = "As::<wire::DateTime>")]
    occurred_at: DateTime<Utc>,
    #[serde(with = "As::<Id>")]
    correlation_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "As::<Optional<Id>>")]
    causation_id: Option<Uuid>,
    producer: Producer,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "As::<Optional<Same>>")]
    traceparent: Option<TraceParent>,
    data: D,
}

impl<T> Envelope<T> {
    fn document<D>(&self, event_type: &str, version: u32, data: D) -> Document<D> {
        Document {
            event_id: self.event_id,
            event_type: event_type.to_owned(),
            event_version: version.into(),
            tenant_id: self.tenant_id.clone(),
            occurred_at: self.occurred_at,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            producer: self.producer.clone(),
            traceparent: self.traceparent,
            data,
        }
    }
}

impl<E: Event> Serialize for Envelope<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.check_tenant(E::TENANCY, E::TYPE).map_err(ser::Error::custom)?;
        self.document(E::TYPE, E::VERSION, &self.data).serialize(serializer)
    }
}

impl Serialize for Envelope<RawEvent> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = &self.data;
        self.check_tenant(Tenancy::Single, &raw.event_type).map_err(ser::Error::custom)?;
        self.document(&raw.event_type, raw.version, &raw.data).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Envelope<RawEvent> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::<Map<String, Value>>::deserialize(ObjectOnly(deserializer))?;
        let version = u32::try_from(document.event_version).map_err(de::Error::custom)?;
        Ok(Self {
            event_id: document.event_id,
            tenant_id: document.tenant_id,
            occurred_at: document.occurred_at,
            correlation_id: document.correlation_id,
            causation_id: document.causation_id,
            producer: document.producer,
            traceparent: document.traceparent,
            data: RawEvent { event_type: document.event_type, version, data: document.data },
        })
    }
}

impl<'de, E: Event> Deserialize<'de> for Envelope<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Envelope::<RawEvent>::deserialize(deserializer)?.into_event().map_err(de::Error::custom)
    }
}
