//! The streams that a broker is to have.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::topology::Topology;

/// The streams that a broker is to have: of a generated `TOPOLOGY`, or of the `topology/definitions.json` beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub(super) streams: Vec<Declared>,
}

/// A stream as the broker is told to make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) name: String,
    /// Names of the partitions of a super stream, in order; none where it is a plain stream.
    pub(super) partitions: Vec<String>,
    /// `max-age`, `max-length-bytes`, …: of each partition.
    pub(super) arguments: BTreeMap<String, String>,
}

/// Why a text is not taken for definitions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// It is something else.
    #[error("these are no definitions of RabbitMQ: {0}; take the generated `topology/definitions.json`")]
    Unreadable(#[from] serde_json::Error),
    /// A super stream without partitions.
    #[error("super stream `{stream}` has no partitions in the definitions; generate them again")]
    NoPartitions {
        /// Its name.
        stream: String,
    },
}

/// What of a definitions file is about streams.
#[derive(Deserialize)]
struct Definitions {
    exchanges: Vec<Exchange>,
    queues: Vec<Queue>,
    bindings: Vec<Binding>,
}

#[derive(Deserialize)]
struct Exchange {
    name: String,
    #[serde(default)]
    arguments: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Queue {
    name: String,
    #[serde(default)]
    arguments: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Binding {
    source: String,
    destination: String,
    #[serde(default)]
    arguments: BTreeMap<String, Value>,
}

impl Layout {
    /// The streams of a definitions file. Other queues and exchanges in it are left out, and so are users: the stream
    /// protocol knows neither.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_definitions(json: &str) -> Result<Self, LayoutError> {
        let Definitions { exchanges, queues, bindings } = serde_json::from_str(json)?;
        let mut queues: BTreeMap<String, BTreeMap<String, String>> = queues
            .into_iter()
            .filter(|queue| queue.arguments.get("x-queue-type").is_some_and(|kind| kind == "stream"))
            .map(|Queue { name, arguments }| (name, of_stream(arguments)))
            .collect();
        let mut streams = Vec::new();
        for Exchange { name, arguments } in exchanges {
            if arguments.get("x-super-stream") != Some(&Value::Bool(true)) {
                continue;
            }
            let mut partitions: Vec<(u64, &str)> = bindings
                .iter()
                .filter(|binding| binding.source == name)
                .map(|binding| {
                    let order = binding.arguments.get("x-stream-partition-order").and_then(Value::as_u64);
                    (order.unwrap_or(u64::MAX), binding.destination.as_str())
                })
                .collect();
            partitions.sort_unstable();
            let mut limits: Vec<_> = partitions.iter().filter_map(|(_, queue)| queues.remove(*queue)).collect();
            // All partitions have the same.
            let Some(arguments) = limits.pop() else { return Err(LayoutError::NoPartitions { stream: name }) };
            let partitions = partitions.into_iter().map(|(_, queue)| queue.to_owned()).collect();
            streams.push(Declared { name, partitions, arguments });
        }
        let plain = queues.into_iter().map(|(name, arguments)| Declared { name, partitions: Vec::new(), arguments });
        streams.extend(plain);
        Ok(Self::ordered(streams))
    }

    fn ordered(mut streams: Vec<Declared>) -> Self {
        streams.sort_by(|one, other| one.name.cmp(&other.name));
        Self { streams }
    }
}

impl From<&Topology> for Layout {
    fn from(topology: &Topology) -> Self {
        let streams = topology.streams.iter().flat_map(|stream| {
            let dead_letter = stream.dead_letter.map(|dead_letter| Declared {
                name: dead_letter.stream.to_owned(),
                partitions: Vec::new(),
                arguments: limits(dead_letter.max_age, dead_letter.max_bytes),
            });
            let stream = Declared {
                name: stream.name.to_owned(),
                partitions: stream.partition_names().collect(),
                arguments: limits(stream.max_age, stream.max_bytes),
            };
            std::iter::once(stream).chain(dead_letter)
        });
        Self::ordered(streams.collect())
    }
}

/// Arguments of a queue in the words of the stream protocol: without `x-`, and all of them text.
fn of_stream(arguments: BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let arguments = arguments.into_iter().filter(|(name, _)| name != "x-queue-type");
    arguments.map(|(name, value)| (name.trim_start_matches("x-").to_owned(), text(value))).collect()
}

/// The arguments that the generated definitions have for these limits. A broker removes whole segments, so a stream keeps
/// its limits more closely the smaller they are.
fn limits(max_age: Option<Duration>, max_bytes: Option<u64>) -> BTreeMap<String, String> {
    let seconds = max_age.map(|age| (age.as_secs() + u64::from(age.subsec_nanos() > 0)).max(1));
    let max_bytes = max_bytes.map(|bytes| bytes.min(i64::MAX.unsigned_abs()));
    let by_size = max_bytes.map(|bytes| (bytes / 10).clamp(1_000_000, 500_000_000));
    let segment = by_size.into_iter().chain(seconds.map(|_| 50_000_000)).min();
    let limits = [
        ("max-age", seconds.map(age)),
        ("max-length-bytes", max_bytes.map(|bytes| bytes.to_string())),
        ("stream-max-segment-size-bytes", segment.map(|bytes| bytes.to_string())),
    ];
    limits.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// In the largest of the broker's units that is exact.
fn age(seconds: u64) -> String {
    let units = [("D", 86_400), ("h", 3_600), ("m", 60)];
    let (unit, length) = units.into_iter().find(|(_, length)| seconds.is_multiple_of(*length)).unwrap_or(("s", 1));
    format!("{}{unit}", seconds / length)
}
