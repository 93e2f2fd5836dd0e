//! Reliable provisional answers (RFC 3262), both sides.
//!
//! ```text
//! invited:    180 with RSeq ──repeated from T1 on, doubling──▶ PRACK: 200 to it, and no more
//!                           '──64*T1──▶ 504, Ended::Unreachable
//! inviting:   1xx with RSeq ──▶ PRACK, each once, in order, in every early dialog
//! ```
//! We answer reliably where the caller requires it. Our 180 carries no description, so that our 200
//! need not wait for its PRACK (RFC 3262 §3); where the caller wants our offer there is no 180,
//! for the first reliable answer would have to bring it (§5).

use model::Mono;
use sip_msg::{Method, Response};

use super::Stack;
use super::send::Line;
use super::uac;
use crate::ask::Ask;
use crate::dialog::{Dialog, DialogId};
use crate::message::{self, put};
use crate::session::{Body, Branch, Phase, Reliable, Unpracked};
use crate::timer::{Key, Wait};
use crate::transaction::{ClientId, Purpose, ServerId};
use crate::{Ended, Hop, SessionId, limits};

// As the invited side.
impl Stack {
    /// Our side of the agreement that provisional answers are reliable. The first RSeq is drawn
    /// (RFC 3262 §3).
    pub(super) fn reliable(&mut self, cseq: u32) -> Box<Reliable> {
        let rseq = u32::try_from(self.entropy.below(1 << 30)).unwrap_or_default();
        Box::new(Reliable { rseq, cseq, pending: None })
    }

    /// 180 with RSeq, unless the last one has not been acknowledged yet.
    pub(super) fn ring_reliably(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Invited { server, offerless: false, .. } = session.phase else { return };
        let Some(reliable) = &mut session.reliable else { return };
        if reliable.pending.is_some() {
            return;
        }
        reliable.rseq += 1;
        let rseq = reliable.rseq.to_string();
        let Some(mut response) = self.response(server, 180) else { return };
        self.put_dialog(server, &mut response.headers);
        put(&mut response.headers, "Require", message::RELIABLE);
        put(&mut response.headers, "RSeq", &rseq);
        let bytes = self.send_answer(now, server, response, false);
        let to = self.servers.get(&server).map(|server| server.to);
        let (interval, patience) = (self.settings.timers.t1, self.settings.timers.patience());
        let reliable = self.session_mut(id).and_then(|session| session.reliable.as_mut());
        if let (Some(to), Some(reliable)) = (to, reliable) {
            reliable.pending = Some(Unpracked { bytes, to, interval });
            self.timers.set(Key::Session(id, Wait::RepeatRing), now + interval);
            self.timers.set(Key::Session(id, Wait::Prack), now + patience);
        }
    }

    pub(super) fn repeat_ring(&mut self, now: Mono, id: SessionId) {
        let reliable = self.session_mut(id).and_then(|session| session.reliable.as_mut());
        let Some(pending) = reliable.and_then(|reliable| reliable.pending.as_mut()) else { return };
        pending.interval *= 2;
        let (to, bytes, interval) = (pending.to, pending.bytes.clone(), pending.interval);
        self.timers.set(Key::Session(id, Wait::RepeatRing), now + interval);
        let label = message::response_label(180, "INVITE");
        self.transmit(to, bytes, Line { session: Some(id), label, sdp: false, again: true });
    }

    /// Nobody acknowledged our 180: a caller who cannot be heard is not called (RFC 3262 §3).
    pub(super) fn prack_missing(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Phase::Invited { server, .. } = session.phase else { return };
        self.reply(now, server, 504);
        self.end(id, Ended::Unreachable);
    }

    /// A PRACK: 200 when it acknowledges what waits for it, else 481 (RFC 3262 §3). It may come
    /// after our 200.
    pub(super) fn prack_came(
        &mut self,
        now: Mono,
        id: SessionId,
        server: ServerId,
        rack: Option<(u32, u32)>,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let ringing = matches!(session.phase, Phase::Invited { .. });
        let fits = |reliable: &mut Box<Reliable>| {
            rack == Some((reliable.rseq, reliable.cseq)) && reliable.pending.take().is_some()
        };
        if !session.reliable.as_mut().is_some_and(fits) {
            return self.reply(now, server, 481);
        }
        self.timers.stop(Key::Session(id, Wait::RepeatRing));
        self.timers.stop(Key::Session(id, Wait::Prack));
        if ringing {
            self.timers.set(Key::Session(id, Wait::RingAgain), now + limits::RING_AGAIN);
        }
        self.reply(now, server, 200);
    }
}

// As the inviting side.
impl Stack {
    /// A provisional answer to our INVITE in the early dialog `branch`: acknowledged when it is
    /// reliable and the next in order; what is ahead of its turn comes again (RFC 3262 §4). An
    /// answer to our offer is kept: the 200 need not repeat it.
    pub(super) fn note_progress(
        &mut self,
        now: Mono,
        source: Hop,
        client: ClientId,
        branch: &DialogId,
        response: &Response,
    ) {
        let Some((id, calling)) = self.calling_of(client) else { return };
        let Some(known) = calling.branches.iter_mut().find(|known| known.id == *branch) else {
            return;
        };
        if let Some(sdp) = message::sdp_of(&response.headers, &response.body) {
            known.answer.get_or_insert_with(|| Body::new(&sdp));
        }
        let Some(rseq) = message::rseq(&response.headers) else { return };
        let next = known.rseq.is_none_or(|last| rseq == last.wrapping_add(1));
        if !next || known.pracks >= limits::PRACKS_MAX {
            return;
        }
        if known.dialog.is_none() {
            known.dialog = Dialog::of_response(response, source).ok().map(Box::new);
        }
        let Some(invite) = response.headers.cseq().ok().flatten() else { return };
        (known.rseq, known.pracks) = (Some(rseq), known.pracks + 1);
        let mut ask = Ask::new(Method::Prack, Purpose::Prack);
        ask.headers.push(("RAck", format!("{rseq} {} INVITE", invite.number)));
        self.send_prack(now, id, branch, ask);
    }

    fn send_prack(&mut self, now: Mono, id: SessionId, branch: &DialogId, ask: Ask) {
        let via_branch = self.branch();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Calling(calling) = &mut session.phase else { return };
        let known = calling.branches.iter_mut().find(|known| known.id == *branch);
        let Some(dialog) = known.and_then(|known| known.dialog.as_mut()) else { return };
        let mut request = dialog.request(Method::Prack, None);
        let way = dialog.next_hop(&self.settings);
        for (name, value) in &ask.headers {
            put(&mut request.headers, name, value);
        }
        if let Some(login) = &mut session.login {
            let cnonce = self.entropy.token(limits::CNONCE_LENGTH);
            login.sign(&mut request, &cnonce);
        }
        self.finish_request(&mut request, &via_branch, way.to.listener);
        let client = self.send_request(now, request, via_branch, way, Purpose::Prack, Some(id));
        if let Some(transaction) = self.clients.get_mut(&client) {
            transaction.ask = Some(Box::new(ask));
        }
    }

    /// The answer to our PRACK. Only a challenge matters: whoever refuses a PRACK for good ends the
    /// INVITE (RFC 3262 §3).
    pub(super) fn prack_answered(
        &mut self,
        now: Mono,
        id: SessionId,
        client: ClientId,
        response: &Response,
    ) {
        let Some(client) = self.clients.get_mut(&client) else { return };
        let (Some(ask), call_id) = (client.ask.take(), client.call_id.clone()) else { return };
        let (local, remote) = (client.local_tag.clone(), uac::to_tag(response));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(login) = &mut session.login else { return };
        if login.takes(response) {
            self.send_prack(now, id, &DialogId { call_id, local, remote }, *ask);
        }
    }
}

impl Branch {
    /// An early dialog of which nothing is known but its first answer.
    pub(crate) fn new(id: DialogId, last: (u16, bool)) -> Branch {
        let (dialog, answer) = (None, None);
        Branch { id, last, remote_cseq: None, dialog, answer, rseq: None, pracks: 0 }
    }
}
