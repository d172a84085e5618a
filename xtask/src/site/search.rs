//! The index of the search: which words stand on which pages, and how much they matter there.

use std::collections::BTreeMap;

use serde_json::json;

use super::Page;

/// What a word counts for: in a title, in a summary, anywhere else.
const WEIGHTS: [u32; 3] = [9, 3, 1];
/// Longest summary beside a result, in characters.
const SUMMARY: usize = 90;
/// Words that stand everywhere say nothing.
const MOST_PAGES: usize = 2_000;

/// The index as a script: the page of a file on disk may not fetch anything else.
pub(super) fn index(pages: &[Page]) -> String {
    let mut words: BTreeMap<String, BTreeMap<usize, u32>> = BTreeMap::new();
    for (number, page) in pages.iter().enumerate() {
        for (text, weight) in
            [&page.rendered.title, &page.rendered.summary, &page.rendered.text].into_iter().zip(WEIGHTS)
        {
            for word in words_of(text) {
                let of_word = words.entry(word).or_default().entry(number).or_default();
                *of_word = (*of_word).max(weight);
            }
        }
    }
    words.retain(|_, pages| pages.len() <= MOST_PAGES);
    let listed =
        pages.iter().map(|page| json!([page.rendered.title, page.kind, page.href, shortened(&page.rendered.summary)]));
    let words: BTreeMap<&String, Vec<u32>> = words
        .iter()
        .map(|(word, pages)| {
            let pairs = pages.iter().flat_map(|(page, weight)| [u32::try_from(*page).unwrap_or(u32::MAX), *weight]);
            (word, pairs.collect())
        })
        .collect();
    let index = json!({ "pages": listed.collect::<Vec<_>>(), "words": words });
    // JSON is JavaScript, but for two line breaks that old browsers take for the end of a text.
    let index = index.to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("globalThis.tidings={index};\n")
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
