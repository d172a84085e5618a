//! The process with the relay.

use std::time::Duration;

use tidings::relay::{Postgres, Relay, Settings};

use crate::bench::worker;

/// The command that does it.
pub(in crate::bench) const CARRY: &str = "carry";

pub(crate) fn carry() -> anyhow::Result<()> {
    worker::work(async |route, stopped| {
        let mut settings = Settings::default();
        settings.retain = route.retain_seconds.map_or(settings.retain, Duration::from_secs);
        let store = Postgres::new(route.database.parse()?, route.name.clone());
        let relay = Relay::new(store, route.broker(), settings);
        relay.run(async { drop(stopped.await) }).await?;
        Ok(())
    })
}
