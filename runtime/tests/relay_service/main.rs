//! `tidings relay` as an operator meets it: a process with settings, signals, logs and probes, between real servers.
#![cfg(unix)]

mod failures;
mod ground;
mod process;
mod service;
mod settings;
mod tls;
