//! What a schema says, enforced where generated types meet JSON, in both directions.
//!
//! Derived serde code is laxer than JSON Schema: it takes `null` for an absent field, an array for an object, ignores
//! bounds, and refuses `1.0` for an integer. Generated types name an adapter for each field instead:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use tidings::wire::{As, Int};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Line {
//!     #[serde(with = "As::<Int<1, 100>>")]
//!     quantity: i64,
//! }
//!
//! assert!(serde_json::from_str::<Line>(r#"{"quantity": 1.0}"#).is_ok());
//! let error = serde_json::from_str::<Line>(r#"{"quantity": 0}"#).err().unwrap();
//! assert!(error.to_string().starts_with("expected 1 to 100, found 0"));
//! assert!(serde_json::to_string(&Line { quantity: 101 }).is_err());
//! ```
//!
//! Adapters have no values. They compose: `Optional<List<Text<1, 40>, 0, 10>>`.

mod container;
mod decode;
mod host;
mod mail;
mod number;
mod strict;
mod text;
mod time;
mod unique;
mod violation;

use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

pub use container::{List, Map, Nullable, Optional};
pub use decode::{InvalidJson, from_slice, from_str, from_value};
pub use number::{Float, Int, is_multiple_of};
pub use strict::{KeywordOnly, ObjectOnly};
pub use text::{Email, Id, Ipv4, Ipv6, Pattern, Text, Uri, UriReference};
pub use time::{Date, DateTime};
pub use unique::UniqueList;
pub use violation::{NotAKeyword, Violation};

/// Largest count or bound there is: no limit.
pub const MAX: usize = usize::MAX;

/// How values of `T` are written, read and judged.
pub trait Wire<T> {
    /// Whether `value` satisfies what the schema says.
    ///
    /// # Errors
    /// The first thing that is not as it should be.
    fn check(value: &T) -> Result<(), Violation>;

    /// Writes `value`, which has been checked.
    ///
    /// # Errors
    /// What the serializer reports.
    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads a value, which is checked afterwards.
    ///
    /// # Errors
    /// When the input has another JSON type.
    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>;
}

/// Lends an adapter to serde: `#[serde(with = "As::<Int<1, 100>>")]`.
#[derive(Debug)]
pub struct As<A>(PhantomData<A>);

impl<A> As<A> {
    /// Checks and writes `value`.
    ///
    /// # Errors
    /// When the value violates its schema, or the serializer fails.
    pub fn serialize<T, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        A: Wire<T>,
    {
        A::check(value).map_err(ser::Error::custom)?;
        A::serialize(value, serializer)
    }

    /// Reads and checks a value.
    ///
    /// # Errors
    /// When the input violates the schema.
    pub fn deserialize<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>
    where
        A: Wire<T>,
    {
        let value = A::deserialize(deserializer)?;
        A::check(&value).map_err(de::Error::custom)?;
        Ok(value)
    }
}

/// A type's own way, which is strict already.
#[derive(Debug)]
pub struct Same;

impl<T: Serialize + for<'de> Deserialize<'de>> Wire<T> for Same {
    fn check(_: &T) -> Result<(), Violation> {
        Ok(())
    }

    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

/// A further condition on values, implemented by generated types without values.
pub trait Rule<T: ?Sized> {
    /// Whether `value` meets the condition.
    ///
    /// # Errors
    /// What was expected, and what was found.
    fn check(value: &T) -> Result<(), Violation>;
}

/// An adapter and a further condition.
#[derive(Debug)]
pub struct Checked<A, R>(PhantomData<(A, R)>);

impl<T, A: Wire<T>, R: Rule<T>> Wire<T> for Checked<A, R> {
    fn check(value: &T) -> Result<(), Violation> {
        A::check(value)?;
        R::check(value)
    }

    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        A::serialize(value, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        A::deserialize(deserializer)
    }
}

/// Two adapters for one value: both check it, the first writes and reads it.
#[derive(Debug)]
pub struct Both<A, B>(PhantomData<(A, B)>);

impl<T, A: Wire<T>, B: Wire<T>> Wire<T> for Both<A, B> {
    fn check(value: &T) -> Result<(), Violation> {
        A::check(value)?;
        B::check(value)
    }

    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        A::serialize(value, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        A::deserialize(deserializer)
    }
}

/// A borrowed value that writes itself through `A`.
struct Written<'a, T, A>(&'a T, PhantomData<A>);

impl<T, A: Wire<T>> Serialize for Written<'_, T, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        A::serialize(self.0, serializer)
    }
}

/// A value that reads itself through `A`.
struct Read<T, A>(T, PhantomData<A>);

impl<'de, T, A: Wire<T>> Deserialize<'de> for Read<T, A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        A::deserialize(deserializer).map(|value| Self(value, PhantomData))
    }
}
