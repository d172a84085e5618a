//! Whether words tell of something that has happened.
//!
//! The last word decides: `order.placed`, `InvoiceSent`. A past form may be followed by a particle (`signed_up`,
//! `ran_out`), by a phrase with a preposition (`added_to_cart`), or, where the verb needs it, by a state
//! (`became_overdue`, `marked_paid`).

mod commands;
mod irregular;
mod regular;

pub(super) use commands::is_command_verb;

/// Adverbs and prepositions that may follow a past form; what stands behind a preposition belongs to it.
const PARTICLES: &[&str] = &[
    "about", "above", "across", "against", "ahead", "along", "apart", "as", "aside", "at", "away", "back", "behind",
    "below", "by", "down", "for", "forward", "from", "in", "into", "of", "off", "on", "onto", "out", "over", "past",
    "through", "to", "together", "under", "up", "upon", "via", "with", "within", "without",
];

/// Past forms that are followed by the state they lead to.
const LINKING: &[&str] = &[
    "became", "declared", "deemed", "fell", "gone", "got", "gotten", "grew", "kept", "left", "made", "marked",
    "proved", "ran", "rendered", "set", "stayed", "turned", "was", "went",
];

/// Whether the words, in order and in lower case, end in the past tense.
pub(super) fn is_past(words: &[&str]) -> bool {
    let Some((last, before)) = words.split_last() else { return false };
    let has_particle = |pair: &[&str]| is_past_form(pair[0]) && PARTICLES.contains(&pair[1]);
    let links_to_last = || before.last().is_some_and(|verb| LINKING.contains(verb)) && !is_command_verb(last);
    is_past_form(last) || words.windows(2).any(has_particle) || links_to_last()
}

/// Past participle of a verb in its base form, for suggesting a name.
pub(super) fn past_of(verb: &str) -> String {
    irregular::past_of(verb).unwrap_or_else(|| regular::past_of(verb))
}

fn is_past_form(word: &str) -> bool {
    irregular::is_past(word) || regular::is_past(word)
}

#[cfg(test)]
mod tests;
