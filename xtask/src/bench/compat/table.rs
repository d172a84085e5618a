//! Changes that people judged, as the tests of the generator have them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use tidings_generator::compat::Direction;

use super::trial::Ran;

/// One of them, undeclared fields holding anything.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) old: Value,
    pub(super) new: Value,
    /// In each direction of [`Direction::ALL`].
    pub(super) compatible: [bool; 2],
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    old: Value,
    new: Value,
    as_written: BTreeMap<String, String>,
}

/// Every file below `folder`, by path.
pub(super) fn read(folder: &Path) -> anyhow::Result<Vec<Judged>> {
    let mut paths = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() { open.push(path) } else { paths.push(path) }
        }
    }
    ensure!(!paths.is_empty(), "`{}` has no judged changes", folder.display());
    paths.sort();
    paths.iter().map(|path| judged(path).with_context(|| format!("`{}` is no judged change", path.display()))).collect()
}

fn judged(path: &Path) -> anyhow::Result<Judged> {
    let file: File = serde_yaml::from_str(&fs::read_to_string(path)?)?;
    let mut compatible = [false; 2];
    for (at, direction) in Direction::ALL.into_iter().enumerate() {
        compatible[at] = match file.as_written.get(direction.as_str()).map(String::as_str) {
            Some("compatible") => true,
            Some("breaking") => false,
            other => bail!("{} is {other:?}", direction.as_str()),
        };
    }
    Ok(Judged { old: file.old, new: file.new, compatible })
}

/// How often a judge was wrong.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mistakes {
    /// A break called compatible: the mistake that costs somebody a night.
    pub(super) missed: usize,
    /// Something compatible called a break.
    pub(super) alarmed: usize,
    pub(super) unanswered: usize,
}

impl Mistakes {
    pub(super) fn of(ran: &Ran, judged: &[Judged]) -> Self {
        let answers = ran.answers.iter().flatten();
        answers.zip(judged.iter().flat_map(|pair| pair.compatible)).fold(Self::default(), |mut all, verdict| {
            match verdict {
                (None, _) => all.unanswered += 1,
                (Some(true), false) => all.missed += 1,
                (Some(false), true) => all.alarmed += 1,
                _ => {}
            }
            all
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Judged, Mistakes};
    use crate::bench::compat::trial::Ran;

    #[test]
    fn each_kind_of_mistake_is_counted_by_itself() {
        let judged = |compatible| Judged { old: Value::Null, new: Value::Null, compatible };
        let answers = vec![[Some(true), Some(false)], [None, Some(true)], [Some(true), Some(false)]];
        let ran = Ran { answers, ..Ran::default() };
        let mistakes = Mistakes::of(&ran, &[judged([true, false]), judged([true, false]), judged([false, true])]);
        assert_eq!(mistakes, Mistakes { missed: 2, alarmed: 1, unanswered: 1 });
    }
}
