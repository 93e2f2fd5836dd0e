//! The phone registers (RFC 3261 §10.2), and says who it is when it is asked: the digest is rsip's.
//!
//! ```text
//! REGISTER ──▶  ◀── 401   REGISTER with credentials ──▶  ◀── 200   … half of the time later, again
//! ```
//! 423 makes it ask for longer, a stale nonce is answered anew, everything else is told once and
//! tried again after [`RETRY`]. The same nonce serves up to nine times, counted.

use std::net::SocketAddr;
use std::time::Duration;

use model::{Deadline, Mono};

use crate::desk::{Desk, PhoneEvent};
use crate::login::Challenge;
use crate::text;
use crate::transaction::{Due, Purpose, Sending};
use crate::wire::{Draft, Received};

/// From a failed registration to the next try.
pub const RETRY: Duration = Duration::from_secs(30);
/// How often one registration is sent again because of 401 or 423.
const ROUNDS_MAX: u8 = 4;

/// Where and as whom a phone registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registrar {
    /// Where the REGISTER goes.
    pub address: SocketAddr,
    /// The user name, and the user part of the address that is registered.
    pub user: String,
    /// The password.
    pub password: String,
    /// For how long.
    pub expires: Duration,
    /// True: SHA-256 where it is offered. False: MD5.
    pub sha256: bool,
}

/// What the phone knows of its registration.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    registrar: Registrar,
    call_id: String,
    tag: String,
    cseq: u32,
    expires: Duration,
    challenge: Option<Challenge>,
    sending: Option<Sending>,
    rounds: u8,
    again: Option<Mono>,
    /// It is being taken back.
    leaving: bool,
}

impl Registration {
    pub(crate) fn begin(desk: &mut Desk<'_>, registrar: Registrar) -> Registration {
        let mut registration = Registration {
            expires: registrar.expires,
            registrar,
            call_id: desk.entropy.token(16),
            tag: desk.entropy.token(10),
            cseq: 0,
            challenge: None,
            sending: None,
            rounds: 0,
            again: None,
            leaving: false,
        };
        registration.send(desk);
        registration
    }

    /// Registers now, or takes it back.
    pub(crate) fn renew(&mut self, desk: &mut Desk<'_>, leaving: bool) {
        self.leaving = leaving;
        self.rounds = 0;
        self.again = None;
        self.send(desk);
    }

    /// True when the answer is to the REGISTER that waits for one.
    pub(crate) fn asked(&self, answer: &Received) -> bool {
        answer.call_id() == self.call_id
    }

    pub(crate) fn handle_response(&mut self, desk: &mut Desk<'_>, answer: &Received) {
        let Some(status) = answer.status() else { return };
        let Some(sending) = &mut self.sending else { return };
        if sending.branch != answer.branch() {
            return;
        }
        if status < 200 {
            return sending.provisional(desk.mono());
        }
        self.sending = None;
        self.rounds += 1;
        let more = self.rounds < ROUNDS_MAX;
        match status {
            401 if more && self.takes_challenge(answer) => self.send(desk),
            423 if more => {
                let least = answer.get("Min-Expires").and_then(|text| text.trim().parse().ok());
                self.expires = Duration::from_secs(least.unwrap_or(3_600));
                self.send(desk);
            }
            200..=299 => self.registered(desk, answer),
            _ => self.failed(desk, Some(status)),
        }
    }

    fn registered(&mut self, desk: &mut Desk<'_>, answer: &Received) {
        let own = contact(desk);
        let mine = answer.all("Contact").find(|value| text::uri_of(value) == text::uri_of(&own));
        let secs = mine.and_then(|value| text::param_of(value, "expires")?.parse().ok());
        let time = secs.map_or(Duration::ZERO, Duration::from_secs);
        self.again = (!self.leaving && !time.is_zero()).then(|| desk.mono() + time / 2);
        desk.tell(PhoneEvent::Registered { status: Some(200), time });
    }

    fn failed(&mut self, desk: &mut Desk<'_>, status: Option<u16>) {
        self.again = (!self.leaving).then(|| desk.mono() + RETRY);
        desk.tell(PhoneEvent::Registered { status, time: Duration::ZERO });
    }

    pub(crate) fn tick(&mut self, desk: &mut Desk<'_>) {
        let now = desk.mono();
        if let Some(sending) = &mut self.sending {
            match sending.tick(now) {
                Due::Nothing => {}
                Due::SendAgain => desk.send(sending.to, &sending.bytes),
                Due::GaveUp => {
                    self.sending = None;
                    self.failed(desk, None);
                }
            }
        }
        if self.again.is_some_and(|at| at <= now) {
            self.renew(desk, false);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let sending = self.sending.as_ref().and_then(Sending::deadline);
        let at = [sending, self.again].into_iter().flatten().min()?;
        Some(Deadline::new(at, "the phone's registration"))
    }

    /// Takes the challenge that the phone likes best. False when it was answered wrongly before.
    fn takes_challenge(&mut self, answer: &Received) -> bool {
        let Some((challenge, stale)) = Challenge::of(answer, self.registrar.sha256) else {
            return false;
        };
        let answered = self.challenge.as_ref().is_some_and(Challenge::is_answered);
        self.challenge = Some(challenge);
        !(answered && !stale && self.rounds > 1)
    }

    fn send(&mut self, desk: &mut Desk<'_>) {
        self.cseq += 1;
        let branch = format!("z9hG4bK{}", desk.entropy.token(16));
        let cnonce = desk.entropy.token(8);
        let address = self.registrar.address;
        let uri = format!("sip:{address}");
        let own = format!("<sip:{}@{address}>", self.registrar.user);
        let mut draft = Draft::request("REGISTER", &uri);
        draft.push("Via", format!("SIP/2.0/UDP {};rport;branch={branch}", desk.settings.sip));
        draft.push("Max-Forwards", "70");
        draft.push("From", format!("{own};tag={}", self.tag));
        draft.push("To", own);
        draft.push("Call-ID", &self.call_id);
        draft.push("CSeq", format!("{} REGISTER", self.cseq));
        let secs = if self.leaving { 0 } else { self.expires.as_secs() };
        draft.push("Contact", format!("{};expires={secs}", contact(desk)));
        draft.push("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY");
        draft.push("User-Agent", format!("{} (a phone of the far end)", desk.settings.name));
        draft.push("Supported", "replaces, outbound, path");
        let (registrar, register) = (&self.registrar, rsip::Method::Register);
        let challenge = self.challenge.as_mut();
        let value = challenge.and_then(|it| it.answer(registrar, &register, &uri, &cnonce));
        if let Some(value) = value {
            draft.push("Authorization", value);
        }
        let bytes = draft.bytes();
        desk.send(address, &bytes);
        let place = (branch.as_str(), self.cseq);
        self.sending = Some(Sending::new(desk.mono(), Purpose::Options, place, address, bytes));
    }
}

fn contact(desk: &Desk<'_>) -> String {
    format!("<sip:{}@{}>", desk.settings.user, desk.settings.sip)
}
