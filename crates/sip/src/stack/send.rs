//! Building and sending, and the tables of transactions.

use model::Mono;
use sip_msg::{Headers, Method, Request, Response, Via};

use super::Stack;
use crate::hop::Way;
use crate::message::{self, put};
use crate::session::{Phase, Session};
use crate::timer::Clock;
use crate::transaction::{
    Client, ClientId, ClientKey, Merged, Otherwise, Purpose, Server, ServerId,
};
use crate::{
    Direction, Event, Hop, Listener, ListenerId, Output, SessionId, Transport, Wire, limits,
    secure, why,
};

/// One message about to leave, or one that came, as a ladder shows it.
pub(super) struct Line {
    pub(super) session: Option<SessionId>,
    pub(super) label: String,
    pub(super) sdp: bool,
    pub(super) again: bool,
}

impl Stack {
    /// Gives an event. Events are never lost.
    pub(super) fn tell(&mut self, session: SessionId, event: Event) {
        self.outputs.push_back(Output::Event { session, event });
    }

    pub(super) fn give(&mut self, output: Output) {
        if self.outputs.len() < limits::OUTPUTS_MAX {
            self.outputs.push_back(output);
        } else {
            self.counters.lost_outputs += 1;
        }
    }

    fn wire(&mut self, direction: Direction, hop: Hop, line: Line) {
        let Line { session, label, sdp, again } = line;
        let peer = hop.peer;
        if let Some(session) = session {
            self.give(Output::Wire(Wire { session, direction, peer, label, sdp, again }));
        }
    }

    /// A message of a session came in.
    pub(super) fn saw(&mut self, source: Hop, line: Line) {
        self.wire(Direction::In, source, line);
    }

    /// Sends bytes.
    pub(super) fn transmit(&mut self, to: Hop, bytes: Vec<u8>, line: Line) {
        self.wire(Direction::Out, to, line);
        self.give(Output::Datagram { to, bytes });
    }

    /// A fresh tag.
    pub(super) fn tag(&mut self) -> String {
        self.entropy.token(limits::TAG_LENGTH)
    }

    /// A fresh branch.
    pub(super) fn branch(&mut self) -> String {
        format!("{}{}", message::COOKIE, self.entropy.token(limits::BRANCH_LENGTH))
    }

    /// `<sip:host:port>`: where requests within our dialogs reach us by this listener; `sips:`
    /// only where that is demanded, for not everybody who speaks TLS knows it (RFC 5630 §3.1.1).
    pub(super) fn contact(&self, listener: ListenerId, sips: bool) -> String {
        let Listener { transport, local } = *self.settings.listener(listener);
        match transport {
            Transport::Tls if sips => format!("<sips:{local}>"),
            Transport::Udp | Transport::Tcp | Transport::Tls => {
                format!("<sip:{local}{}>", transport.uri_param())
            }
        }
    }

    /// The Contact of an answer: the listener that heard the request.
    pub(super) fn contact_of(&self, server: ServerId) -> String {
        let server = self.servers.get(&server);
        let request = server.and_then(|server| server.request.as_deref());
        let listener = server.map_or(ListenerId(0), |server| server.to.listener);
        self.contact(listener, request.is_some_and(secure::of_theirs))
    }

    /// Finishes a request of ours that leaves by `listener`: the top Via and what every request
    /// carries.
    pub(super) fn finish_request(&self, request: &mut Request, branch: &str, listener: ListenerId) {
        let via = self.via(listener, branch);
        request.headers.push_front("Via", via.to_string());
        put(&mut request.headers, "User-Agent", &self.settings.user_agent);
    }

    fn via(&self, listener: ListenerId, branch: &str) -> Via {
        let Listener { transport, local } = *self.settings.listener(listener);
        let mut via = Via::of(transport.token(), local, branch);
        if transport == Transport::Tls {
            // RFC 5923 §8.1: the peer may call us by the connection that we opened.
            via.params.set("alias", None);
        }
        via
    }

    /// The way of a finished request, by its length: what is too long for a datagram goes by TCP
    /// when we have it, and by UDP after all when the peer has not (RFC 3261 §18.1.1).
    fn way_of(&self, way: Way, length: usize) -> Way {
        let datagram = self.settings.listener(way.to.listener).transport == Transport::Udp;
        if !datagram || length <= limits::DATAGRAM_REQUEST_BYTES_MAX {
            return way;
        }
        match self.settings.hop(Transport::Tcp, way.to.peer) {
            Some(stream) => Way { to: stream, otherwise: Some(way.to) },
            None => way,
        }
    }

    /// Sends a finished request in a transaction of its own.
    pub(super) fn send_request(
        &mut self,
        now: Mono,
        mut request: Request,
        branch: String,
        way: impl Into<Way>,
        purpose: Purpose,
        session: Option<SessionId>,
    ) -> ClientId {
        let id = ClientId(self.next_id());
        let written = way.into();
        let Way { to, otherwise } = self.way_of(written, request.to_bytes().len());
        if to.listener != written.to.listener {
            request.headers.replace_top_via(&self.via(to.listener, &branch));
        }
        let otherwise = otherwise.map(|hop| {
            let via = self.via(hop.listener, &branch);
            let mut other = request.clone();
            other.headers.replace_top_via(&via);
            Box::new(Otherwise { hop, via, bytes: other.to_bytes() })
        });
        let transport = self.settings.listener(to.listener).transport;
        let method = request.method.as_str().to_string();
        let key = ClientKey { branch, method: method.clone() };
        let bytes = request.to_bytes();
        let sdp = message::sdp_of(&request.headers, &request.body).is_some();
        let why = why::shown(&request.headers);
        let request_call_id = request.headers.call_id().unwrap_or_default().to_string();
        let from = request.headers.from().ok().flatten();
        let local_tag = from.and_then(|from| from.tag().map(str::to_string)).unwrap_or_default();
        let mut client =
            Client::new(id, key.clone(), purpose, session, to, transport, bytes.clone());
        if request.method == Method::Invite {
            request.body = Vec::new();
            request.headers.remove("Content-Type");
            client.request = Some(Box::new(request));
        }
        client.sdp = sdp;
        client.otherwise = otherwise;
        client.call_id = request_call_id;
        client.local_tag = local_tag;
        client.begin(&mut self.clock(now));
        self.client_keys.insert(key, id);
        self.clients.insert(id, client);
        self.transmit(to, bytes, Line { session, label: method + &why, sdp, again: false });
        id
    }

    /// Sends the kept request of a transaction again.
    pub(super) fn send_request_again(&mut self, id: ClientId) {
        let Some(client) = self.clients.get(&id) else { return };
        let (to, bytes) = (client.to, client.bytes.clone());
        let label = client.key.method.clone();
        let line = Line { session: client.session, label, sdp: client.sdp, again: true };
        self.transmit(to, bytes, line);
    }

    /// Forgets a client transaction.
    pub(super) fn remove_client(&mut self, id: ClientId) {
        if let Some(client) = self.clients.remove(&id) {
            self.client_keys.remove(&client.key);
            self.timers.stop_client(id);
        }
    }

    /// Opens a server transaction; `merged` marks a request outside a dialog.
    pub(super) fn open_server(&mut self, mut server: Server, merged: Option<Merged>) {
        if let Some(merged) = merged
            && !self.merged.contains_key(&merged)
        {
            self.merged.insert(merged.clone(), server.id);
            server.merged = Some(merged);
        }
        self.server_keys.insert(server.key.clone(), server.id);
        self.servers.insert(server.id, server);
    }

    /// Forgets a server transaction.
    pub(super) fn remove_server(&mut self, id: ServerId) {
        if let Some(server) = self.servers.remove(&id) {
            self.server_keys.remove(&server.key);
            if let Some(merged) = server.merged {
                self.merged.remove(&merged);
            }
            self.timers.stop_server(id);
        }
    }

    /// An answer to the request of `server`, with its tags; none when it has been answered.
    pub(super) fn response(&self, server: ServerId, status: u16) -> Option<Response> {
        let server = self.servers.get(&server)?;
        let request = server.request.as_ref()?;
        let mut response = Response::to(request, status);
        if status != 100 {
            response.headers.add_to_tag(&server.local_tag);
        }
        Some(response)
    }

    /// Copies Record-Route and adds our Contact: what makes a dialog (RFC 3261 §12.1.1).
    pub(super) fn put_dialog(&self, server: ServerId, headers: &mut Headers) {
        let request = self.servers.get(&server).and_then(|server| server.request.as_ref());
        if let Some(request) = request {
            for route in request.headers.all("Record-Route") {
                put(headers, "Record-Route", route);
            }
        }
        put(headers, "Contact", &self.contact_of(server));
    }

    /// Sends an answer in its transaction and gives the bytes that were sent. `again` marks a 180
    /// that has been said before.
    pub(super) fn send_answer(
        &mut self,
        now: Mono,
        id: ServerId,
        mut response: Response,
        again: bool,
    ) -> Vec<u8> {
        put(&mut response.headers, "Server", &self.settings.user_agent);
        let bytes = response.to_bytes();
        let base = self.settings.timers;
        let Some(server) = self.servers.get_mut(&id) else { return bytes };
        let label = message::response_label(response.status, &server.method);
        let mut clock = Clock { timers: &mut self.timers, now, base };
        server.answered(&mut clock, response.status, &bytes, &label);
        let (to, session) = (server.to, server.session);
        let sdp = !response.body.is_empty();
        self.transmit(to, bytes.clone(), Line { session, label, sdp, again });
        bytes
    }

    /// Answers with a bare status.
    pub(super) fn reply(&mut self, now: Mono, id: ServerId, status: u16) {
        if let Some(response) = self.response(id, status) {
            self.send_answer(now, id, response, false);
        }
    }

    /// Answers with a status and one more header.
    pub(super) fn reply_with(
        &mut self,
        now: Mono,
        id: ServerId,
        status: u16,
        name: &str,
        value: &str,
    ) {
        if let Some(mut response) = self.response(id, status) {
            put(&mut response.headers, name, value);
            self.send_answer(now, id, response, false);
        }
    }

    /// Sends the kept answer of a transaction again, when there is one.
    pub(super) fn send_answer_again(&mut self, id: ServerId) {
        let Some(server) = self.servers.get(&id) else { return };
        let Some((bytes, label)) = server.answer.clone() else { return };
        let line = Line { session: server.session, label, sdp: false, again: true };
        let to = server.to;
        self.transmit(to, bytes, line);
    }

    /// Answers a request without keeping anything: the same request gets the same answer
    /// (RFC 3261 §8.2.7). An ACK is never answered.
    pub(super) fn reply_stateless(
        &mut self,
        to: Hop,
        request: &Request,
        status: u16,
        retry_after: Option<u32>,
    ) {
        if request.method == Method::Ack {
            return;
        }
        let mut response = Response::to(request, status);
        if let Some(seconds) = retry_after {
            put(&mut response.headers, "Retry-After", &seconds.to_string());
        }
        self.send_stateless(to, response);
    }

    /// Sends an answer of which nothing is kept, with a To tag made of the request alone.
    pub(super) fn send_stateless(&mut self, to: Hop, response: Response) {
        let bytes = self.stateless(response, true);
        self.give(Output::Datagram { to, bytes });
    }

    /// The bytes of an answer of which nothing is kept; `named` says who we are.
    pub(super) fn stateless(&self, mut response: Response, named: bool) -> Vec<u8> {
        let seed = format!(
            "{} {}",
            response.headers.get("Call-ID").unwrap_or_default(),
            response.headers.get("From").unwrap_or_default(),
        );
        let tag = format!("{:016x}", hash(self.secret, &seed));
        response.headers.add_to_tag(&tag);
        if named {
            put(&mut response.headers, "Server", &self.settings.user_agent);
        }
        response.to_bytes()
    }

    /// Takes the dialogs of a session out of the index.
    pub(super) fn forget_dialogs(&mut self, session: &Session) {
        if let Some(dialog) = &session.dialog {
            self.dialogs.remove(&dialog.id);
        }
        if let Phase::Calling(calling) = &session.phase {
            for branch in &calling.branches {
                self.dialogs.remove(&branch.id);
            }
        }
    }
}

/// FNV-1a: spreads, hides nothing that matters.
fn hash(secret: u64, text: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ secret;
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
