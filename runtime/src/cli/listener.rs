//! Probes and metrics over HTTP.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tidings::metrics::RELAY_WINDOW_DURATION;
use tidings::relay::Status;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{interval, sleep};

/// Connections at once: probes and collectors are few.
const CONNECTIONS: usize = 64;

/// For the head of a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often what was measured is put into buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds of buckets, in seconds. A window takes some milliseconds when all is well.
const BUCKETS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// Why nobody can ask how the relay is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("cannot listen on {address}: {cause}; set TIDINGS_LISTEN to an address that is free here")]
    Address { address: SocketAddr, cause: std::io::Error },
    #[error("cannot collect metrics: {0}")]
    Metrics(#[from] BuildError),
}

/// A socket, and what answers there.
pub(crate) struct Listener {
    socket: TcpListener,
    metrics: PrometheusHandle,
}

impl Listener {
    /// Listens, and collects metrics from now on.
    pub(crate) async fn begin(address: SocketAddr) -> Result<Self, ListenError> {
        let socket = TcpListener::bind(address).await.map_err(|cause| ListenError::Address { address, cause })?;
        let metrics = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(RELAY_WINDOW_DURATION.to_owned()), BUCKETS)?
            .install_recorder()?;
        tidings::metrics::describe();
        // Whoever asks for any port is to know which.
        let address = socket.local_addr().unwrap_or(address);
        tracing::info!(%address, "listening for probes and collectors of metrics");
        Ok(Self { socket, metrics })
    }

    /// Answers for as long as this is waited for.
    pub(crate) async fn serve(self, status: Status) -> Infallible {
        let Self { socket, metrics } = self;
        let upkeep = metrics.clone();
        tokio::spawn(async move {
            let mut upkeeps = interval(UPKEEP);
            loop {
                upkeeps.tick().await;
                upkeep.run_upkeep();
            }
        });
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return std::future::pending().await };
            let stream = match socket.accept().await {
                Ok((stream, _)) => stream,
                Err(cause) => {
                    tracing::warn!(%cause, "cannot take a connection for probes");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let (status, metrics) = (status.clone(), metrics.clone());
            tokio::spawn(async move {
                let answers = service_fn(move |request: Request<Incoming>| {
                    let answer = answer(request.method(), request.uri().path(), &status, &metrics);
                    std::future::ready(Ok::<_, Infallible>(answer))
                });
                let mut http = hyper::server::conn::http1::Builder::new();
                let http = http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
                // Whoever asked has gone away.
                let _ = http.serve_connection(TokioIo::new(stream), answers).await;
                drop(place);
            });
        }
    }
}

fn answer(method: &Method, path: &str, status: &Status, metrics: &PrometheusHandle) -> Response<Full<Bytes>> {
    let probe = |probed: Result<(), String>| match probed {
        Ok(()) => (StatusCode::OK, status.role().to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
    };
    let (code, text) = match path {
        _ if method != Method::GET && method != Method::HEAD => {
            (StatusCode::METHOD_NOT_ALLOWED, "only GET is answered".to_owned())
        }
        "/livez" => probe(status.is_live()),
        "/readyz" => probe(status.is_ready()),
        "/metrics" => (StatusCode::OK, metrics.render()),
        _ => (StatusCode::NOT_FOUND, "there are /livez, /readyz and /metrics".to_owned()),
    };
    let kind =
        if path == "/metrics" { "text/plain; version=0.0.4; charset=utf-8" } else { "text/plain; charset=utf-8" };
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let mut response = Response::new(Full::from(format!("{text}{end}")));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
