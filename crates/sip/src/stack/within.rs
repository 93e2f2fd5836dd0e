//! Requests within a dialog, both ways, and hanging up.

use model::Mono;
use sip_msg::{Method, Request, Response};

use super::Stack;
use super::receive::Refusal;
use super::send::Line;
use super::uas::Ok200;
use crate::dialog::{Dialog, contact_of};
use crate::info::{self, Info};
use crate::message::{self, Identity, put};
use crate::refer::Refer;
use crate::session::{Body, Offered, Phase};
use crate::timer::{Clock, Key, Wait};
use crate::transaction::{Purpose, ServerId};
use crate::{Cause, Ended, Event, Hop, SessionId, limits, why};

/// What the session says to an offer that has just come.
enum Welcome {
    Take,
    /// We have an offer of our own under way (RFC 3261 §14.2, RFC 3311 §5.2).
    Glare,
    /// The peer's last offer is not settled yet.
    Overlap,
    /// The session is ending.
    Gone,
}

impl Stack {
    /// A request of the peer within a dialog of ours.
    pub(super) fn request_within(
        &mut self,
        now: Mono,
        source: Hop,
        to: Hop,
        session: SessionId,
        identity: Identity,
        request: Request,
    ) {
        let sdp = message::sdp_of(&request.headers, &request.body);
        let method = request.method.clone();
        let label = message::method_label(&method) + &why::shown(&request.headers);
        let line = Line { session: Some(session), label, sdp: sdp.is_some(), again: false };
        self.saw(source, line);
        let foreign = message::is_foreign_body(&request);
        let unsupported = message::unsupported(&request.headers);
        let info = Info::of(&request);
        let rack = message::rack(&request.headers);
        let brief = self.too_brief(&request.headers);
        let cause = Cause::of(&request.headers);
        let refer = (method == Method::Refer).then(|| Refer::of(&request));
        let target = contact_of(&request.headers);
        let is_offer = matches!(method, Method::Invite | Method::Update);
        if is_offer {
            self.note_allow(session, &request.headers);
        }
        let tag = identity.to_tag.clone().unwrap_or_default();
        let Some(id) = self.admit(to, &identity, request, tag, None) else { return };
        if let Some(server) = self.servers.get_mut(&id) {
            server.session = Some(session);
        }
        let brief = brief.filter(|_| is_offer);
        if let Some(refusal) = self.barred(session, &identity, &method, unsupported, brief) {
            return self.refuse(now, id, &refusal);
        }
        match method {
            Method::Bye => {
                self.note_cause(session, cause);
                self.bye_came(now, session, &identity, id);
            }
            Method::Options => self.options(now, id, true),
            Method::Info => self.info(now, session, id, info),
            Method::Prack => self.prack_came(now, session, id, rack),
            Method::Refer => {
                let refer = refer.unwrap_or(Refer::Malformed);
                self.refer_came(now, session, id, identity.cseq, refer);
            }
            Method::Invite | Method::Update if foreign => {
                self.reply_with(now, id, 415, "Accept", message::SDP);
            }
            Method::Invite | Method::Update => {
                let (invite, offerless) = (method == Method::Invite, sdp.is_none());
                let cseq = identity.cseq;
                let offered = Offered { server: id, invite, offerless, cseq, target };
                self.offered(now, session, offered, sdp);
            }
            Method::Ack
            | Method::Cancel
            | Method::Register
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish
            | Method::Other(_) => self.reply_with(now, id, 405, "Allow", message::ALLOW),
        }
    }

    /// What every request within a dialog is refused for.
    fn barred(
        &mut self,
        session: SessionId,
        identity: &Identity,
        method: &Method,
        unsupported: Option<String>,
        brief: Option<String>,
    ) -> Option<Refusal> {
        if !message::is_allowed(method) {
            return Some(Refusal::With(405, "Allow", message::ALLOW.into()));
        }
        if !self.takes_cseq(session, identity) {
            // RFC 3261 §12.2.2: a lower CSeq is out of order.
            return Some(Refusal::Plain(500));
        }
        if let Some(tags) = unsupported {
            return Some(Refusal::With(420, "Unsupported", tags));
        }
        brief.map(|least| Refusal::With(422, "Min-SE", least))
    }

    /// True when the CSeq is higher than the peer's last one in this dialog.
    fn takes_cseq(&mut self, id: SessionId, identity: &Identity) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return true };
        let last = match (&mut session.dialog, &mut session.phase) {
            (Some(dialog), _) => &mut dialog.remote_cseq,
            (None, Phase::Calling(calling)) => {
                let branch = calling
                    .branches
                    .iter_mut()
                    .find(|branch| branch.id.remote == identity.from_tag);
                match branch {
                    Some(branch) => &mut branch.remote_cseq,
                    None => return true,
                }
            }
            (None, Phase::Invited { .. } | Phase::Standing | Phase::Leaving(_)) => return true,
        };
        if last.is_some_and(|last| identity.cseq <= last) {
            return false;
        }
        *last = Some(identity.cseq);
        true
    }

    pub(super) fn note_cause(&mut self, id: SessionId, cause: Option<Cause>) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.cause = cause;
        }
    }

    /// The peer hangs up.
    fn bye_came(&mut self, now: Mono, id: SessionId, identity: &Identity, server: ServerId) {
        self.reply(now, server, 200);
        self.drop_offer(now, id, 487);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match &mut session.phase {
            Phase::Invited { server, .. } => {
                // RFC 3261 §15.1.2: a BYE in an early dialog ends its INVITE with 487.
                let invite = *server;
                self.reply(now, invite, 487);
                self.end(id, Ended::ByPeer);
            }
            Phase::Calling(calling) => {
                // A callee that never got through with its 200 gives up so. Other branches may
                // still answer.
                calling.branches.retain(|branch| branch.id.remote != identity.from_tag);
                let last = calling.branches.is_empty();
                if let Some(dialog) = identity.dialog() {
                    self.dialogs.remove(&dialog);
                }
                if last {
                    self.quit_calling(now, id, Ended::ByPeer);
                }
            }
            Phase::Standing => self.end(id, Ended::ByPeer),
            // BYE crosses BYE: we hung up, and now the peer certainly knows.
            Phase::Leaving(how) => {
                let how = *how;
                self.end(id, how);
            }
        }
    }

    fn info(&mut self, now: Mono, id: SessionId, server: ServerId, info: Info) {
        let standing = match self.sessions.get(&id).map(|session| &session.phase) {
            Some(Phase::Leaving(_)) | None => return self.reply(now, server, 481),
            Some(Phase::Invited { .. } | Phase::Calling(_)) => false,
            Some(Phase::Standing) => true,
        };
        match info {
            Info::Key(key) => {
                self.reply(now, server, 200);
                // Nobody listens for digits before the call is answered.
                if standing {
                    self.tell(id, Event::Key(key));
                }
            }
            Info::Nothing => self.reply(now, server, 200),
            Info::Malformed => self.reply(now, server, 400),
            Info::Foreign => self.reply_with(now, server, 415, "Accept", info::ACCEPT),
            // RFC 6086 §4.2.2: the list of packages that we take is empty.
            Info::Package => self.reply_with(now, server, 469, "Recv-Info", ""),
        }
    }

    /// A re-INVITE, or an UPDATE.
    fn offered(&mut self, now: Mono, id: SessionId, offered: Offered, sdp: Option<Vec<u8>>) {
        let server = offered.server;
        if !offered.invite && offered.offerless {
            return self.refreshed(now, id, offered);
        }
        match self.welcome(id) {
            Welcome::Gone => self.reply(now, server, 481),
            Welcome::Glare => self.reply(now, server, 491),
            Welcome::Overlap => {
                let seconds = self.entropy.below(limits::OVERLAP_RETRY_SECS_MAX + 1);
                self.reply_with(now, server, 500, "Retry-After", &seconds.to_string());
            }
            Welcome::Take => {
                self.offer_overtaken(now, id);
                if offered.invite {
                    self.reply(now, server, 100);
                }
                let base = self.settings.timers;
                if let Some(server) = self.servers.get_mut(&server) {
                    server.waits(&mut Clock { timers: &mut self.timers, now, base });
                }
                if let Some(session) = self.session_mut(id) {
                    session.offered = Some(offered);
                }
                self.timers.set(Key::Session(id, Wait::Offer), now + limits::OFFER_MAX);
                self.tell(id, Event::Offered { sdp });
            }
        }
    }

    fn welcome(&self, id: SessionId) -> Welcome {
        let Some(session) = self.sessions.get(&id) else { return Welcome::Gone };
        match &session.phase {
            Phase::Leaving(_) => Welcome::Gone,
            Phase::Calling(_) => Welcome::Glare,
            Phase::Invited { .. } => Welcome::Overlap,
            Phase::Standing if session.offer_is_asked() => Welcome::Glare,
            Phase::Standing => match (&session.offered, &session.unacked) {
                (_, Some(unacked)) if unacked.offer => Welcome::Glare,
                (Some(_), _) | (None, Some(_)) => Welcome::Overlap,
                (None, None) => Welcome::Take,
            },
        }
    }

    /// An UPDATE without an offer: only its Contact matters (RFC 3311 §5.2).
    fn refreshed(&mut self, now: Mono, id: SessionId, offered: Offered) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Phase::Leaving(_) = session.phase {
            return self.reply(now, offered.server, 481);
        }
        if let (Some(dialog), Some(target)) = (&mut session.dialog, offered.target) {
            dialog.refresh(target);
        }
        let Some(mut response) = self.response(offered.server, 200) else { return };
        put(&mut response.headers, "Contact", &self.contact_of(offered.server));
        put(&mut response.headers, "Allow", message::ALLOW);
        put(&mut response.headers, "Supported", &message::SUPPORTED.join(", "));
        self.agree_expiry(now, id, offered.server, &mut response);
        self.send_answer(now, offered.server, response, false);
    }

    /// Our answer to the peer's offer.
    pub(super) fn answer_offer(&mut self, now: Mono, id: SessionId, sdp: Vec<u8>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(offered) = session.offered.take() else { return };
        session.described = Body::new(&sdp);
        if let (Some(dialog), Some(target)) = (&mut session.dialog, offered.target) {
            dialog.refresh(target);
        }
        self.timers.stop(Key::Session(id, Wait::Offer));
        let Offered { server, invite, offerless, cseq, .. } = offered;
        if invite {
            let ok = Ok200 { server, cseq, offer: offerless, first: false, sdp };
            return self.send_ok(now, id, ok);
        }
        let Some(mut response) = self.response(server, 200) else { return };
        put(&mut response.headers, "Contact", &self.contact_of(server));
        put(&mut response.headers, "Allow", message::ALLOW);
        put(&mut response.headers, "Supported", &message::SUPPORTED.join(", "));
        self.agree_expiry(now, id, server, &mut response);
        message::put_sdp(&mut response.headers, &mut response.body, sdp);
        self.send_answer(now, server, response, false);
        self.try_offer(now, id);
    }

    /// Our refusal of the peer's offer.
    pub(super) fn refuse_pending_offer(&mut self, now: Mono, id: SessionId, status: u16) {
        self.drop_offer(now, id, status);
    }

    /// Nobody answered the peer's offer in time. An UPDATE must be answered at once (RFC 3311
    /// §5.2): 504 says that it was not.
    pub(super) fn offer_unanswered(&mut self, now: Mono, id: SessionId) {
        let offered = self.sessions.get(&id).and_then(|session| session.offered.as_ref());
        let status = if offered.is_some_and(|offered| offered.invite) { 500 } else { 504 };
        self.drop_offer(now, id, status);
    }

    fn drop_offer(&mut self, now: Mono, id: SessionId, status: u16) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(offered) = session.offered.take() {
            self.timers.stop(Key::Session(id, Wait::Offer));
            self.reply(now, offered.server, status);
            self.try_offer(now, id);
        }
    }

    pub(super) fn hang_up_session(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match &session.phase {
            Phase::Invited { .. } => self.reject_session(now, id, 480, None),
            Phase::Calling(_) => self.quit_calling(now, id, Ended::ByUs),
            Phase::Standing if session.unacked.as_ref().is_some_and(|unacked| unacked.first) => {
                session.hang_up = true;
            }
            Phase::Standing => self.bye(now, id, Ended::ByUs),
            Phase::Leaving(_) => {}
        }
    }

    /// Sends BYE; its answer ends the session as `how`.
    pub(super) fn bye(&mut self, now: Mono, id: SessionId, how: Ended) {
        self.drop_offer(now, id, 487);
        self.timers.stop_session(id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.unacked = None;
        session.ours = None;
        session.phase = Phase::Leaving(how);
        if let Some(login) = &mut session.login {
            login.next_request();
        }
        self.send_bye_of(now, id);
    }

    fn send_bye_of(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(mut dialog) = session.dialog.take() else { return };
        self.send_bye(now, &mut dialog, Purpose::Bye, Some(id));
        if let Some(session) = self.session_mut(id) {
            session.dialog = Some(dialog);
        }
    }

    pub(super) fn send_bye(
        &mut self,
        now: Mono,
        dialog: &mut Dialog,
        purpose: Purpose,
        session: Option<SessionId>,
    ) {
        let branch = self.branch();
        let mut request = dialog.request(Method::Bye, None);
        let session_of = session.filter(|_| purpose == Purpose::Bye);
        let leaves = session_of.and_then(|id| match self.sessions.get(&id)?.phase {
            Phase::Leaving(how) => Some(how),
            Phase::Invited { .. } | Phase::Calling(_) | Phase::Standing => None,
        });
        let elsewhere = session_of
            .is_some_and(|id| self.sessions.get(&id).is_some_and(|session| session.elsewhere));
        // A dialog that is not its session's is that of a second phone that answered.
        let reason = leaves.filter(|_| !elsewhere).map_or(why::ELSEWHERE, why::of);
        put(&mut request.headers, why::HEADER, reason);
        let cnonce = self.entropy.token(limits::CNONCE_LENGTH);
        let login = session_of.and_then(|id| self.sessions.get_mut(&id)?.login.as_mut());
        if let Some(login) = login {
            login.sign(&mut request, &cnonce);
        }
        let way = dialog.next_hop(&self.settings);
        self.finish_request(&mut request, &branch, way.to.listener);
        self.send_request(now, request, branch, way, purpose, session);
    }

    /// Our BYE was answered, whatever the answer says (RFC 3261 §15.1.1); only a challenge is no
    /// end, since the peer's side of the call would go on.
    pub(super) fn bye_answered(&mut self, now: Mono, id: SessionId, response: &Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Leaving(how) = &session.phase else { return };
        let how = *how;
        if session.login.as_mut().is_some_and(|login| login.takes(response)) {
            return self.send_bye_of(now, id);
        }
        self.end(id, how);
    }

    /// Our BYE was not answered: the peer may not know that we hung up.
    pub(super) fn bye_unanswered(&mut self, id: SessionId) {
        if let Some(Phase::Leaving(how)) = self.sessions.get(&id).map(|session| &session.phase) {
            let how = if *how == Ended::ByUs { Ended::Unreachable } else { *how };
            self.end(id, how);
        }
    }
}
