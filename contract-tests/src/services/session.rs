//! The servers of one test run: started before the tests, stopped after them.

use std::{ffi::OsString, fmt, path::PathBuf, process, thread};

use super::{Error, Report, Service, folder, report, server::Running};

/// Servers that the tests of other processes use, and the report those tests leave.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let session = tidings_contract::services::Session::start()?;
/// eprintln!("{session}");
/// let tests = std::process::Command::new("cargo").arg("test").envs(session.environment()).status()?;
/// let report = session.finish()?;
/// print!("{report}");
/// # let _ = tests; Ok(()) }
/// ```
///
/// When this process ends without [`Session::finish`], by a signal or a panic, its servers end all the same.
#[derive(Debug)]
pub struct Session {
    servers: Vec<(Service, Result<Running, Error>)>,
    not_run: PathBuf,
}

impl Session {
    /// Starts every server that this machine can have, all at once, and waits until they answer.
    ///
    /// A server that cannot be had is no error: its tests report themselves. Blocks for seconds, for minutes when the
    /// root file system has to be made; must not be called on a thread that drives async code.
    ///
    /// # Errors
    /// When `target/tidings-services` cannot be used.
    pub fn start() -> Result<Self, Error> {
        let not_run = folder::services()?.join(format!("not-run-{}", process::id()));
        Report::take(&not_run)?;
        let servers = thread::scope(|scope| {
            let starts = Service::ALL.map(|service| (service, scope.spawn(move || Running::get(service))));
            let join = |(service, start): (_, thread::ScopedJoinHandle<'_, _>)| {
                (service, start.join().unwrap_or_else(|_| Err(Error::Unsupported("the start panicked".to_owned()))))
            };
            starts.into_iter().map(join).collect()
        });
        Ok(Self { servers, not_run })
    }

    /// What the tests' processes need in their environment.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = vec![(report::NOT_RUN, self.not_run.clone().into_os_string())];
        for (service, server) in &self.servers {
            match server {
                Ok(running) => {
                    let urls = running.urls.0.iter().map(|url| OsString::from(url.as_str()));
                    variables.extend(service.variables().iter().copied().zip(urls));
                }
                Err(error) => variables.push((service.absence(), error.to_string().into())),
            }
        }
        variables
    }

    /// Stops the servers that [`Session::start`] started, waits until they are gone, and reads the tests' report.
    ///
    /// # Errors
    /// When the report cannot be read.
    pub fn finish(self) -> Result<Report, Error> {
        for (_, server) in self.servers {
            server.into_iter().for_each(Running::stop);
        }
        Report::take(&self.not_run)
    }
}

/// One line for each server.
impl fmt::Display for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (service, server) in &self.servers {
            match server {
                Ok(Running { supervisor: None, .. }) => writeln!(out, "{service}: found")?,
                Ok(_) => writeln!(out, "{service}: started")?,
                Err(error) => writeln!(out, "{service}: {error}")?,
            }
        }
        Ok(())
    }
}
