//! The site while its catalogue is edited: what is served follows, also in pages that are open.

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::browser::Browser;
use super::not_run::not_run;

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(60);

const ORDERS: &str = "catalogue/contexts/orders.yaml";
const SUMMARY: &str = "A customer placed an order and the shop accepted it.";
const STREAM: &str = "stream: orders\n    aggregate: Order\n    summary: ";
const NO_STREAM: &str = "stream: <b>nowhere</b>\n    aggregate: Order\n    summary: ";

/// Longer than a rebuild takes to begin, and to be told.
const A_WHILE: Duration = Duration::from_secs(1);

/// The shop, served out of a scratch folder. Killed when dropped.
struct Served {
    folder: tempfile::TempDir,
    server: Child,
    printed: Receiver<String>,
    url: String,
    agent: ureq::Agent,
}

/// What a page hears.
struct Events(Box<dyn Iterator<Item = std::io::Result<String>>>);

impl Served {
    fn start(folder: tempfile::TempDir) -> Self {
        let mut docs = Command::new(env!("CARGO_BIN_EXE_xtask"));
        docs.args(["docs", "--serve", "127.0.0.1:0"]).current_dir(folder.path()).env_remove("CARGO_TARGET_DIR");
        let mut server = docs.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, printed) = mpsc::sync_channel(1000);
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(server.stdout.take().unwrap()), Box::new(server.stderr.take().unwrap())];
        for stream in streams {
            let sender = sender.clone();
            thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|it| sender.send(it))
            });
        }
        let agent =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE * 3)).build();
        let mut served = Self { folder, server, printed, url: String::new(), agent: agent.into() };
        let line = served.line("served under ");
        line.split(' ').nth(2).unwrap().clone_into(&mut served.url);
        served
    }

    /// The next line with this text; those before it are passed over.
    fn line(&self, text: &str) -> String {
        std::iter::repeat_with(|| self.next_line()).find(|line| line.contains(text)).unwrap()
    }

    fn next_line(&self) -> String {
        self.printed.recv_timeout(PATIENCE).expect("another line")
    }

    fn get(&self, path: &str) -> (u16, String) {
        let mut response = self.agent.get(format!("{}{path}", self.url)).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    fn events(&self) -> Events {
        let response = self.agent.get(format!("{}.tidings/events", self.url)).call().unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events(Box::new(BufReader::new(response.into_body().into_reader()).lines()))
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        edit(self.folder.path(), path, from, to);
    }

    /// As Ctrl-C does.
    fn interrupt(&mut self) {
        let kill = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Events {
    /// The next one for which this is true.
    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        let heard = self.0.by_ref().map(|line| line.expect("the stream stays open"));
        let mut heard = heard.filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok());
        heard.find(is_it).expect("the stream stays open")
    }
}

/// The catalogue of the shop in a scratch folder.
fn shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue"), &folder.path().join("catalogue"));
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() { copy(&path, &to) } else { fs::copy(&path, &to).map(drop).unwrap() }
    }
}

/// Replaces a text in a file as editors do: by a file that takes its place.
fn edit(folder: &Path, path: &str, from: &str, to: &str) {
    let path = folder.join(path);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    let beside = path.with_file_name(".edited");
    fs::write(&beside, text.replace(from, to)).unwrap();
    fs::rename(&beside, &path).unwrap();
}

#[test]
fn what_is_served_follows_the_catalogue() {
    let mut served = Served::start(shop());
    let mut events = served.events();
    let first = events.until(|_| true);
    assert_eq!(first["fault"], Value::Null);
    let page = "events/order.placed.html";
    let (code, before) = served.get(page);
    let digest = first["site"].as_str().unwrap();
    assert!(code == 200 && before.contains(SUMMARY), "{code}: {before}");
    assert!(
        before.contains("; connect-src 'self'\">") && before.contains(&format!("data-site=\"{digest}\"")),
        "{before}"
    );
    let written = fs::read_to_string(served.folder.path().join("target/site").join(page)).unwrap();
    assert!(!written.contains("/.tidings/") && !written.contains("connect-src"), "{written}");
    assert_eq!(served.get(".tidings/reload.js").0, 200);

    served.edit(ORDERS, SUMMARY, "An order came in.");
    let second = events.until(|now| now["site"] != first["site"]);
    assert_eq!(second["fault"], Value::Null);
    assert!(served.get(page).1.contains("An order came in."));
    let line = served.next_line();
    assert!(line.starts_with("rebuilt: ") && !line.starts_with("rebuilt: 0 of "), "{line}");
    // What a build reads and writes is no change, and neither is what is beside the catalogue.
    fs::write(served.folder.path().join("target/site/notes.txt"), "mine").unwrap();
    fs::write(served.folder.path().join("catalogue/.orders.yaml.swp"), "unsaved").unwrap();
    assert_eq!(served.printed.recv_timeout(A_WHILE), Err(RecvTimeoutError::Timeout));

    served.edit(ORDERS, STREAM, NO_STREAM);
    let third = events.until(|now| !now["fault"].is_null());
    assert_eq!(third["site"], second["site"]);
    let fault = third["fault"].as_str().unwrap();
    assert!(fault.starts_with("The catalogue has errors: catalogue/contexts/orders.yaml:49:13: "), "{fault}");
    let line = served.next_line();
    assert!(line.starts_with("error["), "{line}");
    assert!(served.get(page).1.contains("An order came in."));

    served.edit(ORDERS, NO_STREAM, STREAM);
    served.edit(ORDERS, "An order came in.", "An order arrived.");
    events.until(|now| now["fault"].is_null() && now["site"] != third["site"]);
    assert!(served.get(page).1.contains("An order arrived."));
    served.line("rebuilt: ");

    served.interrupt();
    assert_eq!(served.server.wait().unwrap().code(), Some(0));
}

#[test]
fn files_in_new_folders_are_noticed() {
    let folder = shop();
    edit(folder.path(), "catalogue/catalogue.yaml", "contexts/*.yaml", "contexts/**/*.yaml");
    let served = Served::start(folder);
    let mut events = served.events();
    let first = events.until(|_| true);
    let contexts = served.folder.path().join("catalogue/contexts");
    fs::create_dir(contexts.join("more")).unwrap();
    fs::rename(contexts.join("orders.yaml"), contexts.join("more/orders.yaml")).unwrap();
    // The same catalogue.
    served.line("rebuilt: 0 of ");
    served.edit("catalogue/contexts/more/orders.yaml", SUMMARY, "An order came in.");
    events.until(|now| now["site"] != first["site"]);
    assert!(served.get("events/order.placed.html").1.contains("An order came in."));
}

#[test]
fn a_site_that_cannot_be_made_at_first_appears_when_it_can() {
    let folder = shop();
    edit(folder.path(), ORDERS, STREAM, NO_STREAM);
    let served = Served::start(folder);
    let mut events = served.events();
    events.until(|now| !now["fault"].is_null());
    let (code, page) = served.get("");
    assert!(code == 404 && page.contains("There is no site yet.") && page.contains("/.tidings/reload.js"), "{page}");
    served.edit(ORDERS, NO_STREAM, STREAM);
    events.until(|now| now["fault"].is_null());
    assert_eq!(served.get("").0, 200);
}

#[test]
fn an_address_that_is_taken_is_told() {
    let served = Served::start(shop());
    let address = served.url.trim_start_matches("http://").trim_end_matches('/');
    let mut second = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let second = second.args(["docs", "--serve", address]).current_dir(served.folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(2) && said.contains("port 0 for any that is free"), "{said}");
}

#[test]
fn open_pages_reload_and_stay_where_they_are_read() {
    let Some(browser) = Browser::start() else {
        let test = "site::served::open_pages_reload_and_stay_where_they_are_read";
        return not_run(test, "chromedriver is not installed");
    };
    let served = Served::start(shop());
    browser.resize(800, 400);
    browser.visit(&format!("{}events/order.placed.html", served.url));
    browser.run("window.scrollTo({ top: 500, behavior: 'instant' }); globalThis.isOld = true");
    served.edit(ORDERS, SUMMARY, "An order came in.");
    browser.wait_until("return !globalThis.isOld && document.body?.innerText.includes('An order came in.') === true");
    browser.wait_until("return window.scrollY === 500");

    // The text of an error stays text.
    let fault = "document.getElementById('tidings-fault')";
    served.edit(ORDERS, STREAM, NO_STREAM);
    browser.wait_until(&format!("return {fault}?.innerText.includes('<b>nowhere</b>') === true"));
    assert_eq!(browser.run(&format!("return {fault}.children.length")), 0);
    served.edit(ORDERS, NO_STREAM, STREAM);
    browser.wait_until(&format!("return {fault} === null && document.readyState === 'complete'"));
    // Browsers ask for an icon by themselves.
    let complaints: Vec<_> = browser.complaints().into_iter().filter(|it| !it.contains("/favicon.ico")).collect();
    assert_eq!(complaints, [] as [String; 0]);
}
