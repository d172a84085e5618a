//! Recordings tell nothing about people, whichever way the catalogue says what is about them.

use serde_json::{Value, json};
use tidings_contract::documents::Seed;
use tidings_contract::estate::Estate;
use tidings_contract::masking::Masking;
use tidings_generator::model::EventVersion;
use tidings_generator::{load, model};

/// Each event classifies in another place.
const CATALOGUE: &str = r"
format: tidings/1
name: people
teams: { care: { name: Care } }
defaults: { partitions: 1, partition_key: [data.id], retention: { max_age: 7d }, dead_letter: { max_age: 30d } }
contexts:
  people:
    team: care
    streams: { people: {} }
    types:
      Name: { type: string, minLength: 1, maxLength: 40, x-classification: personal, description: A name. }
      Person:
        type: object
        required: [name]
        properties:
          name: { type: string, minLength: 1, maxLength: 40, x-classification: personal }
          delegate: { $ref: Person }
      Reach:
        oneOf:
          - { title: Mail, type: object, required: [by, address], properties: { by: { const: mail }, address: { type: string, maxLength: 60, x-classification: personal } } }
          - { title: Nobody, type: object, required: [by], properties: { by: { const: nobody } } }
    events:
      person.moved:
        stream: people
        classification: personal
        versions: { 1: { status: active, data: { type: object, required: [id, town], properties: { id: { type: integer }, town: { type: string, maxLength: 40 } } } } }
      person.joined:
        stream: people
        versions:
          1:
            status: active
            data:
              type: object
              required: [id, person]
              properties:
                id: { type: integer }
                person: { $ref: Person }
                aliases: { type: array, items: { $ref: Name } }
                reach: { $ref: Reach }
                is_adult: { type: boolean, x-classification: personal }
services:
  register: { team: care, publishes: [person.*] }
";

fn estate() -> Estate {
    let loaded = load::load_text("catalogue.yaml", CATALOGUE);
    let (model, faults) = model::resolve(&loaded.tree.expect("a catalogue"));
    assert!(faults.is_empty() && loaded.diagnostics.is_empty(), "{faults:?} {:?}", loaded.diagnostics);
    Estate::new(model)
}

fn masked(event: &str, payload: Value) -> Result<Value, String> {
    let estate = estate();
    let id = EventVersion { event: event.to_owned(), version: 1 };
    let masked = Masking::new(&estate, Seed::new(7)).masked(&id, payload)?;
    assert!(estate.documents(&id).unwrap().unwrap().accepts(&masked), "{masked}");
    Ok(masked)
}

#[test]
fn an_event_that_is_personal_as_a_whole_is_masked_as_a_whole() {
    let masked = masked("person.moved", json!({ "id": 77_342, "town": "Leipzig" })).unwrap();
    assert!(!masked.to_string().contains("Leipzig") && !masked.to_string().contains("77342"), "{masked}");
}

#[test]
fn what_is_personal_is_masked_however_deep_it_is() {
    let person =
        json!({ "name": "Mira Okafor", "delegate": { "name": "Jonas Okafor", "delegate": { "name": "Mira Okafor" } } });
    let joined = json!({
        "id": 1, "person": person, "aliases": ["Mimi Okafor", "M. Okafor"], "reach": { "by": "mail", "address": "mira@okafor.example" },
    });
    let masked = masked("person.joined", joined).unwrap();
    assert!(!masked.to_string().to_lowercase().contains("okafor"), "{masked}");
    // The same name is the same other one, and what is not about anybody stays.
    assert_eq!(masked["person"]["name"], masked["person"]["delegate"]["delegate"]["name"]);
    assert_eq!((&masked["id"], &masked["reach"]["by"]), (&json!(1), &json!("mail")));
    assert_eq!(masked["aliases"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_truth_is_not_simply_turned_around() {
    let estate = estate();
    let id = EventVersion { event: "person.joined".to_owned(), version: 1 };
    let adult = json!({ "id": 1, "person": { "name": "A" }, "is_adult": true });
    let kept = (0..32).filter(|seed| {
        let masked = Masking::new(&estate, Seed::new(*seed)).masked(&id, adult.clone()).unwrap();
        masked["is_adult"] == json!(true)
    });
    let kept = kept.count();
    assert!(0 < kept && kept < 32, "{kept}");
}

#[test]
fn what_is_not_known_is_not_written() {
    let unknown = masked("person.joined", json!({ "id": 1, "person": { "name": "A", "born_on": "1990-01-01" } }));
    assert!(unknown.unwrap_err().contains("`born_on`"));
    let estate = estate();
    let id = EventVersion { event: "person.left".to_owned(), version: 1 };
    assert!(Masking::new(&estate, Seed::new(1)).masked(&id, json!({})).unwrap_err().contains("no `person.left@1`"));
}
