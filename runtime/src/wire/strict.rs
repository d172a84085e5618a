//! Objects that are only read from objects, enumerations that are only read from text.
//!
//! serde's derived code also reads a struct from an array and a unit variant from `{"variant": null}`. Generated types
//! derive with `#[serde(remote = "Self")]`, which makes the derived code an inherent function, and the macros below
//! put the strict reader in front of it.

use serde::de::value::StringDeserializer;
use serde::de::{IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

/// A deserializer that gives nothing but objects.
#[derive(Debug)]
pub struct ObjectOnly<D>(pub D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectOnly<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A deserializer that gives nothing but the text of an enumeration's value.
#[derive(Debug)]
pub struct KeywordOnly<D>(pub D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for KeywordOnly<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let text: StringDeserializer<D::Error> = String::deserialize(self.0)?.into_deserializer();
        visitor.visit_enum(text)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Implements serde's traits for a type that derives them with `remote = "Self"` and is an object in JSON.
#[macro_export]
macro_rules! object {
    ($type:ident) => {
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                Self::deserialize($crate::wire::ObjectOnly(deserializer))
            }
        }
    };
}

/// Implements serde's traits for a type that derives them with `remote = "Self"` and is an enumeration of texts.
#[macro_export]
macro_rules! keyword {
    ($type:ident) => {
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                Self::deserialize($crate::wire::KeywordOnly(deserializer))
            }
        }
    };
}
