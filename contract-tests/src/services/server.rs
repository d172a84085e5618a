//! One running server: found or started, then shared by the tests of a process.

use std::{
    env,
    net::TcpStream,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, Weak},
    thread,
    time::{Duration, Instant},
};

use url::Url;

use super::{
    Error, Service, debian, docker,
    environment::Urls,
    postgres, rabbitmq, report, rootfs, standing,
    supervisor::{Holder, Supervisor},
};

/// A first start on a busy machine with a cold disk; usually it is three seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often a silent server is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// A server that was started and may not answer yet.
pub(super) struct Started {
    pub(super) urls: Vec<String>,
    pub(super) supervisor: Supervisor,
    /// Everything it printed so far.
    pub(super) log: PathBuf,
}

/// A server that answers. Dropping it ends the server if this process started it.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) urls: Urls,
    pub(super) supervisor: Option<Supervisor>,
}

impl Running {
    /// Finds or starts a server by the first way that works.
    pub(super) fn get(service: Service) -> Result<Self, Error> {
        if let Some(urls) = Urls::from_environment(service)?.or(standing::urls(service)?) {
            return Ok(Self { urls, supervisor: None });
        }
        if let Ok(reason) = env::var(service.absence()) {
            return Err(Error::Unsupported(reason));
        }
        Self::start(service, || Ok(Holder::Us))
    }

    /// Starts a server by the first way that works. Each attempt takes a holder of its own.
    pub(super) fn start(service: Service, holder: impl Fn() -> Result<Holder, Error>) -> Result<Self, Error> {
        let ways = [docker::start, debian::start];
        let mut tried = vec![format!("{} is not set", service.variables()[0])];
        for way in ways {
            match way(service, holder()?).and_then(|started| Self::wait(service, started)) {
                Ok(running) => return Ok(running),
                Err(error) => tried.push(error.to_string()),
            }
        }
        Err(Error::Unavailable { service, tried })
    }

    fn wait(service: Service, mut started: Started) -> Result<Self, Error> {
        let parse = |url: &String| Url::parse(url).map_err(|cause| Error::Unsupported(format!("{url}: {cause}")));
        let urls = Urls(started.urls.iter().map(parse).collect::<Result<_, _>>()?);
        if let Err(error) = until_it_answers(service, &urls, &mut started.supervisor, &started.log) {
            started.supervisor.stop();
            return Err(error);
        }
        Ok(Self { urls, supervisor: Some(started.supervisor) })
    }

    /// Ends the server if this process started it, and waits until it is gone.
    pub(super) fn stop(self) {
        if let Some(supervisor) = self.supervisor {
            supervisor.stop();
        }
    }
}

/// Waits for a server that was started.
pub(super) fn until_it_answers(
    service: Service,
    urls: &Urls,
    supervisor: &mut Supervisor,
    log: &Path,
) -> Result<(), Error> {
    let deadline = Instant::now() + PATIENCE;
    while !answers(service, urls) {
        if !supervisor.is_alive() || Instant::now() > deadline {
            return Err(Error::Silent { service, log: rootfs::last_lines(log) });
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn answers(service: Service, urls: &Urls) -> bool {
    match service {
        Service::Postgres | Service::Postgres15 => postgres::answers(&urls.0[0]),
        Service::RabbitMq => rabbitmq::answers(&urls.0[2]) && urls.0[..2].iter().all(is_open),
    }
}

pub(super) fn is_open(url: &Url) -> bool {
    url.socket_addrs(|| None).is_ok_and(|addresses| TcpStream::connect(&addresses[..]).is_ok())
}

/// What the tests of this process share of one service.
struct Shared {
    running: Weak<Running>,
    /// Why there is none: the next test need not try again.
    absence: Option<String>,
}

static SHARED: [Mutex<Shared>; Service::ALL.len()] =
    [const { Mutex::new(Shared { running: Weak::new(), absence: None }) }; Service::ALL.len()];

/// The server for the test that runs on this thread. Without one, the test is reported as not run.
pub(super) async fn offer(service: Service) -> Option<Arc<Running>> {
    let shared = tokio::task::spawn_blocking(move || share(service)).await;
    match shared.expect("starting a server does not panic") {
        Ok(running) => Some(running),
        Err(reason) => {
            report::not_run(&reason);
            None
        }
    }
}

fn share(service: Service) -> Result<Arc<Running>, String> {
    // A test that failed elsewhere leaves nothing half done in here.
    let mut shared = SHARED[service as usize].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(running) = shared.running.upgrade() {
        return Ok(running);
    }
    if let Some(reason) = &shared.absence {
        return Err(reason.clone());
    }
    match Running::get(service) {
        Ok(running) => {
            let running = Arc::new(running);
            shared.running = Arc::downgrade(&running);
            Ok(running)
        }
        Err(error) => {
            shared.absence = Some(error.to_string());
            Err(error.to_string())
        }
    }
}
