//! Our INVITE once more: with credentials (RFC 3261 §22.2), to where a 3xx points (§8.1.3.4), or
//! for a longer session (RFC 4028 §7.4).
//!
//! Either way it keeps Call-ID, From and To and takes the next CSeq. It is the same call: the try
//! before is over for certain, since its final answer is here. A try that nobody answered is not,
//! and is never followed by another.

use std::collections::BTreeMap;

use model::Mono;
use sip_msg::{Request, Response};

use super::Stack;
use crate::expiry::Wish;
use crate::message::put;
use crate::redirect::Target;
use crate::session::{Again, Phase, Session};
use crate::transaction::{ClientId, Purpose};
use crate::{Ended, Hop, SessionId, limits};

impl Stack {
    /// A final refusal of our INVITE, acknowledged already: the beginning of another try, or the
    /// end of the session.
    pub(super) fn try_again_or_end(
        &mut self,
        now: Mono,
        id: SessionId,
        client: ClientId,
        response: &Response,
    ) {
        let logged_in = self.invite_with_credentials(now, id, client, response);
        if logged_in
            || self.invite_for_longer(now, id, client, response)
            || self.invite_elsewhere(now, id, response)
        {
            return;
        }
        let again = again_of(&mut self.sessions, id);
        let status = again
            .and_then(|again| again.redirects.as_ref())
            .map_or(response.status, |redirects| redirects.status(response.status));
        self.end(id, Ended::Refused { status });
    }

    /// Answers a challenge. False when it would not help. The ring time goes on.
    fn invite_with_credentials(
        &mut self,
        now: Mono,
        id: SessionId,
        client: ClientId,
        response: &Response,
    ) -> bool {
        let Some(to) = self.clients.get(&client).map(|client| client.to) else { return false };
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        let Some(login) = &mut session.login else { return false };
        if !login.takes(response) {
            return false;
        }
        let Some(again) = again_of(&mut self.sessions, id) else { return false };
        let request = again.invite.clone();
        self.invite_once_more(now, id, request, to);
        true
    }

    /// Asks for a session that lives as long as a 422 demands (RFC 4028 §7.4). False when that is
    /// not what was wrong: each try must ask for more.
    fn invite_for_longer(
        &mut self,
        now: Mono,
        id: SessionId,
        client: ClientId,
        response: &Response,
    ) -> bool {
        let Some(to) = self.clients.get(&client).map(|client| client.to) else { return false };
        let Some(again) = again_of(&mut self.sessions, id) else { return false };
        let (asked, least) = (Wish::of(&again.invite.headers), Wish::of(&response.headers).least);
        if response.status != 422 || asked.expires.is_none_or(|asked| asked >= least) {
            return false;
        }
        again.invite.headers.set("Session-Expires", least.to_string());
        again.invite.headers.set("Min-SE", least.to_string());
        let request = again.invite.clone();
        self.invite_once_more(now, id, request, to);
        true
    }

    /// Follows a 3xx, or goes on to the next place that an earlier one named. False when there is
    /// none. The ring time goes on.
    fn invite_elsewhere(&mut self, now: Mono, id: SessionId, response: &Response) -> bool {
        let Some(again) = again_of(&mut self.sessions, id) else { return false };
        let Some(redirects) = &mut again.redirects else { return false };
        let next = redirects.next(&self.settings, &again.invite.uri, response);
        let Some(target) = next else { return false };
        let Target { uri, proxy, next_hop } = target;
        again.invite.uri = uri;
        again.invite.headers.remove("Route");
        if let Some(proxy) = proxy {
            put(&mut again.invite.headers, "Route", &format!("<{proxy}>"));
        }
        let request = again.invite.clone();
        if let Some(login) = self.sessions.get_mut(&id).and_then(|session| session.login.as_mut()) {
            login.next_request();
        }
        self.invite_once_more(now, id, request, next_hop);
        true
    }

    fn invite_once_more(&mut self, now: Mono, id: SessionId, mut request: Box<Request>, to: Hop) {
        let (branch, cnonce) = (self.branch(), self.entropy.token(limits::CNONCE_LENGTH));
        let number = request.headers.cseq().ok().flatten().map_or(1, |cseq| cseq.number) + 1;
        request.headers.set("CSeq", format!("{number} INVITE"));
        if let Some(again) = again_of(&mut self.sessions, id) {
            again.invite = request.clone();
        }
        if let Some(login) = self.sessions.get_mut(&id).and_then(|session| session.login.as_mut()) {
            login.sign(&mut request, &cnonce);
        }
        self.finish_request(&mut request, &branch, to.listener);
        let client = self.send_request(now, *request, branch, to, Purpose::Invite, Some(id));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Calling(calling) = &mut session.phase else { return };
        calling.client = client;
        calling.heard = false;
        // The refusal ended the early dialogs of the first INVITE (RFC 3261 §12.3).
        for branch in std::mem::take(&mut calling.branches) {
            self.dialogs.remove(&branch.id);
        }
    }
}

fn again_of(sessions: &mut BTreeMap<SessionId, Session>, id: SessionId) -> Option<&mut Again> {
    match &mut sessions.get_mut(&id)?.phase {
        Phase::Calling(calling) => Some(&mut calling.again),
        Phase::Invited { .. } | Phase::Standing | Phase::Leaving(_) => None,
    }
}
