//! Connections: how many at once, how many from one place, and how long one may be quiet.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// A connection on which nothing moves for so long is closed: who keeps quiet, who sends a request
/// in drops, who does not take an answer.
pub const IDLE_TIME: Duration = Duration::from_secs(30);
/// Connections from one address at once; a proxy on this machine may have all of them.
pub const CONNECTIONS_PER_SOURCE_MAX: usize = 32;

/// A socket that lets in only so many.
pub(crate) struct Limited {
    listener: TcpListener,
    places: Arc<Semaphore>,
    sources: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

impl Limited {
    /// To be called within a runtime.
    pub(crate) fn new(socket: std::net::TcpListener, most: usize) -> io::Result<Limited> {
        let listener = TcpListener::from_std(socket)?;
        Ok(Limited { listener, places: Arc::new(Semaphore::new(most)), sources: Arc::default() })
    }

    /// A place for one more of this source.
    fn source(&self, ip: IpAddr) -> Option<Source> {
        let ip = ip.to_canonical();
        let mut sources = self.sources.lock().expect("nobody panics while holding the sources");
        let count = sources.get(&ip).copied().unwrap_or_default();
        if count >= CONNECTIONS_PER_SOURCE_MAX && !ip.is_loopback() {
            return None;
        }
        sources.insert(ip, count + 1);
        Some(Source { ip, sources: Arc::clone(&self.sources) })
    }
}

impl axum::serve::Listener for Limited {
    type Io = Guarded;
    type Addr = SocketAddr;

    /// The next connection, once there is a place for it: until then the kernel keeps it waiting.
    async fn accept(&mut self) -> (Guarded, SocketAddr) {
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await;
            let place = place.expect("the places are never closed");
            let Ok((stream, from)) = self.listener.accept().await else {
                // Out of files, most likely: give the others a moment to end.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Some(source) = self.source(from.ip()) else { continue };
            // Answers are written whole: nothing is gained by waiting for more.
            let _ = stream.set_nodelay(true);
            let idle = Box::pin(tokio::time::sleep(IDLE_TIME));
            return (Guarded { stream, idle, _place: place, _source: source }, from);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection of a source.
struct Source {
    ip: IpAddr,
    sources: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

impl Drop for Source {
    fn drop(&mut self) {
        let mut sources = self.sources.lock().expect("nobody panics while holding the sources");
        match sources.get_mut(&self.ip) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                sources.remove(&self.ip);
            }
        }
    }
}

/// A connection that ends when nothing moves.
pub(crate) struct Guarded {
    stream: TcpStream,
    idle: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
    _source: Source,
}

impl Guarded {
    fn watch<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.idle.as_mut().reset(Instant::now() + IDLE_TIME);
            return done;
        }
        match self.idle.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        self.watch(cx, read)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
