//! Mappings, chains and publishing on events that tests make up.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{CastError, CastFrom, Downcast, Mapping, Source, Upcast, VersionVisitor};
use crate::topology::Stream;
use crate::{Classification, Context, Envelope, Event, KeyContext, PartitionKey, Producer, RawEnvelope, Tenancy};

static STREAM: Stream =
    Stream { name: "orders", partitions: 1, partition_key: &[], max_age: None, max_bytes: None, dead_letter: None };

/// An event with one field of any content.
macro_rules! event {
    ($name:ident, $version:literal, $field:ident $(, $published:item)?) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        struct $name {
            $field: Value,
        }

        impl Event for $name {
            const TYPE: &'static str = "order.placed";
            const VERSION: u32 = $version;
            const STREAM: &'static Stream = &STREAM;
            const CONTEXT: &'static str = "orders";
            const OWNER: Option<&'static str> = None;
            const CLASSIFICATION: Classification = Classification::Internal;
            const TENANCY: Tenancy = Tenancy::Single;

            $($published)?

            fn partition_key(&self, _: &KeyContext<'_>) -> PartitionKey {
                PartitionKey::from_parts([&self.$field as &dyn std::fmt::Display])
            }
        }
    };
}
event!(
    First,
    1,
    a,
    fn is_published(day: NaiveDate) -> bool {
        day < sunset()
    }
);
event!(Second, 2, b);
event!(Third, 3, c);

impl CastFrom<First> for Second {
    fn cast_from(other: &First) -> Result<Self, CastError> {
        Mapping::of(other)?.with(&["b"], Source::field(&["a"])).finish()
    }
}

impl CastFrom<Second> for First {
    fn cast_from(other: &Second) -> Result<Self, CastError> {
        Mapping::of(other)?.with(&["a"], Source::field(&["b"])).finish()
    }
}

/// The step that generated code would ask for.
trait UpcastSecond {
    fn upcast(&self, old: Second) -> Result<Third, CastError>;
}

struct Wrap;

impl UpcastSecond for Wrap {
    fn upcast(&self, old: Second) -> Result<Third, CastError> {
        if old.b.is_null() { Err(CastError::by_hand("nothing to wrap")) } else { Ok(Third { c: json!([old.b]) }) }
    }
}

impl<H: ?Sized> Upcast<H> for First {}

impl<H: ?Sized> Upcast<H> for Second
where
    First: Upcast<H>,
{
    fn from_older(version: u32, data: Value, by_hand: &H) -> Result<Self, CastError> {
        Self::cast_from(&First::upcast(version, data, by_hand)?)
    }
}

impl<H: ?Sized + UpcastSecond> Upcast<H> for Third
where
    Second: Upcast<H>,
{
    fn from_older(version: u32, data: Value, by_hand: &H) -> Result<Self, CastError> {
        UpcastSecond::upcast(by_hand, Second::upcast(version, data, by_hand)?)
    }
}

impl<H: ?Sized> Downcast<H> for First {}

impl<H: ?Sized> Downcast<H> for Second
where
    First: Downcast<H>,
{
    fn is_older_published(day: NaiveDate) -> bool {
        First::is_published(day) || <First as Downcast<H>>::is_older_published(day)
    }

    fn each_older<V: VersionVisitor>(&self, day: NaiveDate, by_hand: &H, visitor: &mut V) -> Result<(), CastError> {
        First::cast_from(self)?.each_version(day, by_hand, visitor)
    }
}

fn sunset() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 1, 1).expect("a day")
}

fn received(version: u32, data: &Value) -> RawEnvelope {
    let json = json!({
        "event_id": "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b",
        "event_type": "order.placed",
        "event_version": version,
        "occurred_at": "2026-03-01T12:00:00Z",
        "correlation_id": "0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f",
        "producer": "order-service@1.4.0",
        "data": data,
    });
    RawEnvelope::from_json(json.to_string().as_bytes()).expect("an envelope")
}

#[test]
fn a_chain_leads_from_every_version_to_the_latest() {
    for (version, data) in [(1, json!({ "a": "x" })), (2, json!({ "b": "x" })), (3, json!({ "c": ["x"] }))] {
        let latest = received(version, &data).decode_latest_with::<Third, _>(&Wrap).expect("an event");
        assert_eq!(latest.data, Third { c: json!(["x"]) });
    }
    let second = received(1, &json!({ "a": "x" })).decode_latest::<Second>().expect("an event");
    assert_eq!(second.data, Second { b: json!("x") });
}

#[test]
fn what_leads_nowhere_says_so() {
    let read = |version, data: Value| {
        received(version, &data).decode_latest_with::<Third, _>(&Wrap).expect_err("an error").to_string()
    };
    assert_eq!(
        read(4, json!({ "c": 1 })),
        "`order.placed` version 4 cannot be read as version 3; handle it by itself, or take newer events"
    );
    assert_eq!(read(2, json!({ "b": null })), "nothing to wrap");
    assert_eq!(
        read(1, json!({ "b": 1 })),
        "the payload of `order.placed` version 1 violates its schema: missing field `a` (at `.`)"
    );
}

#[test]
fn all_versions_are_published_until_the_sunset() {
    let producer = Producer::new("order-service", "1.0.0").expect("a producer");
    let envelope = Envelope::new(Second { b: json!("x") }, &Context::new(), &producer).expect("an envelope");
    let published = |day: NaiveDate| -> Vec<(u32, Value)> {
        let all = envelope.in_all_versions(day).expect("versions");
        assert!(all.iter().all(|outgoing| outgoing.envelope.event_id == envelope.event_id));
        all.into_iter().map(|outgoing| (outgoing.envelope.data.version, outgoing.envelope.data.data.into())).collect()
    };
    let newest = (2, json!({ "b": "x" }));
    assert_eq!(published(sunset().pred_opt().expect("a day")), [newest.clone(), (1, json!({ "a": "x" }))]);
    assert_eq!(published(sunset()), [newest]);
}

/// What `source` makes of `old` in field `b`.
fn mapped(old: &Value, source: Source) -> Value {
    let first = First { a: old.clone() };
    let second = Mapping::of(&first).and_then(|mapping| mapping.with(&["b"], source).finish::<Second>());
    second.map_or_else(|error| json!(error.to_string()), |second| second.b)
}

#[test]
fn sources_take_values_apart_and_put_them_in_other_words() {
    let a = || Source::field(&["a"]);
    assert_eq!(mapped(&json!(1), Source::constant(json!("EUR"))), "EUR");
    assert_eq!(mapped(&json!("Ada King"), a().before(" ")), "Ada");
    assert_eq!(mapped(&json!("Ada King"), a().behind(" ")), "King");
    assert_eq!(mapped(&json!("Ada"), a().before(" ")), "Ada");
    assert_eq!(mapped(&json!("Ada"), a().behind(" ").or(json!("-"))), "-");
    assert_eq!(mapped(&json!("cc"), a().values([("cc", json!("card"))], None)), "card");
    assert_eq!(mapped(&json!("dd"), a().values([("cc", json!("card"))], None)), "dd");
    assert_eq!(mapped(&json!("dd"), a().values([("cc", json!("card"))], Some(json!("other")))), "other");
    assert_eq!(mapped(&json!(7), a().times(-100)), json!(-700));
    assert_eq!(mapped(&json!(7.5), a().text()), "7.5");
    assert_eq!(mapped(&json!(true), a().text()), "true");
    assert_eq!(mapped(&json!(7), a().list()), json!([7]));
    assert_eq!(mapped(&Value::Null, a().list()), Value::Null);
    assert_eq!(mapped(&Value::Null, a().list().or(json!([]))), json!([]));
    assert_eq!(mapped(&json!({ "x": { "y": 1 } }), Source::field(&["a", "x", "y"])), 1);
    assert_eq!(mapped(&json!([1]), Source::field(&["a", "x"]).or(json!(2))), 2);
}

#[test]
fn a_value_that_a_source_is_not_for_is_named() {
    let fault = mapped(&json!(i64::MAX), Source::field(&["a"]).times(2));
    assert_eq!(
        fault,
        "`order.placed` version 2 cannot be made: expected an integer that stays one when multiplied by 2, found \
         9223372036854775807 at a"
    );
    assert!(
        mapped(&json!(["x"]), Source::field(&["a"]).before(" ")).as_str().is_some_and(|text| text.contains("a text"))
    );
}

#[test]
fn fields_are_made_and_left_behind_at_any_depth() {
    let first = First { a: json!({ "x": 1, "y": 2 }) };
    let mapping = Mapping::of(&first).expect("a document");
    let other =
        mapping.with(&["a", "z", "deep"], Source::constant(json!(3))).without(&["a", "x"]).without(&["no", "where"]);
    assert_eq!(other.finish::<First>().expect("a document").a, json!({ "y": 2, "z": { "deep": 3 } }));
}
