//! Stands before a server, so that connections can be cut and frozen whatever client made them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::random::Random;

/// What happens to the connections of a proxy.
#[derive(Debug, Clone, Copy, Default)]
struct Weather {
    /// Connections neither carry a byte nor end.
    is_frozen: bool,
    /// Raised with each cut.
    cuts: u64,
    /// Of a hundred connections, so many are cut.
    share: u64,
    /// Decides which.
    seed: u64,
}

/// Accepts connections until it is dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    port: u16,
    weather: watch::Sender<Weather>,
    ended: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    pub(super) async fn start(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (weather, watched) = watch::channel(Weather::default());
        let ended = Arc::new(AtomicU64::new(0));
        let accepting = tokio::spawn(accept(listener, server, watched, ended.clone()));
        Ok(Self { port, weather, ended, accepting })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Ends so many of a hundred connections.
    pub(super) fn cut(&self, share: u64, seed: u64) {
        self.weather
            .send_modify(|weather| (weather.cuts, weather.share, weather.seed) = (weather.cuts + 1, share, seed));
    }

    /// Keeps every byte, in both directions, on connections old and new.
    pub(super) fn freeze(&self) {
        self.weather.send_modify(|weather| weather.is_frozen = true);
    }

    /// Lets new connections through. The old ones are lost.
    pub(super) fn thaw(&self) {
        self.weather.send_modify(|weather| {
            let cuts = weather.cuts + 1;
            *weather = Weather { cuts, share: 100, ..Weather::default() };
        });
    }

    /// Connections that were cut so far.
    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, weather: watch::Receiver<Weather>, ended: Arc<AtomicU64>) {
    let mut number = 0;
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        number += 1;
        let (weather, ended) = (weather.clone(), ended.clone());
        tokio::spawn(async move {
            // A server that is down refuses, and so do we: by the end of `client`.
            let Ok(server) = TcpStream::connect(server).await else { return };
            if carry(client, server, weather, number).await {
                ended.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}

/// Carries bytes until an end closes or a cut hits. Returns whether it was a cut.
async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    mut weather: watch::Receiver<Weather>,
    number: u64,
) -> bool {
    let mut seen = weather.borrow_and_update().cuts;
    // Small answers are waited for.
    let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let there = pump(&mut from_client, &mut to_server, weather.clone());
    let back = pump(&mut from_server, &mut to_client, weather.clone());
    tokio::pin!(there, back);
    loop {
        tokio::select! {
            () = &mut there => return false,
            () = &mut back => return false,
            changed = weather.changed() => {
                if changed.is_err() {
                    return false;
                }
                let now = *weather.borrow_and_update();
                if now.cuts > seen && Random::new(now.seed, number).chance(now.share) {
                    return true;
                }
                seen = now.cuts;
            }
        }
    }
}

async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        let is_open = weather.wait_for(|weather| !weather.is_frozen).await.is_ok();
        if read == 0 || !is_open || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
