//! Answers of the peer to what the call sent.

use std::net::SocketAddr;

use super::{ACKS_MAX, Ack, Call, State, hop_request};
use crate::desk::{Desk, Ending, PhoneEvent};
use crate::sdp;
use crate::settings::Offer;
use crate::text;
use crate::transaction::{Purpose, Sending};
use crate::wire::{self, Received};

impl Call {
    /// A response with this call's Call-ID.
    pub fn handle_response(&mut self, desk: &mut Desk, message: &Received) {
        let Some(status) = message.status() else { return };
        let Some((cseq, method)) = message.cseq() else { return };
        let Some(place) = self.place_of(message.branch(), method) else {
            if method == "INVITE" && status >= 200 {
                self.acknowledge_again(desk, cseq);
            }
            return;
        };
        if status < 200 {
            self.sending[place].provisional(desk.mono());
            self.handle_provisional(desk, place, status);
            return;
        }
        let sending = self.sending.remove(place);
        match sending.purpose {
            Purpose::Invite if status < 300 => self.handle_accepted(desk, message),
            Purpose::Invite => self.handle_refused(desk, &sending, message, status),
            Purpose::Reinvite => self.handle_reinvited(desk, &sending, message, status),
            Purpose::Bye => self.finish(desk, self.how),
            Purpose::Refer => self.handle_referred(desk, status),
            Purpose::Cancel => {
                for other in &mut self.sending {
                    other.bound(desk.now.mono);
                }
            }
            Purpose::Options
            | Purpose::Ringing
            | Purpose::Accepting
            | Purpose::AcceptingFork
            | Purpose::Refusing => {}
        }
    }

    fn place_of(&self, branch: &str, method: &str) -> Option<usize> {
        self.sending.iter().position(|sending| {
            let wanted = match sending.purpose {
                Purpose::Invite | Purpose::Reinvite => "INVITE",
                Purpose::Bye => "BYE",
                Purpose::Cancel => "CANCEL",
                Purpose::Options => "OPTIONS",
                Purpose::Refer => "REFER",
                Purpose::Ringing
                | Purpose::Accepting
                | Purpose::AcceptingFork
                | Purpose::Refusing => return false,
            };
            sending.branch == branch && wanted == method
        })
    }

    fn handle_provisional(&mut self, desk: &mut Desk, place: usize, status: u16) {
        if self.sending[place].purpose != Purpose::Invite {
            return;
        }
        if status > 100 {
            let now = desk.now;
            desk.record(self.handle).ringing.get_or_insert(now);
            desk.tell(PhoneEvent::Ringing { call: self.handle, status });
        }
        let first = !std::mem::replace(&mut self.progress, true);
        if first && self.cancel {
            self.send_cancel(desk);
        }
    }

    /// 200 to our first INVITE: the dialog exists (RFC 3261 §12.1.2).
    fn handle_accepted(&mut self, desk: &mut Desk, message: &Received) {
        self.remote_tag = message.tag("To").map(ToOwned::to_owned);
        self.learn_target(message);
        self.routes = message.all("Record-Route").flat_map(text::list_of).collect();
        self.routes.reverse();
        let now = desk.now;
        desk.record(self.handle).answered = Some(now);
        self.state = State::Talking;
        let usable = self.acknowledge(desk, self.cseq, message);
        if self.cancel {
            // The CANCEL crossed the 200 (RFC 3261 §9.1).
            self.send_bye(desk, Ending::ByUs);
            return;
        }
        desk.tell(PhoneEvent::Answered { call: self.handle });
        if !usable {
            self.send_bye(desk, Ending::ByUs);
        }
    }

    fn learn_target(&mut self, message: &Received) {
        if let Some(contact) = message.get("Contact") {
            self.target = text::uri_of(contact).to_owned();
        }
    }

    /// ACK of a 200, with our answer when the 200 carried the offer. False when there is no media.
    fn acknowledge(&mut self, desk: &mut Desk, cseq: u32, message: &Received) -> bool {
        let (mut draft, _) = self.dialog_request(desk, "ACK", cseq);
        let mut usable = true;
        if self.offer == Offer::Late && self.line.is_none() {
            let offer = message.sdp().and_then(sdp::read);
            match offer.and_then(|offer| Some((self.own_answer(desk, &offer)?, offer))) {
                Some(((body, agreed), offer)) => {
                    draft.sdp(body);
                    self.connect(desk, agreed, &offer);
                }
                None => usable = false,
            }
        } else {
            usable = self.apply_answer(desk, message.sdp());
        }
        self.send_ack(desk, cseq, self.hop(), draft.bytes());
        usable
    }

    fn send_ack(&mut self, desk: &mut Desk, cseq: u32, to: SocketAddr, bytes: Vec<u8>) {
        desk.send(to, &bytes);
        if self.acks.len() >= ACKS_MAX {
            self.acks.pop_front();
        }
        self.acks.push_back(Ack { cseq, to, bytes });
    }

    fn acknowledge_again(&mut self, desk: &mut Desk, cseq: u32) {
        if let Some(ack) = self.acks.iter().find(|ack| ack.cseq == cseq) {
            desk.send(ack.to, &ack.bytes);
        }
    }

    fn handle_refused(
        &mut self,
        desk: &mut Desk,
        sending: &Sending,
        message: &Received,
        status: u16,
    ) {
        self.acknowledge_refusal(desk, sending, message);
        if !self.cancel && self.says_who(desk, status, message) {
            return;
        }
        let how = if self.cancel { Ending::ByUs } else { Ending::Refused(status) };
        self.finish(desk, how);
    }

    fn acknowledge_refusal(&mut self, desk: &mut Desk, sending: &Sending, message: &Received) {
        let Some(invite) = wire::read_lines(&sending.bytes) else { return };
        let draft = hop_request("ACK", &invite, message.get("To").unwrap_or(""));
        self.send_ack(desk, sending.cseq, sending.to, draft.bytes());
    }

    fn handle_reinvited(
        &mut self,
        desk: &mut Desk,
        sending: &Sending,
        message: &Received,
        status: u16,
    ) {
        if status < 300 {
            self.learn_target(message);
            self.acknowledge(desk, sending.cseq, message);
        } else {
            let wanted = std::mem::replace(&mut self.direction, self.direction_before);
            self.acknowledge_refusal(desk, sending, message);
            if status == 491 && self.state == State::Talking {
                self.try_again(desk, wanted);
            }
        }
        desk.tell(PhoneEvent::Reinvited { call: self.handle, status });
    }
}
