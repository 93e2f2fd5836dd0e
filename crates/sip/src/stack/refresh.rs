//! Session timers (RFC 4028): asking for them, agreeing to them, refreshing in time, and ending a
//! session of which nobody gives a sign of life.
//!
//! ```text
//! we refresh:    2xx ──half the interval──▶ UPDATE, or re-INVITE as before ──2xx──▶ …
//! they refresh:  2xx ──nothing until shortly before the end──▶ BYE
//! ```
//! A peer that knows nothing of it is refreshed by us all the same: 408, 481 and silence say that
//! it is gone, and any other answer that it is not.

use std::time::Duration;

use model::Mono;
use sip_msg::{Headers, Method, Response};

use super::Stack;
use crate::ask::Ask;
use crate::dialog::contact_of;
use crate::expiry::{Agreed, LEAST_SECS, Refresher, Wish};
use crate::message::{self, put};
use crate::session::{OurOffer, OurStep, Phase};
use crate::timer::{Key, Wait};
use crate::transaction::{Purpose, ServerId};
use crate::{Ended, SessionId, limits};

impl Stack {
    /// The Min-SE to refuse a request with, when it asks for a shorter life than we serve
    /// (RFC 4028 §9). A peer that does not know the extension could not do better.
    pub(super) fn too_brief(&self, headers: &Headers) -> Option<String> {
        let wish = Wish::of(headers);
        let least = self.settings.session_timer.least_secs();
        (wish.knows && wish.expires? < least).then(|| least.to_string())
    }

    /// What our INVITE says of the session's life.
    pub(super) fn put_expiry(&self, headers: &mut Headers) {
        let ours = self.settings.session_timer;
        if !ours.is_off() {
            put(headers, "Session-Expires", &ours.interval_secs().to_string());
            put_least(headers, ours.least_secs());
        }
    }

    /// What a re-INVITE or UPDATE of ours says of it: its sender goes on refreshing, if it did.
    pub(super) fn expiry_headers(&self, id: SessionId) -> Vec<(&'static str, String)> {
        let Some(timer) = self.sessions.get(&id).and_then(|session| session.timer) else {
            return Vec::new();
        };
        let side = match timer.refresher {
            Refresher::Us => "uac",
            Refresher::Them => "uas",
        };
        let mut headers = vec![("Session-Expires", format!("{};refresher={side}", timer.interval))];
        if timer.least > LEAST_SECS {
            headers.push(("Min-SE", timer.least.to_string()));
        }
        headers
    }

    /// Puts into our 2xx to an INVITE or UPDATE how long the session lives; it lives from now on.
    pub(super) fn agree_expiry(
        &mut self,
        now: Mono,
        id: SessionId,
        server: ServerId,
        response: &mut Response,
    ) {
        let request = self.servers.get(&server).and_then(|server| server.request.as_deref());
        let Some(wish) = request.map(|request| Wish::of(&request.headers)) else { return };
        let Some(answered) = wish.answered(self.settings.session_timer) else {
            return self.keep_time(now, id, None);
        };
        let interval = answered.agreed.interval;
        let side = answered.refresher;
        put(&mut response.headers, "Session-Expires", &format!("{interval};refresher={side}"));
        if side == "uac" {
            put(&mut response.headers, "Require", "timer");
        }
        self.keep_time(now, id, Some(answered.agreed));
    }

    /// A 2xx to our INVITE or UPDATE: the session lives anew.
    pub(super) fn expiry_accepted(&mut self, now: Mono, id: SessionId, headers: &Headers) {
        let agreed = Wish::of(headers).accepted(self.settings.session_timer);
        let least = self.sessions.get(&id).and_then(|session| session.timer).map_or(0, |t| t.least);
        let agreed = agreed.map(|agreed| Agreed { least: agreed.least.max(least), ..agreed });
        self.keep_time(now, id, agreed);
    }

    fn keep_time(&mut self, now: Mono, id: SessionId, agreed: Option<Agreed>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.timer = agreed;
        self.timers.stop(Key::Session(id, Wait::Refresh));
        self.timers.stop(Key::Session(id, Wait::Expiry));
        let Some(Agreed { interval, refresher, peer_knows, .. }) = agreed else { return };
        let interval = Duration::from_secs(interval.into());
        if refresher == Refresher::Us {
            let wait = (interval / 2).max(limits::REFRESH_AGAIN);
            self.timers.set(Key::Session(id, Wait::Refresh), now + wait);
        }
        if peer_knows {
            // RFC 4028 §10: the end comes a little before the time is up.
            let margin = limits::EXPIRY_MARGIN_MAX.min(interval / 3);
            self.timers.set(Key::Session(id, Wait::Expiry), now + interval.saturating_sub(margin));
        }
    }

    /// Nobody has refreshed the session: the peer is gone, or so is what we said to it.
    pub(super) fn expired(&mut self, now: Mono, id: SessionId) {
        let standing = |phase: &Phase| matches!(phase, Phase::Standing);
        if self.sessions.get(&id).is_some_and(|session| standing(&session.phase)) {
            self.bye(now, id, Ended::Expired);
        }
    }

    /// It is time to refresh: by UPDATE without an offer where the peer takes it, else by a
    /// re-INVITE with the description that stands (RFC 4028 §7.4).
    pub(super) fn refresh(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !matches!(session.phase, Phase::Standing) {
            return;
        }
        if session.peer_updates {
            let mut ask = Ask::new(Method::Update, Purpose::Refresh);
            ask.headers = self.expiry_headers(id);
            self.ask(now, id, ask);
            return;
        }
        if session.ours.is_some() || session.offered.is_some() || session.unacked.is_some() {
            // What is under way refreshes as well, or is over soon.
            return self.refresh_later(now, id);
        }
        let sdp = session.described.clone();
        session.ours =
            Some(Box::new(OurOffer { sdp, step: OurStep::Held, tries: 0, refresh: true }));
        self.try_offer(now, id);
    }

    pub(super) fn refresh_later(&mut self, now: Mono, id: SessionId) {
        self.timers.set(Key::Session(id, Wait::Refresh), now + limits::REFRESH_AGAIN);
    }

    /// The final answer to our UPDATE without an offer.
    pub(super) fn refresh_answered(&mut self, now: Mono, id: SessionId, response: &Response) {
        if !(200..=299).contains(&response.status) {
            return self.refresh_refused(now, id, Method::Update, response);
        }
        if let (Some(target), Some(session)) =
            (contact_of(&response.headers), self.sessions.get_mut(&id))
            && let Some(dialog) = &mut session.dialog
        {
            dialog.refresh(target);
        }
        self.expiry_accepted(now, id, &response.headers);
    }

    /// A refresh was refused, by a peer that has the call: it is tried again, in another way or
    /// with a longer time, until the session expires. For a peer that keeps no time the answer was
    /// all that we wanted.
    pub(super) fn refresh_refused(
        &mut self,
        now: Mono,
        id: SessionId,
        method: Method,
        response: &Response,
    ) {
        let wish = Wish::of(&response.headers);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(timer) = &mut session.timer else { return };
        match response.status {
            422 if wish.least > timer.interval => {
                timer.interval = wish.least;
                timer.least = wish.least;
                self.refresh(now, id);
            }
            405 | 501 if method == Method::Update => {
                session.peer_updates = false;
                self.refresh(now, id);
            }
            _ if timer.peer_knows => self.refresh_later(now, id),
            _ => {
                let timer = *timer;
                self.keep_time(now, id, Some(timer));
            }
        }
    }

    /// Notes what the peer takes, as its requests and answers say (RFC 3261 §20.5).
    pub(super) fn note_allow(&mut self, id: SessionId, headers: &Headers) {
        if let (Some(updates), Some(session)) =
            (message::allows(headers, "UPDATE"), self.sessions.get_mut(&id))
        {
            session.peer_updates = updates;
        }
    }
}

/// Min-SE, when it is more than everybody expects.
fn put_least(headers: &mut Headers, least: u32) {
    if least > LEAST_SECS {
        put(headers, "Min-SE", &least.to_string());
    }
}
