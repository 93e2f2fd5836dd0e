//! Which connection leads where, and how many there may be.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use engine::Input;
use rustls::pki_types::CertificateDer;
use sip::Hop;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use super::connection::{self, Ends, Gate, OUT_QUEUED_MAX, Said, Start, What};

/// Most connections at once, both ways. Beyond, whoever comes is sent away, and nobody is called.
pub const CONNECTIONS_MAX: usize = 1_024;
/// Most connections that one address may have opened to us. Beyond, it is sent away.
pub const CONNECTIONS_PER_SOURCE_MAX: usize = 64;
/// Most peers at once who have connected and not yet agreed on keys. Beyond, whoever comes to a TLS
/// listener is sent away.
pub const HANDSHAKES_MAX: usize = 128;
/// Messages of all streams on their way to the engine. A stream waits when they are not taken.
const MESSAGES_QUEUED_MAX: usize = 1_024;

/// See the constants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) all: usize,
    pub(super) per_source: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { all: CONNECTIONS_MAX, per_source: CONNECTIONS_PER_SOURCE_MAX }
    }
}

/// One connection, as it is told apart from an earlier one with the same peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(u64);

/// Who opened a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    ByPeer,
    ByUs,
}

/// A way to a hop.
struct Entry {
    number: Number,
    opened: Opened,
    out: mpsc::Sender<Vec<u8>>,
    task: AbortHandle,
    /// What is to be sent when the end of this connection has been told: then it is known whether
    /// another may be opened. At most [`connection::OUT_QUEUED_MAX`].
    held: Vec<(Vec<u8>, Start)>,
}

/// A peer that has lent us the connection that it opened, for what we send to `at`.
pub(super) struct Claim {
    /// The connection.
    hop: Hop,
    number: Number,
    pub(super) at: Hop,
    /// What the peer has shown, and the listener's authority has signed.
    pub(super) certificate: CertificateDer<'static>,
}

/// See the module.
pub(super) struct Table {
    limits: Limits,
    ways: BTreeMap<Hop, Entry>,
    /// Where peers want to be reached by the connection that they opened (RFC 5923), and which
    /// that is. At most one for each connection.
    lent: BTreeMap<Hop, Hop>,
    /// Those who said so and are to be believed or not: see [`Table::claim`].
    claims: VecDeque<Claim>,
    /// Every connection whose end has not been told.
    open: BTreeMap<Number, (Hop, Opened)>,
    last: u64,
    said: mpsc::Receiver<Said>,
    sayer: mpsc::Sender<Said>,
    /// Room for peers who agree on keys.
    handshakes: Arc<Semaphore>,
}

impl Table {
    pub(super) fn new(limits: Limits) -> Table {
        let (sayer, said) = mpsc::channel(MESSAGES_QUEUED_MAX);
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
        let (ways, open) = (BTreeMap::new(), BTreeMap::new());
        let (lent, claims) = (BTreeMap::new(), VecDeque::new());
        Table { limits, ways, lent, claims, open, last: 0, said, sayer, handshakes }
    }

    /// Somebody connected. At a limit the connection is closed at once. Gives what the engine must
    /// know.
    pub(super) fn accept(
        &mut self,
        hop: Hop,
        stream: TcpStream,
        acceptor: Option<TlsAcceptor>,
    ) -> Vec<Input> {
        if self.open.len() >= self.limits.all || self.of(hop.peer.ip()) >= self.limits.per_source {
            tracing::debug!("a connection of {} is sent away: there are too many", hop.peer);
            return Vec::new();
        }
        let gate = match acceptor.map(|acceptor| self.gate(acceptor)) {
            None => None,
            Some(Some(gate)) => Some(gate),
            Some(None) => {
                tracing::debug!("{} is sent away: too many agree on keys", hop.peer);
                return Vec::new();
            }
        };
        let mut told = Vec::new();
        match self.ways.get(&hop).map(|entry| entry.opened) {
            // The peer calls us from the port at which we call it: what we send goes by ours.
            Some(Opened::ByUs) => {
                let (_, _, ends) = self.number(hop, Opened::ByPeer);
                tokio::spawn(connection::accepted(stream, gate, ends));
                return Vec::new();
            }
            // The same port again: the peer knows the end of the first before we do.
            Some(Opened::ByPeer) => told = self.cut(hop),
            None => {}
        }
        let (number, out, ends) = self.number(hop, Opened::ByPeer);
        let task = tokio::spawn(connection::accepted(stream, gate, ends)).abort_handle();
        let opened = Opened::ByPeer;
        self.ways.insert(hop, Entry { number, opened, out, task, held: Vec::new() });
        told
    }

    fn gate(&self, acceptor: TlsAcceptor) -> Option<Gate> {
        let place = Arc::clone(&self.handshakes).try_acquire_owned().ok()?;
        Some(Gate { acceptor, place })
    }

    /// Sends by the connection with the peer, or opens one as `from` says. Gives what the
    /// engine must know when that is impossible.
    pub(super) fn send(&mut self, to: Hop, bytes: Vec<u8>, from: &dyn Fn() -> Start) -> Vec<Input> {
        use mpsc::error::TrySendError;
        let bytes = match self.send_by_lent(to, bytes) {
            Ok(told) => return told,
            Err(bytes) => bytes,
        };
        if let Some(entry) = self.ways.get_mut(&to) {
            return match entry.out.try_send(bytes) {
                Ok(()) => Vec::new(),
                Err(TrySendError::Closed(bytes)) if entry.held.len() < OUT_QUEUED_MAX => {
                    entry.held.push((bytes, from()));
                    Vec::new()
                }
                // The peer does not read, and nobody knows what it has taken.
                Err(TrySendError::Full(_) | TrySendError::Closed(_)) => self.cut(to),
            };
        }
        if self.open.len() >= self.limits.all {
            tracing::warn!("no connection to {} is opened: there are too many", to.peer);
            return vec![Input::Unreachable(to)];
        }
        let (number, out, ends) = self.number(to, Opened::ByUs);
        // A new channel has room for its first message.
        let _ = out.try_send(bytes);
        let task = tokio::spawn(connection::opened(from(), ends)).abort_handle();
        let opened = Opened::ByUs;
        self.ways.insert(to, Entry { number, opened, out, task, held: Vec::new() });
        Vec::new()
    }

    /// Sends by the connection that the peer there has lent us; gives the bytes back when there is
    /// none, or when there is one of ours.
    fn send_by_lent(&mut self, to: Hop, bytes: Vec<u8>) -> Result<Vec<Input>, Vec<u8>> {
        use mpsc::error::TrySendError;
        if self.ways.contains_key(&to) {
            return Err(bytes);
        }
        let Some(hop) = self.lent.get(&to).copied() else { return Err(bytes) };
        let Some(entry) = self.ways.get(&hop) else { return Err(bytes) };
        match entry.out.try_send(bytes) {
            Ok(()) => Ok(Vec::new()),
            Err(TrySendError::Full(_)) => Ok(self.cut(hop)),
            Err(TrySendError::Closed(bytes)) => Err(bytes),
        }
    }

    /// The next peer that has lent us its connection, who is to be believed or not.
    pub(super) fn claim(&mut self) -> Option<Claim> {
        self.claims.pop_front()
    }

    /// Believes a claim: what goes there goes by that connection from now on.
    pub(super) fn believe(&mut self, claim: &Claim) {
        if self.ways.get(&claim.hop).is_some_and(|entry| entry.number == claim.number) {
            self.lent.insert(claim.at, claim.hop);
        }
    }

    /// What the connections say next.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Vec<Input>> {
        let Poll::Ready(Some(said)) = self.said.poll_recv(cx) else { return Poll::Pending };
        let Said { number, hop, what } = said;
        let end = match what {
            What::Message(bytes) => {
                return Poll::Ready(vec![Input::Datagram { source: hop, bytes }]);
            }
            What::Lent { at, certificate } => {
                let at = Hop { peer: at, ..hop };
                self.claims.push_back(Claim { hop, number, at, certificate });
                return Poll::Ready(Vec::new());
            }
            What::Unreachable => Input::Unreachable(hop),
            What::Closed => Input::Disconnected(hop),
        };
        if self.open.remove(&number).is_none() {
            // It was cut, which has been told.
            return Poll::Ready(Vec::new());
        }
        let reopen = matches!(end, Input::Disconnected(_));
        let mut told = vec![end];
        if self.ways.get(&hop).is_some_and(|entry| entry.number == number)
            && let Some(entry) = self.ways.remove(&hop)
            && reopen
        {
            told.extend(self.take_back(hop));
            for (bytes, from) in entry.held {
                told.extend(self.send(hop, bytes, &|| from.clone()));
            }
        }
        Poll::Ready(told)
    }

    /// What was lent ends with its connection: whoever waits for answers there is told, too.
    fn take_back(&mut self, hop: Hop) -> Vec<Input> {
        let mut told = Vec::new();
        self.lent.retain(|at, by| {
            let stays = *by != hop;
            if !stays {
                told.push(Input::Disconnected(*at));
            }
            stays
        });
        told
    }

    /// Ends the connection that leads to a hop, at once and whatever it has not sent.
    fn cut(&mut self, hop: Hop) -> Vec<Input> {
        tracing::debug!("the connection with {} is cut", hop.peer);
        if let Some(entry) = self.ways.remove(&hop) {
            entry.task.abort();
            self.open.remove(&entry.number);
        }
        let mut told = self.take_back(hop);
        told.push(Input::Disconnected(hop));
        told
    }

    /// How many connections this address has opened.
    fn of(&self, source: IpAddr) -> usize {
        let theirs =
            |(hop, opened): &&(Hop, Opened)| *opened == Opened::ByPeer && hop.peer.ip() == source;
        self.open.values().filter(theirs).count()
    }

    /// Counts a new connection and makes its channel.
    fn number(&mut self, hop: Hop, opened: Opened) -> (Number, mpsc::Sender<Vec<u8>>, Ends) {
        self.last += 1;
        let number = Number(self.last);
        let (out, orders) = mpsc::channel(OUT_QUEUED_MAX);
        self.open.insert(number, (hop, opened));
        let ends = Ends { number, hop, orders, said: self.sayer.clone() };
        (number, out, ends)
    }
}
