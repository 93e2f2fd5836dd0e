//! Sorting what comes in: who may speak, which transaction or dialog is meant, and the checks that
//! every request passes (RFC 3261 §8.2).

use model::{AgentName, Mono, TrunkName};
use sip_msg::{Malformed, Message, Method, Request, Response, Uri};

use super::Stack;
use super::registration::Register;
use super::send::Line;
use super::uas::Arrival;
use crate::message::{self, Identity, put};
use crate::refer::Replaces;
use crate::timer::Clock;
use crate::transaction::{
    ClientId, ClientKey, Heard, Merged, Purpose, Server, ServerId, ServerKey, ServerState,
};
use crate::{Hop, SessionId, limits, secure, why};

impl Stack {
    pub(super) fn received(&mut self, now: Mono, source: Hop, bytes: &[u8]) {
        self.length = bytes.len();
        if sip_msg::is_keep_alive(bytes) {
            return;
        }
        match sip_msg::parse(bytes) {
            Ok(Message::Request(request)) => self.request(now, source, request),
            Ok(Message::Response(response)) => self.response_came(now, source, &response),
            Err(malformed) => self.malformed(source, &malformed),
        }
    }

    fn request(&mut self, now: Mono, source: Hop, mut request: Request) {
        let identity = Identity::of(&request);
        let transport = self.settings.listener(source.listener).transport;
        let to = message::answer_address(&mut request.headers, source, transport);
        let Some(identity) = identity else {
            self.counters.unreadable += 1;
            return;
        };
        if request.method == Method::Ack {
            return self.ack(now, source, &identity, &request);
        }
        if let Some(&server) = self.server_keys.get(&identity.key) {
            return self.request_again(source, server);
        }
        if request.method == Method::Cancel {
            return self.cancel(now, source, to, identity, request);
        }
        let session = identity.dialog().and_then(|dialog| self.dialogs.get(&dialog).copied());
        match session {
            Some(session) => self.request_within(now, source, to, session, identity, request),
            None => self.request_outside(now, source, to, identity, request),
        }
    }

    /// A request that its transaction knows: its last answer again, if there is one.
    fn request_again(&mut self, source: Hop, id: ServerId) {
        let Some(server) = self.servers.get(&id) else { return };
        let (session, label, sdp) = (server.session, server.method.clone(), server.sdp);
        self.saw(source, Line { session, label, sdp, again: true });
        self.send_answer_again(id);
    }

    /// What is no message: answered when it is a request of a peer and enough of it can be read.
    fn malformed(&mut self, source: Hop, malformed: &Malformed) {
        let peer = self.trunk_at(source.peer).is_some();
        match malformed.response() {
            Some(mut response) if peer && malformed.status != 0 => {
                self.counters.malformed += 1;
                let transport = self.settings.listener(source.listener).transport;
                let to = message::answer_address(&mut response.headers, source, transport);
                self.send_stateless(to, response);
            }
            Some(_) | None => self.counters.unreadable += 1,
        }
    }

    /// Opens the transaction of a request; none when there are too many, and 503 has been said.
    pub(super) fn admit(
        &mut self,
        to: Hop,
        identity: &Identity,
        mut request: Request,
        local_tag: String,
        merged: Option<Merged>,
    ) -> Option<ServerId> {
        let reserve = if merged.is_some() { 0 } else { limits::TRANSACTIONS_RESERVE };
        if self.transactions() >= self.settings.transactions_max.saturating_add(reserve) {
            self.counters.refused_busy += 1;
            self.reply_stateless(to, &request, 503, Some(limits::RETRY_AFTER_SECS));
            return None;
        }
        let id = ServerId(self.next_id());
        let transport = self.settings.listener(to.listener).transport;
        let key = identity.key.clone();
        let sdp = message::sdp_of(&request.headers, &request.body).is_some();
        request.body = Vec::new();
        let otherwise = message::other_address(&request.headers, to, transport);
        let mut server = Server::new(id, key, to, transport, Box::new(request), local_tag);
        server.sdp = sdp;
        server.otherwise = otherwise;
        self.open_server(server, merged);
        Some(id)
    }

    /// A request that belongs to no dialog of ours.
    fn request_outside(
        &mut self,
        now: Mono,
        source: Hop,
        to: Hop,
        identity: Identity,
        request: Request,
    ) {
        if request.method == Method::Register && self.office.is_some() {
            let length = self.length;
            return self.register_came(now, Register { source, to, identity, request, length });
        }
        let upstream = self.upstream_of(&request).cloned();
        let by_source = || self.trunk_at(source.peer).cloned();
        let peer = upstream.or_else(by_source);
        let invite = request.method == Method::Invite;
        let takes_over = invite && request.headers.get("Replaces").is_some();
        let phone = self.agent_at(source).is_some();
        let dials = invite && !takes_over && self.settings.phones_call;
        if peer.is_none() && phone && dials {
            return self.agent_dials(now, Call { source, to, identity, request });
        }
        let desk = self.settings.is_phone(source.peer);
        if peer.is_none() && !(takes_over && phone || desk && (takes_over || dials)) {
            if phone {
                return self.agents_request(now, to, &identity, request);
            }
            // Whom we called may be nobody's peer: an agent's phone. Its BYE that crossed ours is
            // answered, for it says so for half a minute otherwise (RFC 3261 §15.1.2).
            let trace = identity.dialog().map(|dialog| dialog.trace());
            if request.method == Method::Bye && trace.is_some_and(|it| self.ended.contains(&it)) {
                return self.reply_stateless(to, &request, 481, None);
            }
            self.counters.unknown_sources += 1;
            return;
        }
        self.let_in(now, Call { source, to, identity, request }, peer, None);
    }

    /// A request of somebody who may speak: checked, then carried out.
    pub(super) fn let_in(
        &mut self,
        now: Mono,
        call: Call,
        peer: Option<TrunkName>,
        agent: Option<AgentName>,
    ) {
        let Call { source, to, identity, request } = call;
        let invite = request.method == Method::Invite;
        let merged: Merged = (
            identity.call_id.clone(),
            identity.from_tag.clone(),
            identity.cseq,
            request.method.as_str().to_string(),
        );
        let is_merged = identity.to_tag.is_none() && self.merged.contains_key(&merged);
        let transport = self.settings.listener(source.listener).transport;
        let refusal = secure::refusal(&request, transport)
            .map(Refusal::Plain)
            .or_else(|| refusal(&request, identity.to_tag.is_some(), is_merged));
        let tag = self.tag();
        let sdp = message::sdp_of(&request.headers, &request.body);
        let replaces = Replaces::of(&request.headers).map_err(|()| 400);
        let replaces = replaces.and_then(|replaces| self.replaced(replaces));
        let Some(id) = self.admit(to, &identity, request, tag, Some(merged)) else { return };
        match refusal {
            Some(refusal) => self.refuse(now, id, &refusal),
            None if invite => match replaces {
                Ok(replaces) => {
                    let arrival = Arrival { peer, agent, source, identity, sdp, replaces };
                    self.invited(now, id, arrival);
                }
                Err(status) => self.reply(now, id, status),
            },
            None => self.options(now, id, false),
        }
    }

    pub(super) fn refuse(&mut self, now: Mono, id: ServerId, refusal: &Refusal) {
        match refusal {
            Refusal::Plain(status) => self.reply(now, id, *status),
            Refusal::With(status, name, value) => self.reply_with(now, id, *status, name, value),
        }
    }

    /// OPTIONS: what we can do, or that we take no calls (RFC 3261 §11.2). Within a dialog it asks
    /// whether the call is alive, and it is.
    pub(super) fn options(&mut self, now: Mono, id: ServerId, within: bool) {
        if !self.ready && !within {
            return self.busy(now, id);
        }
        let Some(mut response) = self.response(id, 200) else { return };
        let contact = self.contact_of(id);
        put(&mut response.headers, "Contact", &contact);
        put(&mut response.headers, "Allow", message::ALLOW);
        put(&mut response.headers, "Accept", message::SDP);
        put(&mut response.headers, "Supported", &message::SUPPORTED.join(", "));
        self.send_answer(now, id, response, false);
    }

    /// 503 with Retry-After.
    pub(super) fn busy(&mut self, now: Mono, id: ServerId) {
        self.counters.refused_busy += 1;
        let seconds = limits::RETRY_AFTER_SECS.to_string();
        self.reply_with(now, id, 503, "Retry-After", &seconds);
    }

    /// An ACK: of a refusal, by its transaction; of a 200, by its dialog.
    fn ack(&mut self, now: Mono, source: Hop, identity: &Identity, request: &Request) {
        if let Some(&id) = self.server_keys.get(&identity.key.of_invite())
            && self.ack_of_refusal(now, source, id, identity)
        {
            return;
        }
        let session = identity.dialog().and_then(|dialog| self.dialogs.get(&dialog).copied());
        match session {
            Some(session) => self.ack_of_ok(now, source, session, identity, request),
            None => self.counters.stray_acks += 1,
        }
    }

    fn ack_of_refusal(
        &mut self,
        now: Mono,
        source: Hop,
        id: ServerId,
        identity: &Identity,
    ) -> bool {
        let base = self.settings.timers;
        let Some(server) = self.servers.get_mut(&id) else { return false };
        if !matches!(server.state, ServerState::Completed | ServerState::Confirmed) {
            return false;
        }
        // RFC 3261 §17.2.3: without the cookie the To tag of our answer must match as well.
        if matches!(server.key, ServerKey::Old { .. })
            && identity.to_tag.as_ref() != Some(&server.local_tag)
        {
            return false;
        }
        let mut clock = Clock { timers: &mut self.timers, now, base };
        let first = server.acknowledged(&mut clock);
        let session = server.session;
        self.saw(source, Line { session, label: "ACK".into(), sdp: false, again: !first });
        true
    }

    fn response_came(&mut self, now: Mono, source: Hop, response: &Response) {
        let Some((id, session)) = self.client_of(response) else {
            self.counters.stray_responses += 1;
            return;
        };
        let base = self.settings.timers;
        let Some(client) = self.clients.get_mut(&id) else { return };
        let mut clock = Clock { timers: &mut self.timers, now, base };
        let heard = client.heard(&mut clock, response.status);
        let purpose = client.purpose;
        let invite = purpose == Purpose::Invite;
        let again = match heard {
            Heard::Pass => self.is_repeated(id, response),
            Heard::AckAgain | Heard::Absorb => true,
        };
        let mut label = message::response_label(response.status, &self.clients[&id].key.method);
        label += &why::shown(&response.headers);
        let sdp = message::sdp_of(&response.headers, &response.body).is_some();
        self.saw(source, Line { session, label, sdp, again });
        match heard {
            Heard::Pass if invite => self.invite_answered(now, source, id, response, again),
            Heard::Pass => self.request_answered(now, session, id, response),
            Heard::AckAgain => self.ack_refusal_again(id),
            Heard::Absorb => {}
        }
    }

    /// The transaction that a response answers (RFC 3261 §17.1.3, §18.1.2).
    fn client_of(&self, response: &Response) -> Option<(ClientId, Option<SessionId>)> {
        let via = response.headers.top_via().ok()??;
        if !message::is_ours(&via, &self.settings.listeners) {
            return None;
        }
        let cseq = response.headers.cseq().ok()??;
        let key = ClientKey {
            branch: via.branch()?.to_string(),
            method: cseq.method.as_str().to_string(),
        };
        let id = *self.client_keys.get(&key)?;
        let client = self.clients.get(&id)?;
        // Whoever guesses or copies a branch must not name a dialog that is not this one.
        let local = response.headers.from().ok()??.tag().unwrap_or_default().to_string();
        let same = response.headers.call_id() == Some(&client.call_id) && local == client.local_tag;
        same.then_some((id, client.session))
    }

    /// An answer to any request but the first INVITE.
    fn request_answered(
        &mut self,
        now: Mono,
        session: Option<SessionId>,
        id: ClientId,
        response: &Response,
    ) {
        let Some(client) = self.clients.get(&id) else { return };
        let is_final = response.status >= 200;
        match (client.purpose, session) {
            (Purpose::Register, _) if is_final => self.register_answered(now, id, response),
            (Purpose::Offer, session) => self.reinvite_answered(now, session, id, response),
            (Purpose::Bye, Some(session)) if is_final => self.bye_answered(now, session, response),
            (Purpose::Prack, Some(session)) if is_final => {
                self.prack_answered(now, session, id, response);
            }
            (Purpose::Probe | Purpose::Refresh | Purpose::Notify, Some(session)) if is_final => {
                self.ask_answered(now, session, id, response);
            }
            (Purpose::Probe, None) if is_final => self.ping_answered(id, response.status),
            (
                Purpose::Invite
                | Purpose::Cancel
                | Purpose::Bye
                | Purpose::StrayBye
                | Purpose::Refresh
                | Purpose::Prack
                | Purpose::Register
                | Purpose::Probe
                | Purpose::Notify,
                _,
            ) => {}
        }
    }
}

/// A request outside a dialog that has just come.
pub(super) struct Call {
    pub(super) source: Hop,
    /// Where its answers go.
    pub(super) to: Hop,
    pub(super) identity: Identity,
    pub(super) request: Request,
}

/// Why a request outside a dialog is not carried out.
pub(super) enum Refusal {
    Plain(u16),
    With(u16, &'static str, String),
}

/// The checks of RFC 3261 §8.2.1 to §8.2.3, in their order. A To tag means a dialog that is gone.
pub(super) fn refusal(request: &Request, tagged: bool, is_merged: bool) -> Option<Refusal> {
    if !message::is_allowed(&request.method) {
        return Some(Refusal::With(405, "Allow", message::ALLOW.into()));
    }
    match request.headers.max_forwards() {
        // An endpoint may serve a request without hops left. An INVITE leads to calls of our own,
        // so that it counts as one more hop: a loop through us comes to its end.
        Ok(Some(0)) if request.method == Method::Invite => return Some(Refusal::Plain(483)),
        Ok(Some(_) | None) => {}
        Err(_) => return Some(Refusal::Plain(400)),
    }
    match &request.uri {
        Uri::Sip(_) | Uri::Tel(_) => {}
        Uri::Other(_) => return Some(Refusal::Plain(416)),
    }
    if tagged {
        return Some(Refusal::Plain(481));
    }
    if is_merged {
        return Some(Refusal::Plain(482));
    }
    if let Some(tags) = message::unsupported(&request.headers) {
        return Some(Refusal::With(420, "Unsupported", tags));
    }
    match request.method {
        Method::Invite | Method::Options => {}
        // BYE, INFO and UPDATE live in a dialog only.
        _ => return Some(Refusal::Plain(481)),
    }
    if message::is_foreign_body(request) {
        return Some(Refusal::With(415, "Accept", message::SDP.into()));
    }
    None
}
