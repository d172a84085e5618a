//! The harness of contract tests: what producers send is what consumers accept, version by version, before anything is
//! deployed.
//!
//! A service states its [`Contract`] in a test of its own crate. It is held against the catalogue by proof, where there is
//! one, and by [`documents`] made from the schemas. What is found is [`evidence`], which `cargo xtask contract` gathers
//! from all services.
//!
//! Running real handlers is behind the feature `handlers`; servers that integration tests run against are behind
//! `services`.

#[cfg(feature = "chaos")]
pub mod chaos;
mod contract;
pub mod declared;
pub mod documents;
pub mod estate;
pub mod evidence;
pub mod exchange;
pub mod fidelity;
#[cfg(feature = "handlers")]
mod handling;
pub mod masking;
pub mod reader;
pub mod record;
pub mod recording;
mod regressions;
pub mod report;
pub mod samples;
#[cfg(feature = "services")]
pub mod services;
pub mod settings;
#[cfg(doctest)]
mod snippets;

pub use contract::Contract;
#[cfg(feature = "handlers")]
pub use handling::{Ground, Handling};
