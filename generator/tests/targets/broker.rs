//! What the broker is told, and what its users may do.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Value, json};
use tidings_generator::load::load_text;
use tidings_generator::model::resolve;
use tidings_generator::topology::{Topology, User};

use crate::{catalogue, emit, json, shop, yaml};

const LIFE_CYCLE: &str = r"
format: tidings/1
name: shop
teams: { checkout: { name: Checkout } }
defaults: { partitions: 2, partition_key: data.id }
contexts:
  orders:
    team: checkout
    streams:
      orders: { retention: { max_age: 30d, max_bytes: 2GB }, dead_letter: { max_age: 90d } }
      orders-archive: {}
    events:
      order.placed:
        stream: orders
        versions:
          1: { status: active, data: &data { type: object, required: [id], properties: { id: { type: string } } } }
      order.archived:
        stream: orders-archive
        versions:
          1: { status: active, data: *data }
      order.returned:
        versions:
          1: { status: draft, data: *data }
          2: { status: draft, data: *data }
          3: { status: retired, data: *data }
services:
  publisher: { team: checkout, publishes: [order.placed, order.returned@2] }
  consumer: { team: checkout, consumes: [order.placed] }
  bystander: { team: checkout }
  projector: { team: checkout }
projections:
  archive: { service: projector, from: [order.archived] }
";

fn user(topology: &Topology, service: &str) -> User {
    topology.users.iter().find(|user| user.name == service).expect("a user").clone()
}

/// Names of queues and exchanges that `pattern` allows.
fn allowed(topology: &Topology, pattern: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a regular expression");
    let names = topology.exchanges().map(|exchange| exchange.name).chain(topology.queues().map(|queue| queue.name));
    names.filter(|name| pattern.is_match(name)).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_stream_exists_once_a_version_is_no_draft_or_a_service_names_it() {
    let topology = Topology::of(&catalogue(LIFE_CYCLE));
    let names: Vec<_> = topology.streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(names, ["order.returned.v2", "order.returned.v3", "orders", "orders-archive"]);
}

#[test]
fn a_stream_cannot_have_a_name_the_broker_or_another_stream_needs() {
    for (name, why) in [
        ("amq.orders", "RabbitMQ keeps names that begin with `amq.` for itself"),
        ("orders-0", "a partition of `orders` may have this name"),
        ("orders.dlq", "the dead letters of `orders` have this name"),
    ] {
        let text = LIFE_CYCLE.replace("orders-archive", name);
        let (_, diagnostics) = resolve(&load_text("catalogue.yaml", &text).tree.expect("a tree"));
        let faults: Vec<_> = diagnostics.iter().map(|fault| (fault.rule, fault.why.as_deref())).collect();
        assert_eq!(faults, [("invalid-name", Some(why))], "{name}");
    }
}

#[test]
fn a_publisher_writes_its_streams_and_reads_its_own_sequence() {
    let topology = Topology::of(&catalogue(LIFE_CYCLE));
    let user = user(&topology, "publisher");
    let own =
        set(["order.returned.v2", "order.returned.v2-0", "order.returned.v2-1", "orders", "orders-0", "orders-1"]);
    assert_eq!(allowed(&topology, &user.write), own);
    assert_eq!(allowed(&topology, &user.read), own);
    assert_eq!(allowed(&topology, &user.configure), set([]));
}

#[test]
fn a_consumer_reads_its_streams_and_writes_only_dead_letters() {
    let topology = Topology::of(&catalogue(LIFE_CYCLE));
    let user = user(&topology, "consumer");
    assert_eq!(allowed(&topology, &user.read), set(["orders", "orders-0", "orders-1", "orders.dlq"]));
    assert_eq!(allowed(&topology, &user.write), set(["orders.dlq"]));
}

#[test]
fn a_projection_lets_its_service_read() {
    let topology = Topology::of(&catalogue(LIFE_CYCLE));
    let user = user(&topology, "projector");
    assert_eq!(allowed(&topology, &user.read), set(["orders-archive", "orders-archive-0", "orders-archive-1"]));
    assert_eq!(allowed(&topology, &user.write), set([]));
}

#[test]
fn a_service_without_events_may_do_nothing() {
    let topology = Topology::of(&catalogue(LIFE_CYCLE));
    let user = user(&topology, "bystander");
    assert_eq!((user.configure.as_str(), user.write.as_str(), user.read.as_str()), ("^$", "^$", "^$"));
}

#[test]
fn permissions_match_names_whole_and_literally() {
    let topology = Topology::of(&catalogue(LIFE_CYCLE));
    let pattern = Regex::new(&user(&topology, "consumer").read).unwrap();
    for name in ["orders-", "orders-0x", "my-orders", "orders-archive", "ordersxdlq", "orders.dlq-0", "orders-1\n"] {
        assert!(!pattern.is_match(name), "{name:?}");
    }
    // Partitions added later need no new permission.
    assert!(pattern.is_match("orders-17"));
}

#[test]
fn definitions_hold_the_whole_topology() {
    let files = emit("definitions", &catalogue(LIFE_CYCLE));
    insta::assert_snapshot!(files["topology/definitions.json"]);
}

#[test]
fn definitions_hold_no_secret() {
    let document = json(&emit("definitions", &shop())["topology/definitions.json"]);
    for user in document["users"].as_array().unwrap() {
        assert_eq!((&user["password_hash"], user.get("password")), (&json!(""), None));
        assert_eq!(user["tags"], json!([]));
    }
}

#[test]
fn manifests_describe_what_definitions_describe() {
    let model = shop();
    let document = json(&emit("definitions", &model)["topology/definitions.json"]);
    let files = emit("kubernetes", &model);
    let resources: Vec<Value> = files.values().flat_map(|text| yaml(text)).collect();
    let of_kind = |kind: &'static str| resources.iter().filter(move |resource| resource["kind"] == kind);
    let facts = |kind: &'static str, keys: &'static [&str]| -> BTreeSet<String> {
        of_kind(kind).map(|resource| keys.iter().map(|key| resource["spec"][key].to_string()).collect()).collect()
    };
    let defined = |list: &str, keys: &'static [&str]| -> BTreeSet<String> {
        let list = document[list].as_array().unwrap();
        list.iter().map(|item| keys.iter().map(|key| item[key].to_string()).collect()).collect()
    };
    assert_eq!(facts("Vhost", &["name"]), defined("vhosts", &["name"]));
    assert_eq!(
        facts("Exchange", &["name", "vhost", "arguments"]),
        defined("exchanges", &["name", "vhost", "arguments"])
    );
    assert_eq!(facts("Queue", &["name", "vhost", "arguments"]), defined("queues", &["name", "vhost", "arguments"]));
    assert_eq!(
        facts("Binding", &["source", "destination", "routingKey", "arguments"]),
        defined("bindings", &["source", "destination", "routing_key", "arguments"])
    );
    assert_eq!(of_kind("User").count(), document["users"].as_array().unwrap().len());
    for (resource, permission) in of_kind("Permission").zip(document["permissions"].as_array().unwrap()) {
        for act in ["configure", "write", "read"] {
            assert_eq!(resource["spec"]["permissions"][act], permission[act]);
        }
    }
}

#[test]
fn manifests_are_listed_and_their_names_unique() {
    let files = emit("kubernetes", &shop());
    let listed = &yaml(&files["topology/kubernetes/kustomization.yaml"])[0]["resources"];
    assert_eq!(listed.as_array().unwrap().len(), files.len() - 1);
    for file in listed.as_array().unwrap() {
        assert!(files.contains_key(&format!("topology/kubernetes/{}", file.as_str().unwrap())), "{file}");
    }
    let resources = files.iter().filter(|(path, _)| !path.ends_with("kustomization.yaml"));
    let names: Vec<_> = resources
        .flat_map(|(_, text)| yaml(text))
        .map(|resource| (resource["kind"].to_string(), resource["metadata"]["name"].to_string()))
        .collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn manifests_of_a_stream_and_of_a_user_stay_readable() {
    let files = emit("kubernetes", &catalogue(LIFE_CYCLE));
    let orders = &files["topology/kubernetes/stream.orders.yaml"];
    let consumer = &files["topology/kubernetes/user.consumer.yaml"];
    insta::assert_snapshot!(format!("{orders}---\n{consumer}"));
}
