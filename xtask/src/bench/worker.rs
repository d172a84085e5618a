//! The product at work in a process of its own, so that what is measured of the process is that and nothing else.

use std::io::{self, BufRead as _, Read as _};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tidings::broker::RabbitMq;
use tokio::sync::oneshot;

/// From where to where.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Route {
    pub(super) database: String,
    /// Of the relay's group, or of the consumer.
    pub(super) name: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) virtual_host: String,
    /// How long a relay keeps published rows, unless it is as by default.
    pub(super) retain_seconds: Option<u64>,
    /// Whether a consumer notes when it handled which event.
    pub(super) notes_times: bool,
}

impl Route {
    pub(super) fn broker(&self) -> RabbitMq {
        RabbitMq::new(&self.host, self.port)
            .with_login(&self.user, &self.password)
            .with_virtual_host(&self.virtual_host)
    }
}

/// A process that works until this is stopped.
pub(super) struct Worker(Child);

impl Worker {
    /// Starts `bench <command>`.
    pub(super) fn start(command: &str, route: &Route) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut process = Command::new(program);
        process.args(["bench", command]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = process.spawn().context("cannot start a process")?;
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

    /// Ends it as a service ends that is told to. Returns what it said.
    pub(super) async fn stop(mut self) -> anyhow::Result<String> {
        let stopping = tokio::task::spawn_blocking(move || {
            drop(self.0.stdin.take());
            let mut said = String::new();
            if let Some(mut stdout) = self.0.stdout.take() {
                stdout.read_to_string(&mut said)?;
            }
            let status = self.0.wait()?;
            anyhow::ensure!(status.success(), "a process of this bench ended with {status}");
            Ok(said)
        });
        stopping.await?
    }
}

/// A bench that fails leaves no process behind.
impl Drop for Worker {
    fn drop(&mut self) {
        // Its end of input is the end of it. Nobody listens.
        drop(self.0.stdin.take());
        drop(self.0.stdout.take());
        let _ = self.0.wait();
    }
}

/// What such a process does: works as the first line of its input says, until its input ends.
pub(super) fn work<T>(works: impl AsyncFnOnce(Route, oneshot::Receiver<()>) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let route: Route = serde_json::from_str(&line).context("the first line of input is no route")?;
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        // Nothing more is said. The end of the sender is the signal.
        let _ = io::stdin().lock().read_to_end(&mut Vec::new());
        drop(stop);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(works(route, stopped))
}
