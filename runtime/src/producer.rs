//! Who published an event.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::wire::Violation;

/// A service and its version: `order-service@1.4.0`.
///
/// ```
/// use tidings::Producer;
///
/// let producer = Producer::new("order-service", env!("CARGO_PKG_VERSION"))?;
/// assert_eq!(producer.name(), "order-service");
/// assert!("order-service".parse::<Producer>().is_err());
/// # Ok::<(), tidings::wire::Violation>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Producer {
    name: String,
    version: String,
}

impl Producer {
    /// A service of this name, in this version.
    ///
    /// # Errors
    /// When one of them is empty or holds an `@`.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Result<Self, Violation> {
        let (name, version) = (name.into(), version.into());
        let sound = |part: &str| !part.is_empty() && !part.contains('@');
        if sound(&name) && sound(&version) {
            Ok(Self { name, version })
        } else {
            Err(violation(format_args!("{name}@{version}")))
        }
    }

    /// Name of the service.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn violation(found: impl fmt::Display) -> Violation {
    Violation::new("a service and its version such as order-service@1.4.0", format_args!("`{found}`"))
}

impl FromStr for Producer {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        text.split_once('@').and_then(|(name, version)| Self::new(name, version).ok()).ok_or_else(|| violation(text))
    }
}

impl fmt::Display for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

impl Serialize for Producer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Producer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
