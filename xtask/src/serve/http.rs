//! The site over HTTP, to browsers on this machine: what is looked up is among the site's files, and nowhere else.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::channel::Channel;
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::watch::Receiver;
use tokio::time::{sleep, timeout};

use super::page::{self, EVENTS, RELOAD, SCRIPT};
use super::{Files, Site};
use crate::site::is_page;

/// Connections at once: each page that somebody looks at has one for as long.
const CONNECTIONS: usize = 256;

/// For the head of a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a page hears of the site while nothing changes: a page that has gone is noticed.
const PULSE: Duration = Duration::from_secs(15);

const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
const SCRIPTS: &str = "text/javascript; charset=utf-8";

type Body = Either<Full<Bytes>, Channel<Bytes>>;

/// Answers for as long as this is waited for.
pub(super) async fn answer_all(socket: TcpListener, bound: IpAddr, site: Receiver<Arc<Site>>) -> Infallible {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return std::future::pending().await };
        let Ok((stream, _)) = socket.accept().await else {
            // Too many files are open, perhaps.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let site = site.clone();
        tokio::spawn(async move {
            let answers = service_fn(move |request: Request<Incoming>| {
                std::future::ready(Ok::<_, Infallible>(answer(&request, bound, &site)))
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            let http = http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            // Whoever asked has gone away.
            let _ = http.serve_connection(TokioIo::new(stream), answers).await;
            drop(place);
        });
    }
}

fn answer<B>(request: &Request<B>, bound: IpAddr, site: &Receiver<Arc<Site>>) -> Response<Body> {
    if !is_for_us(request.headers().get(HOST), bound) {
        return text(StatusCode::FORBIDDEN, PLAIN, "ask for localhost, or for the address that is served\n");
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "only GET and HEAD are answered\n");
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refusal;
    }
    match request.uri().path() {
        SCRIPT => text(StatusCode::OK, SCRIPTS, RELOAD),
        EVENTS => response(StatusCode::OK, "text/event-stream", Either::Right(events(site.clone()))),
        path => file(path, &site.borrow().files),
    }
}

/// Whether a request means this server. A page from elsewhere can have its own name lead here, and would then be let read
/// what it finds; an address or `localhost` leads nowhere else.
fn is_for_us(host: Option<&HeaderValue>, bound: IpAddr) -> bool {
    let host = host.and_then(|host| host.to_str().ok()?.parse::<Uri>().ok());
    let Some(name) = host.as_ref().and_then(Uri::host) else { return false };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_ours = |address: IpAddr| address.is_loopback() || address == bound || bound.is_unspecified();
    address.map_or_else(|_| name.eq_ignore_ascii_case("localhost"), is_ours)
}

/// The file of this path, or else a page that says that there is none, and becomes the file when there is.
fn file(path: &str, files: &Files) -> Response<Body> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
    match files.texts.get(&path) {
        Some(page) if is_page(&path) => text(StatusCode::OK, HTML, &page::live(page, &files.digest)),
        Some(file) => text(StatusCode::OK, kind(&path), file),
        None => {
            let why = if files.texts.is_empty() { "There is no site yet." } else { "There is no such page." };
            let page = format!(
                "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{why}</title>\n</head>\n\
                 <body>\n<p>{why} <a href=\"/\">Overview</a></p>\n</body>\n</html>\n"
            );
            text(StatusCode::NOT_FOUND, HTML, &page::live(&page, &files.digest))
        }
    }
}

/// The media type of a file that is no page.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "css" => "text/css; charset=utf-8",
        "js" => SCRIPTS,
        "json" => "application/json",
        "md" => "text/markdown; charset=utf-8",
        "svg" => "image/svg+xml",
        "txt" => PLAIN,
        // The feed.
        "xml" => "application/atom+xml; charset=utf-8",
        "yaml" => "application/yaml",
        _ => "application/octet-stream",
    }
}

/// What is served, at once and whenever it changes: `{ site: "1f…", fault: null }`.
fn events(mut site: Receiver<Arc<Site>>) -> Channel<Bytes> {
    let (mut page, body) = Channel::new(1);
    tokio::spawn(async move {
        loop {
            let now = site.borrow_and_update().clone();
            let event = format!("data: {}\n\n", json!({ "site": now.files.digest, "fault": now.fault }));
            let is_over = page.send_data(event.into()).await.is_err();
            if is_over || matches!(timeout(PULSE, site.changed()).await, Ok(Err(_))) {
                return;
            }
        }
    });
    body
}

fn text(code: StatusCode, kind: &'static str, text: &str) -> Response<Body> {
    response(code, kind, Either::Left(Full::from(text.to_owned())))
}

fn response(code: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Pages from elsewhere may not take scripts from here either: the index of the search tells what is in the catalogue.
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use http_body_util::{BodyExt as _, Either};
    use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
    use hyper::{Request, Response, StatusCode};
    use tidings_generator::emit::OutFile;
    use tokio::sync::watch::Sender;

    use super::{Body, answer, is_for_us};
    use crate::serve::{Files, Site};

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn site(files: &[(&str, &str)]) -> Sender<Arc<Site>> {
        let files = files.iter().map(|(path, text)| OutFile::new(*path, *text).unwrap()).collect();
        Sender::new(Arc::new(Site { files: Arc::new(Files::of(files)), fault: None }))
    }

    fn ask(method: &str, path: &str) -> Response<Body> {
        let site = site(&[
            ("index.html", "<head></head>overview"),
            ("events/index.html", "<head></head>events"),
            ("events/order.placed.html", "<head></head>order.placed"),
            ("feed.xml", "feed"),
        ]);
        let request = Request::builder().method(method).uri(path).header("host", "localhost:4000").body(()).unwrap();
        answer(&request, LOOPBACK, &site.subscribe())
    }

    fn body(response: Response<Body>) -> String {
        let Either::Left(body) = response.into_body() else { panic!("no text") };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bytes = runtime.block_on(body.collect()).unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn folders_mean_their_index() {
        for (path, text) in [
            ("/", "overview"),
            ("/?q=1", "overview"),
            ("/index.html", "overview"),
            ("/events/", "events"),
            ("/events/order.placed.html", "order.placed"),
        ] {
            let response = ask("GET", path);
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store", "{path}");
            let page = body(response);
            assert!(page.ends_with(text) && page.contains("/.tidings/reload.js"), "{path}: {page}");
        }
    }

    #[test]
    fn what_is_no_file_of_the_site_is_not_found() {
        let paths =
            ["/x", "/events", "/feed.xml/", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/etc/passwd", "//etc/passwd"];
        for path in paths.into_iter().chain(["/.tidings/", "/.tidings/../index.html"]) {
            let response = ask("GET", path);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert!(body(response).contains("There is no such page."), "{path}");
        }
    }

    #[test]
    fn nothing_can_be_sent() {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let response = ask(method, "/");
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
            assert_eq!(response.headers()[ALLOW], "GET, HEAD");
        }
        assert_eq!(ask("HEAD", "/").status(), StatusCode::OK);
    }

    #[test]
    fn files_have_their_media_types() {
        assert_eq!(ask("GET", "/feed.xml").headers()[CONTENT_TYPE], "application/atom+xml; charset=utf-8");
        assert_eq!(body(ask("GET", "/feed.xml")), "feed");
        for (path, kind) in [
            ("style.css", "text/css; charset=utf-8"),
            ("search.js", "text/javascript; charset=utf-8"),
            ("schemas/order.placed/1.json", "application/json"),
            ("events/order.placed.md", "text/markdown; charset=utf-8"),
            ("llms.txt", "text/plain; charset=utf-8"),
            ("asyncapi.yaml", "application/yaml"),
            ("picture.svg", "image/svg+xml"),
            ("CODEOWNERS", "application/octet-stream"),
        ] {
            assert_eq!(super::kind(path), kind, "{path}");
        }
    }

    #[test]
    fn other_names_are_not_answered() {
        let is_for_us =
            |host: &'static str, bound: &str| is_for_us(Some(&HeaderValue::from_static(host)), bound.parse().unwrap());
        for host in ["localhost", "LOCALHOST:4000", "127.0.0.1:4000", "[::1]:4000", "[::1]"] {
            assert!(is_for_us(host, "127.0.0.1"), "{host}");
        }
        for host in
            ["example.com", "localhost.example.com:4000", "127.0.0.1.nip.io", "192.168.1.5:4000", "", "/", "a b"]
        {
            assert!(!is_for_us(host, "127.0.0.1"), "{host}");
        }
        assert!(is_for_us("192.168.1.5:4000", "192.168.1.5") && !is_for_us("192.168.1.6:4000", "192.168.1.5"));
        // Whoever serves at every address serves at each; a name is none.
        assert!(is_for_us("192.168.1.5", "0.0.0.0") && !is_for_us("example.com", "0.0.0.0"));
        let request = Request::builder().uri("/").body(()).unwrap();
        assert_eq!(answer(&request, LOOPBACK, &site(&[]).subscribe()).status(), StatusCode::FORBIDDEN);
    }
}
