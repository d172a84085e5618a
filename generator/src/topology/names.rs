//! Names on the broker. The catalogue keeps them far below AMQP's 255 bytes.

use crate::model::Model;

/// The broker keeps these for itself and skips them in an import without an error.
const RESERVED: &str = "amq.";

const DEAD_LETTER: &str = ".dlq";

/// Name of one partition's queue.
#[must_use]
pub fn partition_name(stream: &str, partition: u32) -> String {
    format!("{stream}-{partition}")
}

/// Name of the stream that holds the dead letters of `stream`.
#[must_use]
pub fn dead_letter_name(stream: &str) -> String {
    format!("{stream}{DEAD_LETTER}")
}

/// Why no stream of `model` can be called `name`, if so.
///
/// An exchange and a queue of one name are different things to the broker but the same to a permission: who may write
/// partition `orders-0` of `orders` could also publish to a whole stream `orders-0`.
#[must_use]
pub fn name_fault(model: &Model, name: &str) -> Option<String> {
    if name.starts_with(RESERVED) {
        return Some(format!("RabbitMQ keeps names that begin with `{RESERVED}` for itself"));
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let partition_of = name.rsplit_once('-').filter(|(_, number)| is_number(number)).map(|(stream, _)| stream);
    let exists = |stream: &&str| model.streams.contains_key(*stream);
    if let Some(stream) = partition_of.filter(exists) {
        Some(format!("a partition of `{stream}` may have this name"))
    } else {
        let stream = name.strip_suffix(DEAD_LETTER).filter(exists)?;
        Some(format!("the dead letters of `{stream}` have this name"))
    }
}
