//! What a team writes comes out readable; what an attacker writes comes out as text.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::markdown_block;
use crate::emit::hostile;

#[test]
fn plain_markdown_is_kept() {
    let text = "An order *is* **placed** with `POST /orders`.\nSee [the guide](https://example.com/a?b=c).\n\n\
                - one\n- two\n\n1. first\n2. second\n\n> a quote\n\n```json\n{\"a\": 1}\n```\n\n\
                | a | b |\n| --- | --- |\n| 1 | x |";
    insta::assert_snapshot!(markdown_block(text));
}

#[test]
fn html_and_scripts_become_text() {
    let text = "<script>alert(1)</script>\n\n[a](javascript:alert(1)) ![b](data:text/html,x) <b>bold</b>\n\n\
                [c]\n\n[c]: JavaScript:alert(1)\n\n<javascript:alert(1)>";
    insta::assert_snapshot!(markdown_block(text));
}

#[test]
fn nothing_is_left_open() {
    insta::assert_snapshot!(markdown_block("# Title\n\n````\nnever closed\n```\n"));
}

#[test]
fn absurd_nesting_becomes_one_line_of_text() {
    let text = format!("{}deep\nlazy", "> ".repeat(50));
    assert!(markdown_block(&text).starts_with(r"\>"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_html_no_scripts_and_nothing_swallows_the_rest_of_the_page(text in hostile::text()) {
        let page = format!("{}\n\n## End\n", markdown_block(&text));
        let events: Vec<_> = Parser::new_ext(&page, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).collect();
        let mut inside = Vec::new();
        for event in &events {
            match event {
                Event::Html(html) | Event::InlineHtml(html) => {
                    prop_assert!(matches!(&**html, "<code>" | "</code>"), "{html:?} in {page}");
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    prop_assert!(super::leads_to_a_page(dest_url), "{dest_url:?} in {page}");
                    inside.push(());
                }
                Event::Start(_) => inside.push(()),
                Event::End(_) => { inside.pop(); }
                _ => {}
            }
        }
        prop_assert!(inside.is_empty());
        let tail = &events[events.len() - 3..];
        prop_assert!(matches!(tail, [Event::Start(Tag::Heading { .. }), Event::Text(end), _] if &**end == "End"), "{page}");
    }
}
