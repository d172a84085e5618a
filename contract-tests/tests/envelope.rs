//! Envelopes of the runtime beside the schemas that are generated for them, on the shipped example.
#![expect(deprecated, reason = "deprecated versions still travel")]

use std::fs;
use std::path::Path;

use chrono::DateTime;
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::{Value, json};
use tidings::{Context, Envelope, Event, Producer, RawEnvelope, StreamEvent, Tenancy};

fn schema(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/schemas").join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    serde_json::from_str(&text).expect("a schema is JSON")
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("a schema")
}

/// Calls `$check` with every event version of the example and the enum of its stream.
macro_rules! every_event {
    ($check:ident) => {{
        use events::inventory::*;
        use events::orders::*;
        use events::payments::*;
        use events::shipping::*;
        [
            $check::<OrderCancelledV1, OrdersStream>(),
            $check::<OrderCompletedV1, OrdersStream>(),
            $check::<OrderPlacedV1, OrderPlacedV1Stream>(),
            $check::<OrderPlacedV2, OrdersStream>(),
            $check::<ReturnApprovedV1, ReturnsStream>(),
            $check::<ReturnCompletedV1, ReturnsStream>(),
            $check::<ReturnWithdrawnV1, ReturnsStream>(),
            $check::<PaymentCapturedV1, PaymentCapturedV1Stream>(),
            $check::<PaymentCapturedV2, PaymentsStream>(),
            $check::<PaymentDeclinedV1, PaymentsStream>(),
            $check::<PaymentRefundedV1, PaymentsStream>(),
            $check::<ReservationConfirmedV1, ReservationsStream>(),
            $check::<ReservationRejectedV1, ReservationsStream>(),
            $check::<ReservationReleasedV1, ReservationsStream>(),
            $check::<StockAdjustedV1, StockStream>(),
            $check::<StockAdjustedV2, StockStream>(),
            $check::<StockCountedV1, StockCountedV1Stream>(),
            $check::<StockDepletedV1, StockStream>(),
            $check::<StockReceivedV1, StockStream>(),
            $check::<ShipmentDeliveredV1, ShipmentsStream>(),
            $check::<ShipmentDispatchedV1, ShipmentDispatchedV1Stream>(),
            $check::<ShipmentDispatchedV2, ShipmentsStream>(),
            $check::<ShipmentLostV1, ShipmentsStream>(),
            $check::<ShipmentPreparedV1, ShipmentsStream>(),
            $check::<ShipmentReturnedV1, ShipmentsStream>(),
        ]
    }};
}

/// The examples of one event version: valid, read, written, and valid and the same again.
fn examples<E: Event, S: StreamEvent>() -> usize {
    let document = schema(&format!("{}/{}.v{}.envelope.json", E::CONTEXT, E::TYPE, E::VERSION));
    let (whole, common) = (validator(&document), validator(&schema("envelope.json")));
    assert_eq!((E::TENANCY, S::TENANCY, S::STREAM), (Tenancy::Partition, Tenancy::Partition, E::STREAM));
    let examples = document["examples"].as_array().map(Vec::as_slice).unwrap_or_default();
    for example in examples {
        assert!(whole.is_valid(example) && common.is_valid(example), "{example}");
        let raw: RawEnvelope = serde_json::from_value(example.clone()).expect("a valid envelope is read");
        assert_eq!(serde_json::to_value(&raw).expect("it is written"), *example);
        let any: Envelope<S> = raw.clone().into_stream_event().expect("its stream reads it");
        assert_eq!((any.data.event_type(), any.data.version()), (E::TYPE, E::VERSION));
        let envelope: Envelope<E> = raw.into_event().expect("its type reads it");
        assert_eq!(serde_json::to_value(&envelope).expect("it is written"), *example);

        // A new event with that payload is as valid as the example.
        let producer = Producer::new("order-service", "2.0.0").expect("a producer");
        let effect = Envelope::new(envelope.data.clone(), &Context::caused_by(&envelope), &producer).expect("one");
        let written = serde_json::to_value(&effect).expect("it is written");
        assert!(whole.is_valid(&written) && common.is_valid(&written), "{written}");

        let event = effect.to_cloud_event().expect("a CloudEvent");
        let again = RawEnvelope::from_cloud_event(event).expect("an envelope").into_event::<E>().expect("the event");
        assert_eq!(serde_json::to_value(&again).expect("it is written"), written);
    }
    examples.len()
}

#[test]
fn every_example_travels() {
    let counts = every_event!(examples);
    assert!(counts.iter().all(|count| *count > 0), "an event without an example: {counts:?}");
    let index = schema("index.json");
    assert_eq!(counts.len(), index["events"].as_array().map_or(0, Vec::len), "this test lacks an event");
}

/// An event of a catalogue with tenants must name one, whoever wrote it.
fn orphans<E: Event, S: StreamEvent>() -> bool {
    let document = schema(&format!("{}/{}.v{}.envelope.json", E::CONTEXT, E::TYPE, E::VERSION));
    let mut orphan = document["examples"][0].clone();
    orphan.as_object_mut().expect("an example").remove("tenant_id");
    let raw: RawEnvelope = serde_json::from_value(orphan.clone()).expect("an envelope");
    let read = raw.clone().into_event::<E>().is_ok() || raw.into_stream_event::<S>().is_ok();
    read || validator(&document).is_valid(&orphan)
}

#[test]
fn an_event_without_its_tenant_is_refused_by_schema_and_reader() {
    assert!(every_event!(orphans).iter().all(|accepted| !accepted));
}

/// One of many values for each member: usual ones, odd ones, and no member at all.
fn documents() -> impl Strategy<Value = Value> {
    let odd = || {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
            Just(json!([])),
            Just(json!({})),
        ]
    };
    let member = |name: &'static str, needed: u32, usual: BoxedStrategy<Value>| {
        prop_oneof![60 => usual.prop_map(Some), needed => Just(None), 1 => odd().prop_map(Some)]
            .prop_map(move |value| value.map(|value| (name.to_owned(), value)))
    };
    let text = |pattern: &'static str| pattern.prop_map(Value::from).boxed();
    let id = || {
        prop_oneof![
            40 => any::<u128>().prop_map(|bits| json!(uuid::Uuid::from_u128(bits))),
            4 => any::<u128>().prop_map(|bits| json!(uuid::Uuid::from_u128(bits).to_string().to_uppercase())),
            1 => any::<u128>().prop_map(|bits| json!(uuid::Uuid::from_u128(bits).simple().to_string())),
        ]
        .boxed()
    };
    let version = prop_oneof![
        8 => (1..9_u32).prop_map(Value::from),
        1 => (1..9_u32).prop_map(|number| json!(f64::from(number))),
        1 => prop::sample::select(vec![json!(0), json!(-1), json!(1.5), json!(u32::MAX), json!(4_294_967_296_u64), json!(1e20)]),
    ];
    let time = prop_oneof![
        8 => "20[0-9]{2}-0[1-9]-[0-2][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]0[0-9]:[0-5]0)",
        1 => "20[0-9]{2}-0[1-9]-[0-2][0-9][T ][012][0-9]:[0-6][0-9]:[0-6]0[Zz]?",
    ];
    let trace = prop_oneof![
        8 => "[0-9a-e]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
        1 => "(00|ff|fe)-(0{32}|0{31}1)-(0{16}|10{15})-0[01]",
        1 => "[0-9a-fA-F]{2}-[0-9a-f]{31,33}-[0-9a-f]{15,17}-[0-9a-f]{2}-?\n?",
    ];
    let members = (
        member("event_id", 1, id()),
        member("event_type", 1, text("[a-z.]{0,12}")),
        member("event_version", 1, version.boxed()),
        member("tenant_id", 1, text("\\PC{1,8}")),
        member("occurred_at", 1, time.prop_map(Value::from).boxed()),
        member("correlation_id", 1, id()),
        member("causation_id", 60, id()),
        member(
            "producer",
            1,
            prop_oneof![9 => "[a-z-]{1,8}@[0-9.]{1,5}", 1 => "[a@\n ]{1,4}"].prop_map(Value::from).boxed(),
        ),
        member("traceparent", 60, trace.prop_map(Value::from).boxed()),
        (member("data", 1, Just(json!({ "a": [1, { "b": 0.1 }] })).boxed()), member("newer", 60, odd().boxed())),
    );
    members.prop_map(|(a, b, c, d, e, f, g, h, i, (j, k))| {
        Value::Object([a, b, c, d, e, f, g, h, i, j, k].into_iter().flatten().collect())
    })
}

/// Whether `again` says what `document` did, up to how ids and times are spelled and what readers ignore.
fn same(document: &Value, again: &Value) -> bool {
    let member = |name: &str| match (document.get(name), again.get(name)) {
        (Some(Value::String(a)), Some(Value::String(b))) => match name {
            "occurred_at" => DateTime::parse_from_rfc3339(a).ok() == DateTime::parse_from_rfc3339(b).ok(),
            "event_id" | "correlation_id" | "causation_id" => a.to_lowercase() == *b,
            _ => a == b,
        },
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    };
    let names = document.as_object().into_iter().flat_map(|members| members.keys());
    names.filter(|name| *name != "newer").all(|name| member(name)) && again.get("newer").is_none()
}

#[test]
fn schema_and_reader_agree_on_every_envelope() {
    let mut schema = schema("envelope.json");
    // Whether an envelope needs a tenant is for its event to say.
    schema["required"].as_array_mut().expect("a list").retain(|name| name != "tenant_id");
    let validator = validator(&schema);
    let mut config = ProptestConfig { failure_persistence: None, cases: 8192, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(0x7469_6469);
    }
    println!("seed {}", config.rng_seed);
    let accepted = std::cell::Cell::new(0);
    let outcome = TestRunner::new(config).run(&documents(), |document| {
        let read = serde_json::from_value::<RawEnvelope>(document.clone());
        prop_assert_eq!(validator.is_valid(&document), read.is_ok(), "{}: {:?}", document, read);
        prop_assert_eq!(read.is_ok(), RawEnvelope::from_json(document.to_string().as_bytes()).is_ok(), "{}", document);
        let Ok(read) = read else { return Ok(()) };
        accepted.set(accepted.get() + 1);
        let again = serde_json::to_value(&read).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert!(validator.is_valid(&again) && same(&document, &again), "{} comes back as {}", document, again);
        Ok(())
    });
    outcome.unwrap_or_else(|difference| panic!("{difference}"));
    let accepted = accepted.get();
    assert!((2_000..7_500).contains(&accepted), "one-sided: {accepted} accepted");
}
