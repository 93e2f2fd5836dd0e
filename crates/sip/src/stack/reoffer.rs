//! An offer of our own within a standing session: a re-INVITE (RFC 3261 §14.1).
//!
//! ```text
//! Held --the peer's own offer is settled--> Asked --2xx--> ACK, gone
//!   ^                                          | 491, 500 or 503 with Retry-After
//!   '------------------Pausing <---------------'
//! ```
//! A refusal leaves the session as it was; 408, 481 and silence end it.

use std::time::Duration;

use model::Mono;
use sip_msg::{Method, Response};

use super::Stack;
use super::send::Line;
use super::uac;
use crate::ask::Ask;
use crate::dialog::contact_of;
use crate::digest;
use crate::message;
use crate::session::{Body, OurOffer, OurStep, Phase};
use crate::timer::{Key, Wait};
use crate::transaction::{Ack, ClientId, Purpose};
use crate::{Event, Hop, Reoffered, SessionId, limits};

impl Stack {
    /// An offer of the engine. Refused at once while another exchange is open whose outcome would
    /// make it an old one.
    pub(super) fn reoffer_session(&mut self, now: Mono, id: SessionId, sdp: Vec<u8>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !matches!(session.phase, Phase::Standing) {
            return;
        }
        let refreshing = session.ours.as_ref().is_some_and(|ours| ours.refresh);
        let busy = session.ours.is_some() && (!refreshing || session.offer_is_asked());
        if busy || session.offered.is_some() {
            return self.tell(id, Event::Reoffered { result: Reoffered::Refused { status: 491 } });
        }
        // Where our own refresh waits, this offer refreshes as well.
        self.timers.stop(Key::Session(id, Wait::OfferAgain));
        let sdp = Body::new(&sdp);
        session.ours =
            Some(Box::new(OurOffer { sdp, step: OurStep::Held, tries: 0, refresh: false }));
        self.try_offer(now, id);
    }

    /// Sends our offer when nothing stands in its way: no INVITE of either side may be under way
    /// (RFC 3261 §14.1).
    pub(super) fn try_offer(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let free = matches!(session.phase, Phase::Standing)
            && session.offered.is_none()
            && session.unacked.is_none();
        let Some(ours) = session.ours.as_mut() else { return };
        if !free || ours.step != OurStep::Held {
            return;
        }
        ours.tries += 1;
        let mut ask = Ask::new(Method::Invite, Purpose::Offer);
        ask.body = Some((message::SDP, ours.sdp.to_vec()));
        ask.headers = self.expiry_headers(id);
        let client = self.ask(now, id, ask);
        self.offer_asked_again(id, client);
    }

    /// Our offer is under way in this transaction.
    pub(super) fn offer_asked_again(&mut self, id: SessionId, client: Option<ClientId>) {
        let ours = self.session_mut(id).and_then(|session| session.ours.as_mut());
        if let (Some(ours), Some(client)) = (ours, client) {
            ours.step = OurStep::Asked(client);
        }
    }

    /// A re-INVITE of ours was answered. Its ACK comes before anything else, also when the session
    /// has ended meanwhile (RFC 3261 §13.2.2.4).
    pub(super) fn reinvite_answered(
        &mut self,
        now: Mono,
        session: Option<SessionId>,
        client: ClientId,
        response: &Response,
    ) {
        match response.status {
            0..=199 => return,
            200..=299 if self.ack_ok_again(client, response) => return,
            200..=299 => self.ack_reinvite(client, session, response),
            _ => self.ack_refusal(client, response),
        }
        if let Some(id) = session {
            self.ask_answered(now, id, client, response);
        }
    }

    fn ack_reinvite(&mut self, client: ClientId, session: Option<SessionId>, response: &Response) {
        let dialog = session.and_then(|id| self.sessions.get_mut(&id)?.dialog.take());
        if let (Some(mut dialog), Some(id)) = (dialog, session) {
            if let Some(target) = contact_of(&response.headers) {
                dialog.refresh(target);
            }
            self.ack_ok(client, response, &mut dialog);
            if let Some(session) = self.session_mut(id) {
                session.dialog = Some(dialog);
            }
            return;
        }
        // The session is over: a BYE of either side crossed this answer.
        let branch = self.branch();
        let Some(transaction) = self.clients.get(&client) else { return };
        let Some(invite) = transaction.request.as_deref() else { return };
        let mut ack = uac::follower(invite, Method::Ack);
        ack.headers.remove("Via");
        ack.headers.remove("User-Agent");
        digest::copy_credentials(&mut ack.headers, &invite.headers);
        let to = transaction.to;
        self.finish_request(&mut ack, &branch, to.listener);
        self.send_late_ack(client, response, ack.to_bytes(), to);
    }

    fn send_late_ack(&mut self, id: ClientId, response: &Response, bytes: Vec<u8>, to: Hop) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.request = None;
        client.acks.push(Ack { tag: uac::to_tag(response), bytes: bytes.clone(), to });
        let line = Line { session: client.session, label: "ACK".into(), sdp: false, again: false };
        self.transmit(to, bytes, line);
    }

    /// The final answer to our offer, acknowledged already.
    pub(super) fn offer_answered(&mut self, now: Mono, id: SessionId, response: &Response) {
        if (200..=299).contains(&response.status) {
            self.note_allow(id, &response.headers);
            self.expiry_accepted(now, id, &response.headers);
            let sdp = message::sdp_of(&response.headers, &response.body);
            return self.offer_over(now, id, Reoffered::Accepted { sdp });
        }
        match self.pause_after(id, response) {
            Some(pause) => {
                let ours = self.session_mut(id).and_then(|session| session.ours.as_mut());
                if let Some(ours) = ours {
                    ours.step = OurStep::Pausing;
                }
                self.timers.set(Key::Session(id, Wait::OfferAgain), now + pause);
            }
            None => {
                let refresh = self.sessions.get(&id).and_then(|session| session.ours.as_ref());
                if refresh.is_some_and(|ours| ours.refresh) {
                    self.drop_our_offer(id);
                    return self.refresh_refused(now, id, Method::Invite, response);
                }
                self.offer_over(now, id, Reoffered::Refused { status: response.status });
            }
        }
    }

    /// How long to wait before our refused offer is made again; none when it is not.
    fn pause_after(&mut self, id: SessionId, response: &Response) -> Option<Duration> {
        let session = self.sessions.get(&id)?;
        if session.ours.as_ref()?.tries >= limits::OFFER_TRIES_MAX {
            return None;
        }
        match response.status {
            // RFC 3261 §14.1: whoever chose the Call-ID waits longer; steps of 10 ms.
            491 => {
                let (least, most) =
                    if session.we_called { limits::GLARE_OWNER } else { limits::GLARE_OTHER };
                let steps = most.saturating_sub(least).as_millis() as u64 / 10;
                let drawn = Duration::from_millis(10 * self.entropy.below(steps + 1));
                Some(least + drawn)
            }
            500 | 503 => {
                let seconds = message::retry_after(&response.headers)?;
                let pause = Duration::from_secs(seconds.into());
                (pause <= limits::OFFER_PAUSE_MAX).then_some(pause)
            }
            _ => None,
        }
    }

    /// The pause after a refusal is over.
    pub(super) fn offer_pause_over(&mut self, now: Mono, id: SessionId) {
        let ours = self.session_mut(id).and_then(|session| session.ours.as_mut());
        if let Some(ours) = ours {
            ours.step = OurStep::Held;
        }
        self.try_offer(now, id);
    }

    /// The peer made an offer while ours waited: ours was made for a session that is changing, and
    /// the engine makes another one if it still wants to.
    pub(super) fn offer_overtaken(&mut self, now: Mono, id: SessionId) {
        let ours = self.sessions.get(&id).and_then(|session| session.ours.as_ref());
        if ours.is_some_and(|ours| matches!(ours.step, OurStep::Held | OurStep::Pausing)) {
            self.offer_over(now, id, Reoffered::Refused { status: 491 });
        }
    }

    /// Our offer is accepted or refused.
    pub(super) fn offer_over(&mut self, now: Mono, id: SessionId, result: Reoffered) {
        let Some(ours) = self.drop_our_offer(id) else { return };
        if let (Reoffered::Accepted { .. }, Some(session)) = (&result, self.sessions.get_mut(&id)) {
            session.described = ours.sdp.clone();
        }
        match result {
            result if !ours.refresh => self.tell(id, Event::Reoffered { result }),
            Reoffered::Accepted { sdp: Some(sdp) } => {
                self.tell(id, Event::Refreshed { ours: ours.sdp.to_vec(), sdp });
            }
            Reoffered::Accepted { sdp: None } => {}
            Reoffered::Refused { .. } => self.refresh_later(now, id),
        }
    }

    fn drop_our_offer(&mut self, id: SessionId) -> Option<Box<OurOffer>> {
        self.timers.stop(Key::Session(id, Wait::OfferAgain));
        self.session_mut(id)?.ours.take()
    }
}
