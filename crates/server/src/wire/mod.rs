//! The SIP side of the roof: datagrams and streams in, whole messages to the driver; messages of
//! the engine out, by the listener that their hop names.
//!
//! ```text
//!   UDP sockets ────────────────┐
//!   TCP and TLS ──── Table ─┐   ├──▶ inbox of Inputs ──▶ driver ──▶ engine
//!   listeners     connections ──┘                          │
//!        ▲                                                 │
//!        └──────────────────── send(hop, bytes) ◀──────────┘
//! ```
//!
//! It decides nothing about calls: what cannot be sent, or where a connection ended, is one more
//! input. A message for a stream goes by the connection with its peer, whoever opened it (RFC 3261
//! §18.2.2, RFC 5923 §5); without one, a connection is opened.

mod connection;
mod keys;
mod table;
mod tls;

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use engine::Input;
use sip::{Hop, ListenerId};
use tokio::io::ReadBuf;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

use crate::shared::Shared;
use connection::Start;
use table::Table;

pub(crate) use tls::{Named, Security};

pub use table::{CONNECTIONS_MAX, CONNECTIONS_PER_SOURCE_MAX, HANDSHAKES_MAX};

/// Datagrams read from one socket before the other inputs have their turn.
pub const DATAGRAMS_PER_TURN: usize = 64;
/// Connections accepted, and messages of streams taken, before the other inputs have their turn.
pub const STREAMS_PER_TURN: usize = 64;
/// Largest UDP payload.
const DATAGRAM_BYTES_MAX: usize = 65_535;
/// How long nobody is accepted when the system refuses to.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is listened on, before there is a runtime.
#[derive(Debug)]
pub(crate) enum Socket {
    Udp(std::net::UdpSocket),
    Tcp(std::net::TcpListener, Option<Security>),
}

/// The same within the runtime.
enum Door {
    Udp(UdpSocket),
    Tcp(TcpListener, Option<Security>),
}

/// See the module.
pub(crate) struct Wire {
    doors: Vec<Door>,
    table: Table,
    inbox: VecDeque<Input>,
    datagram: Vec<u8>,
    /// Runs while nobody is accepted.
    pause: Option<Pin<Box<Sleep>>>,
    /// Who is where, for those who must prove it.
    named: Vec<Named>,
    shared: Arc<Shared>,
}

impl Wire {
    /// The sockets in the order of their [`ListenerId`]. To be called within the runtime.
    pub(crate) fn open(sockets: Vec<Socket>, shared: Arc<Shared>) -> std::io::Result<Wire> {
        let mut doors = Vec::new();
        for socket in sockets {
            doors.push(match socket {
                Socket::Udp(socket) => Door::Udp(UdpSocket::from_std(socket)?),
                Socket::Tcp(listener, security) => {
                    Door::Tcp(TcpListener::from_std(listener)?, security)
                }
            });
        }
        Ok(Wire {
            doors,
            table: Table::new(table::Limits::default()),
            inbox: VecDeque::new(),
            datagram: vec![0; DATAGRAM_BYTES_MAX],
            pause: None,
            named: Vec::new(),
            shared,
        })
    }

    /// Waits until [`Wire::take`] has something.
    pub(crate) async fn ready(&mut self) {
        std::future::poll_fn(|cx| self.poll_ready(cx)).await;
    }

    /// The next input; none when everything that came has been taken.
    pub(crate) fn take(&mut self) -> Option<Input> {
        self.inbox.pop_front()
    }

    /// True when somebody whom we call must prove who he is.
    pub(crate) fn asks_for_proofs(&self) -> bool {
        self.doors.iter().any(|door| matches!(door, Door::Tcp(_, Some(_))))
    }

    /// Who is where from now on. A connection that stands is not asked again.
    pub(crate) fn learn(&mut self, named: Vec<Named>) {
        self.named = named;
    }

    /// Sends one message.
    pub(crate) fn send(&mut self, to: Hop, bytes: Vec<u8>) {
        match self.doors.get(usize::from(to.listener.0)) {
            Some(Door::Udp(socket)) => {
                let sent = socket.try_send_to(&bytes, to.peer);
                self.datagram_sent(to, sent);
            }
            Some(Door::Tcp(listener, security)) => {
                let from = || Start {
                    ip: listener.local_addr().map(|address| address.ip()).ok(),
                    tls: security.as_ref().map(|security| security.way_to(to.peer, &self.named)),
                };
                let told = self.table.send(to, bytes, &from);
                if !told.is_empty() {
                    self.count_failed();
                }
                self.inbox.extend(told);
            }
            None => self.inbox.push_back(Input::Unreachable(to)),
        }
    }

    fn datagram_sent(&mut self, to: Hop, sent: std::io::Result<usize>) {
        use std::io::ErrorKind;
        let Err(error) = sent else { return };
        self.count_failed();
        tracing::debug!("a datagram to {} was not sent: {error}", to.peer);
        // Anything else is as if the network had lost it: RFC 3261 §17 repeats what matters.
        if matches!(error.kind(), ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) {
            self.inbox.push_back(Input::Unreachable(to));
        }
    }

    fn count_failed(&self) {
        self.shared.sip_sends_failed.fetch_add(1, Ordering::Relaxed);
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut again = self.poll_pause(cx);
        for (id, door) in (0..).map(ListenerId).zip(&self.doors) {
            match door {
                Door::Udp(socket) => {
                    let (datagram, inbox) = (&mut self.datagram, &mut self.inbox);
                    again |= read(cx, id, socket, datagram, inbox);
                }
                Door::Tcp(listener, security) if self.pause.is_none() => {
                    let acceptor = security.as_ref().map(|security| &security.acceptor);
                    let door = (id, listener, acceptor);
                    match accept(cx, door, &mut self.table, &mut self.inbox) {
                        Ok(more) => again |= more,
                        Err(error) => {
                            tracing::warn!("SIP connections cannot be accepted: {error}");
                            self.pause = Some(Box::pin(tokio::time::sleep(ACCEPT_PAUSE)));
                            again = true;
                        }
                    }
                }
                Door::Tcp(..) => {}
            }
        }
        for _ in 0..STREAMS_PER_TURN {
            match self.table.poll(cx) {
                Poll::Ready(inputs) => self.inbox.extend(inputs),
                Poll::Pending => break,
            }
            self.judge_claims();
        }
        // `again`: something came to nothing, and nobody would wake us for what is behind it.
        if self.inbox.is_empty() && !again { Poll::Pending } else { Poll::Ready(()) }
    }

    /// Believes those who have lent us a connection and shown the name that we would ask for there
    /// (RFC 5923 §8.2).
    fn judge_claims(&mut self) {
        while let Some(claim) = self.table.claim() {
            let door = self.doors.get(usize::from(claim.at.listener.0));
            let Some(Door::Tcp(_, Some(security))) = door else { continue };
            if security.is_proved(&claim.certificate, claim.at.peer, &self.named) {
                self.table.believe(&claim);
            } else {
                tracing::info!("the certificate of {} does not prove its name", claim.at.peer);
            }
        }
    }

    /// True when a pause has just ended.
    fn poll_pause(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(pause) = &mut self.pause else { return false };
        let over = pause.as_mut().poll(cx).is_ready();
        if over {
            self.pause = None;
        }
        over
    }
}

/// Reads what has come to a socket. True when more may be there.
fn read(
    cx: &mut Context<'_>,
    id: ListenerId,
    socket: &UdpSocket,
    datagram: &mut [u8],
    inbox: &mut VecDeque<Input>,
) -> bool {
    for _ in 0..DATAGRAMS_PER_TURN {
        let mut buffer = ReadBuf::new(datagram);
        match socket.poll_recv_from(cx, &mut buffer) {
            Poll::Ready(Ok(peer)) => {
                let source = Hop { listener: id, peer };
                inbox.push_back(Input::Datagram { source, bytes: buffer.filled().to_vec() });
            }
            Poll::Ready(Err(error)) => {
                tracing::debug!("a SIP socket: {error}");
                return true;
            }
            Poll::Pending => return false,
        }
    }
    true
}

/// Accepts whoever waits. True when more may wait.
fn accept(
    cx: &mut Context<'_>,
    (id, listener, acceptor): (ListenerId, &TcpListener, Option<&TlsAcceptor>),
    table: &mut Table,
    inbox: &mut VecDeque<Input>,
) -> std::io::Result<bool> {
    for _ in 0..STREAMS_PER_TURN {
        match listener.poll_accept(cx) {
            Poll::Ready(Ok((stream, peer))) => {
                inbox.extend(table.accept(Hop { listener: id, peer }, stream, acceptor.cloned()));
            }
            // Whoever gave up while waiting is nobody's fault.
            Poll::Ready(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => return Ok(false),
        }
    }
    Ok(true)
}

/// Binds a socket for each listener.
pub(crate) fn bind(
    listen: SocketAddr,
    transport: sip::Transport,
    security: Option<Security>,
    receive_buffer: usize,
) -> std::io::Result<Socket> {
    use socket2::{Domain, Protocol, SockRef, Type};
    let reliable = transport.is_reliable();
    let (kind, protocol) =
        if reliable { (Type::STREAM, Protocol::TCP) } else { (Type::DGRAM, Protocol::UDP) };
    let socket = socket2::Socket::new(
        Domain::for_address(listen),
        kind.nonblocking().cloexec(),
        Some(protocol),
    )?;
    if listen.is_ipv6() {
        // IPv4 has listeners of its own: an address is never two things at once.
        socket.set_only_v6(true)?;
    }
    if reliable {
        // Connections of the last run that are still closing do not hold the port.
        socket.set_reuse_address(true)?;
        socket.bind(&listen.into())?;
        socket.listen(BACKLOG)?;
        return Ok(Socket::Tcp(socket.into(), security));
    }
    // The kernel gives at most net.core.rmem_max; less is no reason not to start.
    let _ = SockRef::from(&socket).set_recv_buffer_size(receive_buffer);
    socket.bind(&listen.into())?;
    Ok(Socket::Udp(socket.into()))
}

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1_024;

impl Socket {
    /// What was really bound.
    pub(crate) fn local_addr(&self) -> std::io::Result<SocketAddr> {
        match self {
            Socket::Udp(socket) => socket.local_addr(),
            Socket::Tcp(listener, _) => listener.local_addr(),
        }
    }
}
