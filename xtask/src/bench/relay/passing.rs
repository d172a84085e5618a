//! Events that are appended while a relay works: its memory and the outbox stay as large as they are.

use std::time::Duration;

use super::carrier::CARRY;
use super::drain::Appended;
use crate::bench::ground::Ground;
use crate::bench::watched::Watched;

/// Parts in which the events come.
const PARTS: usize = 20;

/// How often it is looked whether a segment has been emptied, which the relay does every second.
const LOOKS: usize = 40;
const LOOK: Duration = Duration::from_millis(100);

/// What was seen of events that passed.
pub(super) struct Passed {
    pub(super) events: f64,
    /// MiB of the relay, the most in each half.
    pub(super) memory: Option<[f64; 2]>,
    /// MiB of the outbox's tables and indexes, the most there were.
    pub(super) most: f64,
    /// MiB of one part of the events.
    pub(super) of_rows: f64,
}

/// Appends twice as many events, while a transaction stays open that has appended one. Published rows are not kept, and
/// segments are made old enough to be emptied.
pub(super) async fn measure(ground: &Ground, events: usize) -> anyhow::Result<Passed> {
    ground.empty_outbox().await?;
    ground.empty_streams().await?;
    let appended = Appended::by(ground, ground.enlist("passing").await?).await?;
    let mut route = ground.route("passing");
    route.retain_seconds = Some(0);
    let mut relay = Watched::start(CARRY, &route, appended)?;
    let open = ground.leave_open().await?;
    let part = (2 * events).div_ceil(PARTS);
    let (mut most, mut of_rows, mut half) = (0.0_f64, 0.0, 0);
    for nr in 0..PARTS {
        ground.append_at_once(nr * part + 1, (nr + 1) * part).await?;
        if nr == 0 {
            of_rows = ground.outbox_on_disk().await?;
        }
        if nr == PARTS / 2 {
            half = relay.memory.len();
        }
        relay.until((nr + 1) * part).await?;
        most = most.max(ground.outbox_on_disk().await?);
        ground.age_segments().await?;
        for _ in 0..LOOKS {
            if ground.has_empty_segment().await? {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
    open.rollback().await?;
    let memory = relay.memory_of_halves(half);
    relay.stop().await?;
    #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 events")]
    let events = (PARTS * part) as f64;
    Ok(Passed { events, memory, most, of_rows })
}
