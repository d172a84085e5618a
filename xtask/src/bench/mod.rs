//! Measurements of the product, each beside the limit it is measured against.

pub(crate) mod compat;
pub(crate) mod figure;
pub(crate) mod generate;
mod once;
#[cfg(feature = "services")]
pub(crate) mod relay;
mod synthetic;
mod typify_alone;

pub(crate) use once::Once;
