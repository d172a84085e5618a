//! Producers and positions in traces.

use proptest::prelude::*;
use tidings::{Producer, TraceParent};

use crate::order::TRACE;

#[test]
fn a_producer_is_a_name_and_a_version() {
    let producer: Producer = "order-service@1.4.0".parse().expect("a producer");
    assert_eq!((producer.name(), producer.version()), ("order-service", "1.4.0"));
    assert_eq!(producer.to_string(), "order-service@1.4.0");
    for text in ["", "@", "a", "a@", "@1", "a@1@2", "a@@1"] {
        assert!(text.parse::<Producer>().is_err(), "{text}");
    }
    assert!(Producer::new("a@b", "1").is_err());
    assert!(Producer::new("a", "").is_err());
}

#[test]
fn a_position_in_a_trace_reads_as_w3c_writes_it() {
    let trace: TraceParent = TRACE.parse().expect("a trace");
    assert_eq!(trace.trace_id(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    assert_eq!(trace.parent_id(), 0x00f0_67aa_0ba9_02b7);
    assert!(trace.is_sampled());
    assert_eq!(trace.to_string(), TRACE);
    assert_eq!(TraceParent::new(trace.trace_id(), trace.parent_id(), 1), Ok(trace));
    assert!(TraceParent::new(0, 1, 0).is_err());
    assert!(TraceParent::new(1, 0, 0).is_err());
    let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-10";
    let later_trace: TraceParent = later.parse().expect("a later version");
    assert!(!later_trace.is_sampled());
    assert_eq!(later_trace.to_string(), later);
}

#[test]
fn what_w3c_forbids_is_no_position_in_a_trace() {
    for text in [
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-001",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "+0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "",
    ] {
        assert!(text.parse::<TraceParent>().is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_and_never_changed(text in "\\PC{0,60}|[0-9a-f-]{50,56}|[a@]{0,5}") {
        if let Ok(trace) = text.parse::<TraceParent>() {
            prop_assert_eq!(trace.to_string(), text.clone());
        }
        if let Ok(producer) = text.parse::<Producer>() {
            prop_assert_eq!(producer.to_string(), text);
        }
    }
}
