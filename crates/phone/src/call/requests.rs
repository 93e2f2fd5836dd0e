//! Requests of the peer within the call.

use std::net::SocketAddr;

use super::{ALLOW, Call, Served, State, contact, response};
use crate::desk::{Desk, Ending, PhoneEvent};
use crate::diary::Fork;
use crate::sdp;
use crate::text;
use crate::transaction::{Purpose, Sending};
use crate::wire::{self, Received};

impl Call {
    /// A request with this call's Call-ID.
    pub fn handle_request(&mut self, desk: &mut Desk, from: SocketAddr, request: Received) {
        if self.fork.is_some() && request.tag("To") == self.fork.as_deref() {
            return self.handle_fork(desk, from, &request);
        }
        match request.method().unwrap_or("") {
            "INVITE" => self.handle_invite(desk, from, request),
            "ACK" => self.handle_ack(desk, &request),
            "CANCEL" => self.handle_cancel(desk, from, &request),
            "BYE" => self.handle_bye(desk, from, &request),
            "PRACK" => self.handle_prack(desk, from, &request),
            "UPDATE" => self.handle_update(desk, from, &request),
            "NOTIFY" => self.handle_notify(desk, from, &request),
            "OPTIONS" | "INFO" => {
                let gone = matches!(self.state, State::Leaving | State::Over);
                self.respond(desk, from, &request, if gone { 481 } else { 200 });
            }
            _ => self.respond(desk, from, &request, 405),
        }
    }

    pub(super) fn respond(&self, desk: &mut Desk, to: SocketAddr, request: &Received, status: u16) {
        let mut draft = response(request, status, &self.local_tag);
        if matches!(status, 200 | 405) {
            draft.push("Allow", ALLOW);
        }
        desk.send(to, &draft.bytes());
    }

    /// A response to the INVITE being served; a final one is sent until its ACK.
    pub(super) fn respond_invite(&mut self, desk: &mut Desk, status: u16, body: Option<Vec<u8>>) {
        let Some(served) = &mut self.served else { return };
        let mut draft = response(&served.request, status, &self.local_tag);
        if status < 300 {
            for route in served.request.all("Record-Route") {
                draft.push("Record-Route", route);
            }
            draft.push("Contact", contact(desk));
            draft.push("Allow", ALLOW);
        }
        if let Some(contact) = self.elsewhere.as_ref().filter(|_| status == 302) {
            draft.push("Contact", contact);
        }
        self.mark_reliable(&mut draft, status);
        if let Some(body) = body {
            draft.sdp(body);
        }
        let Some(served) = &mut self.served else { return };
        served.response = draft.bytes();
        desk.send(served.to, &served.response);
        if status < 200 {
            return self.await_prack(desk);
        }
        let purpose = if status < 300 { Purpose::Accepting } else { Purpose::Refusing };
        let cseq = served.request.cseq().map_or(0, |(number, _)| number);
        let key = (served.request.branch(), cseq);
        let sending = Sending::new(desk.mono(), purpose, key, served.to, served.response.clone());
        self.sending.retain(|other| other.purpose != purpose);
        self.sending.push(sending);
    }

    /// 200 to the INVITE being served: our answer, or our offer when it brought none.
    pub(super) fn accept_invite(&mut self, desk: &mut Desk) {
        let body = match self.offered.take() {
            Some(offer) => match self.own_answer(desk, &offer) {
                Some((body, agreed)) => {
                    self.connect(desk, agreed, &offer);
                    body
                }
                None => return self.respond_invite(desk, 488, None),
            },
            None => self.own_offer(desk),
        };
        let said = self.reliable && self.state == State::Accepted;
        self.respond_invite(desk, 200, Some(body).filter(|_| !said));
    }

    /// The second 200 of a phone that answers twice, with the same description.
    pub(super) fn accept_fork(&mut self, desk: &mut Desk) {
        let (Some(tag), Some(served)) = (&self.fork, &self.served) else { return };
        let Some(first) = wire::read_lines(&served.response) else { return };
        let mut draft = response(&served.request, 200, tag);
        draft.push("Contact", contact(desk));
        draft.sdp(first.body);
        let (to, bytes) = (served.to, draft.bytes());
        desk.record(self.handle).fork = Some(Fork::default());
        self.transmit(desk, Purpose::AcceptingFork, ("fork", 0), to, bytes);
    }

    /// ACK and BYE of the second 200 belong to no call that goes on: they are only noted.
    fn handle_fork(&mut self, desk: &mut Desk, from: SocketAddr, request: &Received) {
        let mut fork = desk.record(self.handle).fork.unwrap_or_default();
        self.sending.retain(|sending| sending.purpose != Purpose::AcceptingFork);
        match request.method() {
            Some("ACK") => fork.acknowledged = true,
            Some("BYE") => {
                fork.ended = true;
                self.respond(desk, from, request, 200);
            }
            _ => self.respond(desk, from, request, 481),
        }
        desk.record(self.handle).fork = Some(fork);
    }

    fn handle_invite(&mut self, desk: &mut Desk, from: SocketAddr, request: Received) {
        if let Some(served) = &self.served
            && served.request.branch() == request.branch()
        {
            if !served.response.is_empty() {
                desk.send(served.to, &served.response);
            }
            return;
        }
        let ours = self.sending.iter().any(|sending| sending.purpose == Purpose::Reinvite);
        match self.state {
            _ if request.tag("To") != Some(&self.local_tag) => {
                self.respond(desk, from, &request, 481);
            }
            State::Talking | State::Accepted if ours => self.respond(desk, from, &request, 491),
            State::Talking | State::Accepted => self.handle_reinvite(desk, from, request),
            State::Calling | State::Ringing => self.respond(desk, from, &request, 500),
            State::Leaving | State::Over => self.respond(desk, from, &request, 481),
        }
    }

    fn handle_reinvite(&mut self, desk: &mut Desk, from: SocketAddr, request: Received) {
        self.confirm(desk);
        if let Some(uri) = request.get("Contact").map(text::uri_of) {
            self.target = uri.to_owned();
        }
        self.offered = request.sdp().and_then(sdp::read);
        let unreadable = request.sdp().is_some() && self.offered.is_none();
        self.served = Some(Served { request, to: from, response: Vec::new() });
        if unreadable {
            self.respond_invite(desk, 488, None);
        } else {
            self.accept_invite(desk);
        }
    }

    fn handle_ack(&mut self, desk: &mut Desk, ack: &Received) {
        let Some((number, _)) = ack.cseq() else { return };
        let waiting = |sending: &Sending| {
            matches!(sending.purpose, Purpose::Accepting | Purpose::Refusing)
                && sending.cseq == number
        };
        if !self.sending.iter().any(waiting) {
            return;
        }
        self.sending.retain(|sending| !waiting(sending));
        if !matches!(self.state, State::Accepted | State::Talking) {
            return;
        }
        if ack.sdp().is_some() {
            self.apply_answer(desk, ack.sdp());
        }
        self.confirm(desk);
        if self.line.is_none() || self.bye {
            self.send_bye(desk, Ending::ByUs);
        }
    }

    /// The dialog is confirmed.
    fn confirm(&mut self, desk: &mut Desk) {
        if self.state != State::Accepted {
            return;
        }
        self.state = State::Talking;
        self.sending.retain(|sending| sending.purpose != Purpose::Accepting);
        let now = desk.now;
        desk.record(self.handle).answered = Some(now);
        desk.tell(PhoneEvent::Answered { call: self.handle });
    }

    fn handle_cancel(&mut self, desk: &mut Desk, from: SocketAddr, request: &Received) {
        let known =
            self.served.as_ref().is_some_and(|served| served.request.branch() == request.branch());
        self.respond(desk, from, request, if known { 200 } else { 481 });
        if known && self.state == State::Ringing {
            self.respond_invite(desk, 487, None);
            self.finish(desk, Ending::Cancelled);
        }
    }

    fn handle_bye(&mut self, desk: &mut Desk, from: SocketAddr, request: &Received) {
        let ours = request.tag("To") == Some(&self.local_tag);
        let known = ours && request.tag("From") == self.remote_tag.as_deref();
        if !known {
            return self.respond(desk, from, request, 481);
        }
        self.respond(desk, from, request, 200);
        match self.state {
            // A caller may give up an early dialog by BYE (RFC 3261 §15).
            State::Ringing => {
                self.respond_invite(desk, 487, None);
                self.finish(desk, Ending::ByPeer);
            }
            State::Accepted | State::Talking => self.finish(desk, Ending::ByPeer),
            State::Calling | State::Leaving | State::Over => {}
        }
    }

    fn handle_update(&mut self, desk: &mut Desk, from: SocketAddr, request: &Received) {
        if !matches!(self.state, State::Accepted | State::Talking) {
            return self.respond(desk, from, request, 481);
        }
        let Some(offer) = request.sdp() else { return self.respond(desk, from, request, 200) };
        let offer = sdp::read(offer);
        match offer.and_then(|offer| Some((self.own_answer(desk, &offer)?, offer))) {
            Some(((body, agreed), offer)) => {
                self.connect(desk, agreed, &offer);
                let mut draft = response(request, 200, &self.local_tag);
                draft.push("Contact", contact(desk));
                draft.sdp(body);
                desk.send(from, &draft.bytes());
            }
            None => self.respond(desk, from, request, 488),
        }
    }
}
