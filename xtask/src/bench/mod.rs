//! Measurements of the product, each beside the limit it is measured against.

pub(crate) mod compat;
#[cfg(feature = "services")]
pub(crate) mod consume;
pub(crate) mod contract;
pub(crate) mod docs;
#[cfg(feature = "services")]
mod event;
pub(crate) mod figure;
pub(crate) mod generate;
#[cfg(feature = "services")]
mod ground;
#[cfg(feature = "services")]
pub(crate) mod latency;
mod once;
#[cfg(feature = "services")]
mod processes;
#[cfg(feature = "services")]
pub(crate) mod relay;
mod synthetic;
mod typify_alone;
#[cfg(feature = "services")]
mod watched;
#[cfg(feature = "services")]
mod worker;

pub(crate) use once::Once;
