//! The site while its catalogue is edited: served from memory, built again after each change, reloaded where it is open.
//!
//! `watch → build → Site → http ─ page, events → browser`. What is built and where it is written is the caller's.

mod http;
mod page;
mod watch;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use tidings_generator::diagnostic::{Diagnostic, Level};
use tidings_generator::digest::Digest;
use tidings_generator::emit::OutFile;
use tidings_generator::source::Sources;
use tidings_generator::text::Text;
use tokio::net::TcpListener;
use tokio::runtime::{self, Runtime};
use tokio::signal::ctrl_c;
use tokio::sync::watch::Sender;

use crate::output::{self, count, seconds};
use crate::site;
use watch::Watch;
pub(crate) use watch::Watched;

/// What a build made.
#[derive(Debug)]
pub(crate) enum Built {
    /// All files of a site.
    Site(Vec<OutFile>),
    /// Nothing, because the catalogue has errors. They are printed; this is the first one, with its place.
    Faulty(String),
}

/// A socket, and what tells of changes.
pub(crate) struct Server {
    runtime: Runtime,
    socket: TcpListener,
    address: SocketAddr,
    watch: Watch,
}

/// What is served.
#[derive(Debug, Default)]
struct Site {
    files: Arc<Files>,
    /// Why the files are older than what they are made of.
    fault: Option<String>,
}

/// The last files that could be made.
#[derive(Debug, Default)]
struct Files {
    texts: BTreeMap<String, Text>,
    /// Of all of them: a page that came with another digest is out of date.
    digest: String,
}

impl Built {
    /// Nothing, because of the errors among these findings.
    pub(crate) fn faulty(findings: &[Diagnostic], sources: &Sources) -> Self {
        let errors = findings.iter().filter(|finding| finding.level == Level::Error);
        let first = errors.map(|error| (error.span.map(|span| sources.locate(span)), &error.message)).min();
        Self::Faulty(match first {
            Some((Some((path, at)), message)) => format!("{}:{}:{}: {message}", path.display(), at.line, at.column),
            Some((None, message)) => message.clone(),
            None => "it cannot be read".to_owned(),
        })
    }
}

impl Server {
    /// Listens and watches from now on: what changes during the first build is built by the second. Requests wait until it
    /// [runs](Self::run).
    pub(crate) fn begin(address: &str, watched: &Watched) -> anyhow::Result<Self> {
        // One thread answers while this one builds.
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let socket = runtime.block_on(TcpListener::bind(address)).map_err(|cause| {
            anyhow!("cannot listen on `{address}`: {cause}; name another with `--serve ADDRESS`, port 0 for any that is free")
        })?;
        let address = socket.local_addr()?;
        Ok(Self { runtime, socket, address, watch: Watch::begin(watched)? })
    }

    /// Where the site is for browsers on this machine.
    pub(crate) fn url(&self) -> String {
        if self.address.ip().is_unspecified() {
            format!("http://localhost:{}/", self.address.port())
        } else {
            format!("http://{}/", self.address)
        }
    }

    /// Serves what was built, and what `build` makes after each change, until somebody presses Ctrl-C.
    pub(crate) fn run(self, first: Built, mut build: impl FnMut() -> anyhow::Result<Built>) -> anyhow::Result<()> {
        let Self { runtime, socket, address, mut watch } = self;
        let site = Sender::new(Arc::new(match first {
            Built::Site(files) => Site { files: Arc::new(Files::of(files)), fault: None },
            Built::Faulty(error) => Site { files: Arc::default(), fault: Some(in_catalogue(&error)) },
        }));
        runtime.spawn(http::answer_all(socket, address.ip(), site.subscribe()));
        let ended = runtime.block_on(async {
            let mut interrupted = pin!(ctrl_c());
            loop {
                tokio::select! {
                    heard = &mut interrupted => return heard.context("Ctrl-C cannot be heard"),
                    () = watch.change() => {}
                }
                let began = Instant::now();
                watch.renew();
                let built = build();
                let (next, said) = site.borrow().after(built);
                site.send_replace(Arc::new(next));
                if let Some(said) = said {
                    output::result(&format!("rebuilt: {said}, {}\n", seconds(began.elapsed())));
                }
            }
        });
        runtime.shutdown_background();
        ended
    }
}

impl Site {
    /// What is served after another build, and what has changed where there was one.
    fn after(&self, built: anyhow::Result<Built>) -> (Self, Option<String>) {
        let fault = match built {
            Ok(Built::Site(files)) => {
                let files = Files::of(files);
                let changes = files.changes_since(&self.files);
                return (Self { files: Arc::new(files), fault: None }, Some(changes));
            }
            Ok(Built::Faulty(error)) => in_catalogue(&error),
            Err(error) => {
                let fault = format!("{error:#}");
                output::error(&fault);
                fault
            }
        };
        (Self { files: self.files.clone(), fault: Some(fault) }, None)
    }
}

impl Files {
    fn of(files: Vec<OutFile>) -> Self {
        let texts: BTreeMap<_, _> = files.into_iter().map(|file| (file.path, file.contents)).collect();
        let digest = Digest::of_parts(texts.iter().map(|(path, text)| format!("{} {path}", text.digest()))).to_string();
        Self { texts, digest }
    }

    /// `3 of 62 pages changed`
    fn changes_since(&self, before: &Self) -> String {
        let is_new = |(path, page): &(&String, &Text)| {
            before.texts.get(*path).is_none_or(|there| there.digest() != page.digest())
        };
        let pages = self.texts.iter().filter(|(path, _)| site::is_page(path));
        let (all, changed) = (pages.clone().count(), pages.filter(is_new).count());
        format!("{changed} of {} changed", count(all, "page"))
    }
}

fn in_catalogue(error: &str) -> String {
    format!("The catalogue has errors: {error}")
}
