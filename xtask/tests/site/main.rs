//! The documentation site in a browser: read, searched and measured as people do.

mod browser;
#[path = "../../../generator/tests/not_run/mod.rs"]
mod not_run;
mod served;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use browser::Browser;
use not_run::not_run;
use serde_json::Value;

/// What `npm install --prefix target/npm` was told to install.
fn npm(package: &str) -> Option<PathBuf> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/npm/node_modules").join(package);
    installed.exists().then_some(installed)
}

/// The site of a catalogue, or of the shop.
fn site(name: &str, catalogue: Option<&Path>) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("site").join(name);
    let mut docs = Command::new(env!("CARGO_BIN_EXE_xtask"));
    docs.current_dir(root).arg("docs").arg("--out").arg(&out);
    docs.args(catalogue.map(|path| ["--catalogue".as_ref(), path.as_os_str()]).into_iter().flatten());
    let output = docs.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    out
}

/// Every page below a folder, in order.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "html") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// What is wrong with the page that is open, whoever reads it.
fn faults(browser: &Browser) -> Vec<String> {
    let mut faults = browser.complaints();
    let fetched = browser.run(
        "return performance.getEntriesByType('resource').map((it) => it.name).filter((it) => !it.startsWith('file:'))",
    );
    faults.extend(fetched.as_array().into_iter().flatten().map(|url| format!("fetches {url}")));
    let wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    if wide.as_i64().is_some_and(|wide| wide > 0) {
        faults.push(format!("is {wide} pixels too wide"));
    }
    faults
}

/// What axe-core finds against WCAG 2.2 AA in the page that is open.
fn barriers(browser: &Browser, axe: &str) -> Vec<String> {
    // The page's policy lets nothing be fetched, also not by axe: what it would preload is there already.
    browser.run(axe);
    let found = browser.run_async(
        "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
         const { violations } = await axe.run({ runOnly: { type: 'tag', values: tags }, preload: false });
         return violations.map((it) => `${it.id}: ${it.help}: ${it.nodes.slice(0, 2).map((node) => node.html).join(' ')}`);",
    );
    match found {
        Value::Array(found) => found.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        other => vec![format!("axe says {other}")],
    }
}

fn is_read_everywhere(site: &Path, test: &str) {
    let Some(axe) = npm("axe-core/axe.min.js") else {
        return not_run(test, "run `npm install --prefix target/npm axe-core`");
    };
    let Some(browser) = Browser::start() else {
        return not_run(test, "chromedriver is not installed");
    };
    let axe = fs::read_to_string(axe).unwrap();
    let mut all = Vec::new();
    let pages = pages(site);
    assert!(pages.len() > 20);
    // A wide window in the light, a phone in the dark.
    for (scheme, width) in [("light", 1280), ("dark", 1280), ("dark", 360)] {
        browser.prefer(scheme);
        browser.resize(width, 900);
        for page in &pages {
            browser.open(page);
            let of_page = faults(&browser).into_iter().chain(barriers(&browser, &axe));
            let name = page.strip_prefix(site).unwrap().display().to_string();
            all.extend(of_page.map(|fault| format!("{name}, {scheme}, {width}: {fault}")));
        }
    }
    browser.without_scripts(true);
    for page in &pages {
        browser.open(page);
        let is_there = browser.run(
            "const search = document.querySelector('.search'); return document.querySelector('h1').innerText !== '' \
             && search.hidden && document.querySelectorAll('main a[href]').length > 0",
        );
        if is_there != Value::Bool(true) {
            all.push(format!("{}, without scripts: {is_there}", page.display()));
        }
    }
    assert!(
        all.is_empty(),
        "{} faults, such as\n{}",
        all.len(),
        all.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn the_shop_is_read_everywhere() {
    is_read_everywhere(&site("shop", None), "site::the_shop_is_read_everywhere");
}

/// With catalogues that nobody here shaped: `TIDINGS_SITES` names their root files, like a search path.
#[test]
fn other_catalogues_are_read_everywhere() {
    let test = "site::other_catalogues_are_read_everywhere";
    let Some(others) = std::env::var_os("TIDINGS_SITES") else {
        return not_run(test, "TIDINGS_SITES names no catalogues");
    };
    for (number, catalogue) in std::env::split_paths(&others).enumerate() {
        is_read_everywhere(&site(&format!("other-{number}"), Some(&catalogue)), test);
    }
}

#[test]
fn the_search_is_used_by_keyboard_and_forgives_typing_errors() {
    let site = site("search", None);
    let Some(browser) = Browser::start() else {
        let test = "site::the_search_is_used_by_keyboard_and_forgives_typing_errors";
        return not_run(test, "chromedriver is not installed");
    };
    let first = |typed: &str| {
        browser.open(&site.join("streams/orders.html"));
        browser.type_keys("/");
        browser.type_keys(typed);
        let first = browser.run("return document.querySelector('#results [aria-selected=true] .what')?.innerText");
        first.as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(first("order placed"), "order.placed");
    assert_eq!(first("oder plcaed"), "order.placed");
    assert_eq!(first("gift mesage"), "order.placed");
    assert_eq!(first("Logistics"), "Logistics");
    assert_eq!(first("payment-serv"), "payment-service");
    assert_eq!(first("zzzzzz"), "");
    first("order placed");
    // Down and up again, and to the page.
    browser.type_keys("\u{e015}\u{e013}\u{e007}");
    assert!(browser.url().ends_with("/events/order.placed.html"), "{}", browser.url());
    assert_eq!(browser.complaints(), [] as [String; 0]);
}

#[test]
fn pages_are_valid_html() {
    let Some(validate) = npm("html-validate/bin/html-validate.mjs") else {
        return not_run("site::pages_are_valid_html", "run `npm install --prefix target/npm html-validate`");
    };
    let site = site("valid", None);
    let rules = site.with_extension("json");
    // How it is written is our own taste; whether it is HTML is not. Results of a search are no `<select>`.
    fs::write(&rules, r#"{ "root": true, "extends": ["html-validate:standard", "html-validate:a11y"], "rules": { "long-title": "off", "prefer-native-element": "off" } }"#).unwrap();
    let output = Command::new("node").arg(validate).arg("--config").arg(&rules).arg(&site).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", said.lines().take(60).collect::<Vec<_>>().join("\n"));
}
