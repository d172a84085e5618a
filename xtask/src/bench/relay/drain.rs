//! A relay that publishes all there is.

use anyhow::Context as _;
use rabbitmq_stream_client::Client;
use tidings::broker::partition_name;
use uuid::Uuid;

use super::carrier::CARRY;
use crate::bench::ground::{Ground, PARTITIONS, STREAM};
use crate::bench::watched::{Measured, Progress};

/// What the broker has of a publisher.
pub(super) struct Appended {
    client: Client,
    publisher: String,
}

impl Appended {
    pub(super) async fn by(ground: &Ground, publisher: String) -> anyhow::Result<Self> {
        Ok(Self { client: ground.client().await?, publisher })
    }
}

impl Progress for Appended {
    async fn done(&mut self) -> anyhow::Result<usize> {
        let mut has = 0;
        for partition in 0..PARTITIONS {
            // Publishing ids are counted from 1, without gaps.
            let last = self.client.query_publisher_sequence(&self.publisher, &partition_name(STREAM, partition)).await;
            has += usize::try_from(last.context("the broker does not say how far it is")?)?;
        }
        Ok(has)
    }

    async fn close(self) -> anyhow::Result<()> {
        Ok(self.client.close().await?)
    }
}

/// Lets a relay publish everything that is in the outbox.
pub(super) async fn measure(ground: &Ground, events: usize) -> anyhow::Result<Measured> {
    ground.empty_streams().await?;
    let group = format!("drain-{}", Uuid::now_v7());
    let appended = Appended::by(ground, ground.enlist(&group).await?).await?;
    Measured::of(ground, CARRY, &ground.route(&group), appended, events).await
}
