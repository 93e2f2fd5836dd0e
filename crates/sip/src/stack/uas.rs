//! The invited side of a session, from the INVITE to the ACK of our 200.

use std::time::Duration;

use model::{AgentName, Mono, TrunkName};
use sip_msg::{Headers, Request};

use super::Stack;
use super::send::Line;
use crate::dialog::{Dialog, DialogId};
use crate::message::{self, Identity, put};
use crate::session::{Body, Phase, Session, Unacked};
use crate::timer::{Key, Wait};
use crate::transaction::{ServerId, ServerState};
use crate::{Cause, Ended, Event, Hop, Invited, Parties, SessionId, limits, why};

/// An INVITE that passed every check.
pub(super) struct Arrival {
    pub(super) peer: Option<TrunkName>,
    /// Whose password it came with.
    pub(super) agent: Option<AgentName>,
    pub(super) source: Hop,
    pub(super) identity: Identity,
    pub(super) sdp: Option<Vec<u8>>,
    /// The session that it replaces.
    pub(super) replaces: Option<SessionId>,
}

/// A 200 to an INVITE.
pub(super) struct Ok200 {
    pub(super) server: ServerId,
    /// The CSeq of the INVITE.
    pub(super) cseq: u32,
    /// True when it carries our offer.
    pub(super) offer: bool,
    /// True for the INVITE that opened the session.
    pub(super) first: bool,
    pub(super) sdp: Vec<u8>,
}

impl Stack {
    /// A call comes: 100 at once, then the event.
    pub(super) fn invited(&mut self, now: Mono, server: ServerId, arrival: Arrival) {
        let Arrival { peer, agent, source, identity, sdp, replaces } = arrival;
        // To take a call over is no new call.
        if (!self.ready && replaces.is_none()) || self.sessions.len() >= self.settings.sessions_max
        {
            return self.busy(now, server);
        }
        let request = self.servers.get(&server).and_then(|server| server.request.as_deref());
        if let Some(least) = request.and_then(|request| self.too_brief(&request.headers)) {
            return self.reply_with(now, server, 422, "Min-SE", &least);
        }
        let id = self.next_session();
        // To our own Contact at a trunk: what was dialled stands in To.
        let request = self.servers.get(&server).and_then(|server| server.request.as_deref());
        let at_our_contact = request.is_some_and(|request| self.upstream_of(request).is_some());
        let Some(transaction) = self.servers.get_mut(&server) else { return };
        let Some(request) = transaction.request.as_deref() else { return };
        let Identity { call_id, from_tag: remote, cseq, .. } = identity;
        let local = transaction.local_tag.clone();
        let dialog_id = DialogId { call_id: call_id.clone(), local, remote };
        let dialog = Dialog::of_request(request, dialog_id.clone(), cseq, source);
        let Ok(dialog) = dialog else { return self.reply(now, server, 400) };
        let answer_max = answer_max(&request.headers);
        let parties = Parties::of(&request.headers);
        let dialled = match at_our_contact {
            true => request.headers.to().ok().flatten().and_then(|to| to.uri.number()),
            false => request.uri.number(),
        };
        let updates = message::allows(&request.headers, "UPDATE");
        let reliably = message::requires(&request.headers, message::RELIABLE);
        transaction.session = Some(id);
        let phase = Phase::Invited {
            server,
            cseq,
            offerless: sdp.is_none(),
            ringing: false,
            expires: answer_max < limits::ANSWER_MAX,
        };
        let mut session = Session::new(phase, false);
        session.dialog = Some(Box::new(dialog));
        session.reliable = reliably.then(|| self.reliable(cseq));
        session.peer_updates = updates.unwrap_or(false);
        self.sessions.insert(id, session);
        self.dialogs.insert(dialog_id, id);
        let label = "INVITE".to_string();
        self.saw(source, Line { session: Some(id), label, sdp: sdp.is_some(), again: false });
        self.reply(now, server, 100);
        self.timers.set(Key::Session(id, Wait::Answer), now + answer_max);
        let invited = Invited { peer, agent, source, dialled, parties, call_id, sdp, replaces };
        self.tell(id, Event::Invited(Box::new(invited)));
    }

    /// Nobody answered the peer's INVITE in time: 487 when the peer said how long, else 480.
    pub(super) fn answer_missing(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        match session.phase {
            Phase::Invited { server, expires: true, .. } => {
                self.reply(now, server, 487);
                self.end(id, Ended::Cancelled);
            }
            Phase::Invited { .. } => self.reject_session(now, id, 480, None),
            Phase::Calling(_) | Phase::Standing | Phase::Leaving(_) => {}
        }
    }

    /// 180, now and once a minute.
    pub(super) fn ring_session(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.reliable.is_some() {
            return self.ring_reliably(now, id);
        }
        let Phase::Invited { server, ref mut ringing, .. } = session.phase else { return };
        let again = std::mem::replace(ringing, true);
        let Some(mut response) = self.response(server, 180) else { return };
        self.put_dialog(server, &mut response.headers);
        self.send_answer(now, server, response, again);
        self.timers.set(Key::Session(id, Wait::RingAgain), now + limits::RING_AGAIN);
    }

    /// 200, now and until its ACK.
    pub(super) fn accept_session(&mut self, now: Mono, id: SessionId, sdp: Vec<u8>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Invited { server, cseq, offerless, .. } = session.phase else { return };
        session.phase = Phase::Standing;
        session.described = Body::new(&sdp);
        self.timers.stop_session(id);
        let ok = Ok200 { server, cseq, offer: offerless, first: true, sdp };
        self.send_ok(now, id, ok);
    }

    /// Sends the 200 of an INVITE and waits for its ACK (RFC 3261 §13.3.1.4).
    pub(super) fn send_ok(&mut self, now: Mono, id: SessionId, ok: Ok200) {
        let Ok200 { server, cseq, offer, first, sdp } = ok;
        let has_sdp = !sdp.is_empty();
        let Some(mut response) = self.response(server, 200) else { return };
        self.put_dialog(server, &mut response.headers);
        put(&mut response.headers, "Allow", message::ALLOW);
        put(&mut response.headers, "Supported", &message::SUPPORTED.join(", "));
        self.agree_expiry(now, id, server, &mut response);
        message::put_sdp(&mut response.headers, &mut response.body, sdp);
        let to = self.servers.get(&server).map(|server| (server.to, server.otherwise));
        let bytes = self.send_answer(now, server, response, false);
        let (interval, patience) = (self.settings.timers.t1, self.settings.timers.patience());
        if let (Some((to, otherwise)), Some(session)) = (to, self.session_mut(id)) {
            session.unacked =
                Some(Unacked { cseq, bytes, sdp: has_sdp, to, otherwise, interval, offer, first });
            self.timers.set(Key::Session(id, Wait::RepeatOk), now + interval);
            self.timers.set(Key::Session(id, Wait::Ack), now + patience);
        }
    }

    pub(super) fn repeat_ok(&mut self, now: Mono, id: SessionId) {
        let base = self.settings.timers;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(unacked) = &mut session.unacked else { return };
        unacked.interval = base.doubled(unacked.interval);
        let (to, bytes, interval) = (unacked.to, unacked.bytes.clone(), unacked.interval);
        let sdp = unacked.sdp;
        self.timers.set(Key::Session(id, Wait::RepeatOk), now + interval);
        let label = "200 OK (INVITE)".to_string();
        self.transmit(to, bytes, Line { session: Some(id), label, sdp, again: true });
    }

    /// Nobody acknowledged our 200: the dialog is ended with BYE (RFC 3261 §13.3.1.4).
    pub(super) fn ack_missing(&mut self, now: Mono, id: SessionId) {
        self.bye(now, id, Ended::Unreachable);
    }

    /// An ACK within a dialog.
    pub(super) fn ack_of_ok(
        &mut self,
        now: Mono,
        source: Hop,
        id: SessionId,
        identity: &Identity,
        request: &Request,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let fits = |unacked: &mut Unacked| unacked.cseq == identity.cseq;
        let unacked = session.unacked.take_if(fits);
        let hang_up = session.hang_up;
        let sdp = message::sdp_of(&request.headers, &request.body);
        let (label, again) = ("ACK".to_string(), unacked.is_none());
        self.saw(source, Line { session: Some(id), label, sdp: sdp.is_some(), again });
        let Some(unacked) = unacked else { return };
        self.timers.stop(Key::Session(id, Wait::RepeatOk));
        self.timers.stop(Key::Session(id, Wait::Ack));
        if unacked.first || unacked.offer {
            let sdp = sdp.filter(|_| unacked.offer);
            self.tell(id, Event::Confirmed { sdp });
        }
        if hang_up {
            return self.bye(now, id, Ended::ByUs);
        }
        self.try_offer(now, id);
    }

    /// A final refusal of the peer's INVITE, which ends the session.
    pub(super) fn reject_session(
        &mut self,
        now: Mono,
        id: SessionId,
        status: u16,
        retry_after: Option<u32>,
    ) {
        let status = if (300..=699).contains(&status) { status } else { 500 };
        let Some(session) = self.sessions.get(&id) else { return };
        let Phase::Invited { server, .. } = session.phase else { return };
        match retry_after {
            None => self.reply(now, server, status),
            Some(seconds) => {
                self.reply_with(now, server, status, "Retry-After", &seconds.to_string());
            }
        }
        self.end(id, Ended::ByUs);
    }

    /// The same, with words for whoever dialled (RFC 3261 §20.43).
    pub(super) fn reject_session_saying(
        &mut self,
        now: Mono,
        id: SessionId,
        status: u16,
        words: &str,
    ) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Phase::Invited { server, .. } = session.phase else { return };
        let plain = |c: &char| (' '..='~').contains(c) && *c != '"' && *c != '\\';
        let words: String = words.chars().filter(plain).take(limits::WARNING_MAX).collect();
        self.reply_with(now, server, status, "Warning", &format!("399 rappel \"{words}\""));
        self.end(id, Ended::ByUs);
    }

    /// A CANCEL (RFC 3261 §9.2): answered for itself; it changes an INVITE that has no final
    /// answer, and nothing else.
    pub(super) fn cancel(
        &mut self,
        now: Mono,
        source: Hop,
        to: Hop,
        identity: Identity,
        request: Request,
    ) {
        let invite = self.server_keys.get(&identity.key.of_invite()).copied();
        let Some(server) = invite.and_then(|id| self.servers.get(&id)) else {
            return self.cancel_of_nothing(now, source, to, identity, request);
        };
        let (invite, session) = (server.id, server.session);
        let pending = server.state == ServerState::Proceeding;
        let tag = server.local_tag.clone();
        let label = "CANCEL".to_string() + &why::shown(&request.headers);
        let cause = Cause::of(&request.headers);
        self.saw(source, Line { session, label, sdp: false, again: false });
        let Some(id) = self.admit(to, &identity, request, tag, None) else { return };
        if let Some(server) = self.servers.get_mut(&id) {
            server.session = session;
        }
        self.reply(now, id, 200);
        if !pending {
            return;
        }
        self.reply(now, invite, 487);
        let Some(id) = session else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match session.phase {
            Phase::Invited { .. } => {
                session.cause = cause;
                self.end(id, Ended::Cancelled);
            }
            // A re-INVITE: the session goes on as it was.
            Phase::Calling(_) | Phase::Standing | Phase::Leaving(_) => {
                session.offered = None;
                self.timers.stop(Key::Session(id, Wait::Offer));
                self.try_offer(now, id);
            }
        }
    }

    fn cancel_of_nothing(
        &mut self,
        now: Mono,
        source: Hop,
        to: Hop,
        identity: Identity,
        request: Request,
    ) {
        if self.trunk_at(source.peer).is_none() {
            self.counters.unknown_sources += 1;
            return;
        }
        let tag = self.tag();
        if let Some(id) = self.admit(to, &identity, request, tag, None) {
            self.reply(now, id, 481);
        }
    }
}

/// How long our final answer may take: what the caller grants (RFC 3261 §13.3.1), at most our own
/// limit.
fn answer_max(headers: &Headers) -> Duration {
    let granted = headers.expires().ok().flatten().filter(|&seconds| seconds > 0);
    granted.map_or(limits::ANSWER_MAX, |seconds| {
        Duration::from_secs(seconds.into()).min(limits::ANSWER_MAX)
    })
}
