//! The HTTP API over the seam of the real roof.
//!
//! It is a translator and nothing else: a request becomes a question or a command of the control
//! socket ([`server::Desk`]), the answer becomes JSON or a problem (RFC 9457). What may be asked
//! depends on the token. It runs in a thread of its own, so that no page and no slow reader ever
//! delays a call.

mod access;
mod api;
mod body;
mod cors;
mod events;
mod guard;
mod hooks;
mod listener;
mod metrics;
mod openapi;
mod problem;
mod shapes;
mod shapes_of_settings;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use config::Http;
use server::Desk;
use tokio::sync::{Semaphore, oneshot};

pub use access::{BUCKET_SECONDS, Keys};
pub use body::BODY_BYTES_MAX;
pub use events::{EVENT_STREAMS_MAX, EVENTS_BUFFERED_MAX, SLOW_TIME, STILL_HERE, event};
pub use guard::ANSWER_TIME;
pub use hooks::{Hooks, PAUSE_MAX, RETRY_AFTER_MAX, tell};
pub use listener::{CONNECTIONS_PER_SOURCE_MAX, IDLE_TIME};
pub use openapi::document;

use events::Source;
use listener::Limited;
use metrics::Facts;

/// What every handler stands on.
pub(crate) struct App {
    pub(crate) desk: Desk,
    pub(crate) keys: Arc<Keys>,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) source: Source,
    pub(crate) facts: Facts,
}

/// The API while it is served. Dropping it ends it at once.
#[derive(Debug)]
pub struct Web {
    address: SocketAddr,
    keys: Arc<Keys>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Web {
    /// Where it is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who may ask: to be replaced by a reload.
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends by itself; what it panicked of is in the log.
            let _ = thread.join();
        }
    }
}

/// Serves the API of a running engine.
///
/// # Errors
/// In words: the address cannot be had, or the system refuses a thread.
pub fn serve(desk: Desk, http: &Http) -> Result<Web, String> {
    let listen = http.listen;
    let failed = |error: std::io::Error| {
        let remedy = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program has this port: stop it (`ss -ltnp` names it) or choose another"
            }
            std::io::ErrorKind::AddrNotAvailable => {
                "this machine has no such address: choose one of `ip address`"
            }
            std::io::ErrorKind::PermissionDenied => "ports below 1024 are for root: choose another",
            _ => "check [http] listen",
        };
        format!("HTTP cannot be served on {listen}: {error}; {remedy}")
    };
    let socket = std::net::TcpListener::bind(listen).map_err(failed)?;
    socket.set_nonblocking(true).map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("web")
        .enable_all()
        .build()
        .map_err(failed)?;
    let limited = {
        let _within = runtime.enter();
        Limited::new(socket, http.connections_max).map_err(failed)?
    };
    let keys = Arc::new(Keys::new(http, desk.clock()));
    let streams = Arc::new(Semaphore::new(EVENT_STREAMS_MAX));
    let (source, facts) = (Source::default(), Facts::default());
    let app = Arc::new(App { desk, keys: Arc::clone(&keys), streams, source, facts });
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = std::thread::Builder::new().name("http".into()).spawn(move || {
        let follow = metrics::follow(Arc::clone(&app));
        let router = api::router(app);
        let serve = async { axum::serve(limited, router).await };
        runtime.spawn(follow);
        runtime.block_on(async {
            tokio::select! {
                _ = stopped => {}
                ended = serve => {
                    if let Err(error) = ended {
                        tracing::error!("HTTP is not served any more: {error}");
                    }
                }
            }
        });
        runtime.shutdown_background();
    });
    let thread = Some(serving.map_err(failed)?);
    tracing::info!("HTTP is served on {address}");
    Ok(Web { address, keys, stop: Some(stop), thread })
}
