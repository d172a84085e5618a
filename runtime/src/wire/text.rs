//! Strings: length, pattern and format.
//!
//! Formats are judged by the parsers that the `jsonschema` crate uses, or ones that agree with its own, so that a
//! validator and a generated type agree.

use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serializer, de};
use uuid::Uuid;

use super::{Violation, Wire, mail};

/// A text of `MIN` to `MAX` characters.
#[derive(Debug)]
pub struct Text<const MIN: usize, const MAX: usize>;

/// A UUID with its hyphens, in letters of either case. Written in lower case.
#[derive(Debug)]
pub struct Id;

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident: $expected:literal, $holds:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Wire<String> for $name {
            fn check(value: &String) -> Result<(), Violation> {
                let holds: fn(&str) -> bool = $holds;
                if holds(value) { Ok(()) } else { Err(Violation::new($expected, format_args!("`{value}`"))) }
            }

            fn serialize<S: Serializer>(value: &String, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(value)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
                String::deserialize(deserializer)
            }
        }
    )*};
}

formats! {
    /// A URI with a scheme (RFC 3986).
    Uri: "a URI", |text| fluent_uri::Uri::parse(text).is_ok();
    /// A URI or a relative reference (RFC 3986).
    UriReference: "a URI reference", |text| fluent_uri::UriRef::parse(text).is_ok();
    /// A mail address (RFC 5321), alone or behind a name: `Ann <ann@example.com>`.
    Email: "a mail address", mail::is_address;
    /// An IPv4 address in dotted form.
    Ipv4: "an IPv4 address", |text| text.parse::<std::net::Ipv4Addr>().is_ok();
    /// An IPv6 address.
    Ipv6: "an IPv6 address", |text| text.parse::<std::net::Ipv6Addr>().is_ok();
}

impl<const MIN: usize, const MAX: usize> Wire<String> for Text<MIN, MAX> {
    fn check(value: &String) -> Result<(), Violation> {
        if MIN == 0 && MAX == super::MAX {
            return Ok(());
        }
        let length = value.chars().count();
        if (MIN..=MAX).contains(&length) {
            return Ok(());
        }
        let expected = match (MIN, MAX) {
            (min, super::MAX) => format!("at least {min} characters"),
            (0, max) => format!("at most {max} characters"),
            (min, max) => format!("{min} to {max} characters"),
        };
        Err(Violation::new(expected, length))
    }

    fn serialize<S: Serializer>(value: &String, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

impl Wire<Uuid> for Id {
    fn check(_: &Uuid) -> Result<(), Violation> {
        Ok(())
    }

    fn serialize<S: Serializer>(value: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = Uuid::try_parse(&text).ok().filter(|_| text.len() == 36);
        parsed.ok_or_else(|| de::Error::custom(Violation::new("a UUID with hyphens", format_args!("`{text}`"))))
    }
}

/// A regular expression of generated code, compiled when it is first needed. Matching takes linear time.
#[derive(Debug)]
pub struct Pattern {
    /// As the schema writes it.
    shown: &'static str,
    /// In the syntax of the `regex` crate.
    regex: &'static str,
    compiled: OnceLock<Option<regex::Regex>>,
}

impl Pattern {
    /// A pattern as the schema writes it, and the same in Rust's syntax.
    #[must_use]
    pub const fn new(shown: &'static str, regex: &'static str) -> Self {
        Self { shown, regex, compiled: OnceLock::new() }
    }

    /// Whether the pattern matches somewhere in `value`.
    ///
    /// # Errors
    /// When it does not, or is no regular expression.
    pub fn check(&self, value: &str) -> Result<(), Violation> {
        match self.compiled.get_or_init(|| regex::Regex::new(self.regex).ok()) {
            Some(regex) if regex.is_match(value) => Ok(()),
            _ => Err(Violation::new(format!("a match of `{}`", self.shown), format_args!("`{value}`"))),
        }
    }
}
