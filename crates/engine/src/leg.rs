//! One leg: a SIP session joined to a media port. What all three kinds of legs have in common.
//!
//! ```text
//! a leg that called us:   open port ── Opened ──▶ 200 with the answer ── ACK ──▶ talks
//! a leg that we call:     open port ── Opened ──▶ INVITE with an offer ── 200 ──▶ talks
//! either:                 … ── hang_up ──▶ Ended (the stack's last word) ──▶ port closed
//! ```

use std::sync::Arc;
use std::time::Duration;

use ivr::Phrase;
use media::PlayId;
use model::{Key, LanguageTag, Now, OfferId, PortId};
use sip::SessionId;

use crate::forks::Forks;
use crate::protection::Protection;
use crate::switchboard::{OpenPort, Owner, Switchboard};
use crate::{KeyWay, Leg, Speech, Srtp};

/// How often another port is tried when one cannot be bound. Other programs, another engine among
/// them, may hold a run of ports; a call does not end for that.
const PORT_TRIES_MAX: u8 = 64;

/// What one leg tells another. No SIP crosses here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegEvent {
    /// The agent of `offer` is on the line at this port: be bridged with it.
    Connect {
        /// The offer.
        offer: OfferId,
        /// The agent's port.
        port: PortId,
    },
    /// The agent hands you on to somebody: wait for the next `Connect`.
    Park,
    /// The other side is bridged with you.
    Connected,
    /// The other side is gone.
    Disconnect,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct LegCore {
    owner: Owner,
    name: Leg,
    pub(crate) session: Option<SessionId>,
    pub(crate) forks: Forks,
    port: Option<OpenPort>,
    tries_left: u8,
    /// Our own offer, while its answer is awaited.
    offered: Option<Vec<u8>>,
    /// What the media port sends and hears by; none before it is agreed, and once we hang up.
    agreed: Option<sdp::Agreed>,
    connected: bool,
    /// Whether its media is SRTP, and with which keys of ours.
    protection: Protection,
    speech: Speech,
    /// Counts the changes of our description (RFC 4566 §5.2, `sess-version`).
    version: u64,
    /// Our last description.
    said: Option<Vec<u8>>,
    /// The far end's last one that we took.
    heard: Option<Vec<u8>>,
    play: Option<PlayId>,
    /// How the first key came; the others of this leg count only when they come so too.
    keys_by: Option<KeySource>,
}

/// How a key came to us. A phone may send the same press in both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// In the media.
    Media,
    /// By SIP INFO.
    Info,
}

/// What became of a port that was being opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Another is being tried.
    Again,
    /// None can be had.
    Failed,
}

/// One phone of a callee.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    pub(crate) target: String,
    pub(crate) next_hop: sip::Hop,
    /// See [`sip::Invite::at_source`].
    pub(crate) at_source: bool,
}

/// An INVITE to be sent once the leg's port is open; the offer is added then.
#[derive(Debug, Clone)]
pub(crate) struct Dial {
    pub(crate) target: String,
    pub(crate) next_hop: sip::Hop,
    pub(crate) at_source: bool,
    /// Further phones of the same callee, which ring at the same time.
    pub(crate) others: Vec<Phone>,
    pub(crate) from: String,
    pub(crate) display: Option<String>,
    pub(crate) asserted: Option<String>,
    pub(crate) call_id: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) ring_max: Duration,
    pub(crate) credentials: Option<Arc<sip::Credentials>>,
    pub(crate) redirects_to: Arc<[sip::Source]>,
    pub(crate) srtp: Srtp,
    pub(crate) speech: Speech,
    /// Where the INVITE goes when the first place does not take it.
    pub(crate) fallbacks: Vec<sip::Way>,
}

impl LegCore {
    /// A leg that begins to open its port; `None` when no port is free.
    pub(crate) fn open(
        board: &mut Switchboard,
        now: Now,
        owner: Owner,
        name: Leg,
    ) -> Option<LegCore> {
        let port = board.open_port(now, owner, name)?;
        Some(LegCore { port: Some(port), ..LegCore::without_port(board, owner, name) })
    }

    /// A leg that has nothing and is nowhere.
    pub(crate) fn without_port(board: &mut Switchboard, owner: Owner, name: Leg) -> LegCore {
        LegCore {
            owner,
            name,
            session: None,
            forks: Forks::default(),
            port: None,
            tries_left: PORT_TRIES_MAX - 1,
            offered: None,
            agreed: None,
            connected: false,
            protection: board.protection(Srtp::Off),
            speech: Speech::default(),
            version: 0,
            said: None,
            heard: None,
            play: None,
            keys_by: None,
        }
    }

    pub(crate) fn name(&self) -> Leg {
        self.name
    }

    pub(crate) fn port(&self) -> Option<PortId> {
        self.port.map(|port| port.id)
    }

    /// True while the leg has a SIP session that has not ended.
    pub(crate) fn is_alive(&self) -> bool {
        self.session.is_some() || !self.forks.others.is_empty()
    }

    /// The session of an INVITE that came to us.
    pub(crate) fn adopt(&mut self, board: &mut Switchboard, session: SessionId) {
        self.session = Some(session);
        board.adopt(session, self.owner, self.name);
    }

    /// Protected and spoken as it is wanted, before anything is offered or answered.
    pub(crate) fn speak(&mut self, protection: Protection, speech: Speech) {
        self.protection = protection;
        self.speech = speech;
    }

    /// Who we are in descriptions at `port`.
    fn local(&self, port: OpenPort) -> sdp::Local<'_> {
        let (id, version) = (u64::from(port.id.0), self.version);
        let (srtp, speaks) = (self.protection.srtp(), self.speech.speaks());
        sdp::Local { address: port.local, id, version, srtp, speaks }
    }

    /// The roof could not bind the port.
    pub(crate) fn port_failed(&mut self, board: &mut Switchboard, now: Now) -> Opening {
        self.port = None;
        if self.tries_left == 0 {
            return Opening::Failed;
        }
        self.tries_left -= 1;
        self.port = board.open_port(now, self.owner, self.name);
        if self.port.is_some() { Opening::Again } else { Opening::Failed }
    }

    /// Answers an INVITE of the peer: with the answer to its offer, or with our own offer.
    pub(crate) fn accept(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        offer: Option<&[u8]>,
    ) -> bool {
        let (Some(session), Some(port)) = (self.session, self.port) else { return false };
        match offer.map(|offer| (offer, sdp::answer(offer, &self.local(port)))) {
            Some((offer, Ok(answered))) => {
                self.connect(board, port.id, answered.stream);
                self.heard = Some(offer.to_vec());
                self.said = Some(answered.sdp.clone());
                board.stack.accept(now, session, answered.sdp);
            }
            Some((_, Err(refusal))) => {
                board.stack.reject(now, session, refusal.status(), None);
                return false;
            }
            None => {
                let offer = sdp::offer(&self.local(port));
                self.offered = Some(offer.clone());
                self.said = Some(offer.clone());
                board.stack.accept(now, session, offer);
            }
        }
        true
    }

    /// Sends the INVITE of a leg that we call.
    pub(crate) fn invite(&mut self, board: &mut Switchboard, now: Now, dial: Dial) {
        let Some(port) = self.port else { return };
        self.speak(board.protection(dial.srtp), dial.speech);
        let offer = sdp::offer(&self.local(port));
        self.offered = Some(offer.clone());
        self.said = Some(offer.clone());
        let Dial { target, next_hop, at_source, .. } = dial;
        let first = sip::Invite {
            target,
            next_hop,
            at_source,
            from: dial.from,
            display: dial.display,
            asserted: dial.asserted,
            call_id: dial.call_id,
            headers: dial.headers,
            sdp: offer,
            ring_max: dial.ring_max,
            credentials: dial.credentials,
            redirects_to: dial.redirects_to,
            fallbacks: dial.fallbacks,
        };
        for (number, phone) in dial.others.into_iter().enumerate() {
            let Phone { target, next_hop, at_source } = phone;
            let call_id = format!("{}-{}", number + 2, first.call_id);
            let invite = sip::Invite { target, next_hop, at_source, call_id, ..first.clone() };
            let session = board.stack.invite(now, invite);
            board.adopt(session, self.owner, self.name);
            self.forks.others.push(session);
        }
        let session = board.stack.invite(now, first);
        self.adopt(board, session);
    }

    /// The answer to our offer came (in a 200 or in an ACK). False when it cannot be used. An ACK
    /// without an answer is right when our 200 carried one.
    pub(crate) fn answered(&mut self, board: &mut Switchboard, answer: Option<&[u8]>) -> bool {
        let (Some(offer), Some(port)) = (self.offered.take(), self.port) else {
            return self.connected;
        };
        let srtp = self.protection.srtp();
        let Some(Ok(agreed)) = answer.map(|answer| sdp::agree(&offer, answer, srtp)) else {
            return false;
        };
        self.connect(board, port.id, agreed);
        self.heard = answer.map(<[u8]>::to_vec);
        true
    }

    /// The peer offers anew, or asks for our offer (RFC 3261 §14).
    pub(crate) fn reoffered(&mut self, board: &mut Switchboard, now: Now, offer: Option<&[u8]>) {
        let (Some(session), Some(port)) = (self.session, self.port) else { return };
        match offer.map(|offer| (offer, sdp::answer(offer, &self.local(port)))) {
            Some((offer, Ok(answered))) => {
                self.connect(board, port.id, answered.stream);
                self.heard = Some(offer.to_vec());
                let again = |leg: &LegCore| Some(sdp::answer(offer, &leg.local(port)).ok()?.sdp);
                let sdp = self.counted(answered.sdp, again);
                board.stack.answer(now, session, sdp);
            }
            Some((_, Err(refusal))) => board.stack.refuse_offer(now, session, refusal.status()),
            None => {
                let offer = |leg: &LegCore| leg.offer_again(port);
                let sdp = self.counted(offer(self), |leg| Some(offer(leg)));
                self.offered = Some(sdp.clone());
                board.stack.answer(now, session, sdp);
            }
        }
    }

    /// What we offer when the peer asks for it within the call.
    fn offer_again(&self, port: OpenPort) -> Vec<u8> {
        let (said, heard) = (self.said.as_deref(), self.heard.as_deref());
        sdp::offer_again(&self.local(port), said.unwrap_or_default(), heard.unwrap_or_default())
    }

    /// A further description, as `again` writes it: with a version one higher when it says
    /// something else than the last, and the very same when not (RFC 3264 §8, RFC 4028 §7.4).
    fn counted(&mut self, same: Vec<u8>, again: impl Fn(&LegCore) -> Option<Vec<u8>>) -> Vec<u8> {
        if self.said.as_ref() == Some(&same) {
            return same;
        }
        self.version += 1;
        let new = again(self).unwrap_or(same);
        self.said = Some(new.clone());
        new
    }

    fn connect(&mut self, board: &mut Switchboard, port: PortId, agreed: sdp::Agreed) {
        board.connect(port, &agreed, self.speech.listens_for_tones(&agreed));
        self.agreed = Some(agreed);
        self.connected = true;
    }

    /// The stack offered once more what we had described, to keep the call alive: the answer may
    /// name another address or codec.
    pub(crate) fn refreshed(&mut self, board: &mut Switchboard, ours: &[u8], answer: &[u8]) {
        let srtp = self.protection.srtp();
        if let (Some(port), Ok(agreed)) = (self.port, sdp::agree(ours, answer, srtp)) {
            self.connect(board, port.id, agreed);
            self.heard = Some(answer.to_vec());
        }
    }

    /// The leg belongs to somebody else from now on.
    pub(crate) fn belong_to(&mut self, board: &mut Switchboard, owner: Owner) {
        self.owner = owner;
        for session in self.session.iter().chain(&self.forks.others) {
            board.adopt(*session, owner, self.name);
        }
        if let Some(port) = self.port {
            board.hand_port(port.id, owner);
        }
    }

    /// Takes the peer's REFER.
    pub(crate) fn accept_refer(&mut self, board: &mut Switchboard, now: Now) {
        if let Some(session) = self.session {
            board.stack.accept_refer(now, session);
        }
    }

    /// Refuses the peer's REFER.
    pub(crate) fn refuse_refer(&mut self, board: &mut Switchboard, now: Now, status: u16) {
        if let Some(session) = self.session {
            board.stack.refuse_refer(now, session, status);
        }
    }

    /// Tells the peer what comes of its REFER.
    pub(crate) fn notify_refer(&mut self, board: &mut Switchboard, now: Now, status: u16) {
        if let Some(session) = self.session {
            board.stack.notify_refer(now, session, status);
        }
    }

    /// Plays phrases. False when there is nothing to play: its end is then now.
    pub(crate) fn play(
        &mut self,
        board: &mut Switchboard,
        language: &LanguageTag,
        phrases: &[Phrase],
        repeat: bool,
    ) -> bool {
        let Some(port) = self.port else { return false };
        self.play = board.play(self.name, port.id, language, phrases, repeat);
        self.play.is_some()
    }

    /// Begins to press what is to be pressed once the far end has answered; false when there is
    /// nothing. [`media::Event::Pressed`] ends it.
    pub(crate) fn presses(&mut self, board: &mut Switchboard) -> bool {
        let digits = std::mem::take(&mut self.speech.digits);
        let Some(port) = self.port.filter(|_| !digits.is_empty()) else { return false };
        board.press(port.id, digits);
        true
    }

    /// The port is about to be bridged, which ends what plays there without a gap.
    pub(crate) fn is_joined(&mut self) {
        self.play = None;
    }

    pub(crate) fn stop_playing(&mut self, board: &mut Switchboard) {
        if let (Some(_), Some(port)) = (self.play.take(), self.port) {
            board.stop_playing(port.id);
        }
    }

    /// True when `play` is the one that plays now: the end of an earlier one means nothing.
    pub(crate) fn play_ended(&mut self, play: PlayId) -> bool {
        let current = self.play == Some(play);
        if current {
            self.play = None;
        }
        current
    }

    /// True when a key from `source` counts: only the ways that are set do, and a press that came
    /// in two of them is one press.
    pub(crate) fn takes_key(&mut self, source: KeySource) -> bool {
        let wanted = match (self.speech.keys, source) {
            (KeyWay::Auto, _) => true,
            (KeyWay::Events | KeyWay::Tones, source) => source == KeySource::Media,
            (KeyWay::Info, source) => source == KeySource::Info,
        };
        wanted && *self.keys_by.get_or_insert(source) == source
    }

    /// The peer pressed a key by INFO: whoever it speaks with hears it. A peer with which
    /// telephone-event was agreed presses in the media, and its INFO says the same once more.
    pub(crate) fn carry_key(&mut self, board: &mut Switchboard, key: Key) {
        let in_media = self.agreed.as_ref().is_none_or(|it| it.event_payload_type.is_some());
        if let Some(port) = self.port.filter(|_| !in_media)
            && self.takes_key(KeySource::Info)
        {
            board.carry_key(port.id, key);
        }
    }

    /// The peer has sent no sound for the limit of the media machine, which tells of each silence
    /// once. It may be a phone that sends none while nobody speaks: it is asked, and only a peer
    /// that has lost the call, or does not answer, is let go.
    pub(crate) fn fell_silent(&mut self, board: &mut Switchboard, now: Now) {
        if let Some(session) = self.session {
            board.stack.probe(now, session);
        }
    }

    /// Ends the session, whatever its state; a leg that has none loses its port at once. From now
    /// on nothing is sent and nothing heard, though the BYE may wait for its answer (RFC 3261
    /// §15.1.1).
    pub(crate) fn hang_up(&mut self, board: &mut Switchboard, now: Now) {
        self.stop_others(board, now);
        if let (Some(port), Some(agreed)) = (self.port, self.agreed.take()) {
            let agreed = sdp::Agreed { send: false, receive: false, ..agreed };
            board.connect(port.id, &agreed, false);
        }
        match self.session {
            Some(session) => board.stack.hang_up(now, session),
            None => self.release(board),
        }
    }

    /// Ends the session of a phone whose call another phone has taken.
    pub(crate) fn taken_elsewhere(&mut self, board: &mut Switchboard, now: Now) {
        for session in self.session.iter().chain(&self.forks.others) {
            board.stack.taken_elsewhere(now, *session);
        }
    }

    /// Refuses an INVITE that is not yet answered.
    pub(crate) fn reject(&mut self, board: &mut Switchboard, now: Now, status: u16) {
        let retry_after = (status == 503).then_some(RETRY_AFTER_SECS);
        if let Some(session) = self.session {
            board.stack.reject(now, session, status, retry_after);
        }
    }

    /// The stack's last word about the session: the leg is gone.
    pub(crate) fn ended(&mut self, board: &mut Switchboard) {
        if let Some(session) = self.session.take() {
            board.forget_session(session);
        }
        self.release(board);
    }

    fn release(&mut self, board: &mut Switchboard) {
        if let Some(port) = self.port.take() {
            board.close_port(port.id);
        }
        board.timers.set(self.owner, None);
    }
}

/// When a refused caller may try again, in seconds (RFC 3261 §20.33).
pub(crate) const RETRY_AFTER_SECS: u32 = 10;

#[cfg(test)]
mod tests {
    use model::{CallId, Entropy};

    use super::*;
    use crate::LegRole;

    fn leg() -> LegCore {
        LegCore {
            owner: Owner::Caller(CallId(1)),
            name: Leg { call: CallId(1), role: LegRole::Caller },
            session: None,
            forks: Forks::default(),
            port: None,
            tries_left: 0,
            offered: None,
            agreed: None,
            connected: false,
            protection: Protection::draw(Srtp::Off, &mut Entropy::from_u64(0)),
            speech: Speech::default(),
            version: 0,
            said: None,
            heard: None,
            play: None,
            keys_by: None,
        }
    }

    #[test]
    fn a_way_that_is_not_set_brings_no_key() {
        use KeySource::{Info, Media};
        for (keys, from_media, from_info) in [
            (KeyWay::Events, true, false),
            (KeyWay::Tones, true, false),
            (KeyWay::Info, false, true),
        ] {
            let mut leg = leg();
            leg.speech.keys = keys;
            assert_eq!((leg.takes_key(Media), leg.takes_key(Info)), (from_media, from_info));
        }
    }

    #[test]
    fn the_way_of_the_first_key_is_the_way_of_all_keys_of_a_leg() {
        for (first, other) in
            [(KeySource::Info, KeySource::Media), (KeySource::Media, KeySource::Info)]
        {
            let mut leg = leg();
            assert!(leg.takes_key(first));
            assert!(!leg.takes_key(other));
            assert!(leg.takes_key(first));
        }
    }
}
