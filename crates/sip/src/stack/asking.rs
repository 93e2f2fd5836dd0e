//! Requests of ours within a dialog (RFC 3261 §12.2.1): sending any of them, and what every answer
//! means before its own sense is asked for. A challenge is answered once; 408, 481 and silence say
//! that the peer has no such call any more, and the session ends with a BYE (RFC 3261 §12.2.1.2).

use model::Mono;
use sip_msg::{Method, Response};

use super::Stack;
use crate::ask::Ask;
use crate::message::{self, put};
use crate::session::{Phase, Session};
use crate::transaction::{ClientId, Purpose};
use crate::{Ended, SessionId, limits, secure};

impl Stack {
    /// Sends `ask` within the dialog of the session; none when it has no dialog.
    pub(super) fn ask(&mut self, now: Mono, id: SessionId, ask: Ask) -> Option<ClientId> {
        let login = self.sessions.get_mut(&id).and_then(|session| session.login.as_mut());
        if let Some(login) = login {
            login.next_request();
        }
        self.ask_again(now, id, ask)
    }

    /// Sends `ask` as a further try of the same request: its challenges are counted on.
    fn ask_again(&mut self, now: Mono, id: SessionId, ask: Ask) -> Option<ClientId> {
        let branch = self.branch();
        let dialog = self.sessions.get_mut(&id)?.dialog.as_mut()?;
        let mut request = dialog.request(ask.method.clone(), None);
        let way = dialog.next_hop(&self.settings);
        if ask.refreshes_target() {
            let contact = self.contact(way.to.listener, secure::of_ours(&request));
            put(&mut request.headers, "Contact", &contact);
            put(&mut request.headers, "Allow", message::ALLOW);
            put(&mut request.headers, "Supported", &message::SUPPORTED.join(", "));
        }
        for (name, value) in &ask.headers {
            put(&mut request.headers, name, value);
        }
        if let Some((kind, body)) = &ask.body {
            put(&mut request.headers, "Content-Type", kind);
            request.body.clone_from(body);
        }
        let login = self.sessions.get_mut(&id).and_then(|session| session.login.as_mut());
        if let Some(login) = login {
            let cnonce = self.entropy.token(limits::CNONCE_LENGTH);
            login.sign(&mut request, &cnonce);
        }
        self.finish_request(&mut request, &branch, way.to.listener);
        let client = self.send_request(now, request, branch, way, ask.purpose, Some(id));
        if let Some(transaction) = self.clients.get_mut(&client) {
            transaction.ask = Some(Box::new(ask));
        }
        Some(client)
    }

    /// A final answer to a request of ours within a dialog, other than BYE.
    pub(super) fn ask_answered(
        &mut self,
        now: Mono,
        id: SessionId,
        client: ClientId,
        response: &Response,
    ) {
        let transaction = self.clients.get_mut(&client);
        let Some(ask) = transaction.and_then(|transaction| transaction.ask.take()) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Phase::Leaving(_) = session.phase {
            return;
        }
        if session.login.as_mut().is_some_and(|login| login.takes(response)) {
            let purpose = ask.purpose;
            let again = self.ask_again(now, id, *ask);
            return self.asked_again(id, purpose, again);
        }
        match response.status {
            // The subscription is one thing and the call another (RFC 5057 §5.1).
            _ if ask.purpose == Purpose::Notify => self.ask_settled(now, id, ask.purpose, response),
            408 | 481 => self.lost(now, id),
            _ => self.ask_settled(now, id, ask.purpose, response),
        }
    }

    /// The request of a purpose goes on in another transaction.
    fn asked_again(&mut self, id: SessionId, purpose: Purpose, client: Option<ClientId>) {
        match purpose {
            Purpose::Offer => self.offer_asked_again(id, client),
            Purpose::Invite
            | Purpose::Cancel
            | Purpose::Bye
            | Purpose::StrayBye
            | Purpose::Refresh
            | Purpose::Prack
            | Purpose::Register
            | Purpose::Notify
            | Purpose::Probe => {}
        }
    }

    /// What the answer means for its purpose.
    fn ask_settled(&mut self, now: Mono, id: SessionId, purpose: Purpose, response: &Response) {
        match purpose {
            Purpose::Offer => self.offer_answered(now, id, response),
            Purpose::Refresh => self.refresh_answered(now, id, response),
            // Any other answer, a refusal too, is a sign of life.
            Purpose::Probe => {
                if let Some(session) = self.session_mut(id) {
                    session.probing = false;
                }
            }
            Purpose::Notify if response.status >= 300 => self.notify_refused(id),
            Purpose::Invite
            | Purpose::Cancel
            | Purpose::Bye
            | Purpose::StrayBye
            | Purpose::Prack
            | Purpose::Notify
            | Purpose::Register => {}
        }
    }

    /// The peer does not know the call any more, or does not answer: BYE, whose answer, or whose
    /// lack of one, ends the session.
    pub(super) fn lost(&mut self, now: Mono, id: SessionId) {
        if let Some(Session { phase: Phase::Standing, .. }) = self.sessions.get(&id) {
            self.bye(now, id, Ended::Unreachable);
        }
    }

    /// Asks the peer whether the call still stands, by OPTIONS within its dialog (RFC 3261 §11).
    /// One question at a time, and none before the dialog is confirmed on both sides.
    pub(super) fn probe_session(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let standing = matches!(session.phase, Phase::Standing) && session.unacked.is_none();
        if !standing || session.probing {
            return;
        }
        session.probing = true;
        let mut ask = Ask::new(Method::Options, Purpose::Probe);
        ask.headers.push(("Accept", message::SDP.to_string()));
        self.ask(now, id, ask);
    }
}
