//! Our INVITE once more: with credentials (RFC 3261 §22.2), to where a 3xx points (§8.1.3.4), for a
//! longer session (RFC 4028 §7.4), or to the next place when one does not take it (RFC 3263 §4.3).
//!
//! Each keeps Call-ID, From and To and takes the next CSeq. It is the same call: the try before is
//! over for certain, since its final answer is here, or since it never left. A try that nobody
//! answered is not, and is never followed by another. Of the answers only 503 passes a place over:
//! it says of the server that it serves nobody now, while 500, 502 and 504 may speak of the
//! callee's side, which another place would only ask again.

use std::collections::{BTreeMap, VecDeque};

use model::Mono;
use sip_msg::{Request, Response, Uri};

use super::Stack;
use crate::expiry::Wish;
use crate::message::put;
use crate::redirect::Target;
use crate::session::{Again, Phase, Session};
use crate::transaction::{ClientId, Purpose};
use crate::{Cause, Ended, Event, Hop, SessionId, Way, limits, secure};

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
            || self.invite_past(now, id, client, response)
            || self.invite_elsewhere(now, id, response)
        {
            return;
        }
        self.note_cause(id, Cause::of(&response.headers));
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

    /// Goes past a place that answered 503. False when there is no further one.
    fn invite_past(
        &mut self,
        now: Mono,
        id: SessionId,
        client: ClientId,
        response: &Response,
    ) -> bool {
        let Some(hop) = self.clients.get(&client).map(|client| client.to) else { return false };
        let seconds = response.headers.get("Retry-After").map(|text| {
            let digits = text.trim_start().split(|c: char| !c.is_ascii_digit()).next();
            digits.and_then(|digits| digits.parse().ok())
        });
        response.status == 503 && self.invite_next(now, id, hop, seconds.flatten())
    }

    /// The INVITE to `hop` is over for certain: it goes to the next place, if there is one. The
    /// ring time goes on.
    pub(super) fn invite_next(
        &mut self,
        now: Mono,
        id: SessionId,
        hop: Hop,
        retry_after: Option<u32>,
    ) -> bool {
        let Some(again) = again_of(&mut self.sessions, id) else { return false };
        let Some((uri, to)) = again.fallbacks.pop_front() else { return false };
        again.invite.uri = uri;
        again.invite.headers.remove("Route");
        let request = again.invite.clone();
        if let Some(login) = self.sessions.get_mut(&id).and_then(|session| session.login.as_mut()) {
            login.next_request();
        }
        self.tell(id, Event::Passed { hop, retry_after });
        self.invite_once_more(now, id, request, to);
        true
    }

    fn invite_once_more(&mut self, now: Mono, id: SessionId, mut request: Box<Request>, to: Hop) {
        let (branch, cnonce) = (self.branch(), self.entropy.token(limits::CNONCE_LENGTH));
        let number = request.headers.cseq().ok().flatten().map_or(1, |cseq| cseq.number) + 1;
        request.headers.set("CSeq", format!("{number} INVITE"));
        let contact = self.contact(to.listener, secure::of_ours(&request));
        request.headers.set("Contact", contact);
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

/// The fallbacks that can be used at all.
pub(super) fn fallbacks(ways: &[Way]) -> VecDeque<(Uri, Hop)> {
    let ways = ways.iter().take(limits::FALLBACKS_MAX);
    ways.filter_map(|way| Some((Uri::parse(&way.target).ok()?, way.hop))).collect()
}

fn again_of(sessions: &mut BTreeMap<SessionId, Session>, id: SessionId) -> Option<&mut Again> {
    match &mut sessions.get_mut(&id)?.phase {
        Phase::Calling(calling) => Some(&mut calling.again),
        Phase::Invited { .. } | Phase::Standing | Phase::Leaving(_) => None,
    }
}
