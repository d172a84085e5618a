//! Verbs whose past ends in -ed, and the words that end so without being one.

/// Words in -ed with a vowel before it that are nouns, adjectives or base forms.
const NOT_PAST: &[&str] = &[
    "airbed",
    "biped",
    "bloodshed",
    "bobsled",
    "coed",
    "crossbred",
    "embed",
    "flatbed",
    "hatred",
    "hotbed",
    "hundred",
    "imbed",
    "inbred",
    "infrared",
    "kindred",
    "moped",
    "naked",
    "newlywed",
    "purebred",
    "quadruped",
    "riverbed",
    "rugged",
    "sacred",
    "seabed",
    "seedbed",
    "testbed",
    "watershed",
    "wicked",
    "woodshed",
];

/// The past of verbs in -ee, the only ones in -eed.
const PAST_IN_EED: &[&str] =
    &["agreed", "decreed", "disagreed", "filigreed", "freed", "guaranteed", "refereed", "teed", "treed"];

/// One-syllable verbs, and longer ones with the stress at the end, that double their last letter.
const DOUBLING: &[&str] = &[
    "admit", "ban", "bar", "bin", "blot", "chat", "clip", "commit", "compel", "control", "crop", "debug", "defer",
    "drag", "drop", "equip", "excel", "expel", "fit", "flag", "flip", "format", "grab", "incur", "infer", "kidnap",
    "knit", "log", "map", "occur", "omit", "outfit", "pad", "pan", "patrol", "permit", "pin", "plan", "plot", "plug",
    "pop", "prefer", "prep", "program", "propel", "rebut", "recur", "refer", "regret", "remap", "repel", "rip", "rob",
    "scan", "scrap", "ship", "skip", "slip", "snap", "spot", "stop", "strip", "submit", "swap", "tag", "tap", "top",
    "transfer", "transmit", "trap", "trim", "trip", "unplug", "unzip", "wrap", "zip",
];

/// Whether `word` is the past of a regular verb.
pub(super) fn is_past(word: &str) -> bool {
    let Some(stem) = word.strip_suffix("ed") else { return false };
    if stem.ends_with('e') {
        return PAST_IN_EED.contains(&word);
    }
    // Without a vowel before it, -ed is no ending but part of the word: bed, shed, shred, sled.
    stem.contains(['a', 'e', 'i', 'o', 'u', 'y']) && !NOT_PAST.contains(&word)
}

/// The past of a regular verb, spelled.
pub(super) fn past_of(verb: &str) -> String {
    let consonant_before_y = || !verb.strip_suffix('y').is_some_and(|stem| stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    if verb.ends_with('e') {
        format!("{verb}d")
    } else if let Some(stem) = verb.strip_suffix('y').filter(|_| consonant_before_y()) {
        format!("{stem}ied")
    } else if let Some(last) = verb.chars().last().filter(|_| DOUBLING.contains(&verb)) {
        format!("{verb}{last}ed")
    } else {
        format!("{verb}ed")
    }
}
