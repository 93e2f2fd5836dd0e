//! One connection: bytes in are cut into messages, messages go out whole, and no peer holds it for
//! nothing.
//!
//! ```text
//! connecting ──▶ (TLS) ──▶ open ── closed by the peer, garbage, too slow, too quiet ──▶ Closed
//!      '── refused, no answer, not believed ──▶ Unreachable
//! ```

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use sip::{Frame, Framer, Hop};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::table::Number;

/// Messages on their way out of one connection. A peer that does not read them loses it.
pub const OUT_QUEUED_MAX: usize = 256;
/// How long a connection may take to be there.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How long the peer may take to agree on keys.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// How long the first message or ping of a peer may take, from its connection.
pub const FIRST_MESSAGE_MAX: Duration = Duration::from_secs(15);
/// How long a message may take, from its first byte to its last.
pub const MESSAGE_TIME_MAX: Duration = Duration::from_secs(10);
/// How long the peer may take to read one message.
pub const WRITE_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a connection is kept on which nothing is said either way.
pub const IDLE_MAX: Duration = Duration::from_secs(20 * 60);
/// Bytes read at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// What a connection says to the table.
pub(super) struct Said {
    pub(super) number: Number,
    pub(super) hop: Hop,
    pub(super) what: What,
}

/// See [`Said`].
pub(super) enum What {
    /// One whole message.
    Message(Vec<u8>),
    /// The peer, who has shown this certificate, wants to be reached there by this connection.
    Lent { at: SocketAddr, certificate: CertificateDer<'static> },
    /// It never was; nothing left by it. Its last word.
    Unreachable,
    /// It was, and is no more. Its last word.
    Closed,
}

/// A connection's ends of the channels.
pub(super) struct Ends {
    pub(super) number: Number,
    pub(super) hop: Hop,
    pub(super) orders: mpsc::Receiver<Vec<u8>>,
    pub(super) said: mpsc::Sender<Said>,
}

impl Ends {
    /// False when nobody listens any more.
    async fn say(&self, what: What) -> bool {
        self.said.send(Said { number: self.number, hop: self.hop, what }).await.is_ok()
    }
}

/// What a peer who connects to a TLS listener goes through first.
pub(super) struct Gate {
    pub(super) acceptor: TlsAcceptor,
    /// Its place among those who are still agreeing on keys.
    pub(super) place: OwnedSemaphorePermit,
}

/// Where a connection of ours begins.
#[derive(Clone)]
pub(super) struct Start {
    /// The address of the listener.
    pub(super) ip: Option<IpAddr>,
    /// For TLS: how, and the name that the peer must prove.
    pub(super) tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// A connection that the peer opened.
pub(super) async fn accepted(stream: TcpStream, gate: Option<Gate>, mut ends: Ends) {
    let _ = stream.set_nodelay(true);
    match gate {
        None => carry(stream, &mut ends, FIRST_MESSAGE_MAX, None).await,
        Some(Gate { acceptor, place }) => {
            let shaken = shake(acceptor.accept(stream)).await;
            drop(place);
            match shaken {
                Ok(stream) => {
                    let shown = stream.get_ref().1.peer_certificates();
                    let shown = shown.and_then(|chain| chain.first()).cloned();
                    carry(stream, &mut ends, FIRST_MESSAGE_MAX, shown).await;
                }
                Err(why) => {
                    tracing::info!("TLS with {} does not come about: {why}", ends.hop.peer);
                }
            }
        }
    }
    ends.say(What::Closed).await;
}

/// A connection that we open.
pub(super) async fn opened(from: Start, mut ends: Ends) {
    let peer = ends.hop.peer;
    let ip = from.ip.filter(|ip| !ip.is_unspecified());
    let stream = match timeout(CONNECT_TIME_MAX, connect(ip, peer)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return unreachable(&ends, &error.to_string()).await,
        Err(_) => return unreachable(&ends, "nobody answers").await,
    };
    let _ = stream.set_nodelay(true);
    match from.tls {
        None => carry(stream, &mut ends, IDLE_MAX, None).await,
        Some((connector, name)) => {
            let as_whom = name.to_str().into_owned();
            match shake(connector.connect(name, stream)).await {
                Ok(stream) => carry(stream, &mut ends, IDLE_MAX, None).await,
                Err(why) => {
                    // An operator must learn why a trunk is not believed.
                    tracing::warn!("TLS with {as_whom} at {peer} does not come about: {why}");
                    return unreachable(&ends, "TLS does not come about").await;
                }
            }
        }
    }
    ends.say(What::Closed).await;
}

/// Agrees on keys, in time. The error says why not.
async fn shake<T>(handshake: impl Future<Output = std::io::Result<T>>) -> Result<T, String> {
    match timeout(HANDSHAKE_TIME_MAX, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the other side takes too long".to_owned()),
    }
}

async fn unreachable(ends: &Ends, why: &str) {
    tracing::debug!("no connection to {}: {why}", ends.hop.peer);
    ends.say(What::Unreachable).await;
}

async fn connect(from: Option<IpAddr>, peer: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = if peer.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(from) = from {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    socket.connect(peer).await
}

/// Why a connection ends.
enum End {
    /// Nobody needs it: the peer closed it, or the table let it go.
    Done,
    /// A fault of the network or of the peer, in words.
    Fault(String),
}

async fn carry<S>(
    mut stream: S,
    ends: &mut Ends,
    patience: Duration,
    shown: Option<CertificateDer<'static>>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut ear = Ear { framer: Framer::new(), since: None, shown };
    let mut quiet = Instant::now() + patience;
    let mut chunk = vec![0; CHUNK_BYTES];
    let end = loop {
        let deadline = ear.since.map_or(quiet, |since| since + MESSAGE_TIME_MAX);
        tokio::select! {
            read = stream.read(&mut chunk) => {
                let length = match read {
                    Ok(0) => break End::Done,
                    Ok(length) => length,
                    Err(error) => break End::Fault(error.to_string()),
                };
                match ear.hear(&chunk[..length], &mut stream, ends).await {
                    Ok(true) => quiet = Instant::now() + IDLE_MAX,
                    Ok(false) => {}
                    Err(end) => break end,
                }
            }
            order = ends.orders.recv() => {
                let Some(bytes) = order else { break End::Done };
                if let Err(end) = write(&mut stream, &bytes).await {
                    break end;
                }
                quiet = quiet.max(Instant::now() + IDLE_MAX);
            }
            () = tokio::time::sleep_until(deadline) => {
                break match ear.since {
                    Some(_) => End::Fault("a message takes too long".to_owned()),
                    None => End::Done,
                };
            }
        }
    };
    if let End::Fault(why) = end {
        tracing::debug!("the connection with {} is closed: {why}", ends.hop.peer);
    }
    // A peer that hears no farewell finds out by itself.
    let _ = timeout(WRITE_TIME_MAX, stream.shutdown()).await;
}

/// Cuts what comes into messages.
struct Ear {
    framer: Framer,
    /// When the message began whose rest is awaited.
    since: Option<Instant>,
    /// The certificate of the peer who connected, until it has lent us the connection.
    shown: Option<CertificateDer<'static>>,
}

impl Ear {
    /// True when a whole message or a ping came.
    async fn hear<S>(&mut self, bytes: &[u8], stream: &mut S, ends: &Ends) -> Result<bool, End>
    where
        S: AsyncWrite + Unpin,
    {
        self.framer.push(bytes);
        let mut heard = false;
        while let Some(frame) = self.framer.poll() {
            heard = true;
            match frame {
                Ok(Frame::Message(message)) => {
                    self.hear_alias(&message, ends).await;
                    if !ends.say(What::Message(message)).await {
                        return Err(End::Done);
                    }
                }
                // RFC 5626 §4.4.1.
                Ok(Frame::Ping) => write(stream, b"\r\n").await?,
                Err(broken) => return Err(End::Fault(broken.as_str().to_owned())),
            }
        }
        self.since = match (self.framer.is_amid(), heard) {
            (false, _) => None,
            (true, false) => Some(self.since.unwrap_or_else(Instant::now)),
            (true, true) => Some(Instant::now()),
        };
        Ok(heard)
    }
}

impl Ear {
    /// Who has proved a name may lend the connection, once.
    async fn hear_alias(&mut self, message: &[u8], ends: &Ends) {
        let Some(certificate) = &self.shown else { return };
        if let Some(at) = sip::lent(message, ends.hop.peer) {
            ends.say(What::Lent { at, certificate: certificate.clone() }).await;
            self.shown = None;
        }
    }
}

async fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Result<(), End> {
    let written = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    match timeout(WRITE_TIME_MAX, written).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(End::Fault(error.to_string())),
        Err(_) => Err(End::Fault("the peer does not read".to_owned())),
    }
}
