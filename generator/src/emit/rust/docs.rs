//! Catalogue text as Rust documentation: no HTML, no links that lead nowhere, no code that would be run as a test.

/// `text` as lines of a doc comment.
pub(super) fn comment(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")).collect()
}

/// `text` for use between backticks.
pub(super) fn code(text: &str) -> String {
    visible(text).replace('`', "'")
}

fn word(word: &str) -> String {
    let word = visible(word);
    if word.starts_with("https://") || word.starts_with("http://") {
        let (url, rest) = word.split_at(word.trim_end_matches(['.', ',', ';', ')']).len());
        if !url.contains(['<', '>', '`']) {
            return format!("<{url}>{rest}");
        }
    }
    let mut out = String::with_capacity(word.len());
    let mut quoted = false;
    let balanced = word.matches('`').count().is_multiple_of(2) && !word.contains("``");
    for c in word.chars() {
        match c {
            '`' if balanced => {
                quoted = !quoted;
                out.push('`');
            }
            '`' | '~' => out.push('\''),
            '<' | '>' | '[' | ']' | '\\' if !quoted => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Without characters that cannot be seen or turn the direction of text.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_a_link_html_or_a_doctest() {
        assert_eq!(comment("see [x](y) <b>"), ["see \\[x\\](y) \\<b\\>"]);
        assert_eq!(comment("```\npanic!()\n```"), ["'''", "panic!()", "'''"]);
        assert_eq!(comment("at https://example.com/a."), ["at <https://example.com/a>."]);
        assert_eq!(comment("a `Vec<u8>` of"), ["a `Vec<u8>` of"]);
        assert_eq!(comment("    indented"), ["indented"]);
    }
}
