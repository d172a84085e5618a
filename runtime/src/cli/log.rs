//! Logs, to stderr.

use tracing_subscriber::EnvFilter;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

/// What is logged, and how.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) filter: EnvFilter,
    pub(crate) format: Format,
}

/// What `text` lets through: as in `RUST_LOG`.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, String> {
    let filter = EnvFilter::builder().parse(text);
    filter.map_err(|_| "it is no filter of logs; write info, or tidings=debug,warn".to_owned())
}

impl Log {
    /// Begins to log. Once in a process.
    pub(crate) fn begin(self) {
        let log = tracing_subscriber::fmt().with_env_filter(self.filter).with_writer(std::io::stderr);
        match self.format {
            Format::Text => log.with_ansi(false).init(),
            Format::Json => log.json().flatten_event(true).init(),
        }
    }
}
