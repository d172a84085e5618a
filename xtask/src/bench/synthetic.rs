//! A catalogue of any size that looks like a real one.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Events of one context.
const PER_CONTEXT: usize = 25;
/// Every fourth event has two versions.
const TWO_VERSIONS: usize = 4;

/// Writes a catalogue of `events` events into `folder`, with its root in `catalogue.yaml`.
pub(super) fn write(folder: &Path, events: usize) -> io::Result<()> {
    fs::create_dir_all(folder.join("contexts"))?;
    let contexts = events.div_ceil(PER_CONTEXT);
    fs::write(folder.join("catalogue.yaml"), root(contexts))?;
    for number in 0..contexts {
        let first = number * PER_CONTEXT;
        let text = context(number, first..events.min(first + PER_CONTEXT), "");
        fs::write(context_file(folder, number), text)?;
    }
    Ok(())
}

/// Changes the description of one field of one event; each `round` to another text.
pub(super) fn change_one_event(folder: &Path, events: usize, round: usize) -> io::Result<()> {
    let note = format!(" Revised {round} times.");
    fs::write(context_file(folder, 0), context(0, 0..events.min(PER_CONTEXT), &note))
}

fn context_file(folder: &Path, number: usize) -> std::path::PathBuf {
    folder.join(format!("contexts/area-{number}.yaml"))
}

fn root(contexts: usize) -> String {
    let mut text = String::from(
        "format: tidings/1
name: bench
summary: A catalogue made to measure the generator.
include: [contexts/*.yaml]
teams:
  bench: { name: Bench, email: bench@example.com, on_call: https://example.com/oncall/bench }
defaults:
  partitions: 3
  partition_key: data.item_id
  retention: { max_age: 7d, max_bytes: 5GB }
  dead_letter: { max_age: 90d }
  retry: [1s, 5s, 30s]
types:
  Money:
    description: An amount in the smallest unit of its currency.
    type: object
    required: [cents, currency]
    properties:
      cents: { type: integer, minimum: 0, description: The amount. }
      currency: { type: string, pattern: \"^[A-Z]{3}$\", description: ISO 4217. }
services:
",
    );
    for number in 0..contexts {
        let reads = (number + 1) % contexts;
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "  area-{number}-service: {{ team: bench, summary: Keeps area {number}., \
             publishes: [area{number}.*], consumes: [area{reads}.*], dedup_window: 30d }}"
        );
    }
    text
}

fn context(number: usize, events: std::ops::Range<usize>, note: &str) -> String {
    let mut text = format!(
        "context: area-{number}
team: bench
summary: Area {number}.
streams:
  area-{number}: {{ partitions: 6, summary: What happens in area {number}. }}
types:
  Address:
    description: A postal address.
    type: object
    required: [street, city, country]
    properties:
      street: {{ type: string, maxLength: 200, x-classification: personal, description: Street and number. }}
      city: {{ type: string, maxLength: 100, description: City. }}
      country: {{ type: string, pattern: \"^[A-Z]{{2}}$\", description: ISO 3166. }}
events:
"
    );
    for event in events.clone() {
        let note = if event == events.start { note } else { "" };
        let _ = writeln!(
            text,
            "  area{number}.thing{event}_placed:
    stream: area-{number}
    aggregate: Thing{event}
    summary: Thing {event} was placed.
    versions:"
        );
        if event % TWO_VERSIONS == 0 {
            text.push_str(&version(1, "status: deprecated, since: 2025-01-01, sunset: 2999-01-01", event, note, ""));
            let added = "          channel: { type: string, maxLength: 40, description: Where it was placed. }\n";
            let status = "status: active, since: 2026-01-01, changes: Adds the channel., upcast: {}, \
                          downcast: { drop: [channel] }";
            text.push_str(&version(2, status, event, note, added));
        } else {
            text.push_str(&version(1, "status: active, since: 2025-01-01", event, note, ""));
        }
    }
    text
}

/// Twelve fields: formats, an enum, a nested object with an object in it, a list, shared types.
fn version(number: usize, status: &str, event: usize, note: &str, added: &str) -> String {
    let status = status.replace(", ", "\n        ");
    format!(
        "      {number}:
        {status}
        data:
          type: object
          required: [item_id, customer_id, state, quantity, placed_at, total, delivery]
          properties:
            item_id: {{ type: string, format: uuid, description: \"Item of thing {event}.{note}\" }}
            customer_id: {{ type: string, format: uuid, description: Who placed it. }}
            state: {{ type: string, enum: [draft, placed, confirmed, cancelled], description: Where it is. }}
            quantity: {{ type: integer, minimum: 1, maximum: 1000, description: How many. }}
            weight: {{ type: number, minimum: 0, description: In kilograms. }}
            note: {{ type: string, maxLength: 500, description: Free text. }}
            gift: {{ type: boolean, description: Whether it is a present. }}
            placed_at: {{ type: string, format: date-time, description: When it was placed. }}
            due_on: {{ type: string, format: date, description: When it is due. }}
            total: {{ $ref: Money }}
            delivery:
              type: object
              description: How it is delivered.
              required: [address, method]
              properties:
                address: {{ $ref: Address }}
                method: {{ type: string, enum: [post, courier, pickup], description: By whom. }}
                window:
                  type: object
                  description: When somebody is there.
                  required: [from, to]
                  properties:
                    from: {{ type: string, format: date-time, description: From. }}
                    to: {{ type: string, format: date-time, description: To. }}
            tags:
              type: array
              maxItems: 20
              description: Labels.
              items: {{ type: string, maxLength: 40 }}
{added}        examples:
          - item_id: 018f3a52-7d3e-7c4b-9f00-1f2d3c4b5a69
            customer_id: 018f3a52-7d3e-7c4b-9f00-1f2d3c4b5a70
            state: placed
            quantity: 2
            placed_at: 2026-03-01T12:00:00Z
            total: {{ cents: 1999, currency: EUR }}
            delivery: {{ address: {{ street: Main Street 1, city: Berlin, country: DE }}, method: post }}
",
        added = added.replace("          channel", "            channel"),
    )
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use tidings_generator::diagnostic::{self, Format};
    use tidings_generator::pipeline;

    #[test]
    fn the_synthetic_catalogue_has_nothing_wrong_with_it() {
        let folder = tempfile::tempdir().unwrap();
        super::write(folder.path(), 60).unwrap();
        super::change_one_event(folder.path(), 60, 1).unwrap();
        let today = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
        let examined = pipeline::examine(&folder.path().join("catalogue.yaml"), today, None, &()).unwrap();
        let text = diagnostic::render(&examined.diagnostics, &examined.sources, Format::Human, false);
        assert!(examined.diagnostics.is_empty(), "{text}");
        assert_eq!(examined.model.unwrap().events.len(), 60);
    }
}
