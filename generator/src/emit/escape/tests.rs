//! Each escaper's output goes through a real parser of its language and must come back as the one text it was.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{Escape, code};
use crate::emit::hostile;

/// Everything that some reader of Markdown understands, but for the one extension that changes quotes and dashes.
const OPTIONS: Options = Options::all().difference(Options::ENABLE_SMART_PUNCTUATION);

#[test]
fn prose_stays_readable_in_markdown() {
    for text in ["An order was accepted.", "order.placed", "snake_case - and (more), 5 > 3!", "tom & jerry", "100%"] {
        assert_eq!(Escape::Markdown.apply(text), text);
    }
}

#[test]
fn markers_at_the_start_of_a_line_are_escaped() {
    let cases = [("- a", r"\- a"), ("1. a", r"1\. a"), ("12) a", r"12\) a"), ("# a", r"\# a"), ("> a", r"\> a")];
    for (text, escaped) in cases {
        assert_eq!(Escape::Markdown.apply(text), escaped);
    }
}

#[test]
fn hidden_characters_are_shown_in_every_language() {
    let text = "a\u{202e}b\u{feff}c\u{0}d\u{2028}e\u{e0041}";
    for language in Escape::ALL {
        let out = language.apply(text);
        assert!(out.chars().all(|c| !c.is_control() && !super::is_hidden(c) && !super::is_line_break(c)), "{out:?}");
    }
}

#[test]
fn a_code_span_uses_html_only_where_it_must() {
    assert_eq!(code("^[A-Z]{3}$"), "`^[A-Z]{3}$`");
    assert_eq!(code("a|b"), r"<code>a\|b</code>");
    assert_eq!(code("`x`"), r"<code>\`x\`</code>");
}

#[test]
fn plain_text_is_one_word() {
    assert_eq!(Escape::Plain.apply("docs/a b\n* @evil #x"), "docs/a_b_*_@evil__x");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn markdown_renders_as_the_text_in_a_paragraph(text in hostile::text()) {
        prop_assert_eq!(rendered(&Escape::Markdown.apply(&text))?, one_line(&text));
    }

    #[test]
    fn markdown_renders_as_the_text_in_a_table_cell(text in hostile::text()) {
        let table = format!("| {} |\n| --- |\n| x |\n", Escape::Markdown.apply(&text));
        let events: Vec<_> = Parser::new_ext(&table, OPTIONS).collect();
        let cells = events.iter().filter(|event| matches!(event, Event::Start(Tag::TableCell))).count();
        prop_assert_eq!(cells, 2);
        let text_of_head = events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::TableCell)));
        prop_assert_eq!(texts(text_of_head.skip(3))?, one_line(&text));
    }

    #[test]
    fn code_renders_as_the_text(text in hostile::text()) {
        let span = format!("x {}", code(&text));
        let events = Parser::new_ext(&span, OPTIONS)
            .filter(|event| !matches!(event, Event::InlineHtml(html) if &**html == "<code>" || &**html == "</code>"))
            .map(|event| if let Event::Code(code) = event { Event::Text(code) } else { event })
            .collect::<Vec<_>>();
        prop_assert_eq!(texts(events[1..events.len() - 1].iter())?, format!("x {}", shown(&text)).trim().to_owned());
    }

    #[test]
    fn hcl_parses_to_the_text(text in hostile::text()) {
        let body = hcl::parse(&format!("a = \"{}\"", Escape::Hcl.apply(&text)));
        let body = body.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let attribute = body.attributes().next().expect("one attribute was written");
        prop_assert_eq!(body.attributes().count(), 1);
        prop_assert_eq!(&attribute.expr, &hcl::Expression::String(text));
    }

    #[test]
    fn sql_parses_to_one_string(text in hostile::text()) {
        use sqlparser::{dialect::PostgreSqlDialect, tokenizer::{Token, Tokenizer, Whitespace}};
        let escaped = Escape::Sql.apply(&text);
        let tokens = |sql: &str| Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize();
        let literal = tokens(&format!("'{escaped}'")).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(literal, vec![Token::SingleQuotedString(escaped.replace("''", "'"))]);
        let comment = tokens(&format!("--{escaped}\n")).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let [Token::Whitespace(Whitespace::SingleLineComment { .. }), rest @ ..] = &comment[..] else {
            return Err(TestCaseError::fail(format!("{comment:?} is no comment")));
        };
        // Versions of the tokenizer differ in whether the line break is part of the comment.
        prop_assert!(matches!(rest, [] | [Token::Whitespace(Whitespace::Newline)]), "{rest:?}");
    }
}

/// The text of a document that must be one paragraph of text and nothing else.
fn rendered(markdown: &str) -> Result<String, TestCaseError> {
    let events: Vec<_> = Parser::new_ext(markdown, OPTIONS).collect();
    if events.is_empty() {
        return Ok(String::new());
    }
    prop_assert_eq!(events.first(), Some(&Event::Start(Tag::Paragraph)));
    texts(events[1..events.len() - 1].iter())
}

fn texts<'a>(events: impl Iterator<Item = &'a Event<'a>>) -> Result<String, TestCaseError> {
    let mut out = String::new();
    for event in events {
        match event {
            Event::Text(text) => out.push_str(text),
            other => return Err(TestCaseError::fail(format!("{other:?} is not text"))),
        }
    }
    Ok(out.trim().to_owned())
}

/// What a reader should see of `text` in one line.
fn one_line(text: &str) -> String {
    shown(text.trim()).trim().to_owned()
}

fn shown(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            _ if super::is_line_break(c) => out.push(' '),
            _ if super::is_hidden(c) => super::push_code_point(&mut out, c, "[U+", "]"),
            _ => out.push(c),
        }
    }
    out
}
