//! Absent and `null` values, lists and maps.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serializer};

use super::{Read, Violation, Wire, Written};

/// A field that may be absent. `null` is not the same as absent: only `A` decides whether it is a value.
#[derive(Debug)]
pub struct Optional<A>(PhantomData<A>);

/// A value that may be `null`.
#[derive(Debug)]
pub struct Nullable<A>(PhantomData<A>);

/// A list of `MIN` to `MAX` items.
#[derive(Debug)]
pub struct List<A, const MIN: usize, const MAX: usize>(PhantomData<A>);

/// An object with `MIN` to `MAX` properties whose names are data, judged by `K`.
#[derive(Debug)]
pub struct Map<K, A, const MIN: usize, const MAX: usize>(PhantomData<(K, A)>);

impl<T, A: Wire<T>> Wire<Option<T>> for Optional<A> {
    fn check(value: &Option<T>) -> Result<(), Violation> {
        value.as_ref().map_or(Ok(()), A::check)
    }

    fn serialize<S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => A::serialize(value, serializer),
            // Generated fields skip an absent value before they get here.
            None => serializer.serialize_none(),
        }
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        A::deserialize(deserializer).map(Some)
    }
}

impl<T, A: Wire<T>> Wire<Option<T>> for Nullable<A> {
    fn check(value: &Option<T>) -> Result<(), Violation> {
        value.as_ref().map_or(Ok(()), A::check)
    }

    fn serialize<S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => A::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let value = Option::<Read<T, A>>::deserialize(deserializer)?;
        Ok(value.map(|read| read.0))
    }
}

pub(super) fn count_within(min: usize, max: usize, count: usize, what: &str) -> Result<(), Violation> {
    if (min..=max).contains(&count) {
        return Ok(());
    }
    let expected = match (min, max) {
        (min, super::MAX) => format!("at least {min} {what}"),
        (0, max) => format!("at most {max} {what}"),
        (min, max) => format!("{min} to {max} {what}"),
    };
    Err(Violation::new(expected, count))
}

fn write_list<T, A: Wire<T>, S: Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(items.iter().map(|item| Written::<T, A>(item, PhantomData)))
}

fn read_list<'de, T, A: Wire<T>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let items = Vec::<Read<T, A>>::deserialize(deserializer)?;
    Ok(items.into_iter().map(|read| read.0).collect())
}

pub(super) fn check_items<T, A: Wire<T>>(items: &[T]) -> Result<(), Violation> {
    items
        .iter()
        .enumerate()
        .try_for_each(|(index, item)| A::check(item).map_err(|violation| violation.within(format_args!("[{index}]"))))
}

impl<T, A: Wire<T>, const MIN: usize, const MAX: usize> Wire<Vec<T>> for List<A, MIN, MAX> {
    fn check(value: &Vec<T>) -> Result<(), Violation> {
        count_within(MIN, MAX, value.len(), "items")?;
        check_items::<T, A>(value)
    }

    fn serialize<S: Serializer>(value: &Vec<T>, serializer: S) -> Result<S::Ok, S::Error> {
        write_list::<T, A, S>(value, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        read_list::<T, A, D>(deserializer)
    }
}

impl<T, K, A, const MIN: usize, const MAX: usize> Wire<BTreeMap<String, T>> for Map<K, A, MIN, MAX>
where
    K: Wire<String>,
    A: Wire<T>,
{
    fn check(value: &BTreeMap<String, T>) -> Result<(), Violation> {
        count_within(MIN, MAX, value.len(), "properties")?;
        value.iter().try_for_each(|(key, item)| {
            let at = |violation: Violation| violation.within(format_args!(".{}", key.escape_debug()));
            K::check(key).map_err(at)?;
            A::check(item).map_err(at)
        })
    }

    fn serialize<S: Serializer>(value: &BTreeMap<String, T>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(value.iter().map(|(key, item)| (key, Written::<T, A>(item, PhantomData))))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error> {
        let map = BTreeMap::<String, Read<T, A>>::deserialize(deserializer)?;
        Ok(map.into_iter().map(|(key, read)| (key, read.0)).collect())
    }
}
