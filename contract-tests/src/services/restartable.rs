//! A server of one test alone, which the test may kill and start again.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use url::Url;

use super::{
    Error, Service, debian,
    environment::Urls,
    server::{is_open, until_it_answers},
    supervisor::{Holder, Supervisor},
};

/// The system takes this long at most to end processes that are killed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a server that ends is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// A server that keeps its ports and what it has written while it is killed and started again. It ends with this value,
/// and its data with it.
///
/// Only root on Debian can have one: see the [ways](super). The methods block.
#[derive(Debug)]
pub struct Restartable {
    service: Service,
    urls: Urls,
    supervisor: Supervisor,
    log: PathBuf,
}

impl Restartable {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// When this machine cannot have one.
    pub fn start(service: Service) -> Result<Self, Error> {
        let started = debian::start(service, Holder::UsWithRestarts)?;
        let parse = |url: &String| Url::parse(url).map_err(|cause| Error::Unsupported(format!("{url}: {cause}")));
        let urls = Urls(started.urls.iter().map(parse).collect::<Result<_, _>>()?);
        let mut this = Self { service, urls, supervisor: started.supervisor, log: started.log };
        this.wait()?;
        Ok(this)
    }

    /// Its URLs, in the order of [`Service::variables`]. Their user may do everything.
    pub fn urls(&self) -> &[Url] {
        &self.urls.0
    }

    /// Kills all its processes, as `kill -9` does, and waits until they are gone.
    ///
    /// # Errors
    /// When they do not go.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.supervisor.toggle()?;
        let deadline = Instant::now() + PATIENCE;
        while self.urls.0.iter().any(is_open) {
            if Instant::now() > deadline {
                return Err(Error::Unsupported(format!("{} does not end", self.service)));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Starts it after [`Restartable::kill`] and waits until it answers.
    ///
    /// # Errors
    /// When it does not.
    pub fn start_again(&mut self) -> Result<(), Error> {
        self.supervisor.toggle()?;
        self.wait()
    }

    fn wait(&mut self) -> Result<(), Error> {
        until_it_answers(self.service, &self.urls, &mut self.supervisor, &self.log)
    }
}
