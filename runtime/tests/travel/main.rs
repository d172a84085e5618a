//! Events on their way: envelopes, contexts and CloudEvents, on an event that was written by hand.

mod binary;
mod cloud_events;
mod envelopes;
mod identity;
mod order;
mod received;
