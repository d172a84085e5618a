//! Events on their way: envelopes and contexts, on an event that was written by hand.

mod envelopes;
mod identity;
mod order;
