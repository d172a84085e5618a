//! Why a server is not there.

use std::{io, path::PathBuf};

use super::Service;

/// Why a server could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of ours could not be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// The system's answer.
        cause: io::Error,
    },
    /// A program could not be run or failed.
    #[error("`{program}` failed: {output}")]
    Program {
        /// Its name.
        program: String,
        /// The last thing it said.
        output: String,
    },
    /// A server was started and never answered.
    #[error("{service} did not answer: {log}")]
    Silent {
        /// Which one.
        service: Service,
        /// The end of its log.
        log: String,
    },
    /// An environment variable does not hold what it should.
    #[error("{variable} is not usable: {problem}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// This way cannot work on this machine.
    #[error("{0}")]
    Unsupported(String),
    /// No way worked.
    #[error("no {service}: {}", tried.join("; "))]
    Unavailable {
        /// Which one.
        service: Service,
        /// Each way and why it did not work.
        tried: Vec<String>,
    },
}

impl Error {
    /// For `map_err` on file operations.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::File { path, cause }
    }
}
