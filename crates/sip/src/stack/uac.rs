//! The inviting side of a session, from our INVITE to its final answer.

use std::sync::Arc;

use model::Mono;
use sip_msg::{Method, NameAddr, Request, Response, Uri};

use super::send::Line;
use super::{Stack, again};
use crate::dialog::{Dialog, DialogId};
use crate::digest::{self, Login};
use crate::message::{self, put};
use crate::session::{Again, Body, Branch, Calling, Phase, Session};
use crate::timer::{Key, Wait};
use crate::transaction::{Ack, ClientId, Purpose};
use crate::{Ended, Event, Hop, Invite, SessionId, limits, secure, why};

impl Stack {
    pub(super) fn invite_peer(&mut self, now: Mono, invite: Invite) -> SessionId {
        let id = self.next_session();
        let full = self.sessions.len() >= self.settings.sessions_max
            || self.transactions() >= self.settings.transactions_max;
        if full {
            self.tell(id, Event::Ended { how: Ended::Refused { status: 503 }, cause: None });
            return id;
        }
        let next_hop = invite.next_hop;
        let ring_max = match invite.ring_max {
            wait if wait.is_zero() => self.settings.ring_max,
            wait => wait,
        };
        let tag = self.tag();
        let (credentials, at_source) = (invite.credentials.clone(), invite.at_source);
        let redirects_to = Arc::clone(&invite.redirects_to);
        let described = Body::new(&invite.sdp);
        let fallbacks = again::fallbacks(&invite.fallbacks);
        let Some(mut request) = self.invite_request(invite, &tag) else {
            self.tell(id, Event::Ended { how: Ended::Refused { status: 400 }, cause: None });
            return id;
        };
        let again = Again::new(&request, next_hop, redirects_to);
        let again = Box::new(Again { fallbacks, ..again });
        let login = credentials.map(|credentials| Box::new(Login::new(credentials)));
        let branch = self.branch();
        self.finish_request(&mut request, &branch, next_hop.listener);
        let purpose = Purpose::Invite;
        let client = self.send_request(now, request, branch, next_hop, purpose, Some(id));
        if let Some(client) = self.clients.get_mut(&client) {
            client.at_source = at_source;
        }
        let branches = Vec::new();
        let calling =
            Calling { client, branches, heard: false, quit: None, cancelled: false, again };
        let mut session = Session::new(Phase::Calling(Box::new(calling)), true);
        session.login = login;
        session.described = described;
        self.sessions.insert(id, session);
        self.timers.set(Key::Session(id, Wait::RingMax), now + ring_max);
        id
    }

    /// The INVITE without Via; none when one of its URIs cannot be read.
    fn invite_request(&self, invite: Invite, tag: &str) -> Option<Request> {
        let target = Uri::parse(&invite.target).ok()?;
        let mut from = NameAddr::new(Uri::parse(&invite.from).ok()?);
        from.display = invite.display;
        from.params.set("tag", Some(tag));
        let to = NameAddr::new(target.clone());
        let contact = self.contact(invite.next_hop.listener, secure::is_sips(&target));
        let mut request = Request::new(Method::Invite, target);
        let headers = &mut request.headers;
        put(headers, "Max-Forwards", &limits::MAX_FORWARDS.to_string());
        put(headers, "From", &from.to_string());
        put(headers, "To", &to.to_string());
        put(headers, "Call-ID", &invite.call_id);
        put(headers, "CSeq", "1 INVITE");
        put(headers, "Contact", &contact);
        put(headers, "Allow", message::ALLOW);
        put(headers, "Supported", &message::SUPPORTED.join(", "));
        self.put_expiry(headers);
        if let Some(asserted) = &invite.asserted {
            put(headers, "P-Asserted-Identity", &format!("<{asserted}>"));
        }
        for (name, value) in &invite.headers {
            put(headers, name, value);
        }
        let required = ["From", "To", "Call-ID"];
        if required.iter().any(|name| headers.get(name).is_none()) {
            return None;
        }
        message::put_sdp(&mut request.headers, &mut request.body, invite.sdp);
        Some(request)
    }

    /// True when this answer to our INVITE has been seen before.
    pub(super) fn is_repeated(&self, client: ClientId, response: &Response) -> bool {
        let Some(client) = self.clients.get(&client) else { return false };
        let tag = to_tag(response);
        if response.status >= 200 {
            return client.acks.iter().any(|ack| ack.tag == tag);
        }
        let Some(session) = client.session.and_then(|id| self.sessions.get(&id)) else {
            return false;
        };
        let Phase::Calling(calling) = &session.phase else { return false };
        let last = (response.status, !response.body.is_empty());
        calling.branches.iter().any(|branch| branch.id.remote == tag && branch.last == last)
    }

    /// Our INVITE was answered. `again` is true for an answer that was seen before.
    pub(super) fn invite_answered(
        &mut self,
        now: Mono,
        source: Hop,
        client: ClientId,
        response: &Response,
        again: bool,
    ) {
        match response.status {
            0..=199 => self.progress(now, source, client, response, again),
            200..=299 => self.accepted(now, source, client, response),
            _ => self.refused(now, client, response),
        }
    }

    pub(super) fn calling_of(&mut self, client: ClientId) -> Option<(SessionId, &mut Calling)> {
        let id = self.clients.get(&client)?.session?;
        match &mut self.sessions.get_mut(&id)?.phase {
            Phase::Calling(calling) if calling.client == client => Some((id, calling)),
            Phase::Calling(_) | Phase::Invited { .. } | Phase::Standing | Phase::Leaving(_) => None,
        }
    }

    fn progress(
        &mut self,
        now: Mono,
        source: Hop,
        client: ClientId,
        response: &Response,
        again: bool,
    ) {
        let Some((id, calling)) = self.calling_of(client) else { return };
        calling.heard = true;
        let unwanted = calling.quit.is_some();
        let last = (response.status, !response.body.is_empty());
        if let Some(branch_id) = early_dialog(response).filter(|_| response.status > 100) {
            let room = calling.branches.len() < limits::FORKS_MAX;
            match calling.branches.iter_mut().find(|branch| branch.id == branch_id) {
                Some(branch) => branch.last = last,
                None if room => {
                    calling.branches.push(Branch::new(branch_id.clone(), last));
                    self.dialogs.insert(branch_id.clone(), id);
                }
                None => {}
            }
            self.note_progress(now, source, client, &branch_id, response);
        }
        if unwanted {
            self.send_cancel(now, id);
        } else if !again && response.status > 100 {
            let sdp = message::sdp_of(&response.headers, &response.body);
            self.tell(id, Event::Progress { status: response.status, sdp });
        }
    }

    /// A 2xx: the first one makes the session stand; a repeated one gets its ACK again; one from
    /// another branch is acknowledged and ended (RFC 3261 §13.2.2.4).
    fn accepted(&mut self, now: Mono, source: Hop, client: ClientId, response: &Response) {
        if self.ack_ok_again(client, response) {
            return;
        }
        let Ok(mut dialog) = Dialog::of_response(response, source) else {
            // Without a usable Record-Route there is no way to send an ACK: the callee gives up by
            // itself.
            self.counters.malformed += 1;
            if let Some((id, _)) = self.calling_of(client) {
                self.end(id, Ended::Unreachable);
            }
            return;
        };
        dialog.at_source = self.clients.get(&client).is_some_and(|client| client.at_source);
        if !self.ack_ok(client, response, &mut dialog) {
            return;
        }
        let Some((id, calling)) = self.calling_of(client) else {
            let session = self.clients.get(&client).and_then(|client| client.session);
            // What the branch has heard of us is forgotten: each PRACK took a CSeq.
            dialog.local_cseq = dialog.local_cseq.saturating_add(limits::PRACKS_MAX);
            return self.send_bye(now, &mut dialog, Purpose::StrayBye, session);
        };
        let quit = calling.quit;
        let branch = calling.branches.iter().find(|branch| branch.id == dialog.id);
        let mut early = None;
        if let Some(branch) = branch {
            dialog.remote_cseq = branch.remote_cseq;
            let pracked = branch.dialog.as_ref().map_or(0, |dialog| dialog.local_cseq);
            dialog.local_cseq = dialog.local_cseq.max(pracked);
            early = branch.answer.as_ref().map(Body::to_vec);
        }
        self.stand(id, dialog);
        self.note_allow(id, &response.headers);
        self.expiry_accepted(now, id, &response.headers);
        match quit {
            Some(how) => self.bye(now, id, how),
            None => {
                let sdp = message::sdp_of(&response.headers, &response.body);
                self.tell(id, Event::Accepted { sdp: sdp.or(early) });
            }
        }
    }

    /// The session has its dialog; the other early dialogs are forgotten.
    fn stand(&mut self, id: SessionId, dialog: Dialog) {
        let Some(mut session) = self.sessions.remove(&id) else { return };
        self.forget_dialogs(&session);
        self.timers.stop_session(id);
        self.dialogs.insert(dialog.id.clone(), id);
        session.phase = Phase::Standing;
        session.dialog = Some(Box::new(dialog));
        self.sessions.insert(id, session);
    }

    /// Acknowledges a 2xx; false when there are too many branches.
    pub(super) fn ack_ok(
        &mut self,
        client: ClientId,
        response: &Response,
        dialog: &mut Dialog,
    ) -> bool {
        let branch = self.branch();
        let cseq = response.headers.cseq().ok().flatten().map_or(1, |cseq| cseq.number);
        let mut request = dialog.request(Method::Ack, Some(cseq));
        let invite = self.clients.get(&client).and_then(|client| client.request.as_ref());
        if let Some(invite) = invite {
            digest::copy_credentials(&mut request.headers, &invite.headers);
        }
        let to = dialog.next_hop(&self.settings).to;
        self.finish_request(&mut request, &branch, to.listener);
        let bytes = request.to_bytes();
        let Some(client) = self.clients.get_mut(&client) else { return false };
        // A further branch's ACK carries the same credentials.
        if client.request.as_ref().is_some_and(|invite| !digest::has_credentials(&invite.headers)) {
            client.request = None;
        }
        if client.acks.len() >= limits::FORKS_MAX {
            return false;
        }
        client.acks.push(Ack { tag: to_tag(response), bytes: bytes.clone(), to });
        let session = client.session;
        let label = "ACK".to_string();
        self.transmit(to, bytes, Line { session, label, sdp: false, again: false });
        true
    }

    /// Sends the ACK of a repeated 2xx; false when it is the first of its branch.
    pub(super) fn ack_ok_again(&mut self, client: ClientId, response: &Response) -> bool {
        let Some(client) = self.clients.get(&client) else { return true };
        let tag = to_tag(response);
        let Some(ack) = client.acks.iter().find(|ack| ack.tag == tag) else { return false };
        let (to, bytes) = (ack.to, ack.bytes.clone());
        let line = Line { session: client.session, label: "ACK".into(), sdp: false, again: true };
        self.transmit(to, bytes, line);
        true
    }

    /// A final refusal: acknowledged in its transaction (RFC 3261 §17.1.1.3).
    fn refused(&mut self, now: Mono, client: ClientId, response: &Response) {
        self.ack_refusal(client, response);
        let Some((id, calling)) = self.calling_of(client) else { return };
        match calling.quit {
            Some(how) => self.end(id, how),
            None => self.try_again_or_end(now, id, client, response),
        }
    }

    pub(super) fn ack_refusal(&mut self, client: ClientId, response: &Response) {
        let Some(client) = self.clients.get_mut(&client) else { return };
        let Some(invite) = client.request.take() else { return };
        let mut ack = follower(&invite, Method::Ack);
        if let Some(to) = response.headers.get("To") {
            ack.headers.set("To", to);
        }
        digest::copy_credentials(&mut ack.headers, &invite.headers);
        client.bytes = ack.to_bytes();
        let (to, bytes) = (client.to, client.bytes.clone());
        let line = Line { session: client.session, label: "ACK".into(), sdp: false, again: false };
        self.transmit(to, bytes, line);
    }

    /// Sends the ACK of a repeated refusal.
    pub(super) fn ack_refusal_again(&mut self, client: ClientId) {
        let Some(client) = self.clients.get(&client) else { return };
        let (to, bytes) = (client.to, client.bytes.clone());
        let line = Line { session: client.session, label: "ACK".into(), sdp: false, again: true };
        self.transmit(to, bytes, line);
    }

    /// The call is not wanted any more and will end as `how`: CANCEL now, or as soon as the peer
    /// has been heard (RFC 3261 §9.1).
    pub(super) fn quit_calling(&mut self, now: Mono, id: SessionId, how: Ended) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Calling(calling) = &mut session.phase else { return };
        calling.quit.get_or_insert(how);
        if calling.heard {
            self.send_cancel(now, id);
        }
    }

    fn send_cancel(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Calling(calling) = &mut session.phase else { return };
        let Some(client) = self.clients.get(&calling.client) else { return };
        let Some(invite) = client.request.as_deref() else { return };
        if calling.cancelled {
            return;
        }
        calling.cancelled = true;
        let mut cancel = follower(invite, Method::Cancel);
        if let Some(how) = calling.quit {
            let reason = if session.elsewhere { why::ELSEWHERE } else { why::of(how) };
            put(&mut cancel.headers, why::HEADER, reason);
        }
        let (branch, to) = (client.key.branch.clone(), client.to);
        self.timers.stop(Key::Session(id, Wait::RingMax));
        let patience = self.settings.timers.patience();
        self.timers.set(Key::Session(id, Wait::Cancelled), now + patience);
        self.send_request(now, cancel, branch, to, Purpose::Cancel, Some(id));
    }

    /// No final answer came after our CANCEL: the INVITE is given up (RFC 3261 §9.1).
    pub(super) fn cancel_unanswered(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Phase::Calling(calling) = &session.phase else { return };
        let (client, how) = (calling.client, calling.quit.unwrap_or(Ended::Unreachable));
        self.remove_client(client);
        self.end(id, how);
    }
}

/// The CANCEL of an INVITE or the ACK of its refusal: the same target, branch, way and names
/// (RFC 3261 §9.1, §17.1.1.3).
pub(super) fn follower(invite: &Request, method: Method) -> Request {
    let mut request = Request::new(method, invite.uri.clone());
    if let Some(via) = invite.headers.get("Via") {
        put(&mut request.headers, "Via", via);
    }
    for name in ["Route", "From", "To", "Call-ID"] {
        request.headers.copy(name, &invite.headers);
    }
    let number = invite.headers.cseq().ok().flatten().map_or(1, |cseq| cseq.number);
    let value = format!("{number} {}", request.method.as_str());
    put(&mut request.headers, "CSeq", &value);
    put(&mut request.headers, "Max-Forwards", &limits::MAX_FORWARDS.to_string());
    request.headers.copy("User-Agent", &invite.headers);
    request
}

pub(super) fn to_tag(response: &Response) -> String {
    let to = response.headers.to().ok().flatten();
    to.and_then(|to| to.tag().map(str::to_string)).unwrap_or_default()
}

/// The early dialog of a provisional answer with a To tag (RFC 3261 §12.1.2).
fn early_dialog(response: &Response) -> Option<DialogId> {
    let headers = &response.headers;
    Some(DialogId {
        call_id: headers.call_id()?.to_string(),
        local: headers.from().ok()??.tag()?.to_string(),
        remote: headers.to().ok()??.tag()?.to_string(),
    })
}
