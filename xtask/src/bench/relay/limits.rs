//! What a relay cannot be faster than: its database and its broker by themselves, on the same servers with the same rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use rabbitmq_stream_client::types::{Message as Frame, MessageResult, ResponseKind};
use sqlx::postgres::PgPoolCopyExt as _;
use tidings::broker::partition_name;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::bench::figure::rate;
use crate::bench::ground::{EVENT, Ground, STREAM};

/// Messages of one frame. Twice as many are not faster.
const FRAME: usize = 1_000;

/// Messages of a partition that may be sent and not confirmed.
const UNCONFIRMED: usize = 50_000;

/// Without a confirm for so long, a broker is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);

/// Rows per second out of the outbox, through COPY and thrown away.
pub(super) async fn copy_out(ground: &Ground, rows: usize) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut copy = ground.pool.copy_out_raw("COPY (SELECT * FROM tidings_outbox) TO STDOUT (FORMAT binary)").await?;
    let mut bytes = 0;
    while let Some(some) = copy.try_next().await? {
        bytes += some.len();
    }
    ensure!(bytes > rows * EVENT, "the outbox has fewer rows than were appended");
    Ok(rate(rows, began))
}

/// Messages per second that are published and confirmed, by a named publisher for each partition and with nothing in them
/// but a body of the same size.
pub(super) async fn publish(ground: &Ground, messages: usize, partitions: u32) -> anyhow::Result<f64> {
    let share = messages / partitions as usize;
    let began = Instant::now();
    try_join_all((0..partitions).map(|partition| publish_to(ground, partition, share))).await?;
    Ok(rate(share * partitions as usize, began))
}

async fn publish_to(ground: &Ground, partition: u32, messages: usize) -> anyhow::Result<()> {
    let client = ground.client().await?;
    let room = Arc::new(Semaphore::new(UNCONFIRMED));
    let confirmed = room.clone();
    client
        .set_handler(move |result: MessageResult| {
            if let Some(Ok(response)) = result
                && let ResponseKind::PublishConfirm(confirm) = response.kind()
            {
                confirmed.add_permits(confirm.publishing_ids.len());
            }
            std::future::ready(Ok(()))
        })
        .await;
    let stream = partition_name(STREAM, partition);
    let declared = client.declare_publisher(1, Some("raw".to_owned()), &stream).await?;
    ensure!(declared.is_ok(), "the broker does not let us publish to `{stream}`");
    let client_of_task = client.clone();
    let spawned = tokio::spawn(async move {
        let client = client_of_task;
        for first in (1..=messages).step_by(FRAME) {
            let last = (first + FRAME - 1).min(messages);
            let frames: Vec<Frame> = (first..=last)
                .map(|id| Frame::builder().publishing_id(id as u64).body(vec![b'n'; EVENT]).build())
                .collect();
            take(&room, u32::try_from(frames.len())?).await?;
            client.publish(1, frames, 1).await?;
        }
        take(&room, u32::try_from(UNCONFIRMED)?).await
    });
    spawned.await??;
    client.close().await?;
    Ok(())
}

async fn take(room: &Semaphore, messages: u32) -> anyhow::Result<()> {
    let taken = timeout(SILENCE, room.acquire_many(messages)).await.context("the broker confirms nothing")?;
    taken?.forget();
    Ok(())
}

/// Transactions per second that append one event each.
pub(super) async fn commits(ground: &Ground, clients: usize, during: Duration) -> anyhow::Result<f64> {
    let began = Instant::now();
    let committed = AtomicUsize::new(0);
    try_join_all((0..clients).map(|client| {
        let committed = &committed;
        async move {
            let mut nr = client;
            while began.elapsed() < during {
                ground.append_one(nr).await?;
                committed.fetch_add(1, Ordering::Relaxed);
                nr += clients;
            }
            anyhow::Ok(())
        }
    }))
    .await?;
    Ok(rate(committed.into_inner(), began))
}
