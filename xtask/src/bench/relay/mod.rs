//! The relay beside what its database and its broker do by themselves.

mod carrier;
mod drain;
mod ground;
mod limits;
mod processes;

pub(crate) use carrier::carry;

use super::figure::{Figure, median};
use drain::Watched;
use ground::Ground;

/// Measures with this many events.
pub(crate) fn run(events: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(events, rounds))
}

async fn measure(events: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let ground = Ground::new().await?;
    let began = std::time::Instant::now();
    ground.append(events).await?;
    eprintln!("seeded {:?}", began.elapsed());
    for round in 0..rounds {
        let limits_too = std::env::var_os("NOLIM").is_none();
        let (mut copy, mut raw, mut raw3) = (0.0, 0.0, 0.0);
        if limits_too { copy = limits::copy_out(&ground, events).await?;
        ground.empty_streams().await?;
        raw = limits::publish(&ground, events, 6).await?;
        ground.empty_streams().await?;
        raw3 = limits::publish(&ground, events, 3).await?; }
        ground.empty_streams().await?;
        let group = format!("drain-{round}");
        let publisher = ground.enlist(&group).await?;
        let mut relay = Watched::start(&ground, &ground.route(&group), publisher).await?;
        relay.until(events).await?;
        eprintln!("copy {copy} raw {raw} raw3 {raw3} relay {} cpu {} peak {:?} first {:?}", relay.rate(), relay.relay.seconds(), relay.peak, relay.moment(1));
        relay.stop().await?;
    }
    Ok(vec![Figure::new("x", median(vec![1.0]), "")])
}
