//! From a catalogue to everything generated from it.
//!
//! `load → resolve → Model → check → emit → write`. The model is the only thing checks and emitters see; emitters are
//! pure; [`mod@write`] is the only module that writes files.

pub mod breaking;
pub mod cache;
mod case;
pub mod cast;
pub mod compat;
pub mod diagnostic;
pub mod diff;
pub mod digest;
pub mod emit;
pub mod event_cache;
pub mod format;
pub mod import;
pub mod load;
pub mod model;
pub mod payload;
pub mod pipeline;
pub mod pointer;
mod positions;
pub mod rules;
pub mod source;
pub mod stamp;
pub mod suggest;
pub mod text;
pub mod topology;
pub mod write;
pub mod yaml;
