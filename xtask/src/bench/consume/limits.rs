//! What a consumer cannot be faster than: its database and its broker by themselves, with the same events.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use rabbitmq_stream_client::types::{MessageResult, OffsetSpecification, ResponseKind};
use tidings::broker::{Broker as _, Publisher as _, partition_name};
use tidings::consumer::Settings;
use tokio::sync::mpsc;
use tokio::time::timeout;
use uuid::Uuid;

use crate::bench::event::message;
use crate::bench::figure::rate;
use crate::bench::ground::{Ground, PARTITIONS, STREAM};

/// Messages that are sent at once.
const FRAME: usize = 1_000;

/// Chunks that the broker may send ahead.
const CREDIT: u16 = 10;

/// Without an answer for so long, a broker is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);

/// Fills streams that are empty. Returns the ids of the events of each partition.
pub(super) async fn publish(ground: &Ground, events: usize) -> anyhow::Result<Vec<Vec<Uuid>>> {
    let partitions = 0..PARTITIONS as usize;
    try_join_all(partitions.map(|partition| publish_to(ground, partition, events))).await
}

async fn publish_to(ground: &Ground, partition: usize, events: usize) -> anyhow::Result<Vec<Uuid>> {
    let broker = ground.route("").broker();
    let mut publisher = broker.publisher(STREAM, u32::try_from(partition)?, "bench").await?;
    let mut ids = Vec::with_capacity(events / PARTITIONS as usize + 1);
    let numbers: Vec<usize> = (partition..events).step_by(PARTITIONS as usize).collect();
    for numbers in numbers.chunks(FRAME) {
        let messages: Vec<_> = numbers.iter().map(|nr| message(*nr)).collect();
        let first = ids.len() as u64 + 1;
        ids.extend(messages.iter().map(|message| message.event_id));
        publisher.send((first..).zip(messages).collect()).await?;
    }
    let mut progress = publisher.progress();
    let all = progress.wait_for(|progress| progress.failure.is_some() || progress.confirmed == ids.len() as u64);
    let failure = timeout(SILENCE, all).await.context("the broker confirms nothing")??.failure.clone();
    publisher.close().await;
    failure.map_or(Ok(ids), |failure| Err(failure.into()))
}

/// Messages per second that are read and counted, and nothing else, each partition over a connection of its own.
pub(super) async fn read(ground: &Ground, events: usize) -> anyhow::Result<f64> {
    let partitions = 0..PARTITIONS as usize;
    let began = Instant::now();
    let share = |partition| (partition..events).step_by(PARTITIONS as usize).len();
    try_join_all(partitions.map(|partition| read_from(ground, partition, share(partition)))).await?;
    Ok(rate(events, began))
}

async fn read_from(ground: &Ground, partition: usize, messages: usize) -> anyhow::Result<()> {
    let client = ground.client().await?;
    let (sender, mut chunks) = mpsc::unbounded_channel();
    client
        .set_handler(move |result: MessageResult| {
            if let Some(Ok(response)) = result
                && let ResponseKind::Deliver(chunk) = response.kind()
            {
                // Nobody counts any more at the end.
                let _ = sender.send(chunk.messages.len());
            }
            std::future::ready(Ok(()))
        })
        .await;
    let stream = partition_name(STREAM, u32::try_from(partition)?);
    let subscribed = client.subscribe(1, &stream, OffsetSpecification::First, CREDIT, HashMap::new()).await?;
    ensure!(subscribed.is_ok(), "the broker does not let us read `{stream}`");
    let mut count = 0;
    while count < messages {
        count += timeout(SILENCE, chunks.recv()).await.context("the broker sends nothing")?.unwrap_or_default();
        client.credit(1, 1).await?;
    }
    client.close().await?;
    Ok(())
}

/// Events per second that are noted in the ledger, in batches as large as a consumer's, each in a transaction that moves a
/// cursor; one connection for each partition, statements prepared.
pub(super) async fn note(ground: &Ground, ids: &[Vec<Uuid>]) -> anyhow::Result<f64> {
    ground.empty_inbox().await?;
    let began = Instant::now();
    try_join_all(ids.iter().enumerate().map(|(partition, ids)| note_of(ground, partition, ids))).await?;
    Ok(rate(ids.iter().map(Vec::len).sum(), began))
}

async fn note_of(ground: &Ground, partition: usize, ids: &[Uuid]) -> anyhow::Result<()> {
    let partition = i32::try_from(partition)?;
    let mut connection = ground.pool.acquire().await?;
    sqlx::query("INSERT INTO tidings_cursor (consumer, stream, partition, next_offset) VALUES ('bench', $1, $2, 0)")
        .bind(STREAM)
        .bind(partition)
        .execute(&mut *connection)
        .await?;
    let mut next = 0;
    for ids in ids.chunks(Settings::default().batch) {
        let mut transaction = sqlx::Connection::begin(&mut *connection).await?;
        let advance = "UPDATE tidings_cursor SET next_offset = $3, updated_at = clock_timestamp() \
                       WHERE consumer = 'bench' AND stream = $1 AND partition = $2 AND next_offset = $4";
        let after = next + i64::try_from(ids.len())?;
        let advance = sqlx::query(advance).bind(STREAM).bind(partition).bind(after).bind(next);
        advance.execute(&mut *transaction).await?;
        next = after;
        let note = "INSERT INTO tidings_ledger (day, consumer, event_id) \
                    SELECT current_date, 'bench', id FROM unnest($1::uuid[]) AS new (id) \
                    ON CONFLICT DO NOTHING RETURNING event_id";
        let new: Vec<Uuid> = sqlx::query_scalar(note).bind(ids).fetch_all(&mut *transaction).await?;
        ensure!(new.len() == ids.len(), "the ledger had events before");
        transaction.commit().await?;
    }
    Ok(())
}
