//! Where events are read.

use chrono::{DateTime, Utc};

use super::BrokerError;
use crate::received::Received;

/// Where events are read.
pub trait Source: Send + Sync + 'static {
    /// Reads one partition.
    type Subscription: Subscription;

    /// Reads a partition from an offset on; from the first event there is, where earlier ones are gone.
    ///
    /// # Errors
    /// When the broker cannot be reached, or does not have or not give the partition.
    fn subscribe(
        &self,
        stream: &str,
        partition: u32,
        from: u64,
    ) -> impl Future<Output = Result<Self::Subscription, BrokerError>> + Send;

    /// At which offset a consumer begins that is new.
    ///
    /// # Errors
    /// As [`Source::subscribe`].
    fn offset_of(
        &self,
        stream: &str,
        partition: u32,
        start: Start,
    ) -> impl Future<Output = Result<u64, BrokerError>> + Send;
}

/// Reads one partition.
pub trait Subscription: Send + 'static {
    /// The next events, in the order of their offsets, once there are any. Some may be older than what was asked for.
    /// Nothing is lost when the wait for them is given up.
    ///
    /// # Errors
    /// When the connection is gone. The subscription is of no use then.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Delivery>, BrokerError>> + Send;

    /// Ends reading.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// Where a consumer begins that has not read a partition before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// With the first event there is.
    #[default]
    First,
    /// With what is published from now on.
    Last,
    /// With this offset, in each partition.
    Offset(u64),
    /// With what was published at this time; brokers may begin a few events earlier.
    Time(DateTime<Utc>),
}

/// An event as it was delivered.
#[derive(Debug)]
pub struct Delivery {
    /// Where it is in its partition, from 0.
    pub offset: u64,
    /// The event, or what is known of it.
    pub received: Received,
    /// The body of the message.
    pub body: Vec<u8>,
}
