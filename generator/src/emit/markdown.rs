//! Prose that a team wrote as Markdown, written anew without what could harm the page it lands on.
//!
//! The text is parsed and only what is understood is written again: paragraphs, headings (below the page's own), lists,
//! quotes, notes, tables, code, emphasis, and links to web pages or neighbouring files. HTML becomes text that shows its tags,
//! other links become text, and a fence left open ends with the description. The output is therefore made of nothing
//! but this file's own markup around escaped text.

use pulldown_cmark::{
    BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream,
};

use crate::emit::escape;

/// Deeper nesting is not prose. Each level indents every line below it, so the bound also keeps the output small.
const MAX_DEPTH: usize = 16;

/// Markdown that is safe to print as a block of its own: no HTML, no scripts, nothing left open. Ends without a line
/// break.
#[must_use]
pub fn markdown_block(text: &str) -> String {
    let mut writer = Writer::default();
    for event in TextMergeStream::new(Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_GFM)) {
        if writer.open.len() > MAX_DEPTH {
            return escape::markdown(text);
        }
        writer.event(event);
    }
    writer.blocks.trim_end().to_owned()
}

/// The same in one line, for a heading or a table's cell: emphasis, code and links are kept, other markup is shown.
#[must_use]
pub fn markdown_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut events = Parser::new_ext(&text, Options::ENABLE_TABLES);
    let is_paragraph = matches!(events.next(), Some(Event::Start(Tag::Paragraph)));
    let is_alone = !events.by_ref().skip_while(|event| *event != Event::End(TagEnd::Paragraph)).skip(1).any(|_| true);
    if is_paragraph && is_alone { markdown_block(&text) } else { escape::markdown(&text) }
}

/// Where links lead that mean a heading of this text, as GitHub makes it: `Version 2` is `version-2`.
#[must_use]
pub fn anchor(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// A fenced block of code. `language` is its info string: one word.
#[must_use]
pub fn fenced(code: &str, language: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let code = code.replace("\r\n", "\n").replace('\r', "\n");
    format!("{fence}{language}\n{}\n{fence}", code.trim_end_matches('\n'))
}

/// Collects the text of the innermost open element; a closed one is added to the element around it.
#[derive(Default)]
struct Writer {
    open: Vec<Element>,
    /// Finished blocks outside of every element.
    blocks: String,
}

struct Element {
    kind: Kind,
    text: String,
}

enum Kind {
    /// Written as it is.
    Plain,
    Heading(usize),
    /// With the mark that makes a note of it.
    Quote(&'static str),
    /// With the number of the next item.
    List(Option<u64>),
    Item,
    Code(String),
    /// With its number of columns.
    TableHead(usize),
    TableRow,
    Cell,
    Around(&'static str),
    Link {
        image: bool,
        target: String,
    },
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(code) => self.out().push_str(&escape::code(&code)),
            Event::SoftBreak => self.out().push('\n'),
            Event::HardBreak => self.out().push_str("\\\n"),
            Event::Rule => self.block("---"),
            // Extensions that are not switched on.
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let kind = match tag {
            Tag::Heading { level, .. } => Kind::Heading(below_page_headings(level)),
            Tag::BlockQuote(kind) => Kind::Quote(kind.map_or("", note)),
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => Kind::Code(language(&info)),
            Tag::CodeBlock(CodeBlockKind::Indented) => Kind::Code(String::new()),
            Tag::List(first) => Kind::List(first),
            Tag::Item => Kind::Item,
            Tag::TableHead => Kind::TableHead(0),
            Tag::TableRow => Kind::TableRow,
            Tag::TableCell => Kind::Cell,
            Tag::Emphasis => Kind::Around("*"),
            Tag::Strong => Kind::Around("**"),
            Tag::Link { dest_url, .. } => Kind::Link { image: false, target: dest_url.into_string() },
            Tag::Image { dest_url, .. } => Kind::Link { image: true, target: dest_url.into_string() },
            _ => Kind::Plain,
        };
        self.open.push(Element { kind, text: String::new() });
    }

    fn end(&mut self, end: TagEnd) {
        let Some(Element { kind, text }) = self.open.pop() else { return };
        match kind {
            Kind::Plain if end == TagEnd::Table => self.block(text.trim_end()),
            Kind::Plain => self.block(text.trim()),
            Kind::Heading(level) => self.block(&format!("{} {}", "#".repeat(level), text.replace('\n', " "))),
            Kind::Quote(mark) => self.block(&prefixed(&format!("{mark}{}", text.trim_start()), "> ", "> ")),
            Kind::List(_) => self.block(&text),
            Kind::Item => self.item(&text),
            Kind::Code(language) => self.block(&fenced(&text, &language)),
            Kind::TableHead(columns) => {
                let row = format!("|{text}\n|{}\n", " --- |".repeat(columns));
                self.out().push_str(&row);
            }
            Kind::TableRow => {
                let row = format!("|{text}\n");
                self.out().push_str(&row);
            }
            Kind::Cell => self.cell(&text),
            Kind::Around(mark) => {
                let text = format!("{mark}{text}{mark}");
                self.out().push_str(&text);
            }
            Kind::Link { image, target } => self.link(&text, image, &target),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(Element { kind: Kind::Code(_), text: code }) = self.open.last_mut() {
            return code.push_str(text);
        }
        let starts_line = self.out().is_empty() || self.out().ends_with('\n');
        let text = if starts_line { text.trim_start() } else { text };
        let text = escape::markdown_line(text.trim_end_matches(['\n', '\r']), starts_line);
        self.out().push_str(&text);
    }

    fn item(&mut self, text: &str) {
        let Some(Element { kind: Kind::List(number), text: list }) = self.open.last_mut() else { return };
        let marker = match number {
            Some(number) => {
                // Nine digits are the most that a list may begin with.
                let marker = format!("{}. ", *number % 1_000_000_000);
                *number += 1;
                marker
            }
            None => "- ".to_owned(),
        };
        list.push_str(&prefixed(text, &marker, &" ".repeat(marker.len())));
        list.push('\n');
    }

    fn cell(&mut self, text: &str) {
        let Some(row) = self.open.last_mut() else { return };
        row.text.extend([" ", text.trim(), " |"]);
        if let Kind::TableHead(columns) = &mut row.kind {
            *columns += 1;
        }
    }

    fn link(&mut self, text: &str, image: bool, target: &str) {
        let text = if leads_to_a_page(target) {
            format!("{}[{text}]({})", if image { "!" } else { "" }, link_target(target))
        } else {
            format!("{text} ({})", escape::markdown_line(target, false))
        };
        let out = self.out();
        // `!` in front of a link would make it an image.
        if out.ends_with('!') {
            out.insert(out.len() - 1, '\\');
        }
        out.push_str(&text);
    }

    /// Adds a block, with an empty line before and after it.
    fn block(&mut self, block: &str) {
        let out = self.out();
        if !out.is_empty() {
            out.truncate(out.trim_end_matches('\n').len());
            out.push_str("\n\n");
        }
        out.push_str(block);
        out.push_str("\n\n");
    }

    fn out(&mut self) -> &mut String {
        self.open.last_mut().map_or(&mut self.blocks, |element| &mut element.text)
    }
}

/// How GitHub marks a quote as a note.
fn note(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "[!NOTE]\n",
        BlockQuoteKind::Tip => "[!TIP]\n",
        BlockQuoteKind::Important => "[!IMPORTANT]\n",
        BlockQuoteKind::Warning => "[!WARNING]\n",
        BlockQuoteKind::Caution => "[!CAUTION]\n",
    }
}

fn prefixed(text: &str, first: &str, next: &str) -> String {
    let mut out = String::new();
    for (index, line) in text.trim_end().split('\n').enumerate() {
        let prefix = if index == 0 { first } else { next };
        let line = format!("{prefix}{line}");
        out.push_str(if index == 0 { &line } else { line.trim_end() });
        out.push('\n');
    }
    out.truncate(out.trim_end_matches('\n').len());
    out
}

/// Pages use the first three levels.
fn below_page_headings(level: HeadingLevel) -> usize {
    (level as usize + 3).min(6)
}

fn language(info: &str) -> String {
    let is_name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+');
    info.chars().take_while(is_name).collect()
}

/// Whether a link may be kept: to the web, to a mailbox, or to a file beside the page.
fn leads_to_a_page(target: &str) -> bool {
    let scheme = target.split(['/', '?', '#']).next().unwrap_or_default();
    match scheme.split_once(':') {
        Some((scheme, _)) => ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known)),
        None => !target.contains(|c: char| c.is_control()),
    }
}

/// A link's destination; nowhere, where it would not lead to a page.
pub(super) fn safe_target(target: &str) -> String {
    if leads_to_a_page(target) { link_target(target) } else { "#".to_owned() }
}

/// A link's destination, with everything percent-encoded that could end it.
fn link_target(target: &str) -> String {
    let mut out = String::with_capacity(target.len());
    for c in target.chars() {
        let is_plain = c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c);
        let mut bytes = [0; 4];
        match c {
            // A bare one could begin an entity.
            '&' => out.push_str("&amp;"),
            _ if is_plain => out.push(c),
            _ => out.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}"))),
        }
    }
    out
}

#[cfg(test)]
mod tests;
