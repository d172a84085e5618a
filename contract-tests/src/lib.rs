//! The harness of contract tests, and the servers that integration tests run against.
//!
//! Everything that needs a server is behind the feature `services`, so that the harness alone stays light.

#[cfg(feature = "chaos")]
pub mod chaos;
#[cfg(feature = "services")]
pub mod services;
