//! What every picture has around it: a title, room to scroll, and words that say the same.

use std::fmt::Write as _;

use tidings_generator::emit::Escape;

/// Width of a character of 13 pixels, on the safe side.
pub(super) const CHARACTER: f64 = 7.3;
/// What stays free around a picture, in pixels.
pub(super) const MARGIN: f64 = 12.0;

/// An SVG as a figure. `words` is what it shows, for whoever does not see it.
pub(super) fn figure<'a>(title: &str, svg: &str, words: impl Iterator<Item = &'a str>) -> String {
    let caption = Escape::Html.apply(title);
    let mut out = format!(
        "<figure><figcaption class=\"hidden\">{caption}</figcaption><div class=\"scroll\" tabindex=\"0\">{svg}</div>\
         <details><summary>In words</summary><ul>"
    );
    for line in words {
        let _ = write!(out, "<li>{}</li>", Escape::Html.apply(line));
    }
    out.push_str("</ul></details></figure>\n");
    out
}

/// A node or a bar of a picture, which leads somewhere or not.
pub(super) fn linked(href: Option<&str>, inner: &str) -> String {
    href.map_or_else(|| inner.to_owned(), |href| format!("<a href=\"{}\">{inner}</a>", Escape::Html.apply(href)))
}
