//! Markdown as HTML: what the generator wrote, with links to pages of the site and nothing raw.

use std::collections::BTreeMap;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use tidings_generator::emit::{Escape, anchor};

use super::{Names, search};

/// A page of Markdown, taken apart.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// The first heading.
    pub(super) title: String,
    /// The first paragraph as HTML, and as text.
    pub(super) lead: String,
    pub(super) summary: String,
    /// All the rest.
    pub(super) body: String,
    /// Headings below the title.
    pub(super) headings: Vec<Heading>,
    /// What there is to search for: words, and what they count for.
    pub(super) words: Vec<(Box<str>, u32)>,
}

/// A heading below the title.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Heading {
    pub(super) level: u8,
    pub(super) id: String,
    pub(super) text: String,
}

/// What generated Markdown has beside the usual.
const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_TASKLISTS).union(Options::ENABLE_GFM);

/// Renders a page whose file is at `path`, such as `docs/events/order.placed.md`.
pub(super) fn render(path: &str, markdown: &str, names: &Names) -> Rendered {
    let mut writer = Writer::new(path, names);
    for event in Parser::new_ext(markdown, OPTIONS) {
        writer.event(event);
    }
    writer.finish()
}

/// Where a link of the page at `from` leads in the site: relative to the page.
pub(super) fn link(from: &str, target: &str) -> String {
    let is_elsewhere = target.starts_with('#') || target.contains("://") || target.starts_with("mailto:");
    if is_elsewhere {
        return target.to_owned();
    }
    let (file, fragment) = target.split_once('#').map_or((target, None), |(file, fragment)| (file, Some(fragment)));
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    let there = place(&parts.join("/"));
    let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
    format!("{}{there}{fragment}", root(&place(from)))
}

/// Where a generated file is in the site: pages are at its root.
pub(super) fn place(path: &str) -> String {
    let path = path.strip_prefix("docs/").unwrap_or(path);
    path.strip_suffix(".md").map_or_else(|| path.to_owned(), |page| format!("{page}.html"))
}

/// The way from a page to the root of the site: `../`.
pub(super) fn root(page: &str) -> String {
    "../".repeat(page.matches('/').count())
}

struct Writer<'a> {
    path: &'a str,
    names: &'a Names,
    out: Rendered,
    /// Events of what is not written yet: a paragraph, a list, a quote.
    pending: Vec<Event<'a>>,
    /// Open elements around what is pending.
    depth: usize,
    /// Whether the first paragraph has come.
    has_lead: bool,
    heading: Option<HeadingLevel>,
    table: Option<Table>,
    is_in_link: bool,
    is_in_code: bool,
    /// What there is to search for.
    text: String,
    /// How many headings have the same words.
    slugs: BTreeMap<String, usize>,
}

/// A table that is under way: cells as HTML.
#[derive(Default)]
struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl<'a> Writer<'a> {
    fn new(path: &'a str, names: &'a Names) -> Self {
        Self {
            path,
            names,
            out: Rendered::default(),
            pending: Vec::new(),
            depth: 0,
            has_lead: false,
            heading: None,
            table: None,
            is_in_link: false,
            is_in_code: false,
            text: String::new(),
            slugs: BTreeMap::new(),
        }
    }

    fn event(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => self.heading = Some(level),
            Event::End(TagEnd::Heading(_)) => self.end_heading(),
            Event::Start(Tag::Table(_)) => self.table = Some(Table::default()),
            Event::Start(Tag::TableHead | Tag::TableRow | Tag::TableCell) => {
                if matches!(event, Event::Start(Tag::TableRow))
                    && let Some(table) = &mut self.table
                {
                    table.rows.push(Vec::new());
                }
            }
            Event::End(TagEnd::TableCell) => {
                let cell = self.written();
                if let Some(table) = &mut self.table {
                    table.rows.last_mut().unwrap_or(&mut table.head).push(cell);
                }
            }
            Event::End(TagEnd::Table) => {
                if let Some(table) = self.table.take() {
                    self.out.body.push_str(&table.html());
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                self.is_in_code = true;
                self.depth += 1;
                let language = match &kind {
                    CodeBlockKind::Fenced(language) => Escape::Html.apply(language),
                    CodeBlockKind::Indented => String::new(),
                };
                let open = format!("<pre tabindex=\"0\"><code class=\"language-{language}\">");
                self.pending.push(Event::Html(open.into()));
            }
            Event::End(TagEnd::CodeBlock) => {
                self.is_in_code = false;
                self.depth -= 1;
                self.pending.push(Event::Html("</code></pre>\n".into()));
                self.flush();
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                self.is_in_link = true;
                let dest_url = CowStr::from(link(self.path, &dest_url));
                self.pending.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::End(TagEnd::Link) => {
                self.is_in_link = false;
                self.pending.push(event);
            }
            // No picture is fetched from anywhere: its text stays.
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image | TagEnd::TableHead | TagEnd::TableRow) => {}
            Event::Start(Tag::BlockQuote(Some(kind))) => {
                self.depth += 1;
                let name = format!("{kind:?}");
                let open = format!("<blockquote class=\"{}\"><p class=\"label\">{name}</p>\n", name.to_lowercase());
                self.pending.push(Event::Html(open.into()));
            }
            Event::Start(_) => {
                self.depth += 1;
                self.pending.push(event);
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                self.pending.push(event);
                // What is inside of a cell or a heading is written with it.
                if self.depth == 0 && self.table.is_none() && self.heading.is_none() {
                    self.flush();
                }
            }
            Event::Code(code) => self.code(code),
            Event::Text(text) => {
                self.search(&text);
                self.pending.push(Event::Text(text));
            }
            // The one element that generated Markdown has, for code that no span can hold.
            Event::InlineHtml(tag) if matches!(&*tag, "<code>" | "</code>") => {
                self.pending.push(Event::InlineHtml(tag));
            }
            Event::Html(text) | Event::InlineHtml(text) => self.pending.push(Event::Text(text)),
            // A box to tick is for paper and for repositories: nothing here would remember it.
            Event::TaskListMarker(is_done) => self.pending.push(Event::Text(if is_done { "☑ " } else { "☐ " }.into())),
            Event::Rule => self.out.body.push_str("<hr>\n"),
            event => self.pending.push(event),
        }
    }

    /// A code span; where it names something that has a page, it leads there.
    fn code(&mut self, code: CowStr<'a>) {
        self.search(&code);
        let page =
            self.names.page(&code).filter(|page| !self.is_in_link && *page != self.path && self.heading.is_none());
        match page.map(|page| link(self.path, &format!("{}{page}", root(self.path)))) {
            Some(target) => {
                let code = Escape::Html.apply(&code);
                let target = Escape::Html.apply(&target);
                self.pending.push(Event::InlineHtml(format!("<a href=\"{target}\"><code>{code}</code></a>").into()));
            }
            None => self.pending.push(Event::Code(code)),
        }
    }

    fn search(&mut self, text: &str) {
        if !self.is_in_code {
            self.text.push_str(text);
            self.text.push(' ');
        }
    }

    /// The HTML of what is pending.
    fn written(&mut self) -> String {
        let mut written = String::new();
        html::push_html(&mut written, self.pending.drain(..));
        written
    }

    fn flush(&mut self) {
        let is_paragraph = matches!(self.pending.first(), Some(Event::Start(Tag::Paragraph)));
        if is_paragraph && !self.has_lead && self.out.headings.is_empty() && self.out.body.is_empty() {
            self.has_lead = true;
            self.out.summary = text_of(&self.pending);
            let written = self.written();
            self.out.lead = written.replacen("<p>", "<p class=\"lead\">", 1);
            return;
        }
        let written = self.written();
        self.out.body.push_str(&written);
    }

    fn end_heading(&mut self) {
        let Some(level) = self.heading.take() else { return };
        let text = text_of(&self.pending);
        let inner = self.written();
        if level == HeadingLevel::H1 && self.out.title.is_empty() {
            self.out.title = text;
            return;
        }
        let slug = anchor(&text);
        let count = self.slugs.entry(slug.clone()).or_default();
        let id = if *count == 0 { slug } else { format!("{slug}-{count}") };
        *count += 1;
        let level = level as u8;
        let (id_text, name) = (Escape::Html.apply(&id), Escape::Html.apply(&text));
        let anchor = format!("<a class=\"anchor\" href=\"#{id_text}\" aria-label=\"Link to {name}\">#</a>");
        let heading = format!("<h{level} id=\"{id_text}\">{} {anchor}</h{level}>\n", inner.trim());
        self.out.body.push_str(&heading);
        self.out.headings.push(Heading { level, id, text });
    }

    fn finish(mut self) -> Rendered {
        self.flush();
        self.out.words = search::words(&self.out.title, &self.out.summary, &self.text);
        self.out
    }
}

impl Table {
    /// A table of facts has names in its first column; any other one has them in its first row.
    fn html(&self) -> String {
        let is_facts = self.head.iter().skip(1).all(String::is_empty);
        let cells = |scope: &str, cells: &[String]| -> String {
            cells.iter().map(|cell| ["<th scope=\"", scope, "\">", cell, "</th>"].concat()).collect()
        };
        let head = match self.head.first() {
            Some(caption) if is_facts && caption.is_empty() => "<table class=\"facts\">".to_owned(),
            Some(caption) if is_facts => format!("<table class=\"facts\"><caption>{caption}</caption>"),
            _ => format!("<table><thead><tr>{}</tr></thead>", cells("col", &self.head)),
        };
        let rows = self.rows.iter().map(|row| {
            let (names, facts) = row.split_at(usize::from(is_facts).min(row.len()));
            let facts: String = facts.iter().map(|cell| ["<td>", cell, "</td>"].concat()).collect();
            format!("<tr>{}{facts}</tr>\n", cells("row", names))
        });
        let rows: String = rows.collect();
        format!("<div class=\"scroll\" tabindex=\"0\">{head}<tbody>\n{rows}</tbody></table></div>\n")
    }
}

/// Without any markup.
fn text_of(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(part),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{link, render};
    use crate::site::Names;

    fn names() -> Names {
        Names::from_iter([("order.placed".to_owned(), "docs/events/order.placed.md".to_owned())])
    }

    #[test]
    fn links_lead_to_pages_of_the_site() {
        let from = "docs/events/order.placed.md";
        assert_eq!(link(from, "../teams/checkout.md"), "../teams/checkout.html");
        assert_eq!(link(from, "../index.md#orders"), "../index.html#orders");
        assert_eq!(link(from, "../../schemas/orders/order.placed.v2.json"), "../schemas/orders/order.placed.v2.json");
        assert_eq!(link("docs/index.md", "events/order.placed.md"), "events/order.placed.html");
        assert_eq!(link(from, "https://example.com/a.md"), "https://example.com/a.md");
        assert_eq!(link(from, "#version-2"), "#version-2");
    }

    #[test]
    fn a_page_is_taken_apart() {
        let markdown = "# Orders\n\nWhat customers *buy*.\n\nMore of `order.placed`.\n\n## Version 2\n\n\
                        | | |\n| --- | --- |\n| Owner | [Checkout](../teams/checkout.md) |\n\n\
                        | Field | Type |\n| --- | --- |\n| `a` | *text* |\n\n```json\n{\"<a>\": 1}\n```\n";
        let page = render("docs/streams/orders.md", markdown, &names());
        assert_eq!((page.title.as_str(), page.summary.as_str()), ("Orders", "What customers buy."));
        assert_eq!(page.lead, "<p class=\"lead\">What customers <em>buy</em>.</p>\n");
        assert!(
            page.body.contains("<a href=\"../events/order.placed.html\"><code>order.placed</code></a>"),
            "{}",
            page.body
        );
        assert!(page.body.contains("<h2 id=\"version-2\">Version 2"), "{}", page.body);
        assert!(
            page.body.contains("<th scope=\"row\">Owner</th><td><a href=\"../teams/checkout.html\">"),
            "{}",
            page.body
        );
        assert!(page.body.contains("<th scope=\"col\">Field</th>"), "{}", page.body);
        assert!(page.body.contains("<tr><td><code>a</code></td><td><em>text</em></td></tr>"), "{}", page.body);
        assert!(
            page.body.contains("{&quot;&lt;a&gt;&quot;: 1}") || page.body.contains("\"&lt;a&gt;\""),
            "{}",
            page.body
        );
        let words: Vec<&str> = page.words.iter().map(|(word, _)| &**word).collect();
        assert!(words.contains(&"owner") && words.contains(&"checkout") && !words.contains(&"href"), "{words:?}");
    }

    #[test]
    fn notes_say_what_they_are() {
        let page = render("docs/index.md", "# a\n\nb\n\n> [!WARNING]\n> Money moves.\n", &Names::default());
        let note = "<blockquote class=\"warning\"><p class=\"label\">Warning</p>\n<p>Money moves.</p>\n</blockquote>";
        assert!(page.body.contains(note), "{}", page.body);
    }

    #[test]
    fn html_is_text() {
        let page = render(
            "docs/index.md",
            "# A\n\nB <script>alert(1)</script> <img src=x>\n\n<script>\nx\n</script>\n",
            &names(),
        );
        assert!(
            !page.lead.contains("<script") && !page.body.contains("<script") && !page.lead.contains("<img"),
            "{page:?}"
        );
    }
}
