//! The index of the search: which words stand on which pages, and how much they matter there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::Page;

/// What a word counts for: in a title, in a summary, anywhere else.
const WEIGHTS: [u32; 3] = [9, 3, 1];
/// Longest summary beside a result, in characters.
const SUMMARY: usize = 90;
/// Words that stand everywhere say nothing.
const MOST_PAGES: usize = 2_000;

/// The index as a script: the page of a file on disk may not fetch anything else.
pub(super) fn index(pages: &[Page]) -> String {
    let entries = pages.par_iter().enumerate().flat_map_iter(|(number, page)| {
        page.rendered.words.iter().map(move |(word, weight)| (&**word, number, *weight))
    });
    let mut entries: Vec<(&str, usize, u32)> = entries.collect();
    entries.par_sort_unstable();
    let listed =
        pages.iter().map(|page| json!([page.rendered.title, page.kind, page.href, shortened(&page.rendered.summary)]));
    let mut index = format!("{{\"pages\":{},\"words\":{{", listed.collect::<Value>());
    let mut is_first = true;
    for of_word in entries.chunk_by(|one, other| one.0 == other.0).filter(|of_word| of_word.len() <= MOST_PAGES) {
        // A word has letters and digits: nothing that JSON would escape.
        let _ = write!(index, "{}\"{}\":[", if is_first { "" } else { "," }, of_word[0].0);
        for (at, (_, page, weight)) in of_word.iter().enumerate() {
            let _ = write!(index, "{}{page},{weight}", if at == 0 { "" } else { "," });
        }
        index.push(']');
        is_first = false;
    }
    // JSON is JavaScript, but for two line breaks that old browsers take for the end of a text.
    let index = index.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("globalThis.tidings={index}}}}};\n")
}

/// The words of a page, each once, with the most that it counts for.
pub(super) fn words(title: &str, summary: &str, text: &str) -> Vec<(Box<str>, u32)> {
    let mut words: BTreeMap<String, u32> = BTreeMap::new();
    for (text, weight) in [title, summary, text].into_iter().zip(WEIGHTS) {
        for word in words_of(text) {
            let counts = words.entry(word).or_default();
            *counts = weight.max(*counts);
        }
    }
    words.into_iter().map(|(word, weight)| (word.into(), weight)).collect()
}

/// Words in small letters: `order.placed` is two, and `order_id` as well.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1);
    words.filter(|word| word.len() <= 40).map(str::to_lowercase)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SUMMARY) {
        Some((cut, _)) => format!("{}…", text[..cut].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn names_are_several_words() {
        let words: Vec<String> = words_of("order.placed lines[].unit_price Größe a").collect();
        assert_eq!(words, ["order", "placed", "lines", "unit", "price", "größe"]);
    }
}
