//! What generated code says about streams and services is what the broker is told.

use std::collections::BTreeMap;
use std::time::Duration;
use std::{fs, path::Path};

use events::topology::TOPOLOGY;
use regex::Regex;
use serde_json::{Value, json};

fn definitions() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/topology/definitions.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn names(section: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = section.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

/// Retention in the broker's words.
fn arguments(max_age: Option<Duration>, max_bytes: Option<u64>) -> (Value, Value) {
    let age = max_age.map(|age| {
        let seconds = age.as_secs();
        assert_eq!(seconds % 3600, 0, "the shipped catalogue keeps events for whole hours");
        let (days, hours) = (seconds / 86_400, seconds % 86_400 / 3600);
        if hours == 0 { format!("{days}D") } else { format!("{}h", seconds / 3600) }
    });
    (json!(age), json!(max_bytes))
}

#[test]
fn every_partition_and_dead_letter_stream_is_defined_with_its_retention_and_nothing_else_is() {
    let definitions = definitions();
    let mut expected = BTreeMap::new();
    for stream in TOPOLOGY.streams {
        let retention = arguments(stream.max_age, stream.max_bytes);
        expected.extend(stream.partition_names().map(|name| (name, retention.clone())));
        expected.extend(stream.dead_letter.map(|it| (it.stream.to_owned(), arguments(it.max_age, it.max_bytes))));
    }
    let defined: BTreeMap<String, (Value, Value)> = definitions["queues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|queue| {
            let argument = |name: &str| queue["arguments"].get(name).cloned().unwrap_or_default();
            let name = queue["name"].as_str().unwrap().to_owned();
            (name, (argument("x-max-age"), argument("x-max-length-bytes")))
        })
        .collect();
    assert_eq!(defined, expected);

    let streams: Vec<&str> = TOPOLOGY.streams.iter().map(|stream| stream.name).collect();
    assert_eq!(names(&definitions["exchanges"]), streams);
}

#[test]
fn every_service_may_write_what_it_publishes_and_read_what_it_consumes() {
    let definitions = definitions();
    let services: Vec<&str> = TOPOLOGY.services.iter().map(|service| service.name).collect();
    assert_eq!(names(&definitions["users"]), services);

    for service in TOPOLOGY.services {
        let permissions = definitions["permissions"].as_array().unwrap();
        let own = permissions.iter().find(|it| it["user"] == service.name).unwrap();
        let may = |what: &str, name: &str| Regex::new(own[what].as_str().unwrap()).unwrap().is_match(name);
        for stream in TOPOLOGY.streams {
            for name in stream.partition_names().chain([stream.name.to_owned()]) {
                let publishes = service.publishes.contains(&stream.name);
                let consumes = service.consumes.contains(&stream.name);
                assert_eq!(may("write", &name), publishes, "{} writes {name}", service.name);
                assert_eq!(may("read", &name), publishes || consumes, "{} reads {name}", service.name);
            }
            if let Some(dead_letter) = stream.dead_letter {
                let consumes = service.consumes.contains(&stream.name);
                assert_eq!(
                    may("write", dead_letter.stream),
                    consumes,
                    "{} writes {}",
                    service.name,
                    dead_letter.stream
                );
            }
            assert!(!may("configure", stream.name), "{} changes {}", service.name, stream.name);
        }
    }
}
