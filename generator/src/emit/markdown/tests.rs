//! What a team writes comes out readable; what an attacker writes comes out as text.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::{markdown_block, markdown_line};
use crate::emit::hostile;

#[test]
fn plain_markdown_is_kept() {
    let text = "An order *is* **placed** with `POST /orders`.\nSee [the guide](https://example.com/a?b=c).\n\n\
                - one\n- two\n\n1. first\n2. second\n\n> a quote\n\n```json\n{\"a\": 1}\n```\n\n\
                | a | b |\n| --- | --- |\n| 1 | x |";
    insta::assert_snapshot!(markdown_block(text));
}

#[test]
fn notes_stay_notes_and_other_brackets_text() {
    assert_eq!(
        markdown_block("> [!WARNING]\n> Money *moves*.\n>\n> Twice."),
        "> [!WARNING]\n> Money *moves*.\n>\n> Twice."
    );
    assert_eq!(markdown_block("> [!OTHER]\n> x"), "> \\[!OTHER\\]\n> x");
}

#[test]
fn html_and_scripts_become_text() {
    let text = "<script>alert(1)</script>\n\n[a](javascript:alert(1)) ![b](data:text/html,x) <b>bold</b>\n\n\
                [c]\n\n[c]: JavaScript:alert(1)\n\n<javascript:alert(1)>";
    insta::assert_snapshot!(markdown_block(text));
}

#[test]
fn a_line_keeps_code_and_emphasis_and_nothing_else() {
    assert_eq!(
        markdown_line("Version 1 of `order.placed`,\n*soon* gone."),
        "Version 1 of `order.placed`, *soon* gone."
    );
    assert_eq!(markdown_line("# not a heading"), r"\# not a heading");
    assert_eq!(markdown_line("- one\n- two"), r"\- one - two");
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

    #[test]
    fn a_line_stays_in_its_cell(text in hostile::text()) {
        let table = format!("| {} | end |\n| --- | --- |\n", markdown_line(&text));
        let events: Vec<_> = Parser::new_ext(&table, Options::ENABLE_TABLES).collect();
        let cells = events.iter().filter(|event| matches!(event, Event::Start(Tag::TableCell))).count();
        prop_assert_eq!(cells, 2, "{}", table);
        let html = |event: &Event<'_>| match event {
            Event::Html(html) | Event::InlineHtml(html) => !matches!(&**html, "<code>" | "</code>"),
            _ => false,
        };
        prop_assert!(!events.iter().any(html), "{}", table);
        prop_assert!(matches!(&events[events.len() - 4], Event::Text(end) if &**end == "end"), "{}", table);
    }
}
