//! How much is tried, and of what: said by who runs the tests.

use std::env;
use std::path::PathBuf;

use crate::documents::Seed;

/// Names the folder that takes evidence; without it, tests only fail or pass.
pub const EVIDENCE: &str = "TIDINGS_EVIDENCE";
/// How many documents of each event version are tried.
pub const CASES: &str = "TIDINGS_CASES";
/// The seed of all documents.
pub const SEED: &str = "TIDINGS_SEED";
/// The only event whose contracts are tested.
pub const EVENT: &str = "TIDINGS_EVENT";

/// The root file of the catalogue, whichever a test names.
pub const CATALOGUE: &str = "TIDINGS_CATALOGUE";
/// Set to 1, snapshots of replays are written anew instead of compared.
pub const UPDATE: &str = "TIDINGS_UPDATE";

/// Documents of each event version, unless somebody asks for more.
const DEFAULT_CASES: u64 = 100;

/// How much is tried, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Documents of each event version, at most.
    pub cases: u64,
    /// The seed of all documents. The same seed tries the same ones.
    pub seed: Seed,
    /// The only event that is tested.
    pub event: Option<String>,
    /// The folder that takes evidence.
    pub evidence: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cases: DEFAULT_CASES, seed: Seed::new(0), event: None, evidence: None }
    }
}

impl Settings {
    /// What the environment says, and defaults for the rest.
    ///
    /// # Errors
    /// When a variable makes no sense: in words, for people.
    pub fn from_environment() -> Result<Self, String> {
        let text = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
        let mut settings = Self { event: text(EVENT), evidence: text(EVIDENCE).map(PathBuf::from), ..Self::default() };
        if let Some(cases) = text(CASES) {
            let number = cases.parse().ok().filter(|number| *number > 0);
            settings.cases = number.ok_or_else(|| format!("`{CASES}` is `{cases}`, and should be a number from 1"))?;
        }
        if let Some(seed) = text(SEED) {
            settings.seed = seed.parse().map_err(|error| format!("`{SEED}`: {error}"))?;
        }
        Ok(settings)
    }

    /// Whether an event is tested.
    #[must_use]
    pub fn tests(&self, event: &str) -> bool {
        self.event.as_deref().is_none_or(|only| only == event)
    }
}
