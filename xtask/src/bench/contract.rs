//! Contract tests beside validating and reading the same documents alone.

use std::time::Instant;

use anyhow::Context as _;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tidings_contract::documents::{Documents, Seed, Trial};
use tidings_contract::estate::Estate;
use tidings_contract::evidence::{Outcome, Reading};
use tidings_contract::reader;
use tidings_generator::model::{Event, Version};
use uuid::Uuid;

use super::figure::{Figure, median};
use super::synthetic;

/// Documents that one core judges in a round.
const DOCUMENTS: u64 = 20_000;

/// Documents of each event version that each reader is tried with.
const EACH: u64 = 100;

/// Rounds of which figures are medians.
const ROUNDS: usize = 3;

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
struct Money {
    cents: u64,
    currency: String,
}

/// All that there is, nearly.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
struct Whole {
    item_id: Uuid,
    customer_id: Uuid,
    state: State,
    quantity: u32,
    weight: Option<f64>,
    note: Option<String>,
    gift: Option<bool>,
    placed_at: String,
    due_on: Option<String>,
    total: Money,
    delivery: Delivery,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    Draft,
    Placed,
    Confirmed,
    Cancelled,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
struct Delivery {
    address: Address,
    method: String,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
struct Address {
    street: String,
    city: String,
    country: String,
}

/// What a bill needs.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
struct Bill {
    customer_id: Uuid,
    total: Money,
}

/// What a parcel needs.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
struct Parcel {
    item_id: Uuid,
    quantity: u64,
    delivery: Delivery,
}

/// A reader: of which schema, and how.
type Reader = (Reading, fn(&Value) -> Result<(), String>);

fn readers(event: &Event, version: &Version) -> [Reader; 3] {
    [
        (reader::reading::<Whole>(&event.name, version.number), reader::as_struct::<Whole>),
        (reader::reading::<Bill>(&event.name, version.number), reader::as_struct::<Bill>),
        (reader::reading::<Parcel>(&event.name, version.number), reader::as_struct::<Parcel>),
    ]
}

/// Measures with a catalogue of this many events.
pub(crate) fn run(events: usize) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    synthetic::write(folder.path(), events)?;
    let estate = Estate::load(&folder.path().join("catalogue.yaml"))?;
    let versions: Vec<(&Event, &Version)> = estate.live().collect();
    let (event, version) = *versions.first().context("the catalogue to measure with has no events")?;
    let documents = Documents::of(&version.payload)?;
    let made = documents.valid(Seed::new(1), DOCUMENTS)?;
    let [(whole, read), ..] = readers(event, version);
    let rate = |work: &dyn Fn() -> anyhow::Result<()>| -> anyhow::Result<f64> {
        let began = Instant::now();
        work()?;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        Ok(DOCUMENTS as f64 / began.elapsed().as_secs_f64())
    };
    let (mut judged, mut validated, mut decoded, mut matrix) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        validated.push(rate(&|| {
            let valid = made.iter().filter(|(_, document)| documents.accepts(document)).count();
            anyhow::ensure!(valid == made.len(), "a document that was valid is no more");
            Ok(())
        })?);
        decoded.push(rate(&|| made.iter().try_for_each(|(_, document)| read(document)).map_err(anyhow::Error::msg))?);
        judged.push(rate(&|| holds(&reader::judge(&whole, event, version, &trial(&documents, DOCUMENTS), read)))?);
        matrix.push(whole_matrix(&versions)?);
    }
    let [judged, validated, decoded, matrix] = [judged, validated, decoded, matrix].map(median);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let cells = (versions.len() * 3) as f64;
    Ok(vec![
        Figure::new("validating alone, one core", validated, "documents/s"),
        Figure::new("reading alone, one core", decoded, "documents/s"),
        Figure::new("made, validated and read, one core", judged, "documents/s").against("validating alone", validated),
        Figure::new("made, validated and read, one core", judged, "documents/s").against("reading alone", decoded),
        Figure::new(format!("matrix: versions by 3 readers, {EACH} documents each"), cells, "cells"),
        Figure::new("matrix, all cores", matrix, "s"),
    ])
}

/// Seconds in which each version is proven and tried for three readers.
fn whole_matrix(versions: &[(&Event, &Version)]) -> anyhow::Result<f64> {
    let began = Instant::now();
    versions.par_iter().try_for_each(|(event, version)| {
        let documents = Documents::of(&version.payload)?;
        for (reading, read) in readers(event, version) {
            holds(&reader::judge(&reading, event, version, &trial(&documents, EACH), read))?;
        }
        anyhow::Ok(())
    })?;
    Ok(began.elapsed().as_secs_f64())
}

fn trial(documents: &Documents, cases: u64) -> Trial<'_> {
    Trial { documents, known: &[], seed: Seed::new(1), cases }
}

fn holds(outcome: &Outcome) -> anyhow::Result<()> {
    anyhow::ensure!(matches!(outcome, Outcome::Proven { .. }), "a reader of this bench does not read: {outcome:?}");
    Ok(())
}
