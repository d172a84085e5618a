//! Pages as they are served: with a script that reloads them, and the leave to hear when. Files keep neither.

use std::ops::Range;

/// Where [`RELOAD`] is.
pub(super) const SCRIPT: &str = "/.tidings/reload.js";

/// Where a page hears of the site.
pub(super) const EVENTS: &str = "/.tidings/events";

/// What the pages run.
pub(super) const RELOAD: &str = include_str!("reload.js");

/// A page that reloads itself once the site's digest is no longer `digest`.
pub(super) fn live(html: &str, digest: &str) -> String {
    let mut page = html.to_owned();
    let head = page.find("</head>").unwrap_or(page.len());
    page.insert_str(head, &format!("<script src=\"{SCRIPT}\" data-site=\"{digest}\" defer></script>\n"));
    if let Some(policy) = policy(&page) {
        // Templates of one's own may connect to something already.
        match page[policy.clone()].find("connect-src") {
            Some(at) => page.insert_str(policy.start + at + "connect-src".len(), " 'self'"),
            None => page.insert_str(policy.end, "; connect-src 'self'"),
        }
    }
    page
}

/// Where the text of the page's Content-Security-Policy is.
fn policy(html: &str) -> Option<Range<usize>> {
    let start = html.find("http-equiv=\"Content-Security-Policy\"")?;
    let tag = &html[start..start + html[start..].find('>')?];
    let value = tag.find("content=\"")? + "content=\"".len();
    let end = value + tag[value..].find('"')?;
    Some(start + value..start + end)
}

#[cfg(test)]
mod tests {
    use super::live;

    #[test]
    fn a_page_may_hear_of_the_site_and_is_else_as_it_was() {
        let page = |policy: &str, script: &str| {
            format!(
                "<html><head><meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
                 <title>Shop</title>\n{script}</head><body>&lt;/head&gt;</body></html>"
            )
        };
        let script = "<script src=\"/.tidings/reload.js\" data-site=\"1f\" defer></script>\n";
        for (written, served) in [
            ("default-src 'none'; img-src 'self'", "default-src 'none'; img-src 'self'; connect-src 'self'"),
            ("connect-src https://example.com; img-src *", "connect-src 'self' https://example.com; img-src *"),
        ] {
            assert_eq!(live(&page(written, ""), "1f"), page(served, script));
        }
    }

    #[test]
    fn a_page_needs_neither_a_policy_nor_a_head() {
        let script = "<script src=\"/.tidings/reload.js\" data-site=\"1f\" defer></script>\n";
        assert_eq!(live("<p>content=\"x\"</p>", "1f"), format!("<p>content=\"x\"</p>{script}"));
        assert_eq!(live("http-equiv=\"Content-Security-Policy\"", "1f").matches("connect-src").count(), 0);
    }
}
