//! A relay or a consumer: a process of its own, which is killed, paused and started again.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Postgres, Transaction};
use tidings::broker::RabbitMq;
use tidings::consumer::{self, Consumer, ExactlyOnce, Handler, HandlerError, Handlers};
use tidings::relay::{self, Relay};
use tidings::{Envelope, broker};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::event::{Changed, STREAM};
use super::random::Random;

/// A part that is told to end has so long: what it began may wait for a database that does not answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Events of a hundred that fail at first.
const FAILING: u64 = 2;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Role {
    Relay,
    Consumer,
}

/// How the servers are reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Route {
    pub(super) seed: u64,
    pub(super) database: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: String,
}

impl Route {
    pub(super) fn broker(&self) -> RabbitMq {
        // The broker names its own port, which would lead past the proxy.
        RabbitMq::new("127.0.0.1", self.port).with_login(&self.user, &self.password).behind_load_balancer()
    }
}

/// The program that [`work`]s, with its arguments before anything else.
#[derive(Debug, Clone)]
pub struct Program {
    /// Path of the program.
    pub path: PathBuf,
    /// What makes it call [`work`].
    pub arguments: Vec<String>,
}

/// A part that runs.
#[derive(Debug)]
pub(super) struct Part {
    child: Child,
}

impl Part {
    /// Starts a part, which appends what it has to say to a file.
    pub(super) async fn start(program: &Program, role: Role, route: &Route, log: &Path) -> anyhow::Result<Self> {
        let log = File::options().append(true).create(true).open(log)?;
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("cannot start `{}`", program.path.display()))?;
        let mut line = serde_json::to_vec(&(role, route))?;
        line.push(b'\n');
        child.stdin.as_mut().context("a process has no input")?.write_all(&line).await?;
        Ok(Self { child })
    }

    /// How it ended by itself, if it did.
    pub(super) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// `kill -9`.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Lets it do nothing, though it is there.
    pub(super) fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    pub(super) fn resume(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).context("the process has ended")?;
        Ok(kill_process(id, signal)?)
    }

    /// Ends it as a service ends that is told to. Returns what is wrong with how it did.
    pub(super) async fn stop(mut self) -> anyhow::Result<Option<String>> {
        drop(self.child.stdin.take());
        match timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => {
                Ok(Some(status?).filter(|status| !status.success()).map(|status| format!("ended with {status}")))
            }
            Err(_) => {
                self.kill().await?;
                Ok(Some(format!("did not end within {PATIENCE:?}")))
            }
        }
    }
}

/// What the process of a part does: as the first line of its input says, until its input ends.
///
/// # Errors
/// When the relay or the consumer ends with one.
pub fn work() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(io::stderr).init();
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let (role, route): (Role, Route) = serde_json::from_str(&line).context("the first line of input is no route")?;
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        // Nothing more is said.
        let _ = io::stdin().lock().read_to_end(&mut Vec::new());
        drop(stop);
    });
    let shutdown = async {
        // The end of the sender is the signal.
        let _ = stopped.await;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match role {
            Role::Relay => {
                let settings = relay::Settings { backoff: BACKOFF, ..relay::Settings::default() };
                let store = relay::Postgres::new(route.database.parse()?, "chaos");
                Relay::new(store, route.broker(), settings).run(shutdown).await?;
            }
            Role::Consumer => {
                let pool = PgPoolOptions::new().max_connections(8).connect_lazy(&route.database)?;
                let effects = Effects { seed: route.seed, begun: Mutex::default() };
                let handlers = Handlers::new().on::<Changed>(ExactlyOnce(effects));
                let inbox = consumer::Postgres::new(pool);
                Consumer::new("chaos", inbox, route.broker(), handlers, consumer_settings())?.run(shutdown).await?;
            }
        }
        Ok(())
    })
}

/// A second is long here.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

fn consumer_settings() -> consumer::Settings {
    // An attempt is counted when it begins, so each kill may cost one. None is to be the last.
    let retry = [(20, 100), (40, 500), (40, 2_000)];
    let waits = retry.into_iter().flat_map(|(times, wait)| std::iter::repeat_n(Duration::from_millis(wait), times));
    consumer::Settings {
        batch: 100,
        retry: waits.collect(),
        lease: Duration::from_secs(3),
        look: Duration::from_secs(1),
        backoff: BACKOFF,
        ..consumer::Settings::default()
    }
}

/// Writes down each event. Some fail at first.
struct Effects {
    seed: u64,
    /// Attempts at events that fail at first.
    begun: Mutex<HashMap<(String, i64), u64>>,
}

enum Fails {
    Before,
    After,
    InTheDatabase,
    ByPanic,
}

impl Effects {
    /// Whether this attempt fails, and how. What does in one process does at first in the next.
    fn failure(&self, event: &Changed) -> Option<Fails> {
        let key = event.key.bytes().fold(0, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        let mut random = Random::new(self.seed ^ key, event.version.cast_unsigned());
        if !random.chance(FAILING) {
            return None;
        }
        // The first failure is tried again at once, without the batch; the second parks the event.
        let times = 1 + random.below(4);
        let how = match random.below(4) {
            0 => Fails::Before,
            1 => Fails::After,
            2 => Fails::InTheDatabase,
            _ => Fails::ByPanic,
        };
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let attempts = begun.entry((event.key.clone(), event.version)).or_default();
        *attempts += 1;
        (*attempts <= times).then_some(how)
    }
}

impl Handler<Changed, Transaction<'static, Postgres>> for Effects {
    async fn handle(
        &self,
        event: Envelope<Changed>,
        transaction: &mut Transaction<'static, Postgres>,
    ) -> Result<(), HandlerError> {
        let failure = self.failure(&event.data);
        if let Some(Fails::Before) = failure {
            return Err(HandlerError::retry("it fails at first"));
        }
        sqlx::query("INSERT INTO chaos_effect (key, version, event_id) VALUES ($1, $2, $3)")
            .bind(&event.data.key)
            .bind(event.data.version)
            .bind(event.event_id)
            .execute(&mut **transaction)
            .await?;
        match failure {
            Some(Fails::After) => Err(HandlerError::retry("it fails after its effect")),
            Some(Fails::InTheDatabase) => {
                sqlx::query("SELECT 1 / 0").execute(&mut **transaction).await?;
                Ok(())
            }
            Some(Fails::ByPanic) => panic!("it panics at first"),
            _ => Ok(()),
        }
    }
}

/// Names of the partitions on the broker.
pub(super) fn partitions() -> impl Iterator<Item = (u32, String)> {
    (0..STREAM.partitions).map(|number| (number, broker::partition_name(STREAM.name, number)))
}
