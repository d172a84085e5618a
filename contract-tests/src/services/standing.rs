//! Servers that stay between test runs: `cargo xtask services up`, `down` and `status`.
//!
//! Each supervisor reads a named pipe. A pipe with a reader is a server that runs, and a line written into it ends that
//! server: no process id is ever trusted, so nothing else can be hit.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{CWD, Mode, OFlags, mkfifoat, open},
    io::Errno,
};
use serde::{Deserialize, Serialize};

use super::{Error, Service, environment::Urls, folder, server::Running, supervisor::Holder};

/// Long enough to remove a large data folder.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often a server that ends is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// A server that [`up`] started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Standing {
    urls: Urls,
    supervisor: u32,
}

impl Standing {
    /// Its URLs by the variables that tests read, for `export`.
    pub fn variables(&self, service: Service) -> Vec<(&'static str, String)> {
        service.variables().iter().copied().zip(self.urls.0.iter().map(ToString::to_string)).collect()
    }

    /// The process that keeps it.
    pub fn supervisor(&self) -> u32 {
        self.supervisor
    }
}

/// One line: the first URL and the process.
impl fmt::Display for Standing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} (process {})", self.urls.0[0], self.supervisor)
    }
}

/// Starts every server that does not stand yet. They stay until [`down`], and every test uses them.
///
/// Blocks like [`Session::start`](super::Session::start). The answer says for each service what it has, or why not.
///
/// # Errors
/// When `target/tidings-services` cannot be used.
pub fn up() -> Result<BTreeMap<Service, Result<Standing, Error>>, Error> {
    let _turn = turn()?;
    let mut state = status()?;
    let absent: Vec<Service> = Service::ALL.into_iter().filter(|service| !state.contains_key(service)).collect();
    let started: Vec<(Service, Result<Standing, Error>)> = thread::scope(|scope| {
        let starts: Vec<_> = absent.into_iter().map(|service| (service, scope.spawn(move || start(service)))).collect();
        let join = |(service, start): (_, thread::ScopedJoinHandle<'_, _>)| {
            (service, start.join().unwrap_or_else(|_| Err(Error::Unsupported("the start panicked".to_owned()))))
        };
        starts.into_iter().map(join).collect()
    });
    state.extend(started.iter().filter_map(|(service, start)| Some((*service, start.as_ref().ok()?.clone()))));
    let path = state_file()?;
    let text = serde_json::to_string_pretty(&state).map_err(|cause| Error::file(&path)(cause.into()))?;
    // It holds passwords.
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::file(&path))?;
    let standing = state.into_iter().map(|(service, standing)| (service, Ok(standing)));
    let refused = started.into_iter().filter(|(_, start)| start.is_err());
    Ok(standing.chain(refused).collect())
}

/// Stops every server that [`up`] started, waits until they are gone, and says which they were.
///
/// # Errors
/// When `target/tidings-services` cannot be used, or a server does not end.
pub fn down() -> Result<Vec<Service>, Error> {
    let _turn = turn()?;
    let mut stopped = Vec::new();
    for service in Service::ALL {
        let path = pipe(service)?;
        if let Some(mut pipe) = writer(&path)? {
            pipe.write_all(b"stop\n").map_err(Error::file(&path))?;
            drop(pipe);
            let deadline = Instant::now() + PATIENCE;
            while writer(&path)?.is_some() {
                if Instant::now() > deadline {
                    return Err(Error::Unsupported(format!("{service} does not end")));
                }
                thread::sleep(PAUSE);
            }
            stopped.push(service);
        }
        remove(&path)?;
    }
    remove(&state_file()?)?;
    Ok(stopped)
}

/// The servers that [`up`] started and that still run.
///
/// # Errors
/// When the state file cannot be read.
pub fn status() -> Result<BTreeMap<Service, Standing>, Error> {
    let path = state_file()?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(cause) => return Err(Error::File { path, cause }),
    };
    let state: BTreeMap<Service, Standing> =
        serde_json::from_str(&text).map_err(|cause| Error::file(&path)(cause.into()))?;
    let mut standing = BTreeMap::new();
    for (service, server) in state {
        if writer(&pipe(service)?)?.is_some() {
            standing.insert(service, server);
        }
    }
    Ok(standing)
}

/// The URLs of one server that stands.
pub(super) fn urls(service: Service) -> Result<Option<Urls>, Error> {
    Ok(status()?.remove(&service).map(|standing| standing.urls))
}

fn start(service: Service) -> Result<Standing, Error> {
    let path = pipe(service)?;
    remove(&path)?;
    let refused = |cause: Errno| Error::file(&path)(cause.into());
    mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).map_err(refused)?;
    // Open for both ends: the supervisor is its own writer, so it waits although nobody else holds the pipe.
    let holder = || OpenOptions::new().read(true).write(true).open(&path).map(Holder::Pipe).map_err(Error::file(&path));
    let running = Running::start(service, holder)?;
    let supervisor = running.supervisor.as_ref().map_or(0, super::supervisor::Supervisor::id);
    Ok(Standing { urls: running.urls, supervisor })
}

/// The writing end of a pipe that somebody reads.
fn writer(pipe: &Path) -> Result<Option<File>, Error> {
    match open(pipe, OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()) {
        Ok(end) => Ok(Some(File::from(end))),
        Err(Errno::NXIO | Errno::NOENT) => Ok(None),
        Err(cause) => Err(Error::file(pipe)(cause.into())),
    }
}

/// One `up` or `down` at a time.
fn turn() -> Result<File, Error> {
    let path = folder::services()?.join("state.lock");
    let lock = File::create(&path).map_err(Error::file(&path))?;
    lock.lock().map_err(Error::file(&path))?;
    Ok(lock)
}

fn state_file() -> Result<PathBuf, Error> {
    Ok(folder::services()?.join("state.json"))
}

fn pipe(service: Service) -> Result<PathBuf, Error> {
    Ok(folder::services()?.join(format!("{}.pipe", service.slug())))
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(Error::file(path)(cause)),
        _ => Ok(()),
    }
}
