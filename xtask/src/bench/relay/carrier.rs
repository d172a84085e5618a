//! The relay in a process of its own, so that what is measured of the process is the relay and nothing else.

use std::io::{self, BufRead as _, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tidings::broker::RabbitMq;
use tidings::relay::{Postgres, Relay, Settings};
use tokio::sync::oneshot;

/// From where to where.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(super) database: String,
    pub(super) group: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) virtual_host: String,
    /// How long published rows are kept, unless it is as by default.
    pub(super) retain_seconds: Option<u64>,
}

/// A relay that works until this is stopped.
pub(super) struct Carrier(Child);

impl Carrier {
    pub(super) fn start(route: &Route) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new(program);
        command.args(["bench", "carry"]).stdin(Stdio::piped());
        let child = command.spawn().context("cannot start a process")?;
        let mut stdin = child.stdin.as_ref().context("a process has no input")?;
        serde_json::to_writer(&mut stdin, route)?;
        io::Write::write_all(&mut stdin, b"\n")?;
        Ok(Self(child))
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Ends it as a service ends that is told to.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        drop(self.0.stdin.take());
        let status = self.0.wait()?;
        anyhow::ensure!(status.success(), "the relay ended with {status}");
        Ok(())
    }
}

/// A bench that fails leaves no relay behind.
impl Drop for Carrier {
    fn drop(&mut self) {
        // Its end of input is the end of it.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// What the process does: relays as the first line of its input says, until its input ends.
pub(crate) fn carry() -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let route: Route = serde_json::from_str(&line).context("the first line of input is no route")?;
    let broker = RabbitMq::new(route.host, route.port)
        .with_login(route.user, route.password)
        .with_virtual_host(route.virtual_host);
    let mut settings = Settings::default();
    settings.retain = route.retain_seconds.map_or(settings.retain, Duration::from_secs);
    let relay = Relay::new(Postgres::new(route.database.parse()?, route.group), broker, settings);
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        // Nothing more is said.
        let _ = io::stdin().lock().read_to_end(&mut Vec::new());
        drop(stop);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(relay.run(async {
        // The end of the sender is the signal.
        let _ = stopped.await;
    }))?;
    Ok(())
}
