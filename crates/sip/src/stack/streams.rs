//! What becomes of transactions when a connection does not come about, or ends (RFC 3261 §18.1.1,
//! §18.2.2, §18.4).
//!
//! An INVITE whose way failed may have arrived or may not. It is never sent anew as another
//! transaction: by another way goes only what certainly did not leave, under its own branch.

use model::Mono;

use super::Stack;
use crate::session::Phase;
use crate::timer::Clock;
use crate::transaction::{Client, ClientId, Purpose, ServerId, ServerState};
use crate::{Ended, Hop, Reoffered, SessionId};

impl Stack {
    /// Nothing can be sent to `hop`.
    pub(super) fn hop_failed(&mut self, now: Mono, hop: Hop) {
        let reliable = self.settings.listener(hop.listener).transport.is_reliable();
        for id in self.unheard_at(hop) {
            let Some(client) = self.clients.get(&id) else { continue };
            let (purpose, session) = (client.purpose, client.session);
            // A datagram of an earlier try may have arrived.
            let never_left = reliable && !client.is_repeated();
            if never_left && self.goes_otherwise(now, id) {
                continue;
            }
            self.remove_client(id);
            match session {
                Some(session) if never_left => self.unsent(now, session, hop, purpose),
                Some(session) => self.unanswered(now, session, purpose),
                None => self.sessionless_unanswered(now, id),
            }
        }
        self.answers_move(hop);
    }

    /// The connection with `hop` has ended.
    pub(super) fn hop_ended(&mut self, hop: Hop) {
        for id in self.unheard_at(hop) {
            let Some(client) = self.clients.get_mut(&id) else { continue };
            if client.repeats_once() {
                self.send_request_again(id);
            }
        }
        self.answers_move(hop);
    }

    /// The client transactions without any answer whose request went to `hop`.
    fn unheard_at(&self, hop: Hop) -> Vec<ClientId> {
        let waits = |client: &&Client| client.to == hop && client.is_unheard();
        self.clients.values().filter(waits).map(|client| client.id).collect()
    }

    /// Sends a request that did not leave by its other way. False when it has none.
    fn goes_otherwise(&mut self, now: Mono, id: ClientId) -> bool {
        let base = self.settings.timers;
        let Some(client) = self.clients.get_mut(&id) else { return false };
        let Some(otherwise) = client.otherwise.take() else { return false };
        let transport = self.settings.listener(otherwise.hop.listener).transport;
        self.timers.stop_client(id);
        let mut clock = Clock { timers: &mut self.timers, now, base };
        client.goes(*otherwise, transport, &mut clock);
        self.send_request_again(id);
        true
    }

    /// Answers that went by a connection that is gone go to the address in the Via. What the peer
    /// may not have heard is said again.
    fn answers_move(&mut self, hop: Hop) {
        let mut moved: Vec<ServerId> = Vec::new();
        for server in self.servers.values_mut().filter(|server| server.to == hop) {
            let Some(otherwise) = server.otherwise.take() else { continue };
            server.to = otherwise;
            moved.push(server.id);
        }
        for id in moved {
            let completed =
                self.servers.get(&id).is_some_and(|server| server.state == ServerState::Completed);
            if completed {
                self.send_answer_again(id);
            }
        }
        for session in self.sessions.values_mut() {
            if let Some(unacked) = session.unacked.as_mut().filter(|unacked| unacked.to == hop)
                && let Some(otherwise) = unacked.otherwise.take()
            {
                // Its timer says it again.
                unacked.to = otherwise;
            }
        }
    }

    /// A request of ours certainly did not leave.
    fn unsent(&mut self, now: Mono, session: SessionId, hop: Hop, purpose: Purpose) {
        match purpose {
            Purpose::Invite => {
                let quit = match self.sessions.get(&session).map(|session| &session.phase) {
                    Some(Phase::Calling(calling)) => calling.quit,
                    Some(Phase::Invited { .. } | Phase::Standing | Phase::Leaving(_)) | None => {
                        None
                    }
                };
                if quit.is_none() && self.invite_next(now, session, hop, None) {
                    return;
                }
                self.end(session, quit.unwrap_or(Ended::Refused { status: 503 }));
            }
            // The call may be heard all the same: only the offer has failed.
            Purpose::Offer => self.offer_over(now, session, Reoffered::Refused { status: 503 }),
            Purpose::Refresh => self.refresh_later(now, session),
            Purpose::Prack
            | Purpose::Probe
            | Purpose::Notify
            | Purpose::Bye
            | Purpose::Cancel
            | Purpose::StrayBye
            | Purpose::Register => self.unanswered(now, session, purpose),
        }
    }
}
