//! The agent hands the conversation on: REFER, blind or attended (RFC 3515, RFC 5589).
//!
//! ```text
//! agent's REFER ─ screened, 202 ─▶ Asking ─ the queue agrees ─▶ Ringing ─ 200 ─▶ bridged anew,
//!                                    │ it does not               │ refused        the agent's leg
//!                                    ▼                           ▼                gets BYE
//!                               NOTIFY 486               NOTIFY, and the customer
//!                                                        is back with the agent
//! ```
//! Or the other side calls us to take the agent's place: INVITE with Replaces (RFC 3891).
//!
//! The customer hears ringback meanwhile. The work goes on: one offer, one request, one terminal
//! fact, whoever talks. An agent who hangs up while the other side rings has left; when that side
//! then does not answer, nobody is there for the customer, and the conversation is over.

use ivr::Phrase;
use model::{AgentName, Now, TrunkName};
use queue::{Command, Work};
use sip::{Ended, Invited, Referred, SessionId};

use super::{OfferRun, Stage};
use crate::leg::{Dial, LegCore, LegEvent, Opening, RETRY_AFTER_SECS};
use crate::places::Places;
use crate::screening::{self, Whom};
use crate::switchboard::{Owner, Switchboard};
use crate::{Leg, LegRole, Srtp};

/// Who calls whom.
enum Way {
    /// We call the other side; the dial is taken when its port is open.
    Out(Option<Box<Dial>>),
    /// The other side calls us, with this offer, to take the agent's place (RFC 3891). The agent
    /// talks on until then.
    In { session: SessionId, offer: Option<Vec<u8>> },
}

/// The other side being asked.
pub(super) struct Transfer {
    /// Which of our agents it is.
    to: Option<AgentName>,
    /// The trunk of a telephone: the transfer holds one of its channels.
    trunk: Option<TrunkName>,
    /// Where its INVITE goes; none without a trunk.
    places: Places,
    way: Way,
    /// Absent until the queue agrees.
    leg: Option<LegCore>,
    /// The status of the NOTIFY when nobody takes the conversation.
    status: u16,
}

impl Transfer {
    fn give_channel_back(&self, board: &mut Switchboard) {
        if let Some(trunk) = &self.trunk {
            board.channels.caller_gone(trunk);
        }
    }
}

impl OfferRun {
    /// The agent asks us to call somebody in its place.
    pub(super) fn referred(&mut self, board: &mut Switchboard, now: Now, referred: &Referred) {
        let free = self.transfer.is_none() && !self.left.as_ref().is_some_and(LegCore::is_alive);
        if !matches!(self.stage, Stage::Talking) {
            return self.agent_leg.refuse_refer(board, now, 403);
        }
        if !free {
            return self.agent_leg.refuse_refer(board, now, 491);
        }
        let Some(whom) = screening::whom(board, &self.agent, self.line.as_ref(), referred) else {
            return self.agent_leg.refuse_refer(board, now, 403);
        };
        let trunk = match &whom {
            Whom::Number { line, .. } => board.trunk_of(line),
            Whom::Agent(agent) => board.trunk_of_agent(agent).cloned(),
            Whom::Phone { .. } => None,
        };
        let ways = trunk.as_ref().map(|trunk| board.ways.ways(trunk)).unwrap_or_default();
        let dial = {
            let about = (self.offer, &self.work, self.line.as_ref());
            screening::dial(board, &whom, &ways, about, referred)
        };
        let Some(dial) = dial else {
            return self.agent_leg.refuse_refer(board, now, 480);
        };
        let room = board.has_room_for_dial(now)
            && trunk.as_ref().is_none_or(|trunk| board.channels.take(now.mono, trunk));
        if !room {
            return self.agent_leg.refuse_refer(board, now, 503);
        }
        self.agent_leg.accept_refer(board, now);
        let to = match whom {
            Whom::Agent(agent) => Some(agent),
            Whom::Number { .. } | Whom::Phone { .. } => None,
        };
        self.transfer = Some(Transfer {
            to: to.clone(),
            trunk,
            places: Places::of(&ways),
            way: Way::Out(Some(Box::new(dial))),
            leg: None,
            status: 603,
        });
        board.queues.handle(now, Command::Transfer { offer: self.offer, to });
    }

    /// Somebody calls us to take the agent's place, after an attended transfer between phones.
    pub(crate) fn taken_over(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        session: SessionId,
        invited: Invited,
    ) {
        let whom = screening::caller(board, &self.agent, &invited);
        let refusal = match &whom {
            _ if !matches!(self.stage, Stage::Talking) => Some(603),
            _ if self.is_transferring() => Some(491),
            None => Some(403),
            Some(_) if !board.has_room_for_port(now) => Some(503),
            Some(_) => None,
        };
        if let Some(status) = refusal {
            return board.stack.reject(now, session, status, None);
        }
        let name = Leg { call: self.call, role: LegRole::Target };
        board.adopt(session, Owner::Target(self.offer), name);
        let to = match whom {
            Some(Whom::Agent(agent)) => Some(agent),
            Some(Whom::Number { .. } | Whom::Phone { .. }) | None => None,
        };
        let way = Way::In { session, offer: invited.sdp };
        self.transfer = Some(Transfer {
            to: to.clone(),
            trunk: None,
            places: Places::default(),
            way,
            leg: None,
            status: 603,
        });
        board.queues.handle(now, Command::Transfer { offer: self.offer, to });
    }

    /// The queue agrees: the customer hears ringback, and the other side is rung.
    pub(crate) fn transfer_taken(&mut self, board: &mut Switchboard, now: Now) {
        let name = Leg { call: self.call, role: LegRole::Target };
        let leg = LegCore::open(board, now, Owner::Target(self.offer), name);
        let Some(transfer) = &mut self.transfer else { return };
        transfer.status = 503;
        transfer.leg = leg;
        match (&transfer.way, &mut transfer.leg) {
            (Way::In { session, .. }, Some(leg)) => {
                let mut agents = board.settings.agents.iter();
                let agent = agents.find(|agent| Some(&agent.name) == transfer.to.as_ref());
                let srtp = agent.map_or(Srtp::Off, |agent| agent.srtp);
                let speech = agent.map(|agent| agent.speech.clone()).unwrap_or_default();
                let protection = board.protection(srtp);
                leg.speak(protection, speech);
                leg.adopt(board, *session);
            }
            (Way::In { session, .. }, None) => {
                board.stack.reject(now, *session, 503, Some(RETRY_AFTER_SECS));
                self.transfer_failed(board, now);
            }
            (Way::Out(_), Some(_)) => self.park_customer(board),
            (Way::Out(_), None) => self.transfer_failed(board, now),
        }
    }

    /// The queue does not: the other side has work, or is not there.
    pub(crate) fn transfer_refused(&mut self, board: &mut Switchboard, now: Now) {
        if let Some(transfer) = self.transfer.take() {
            transfer.give_channel_back(board);
            if let Way::In { session, .. } = transfer.way {
                board.stack.reject(now, session, 486, None);
            }
            self.agent_leg.notify_refer(board, now, 486);
            if !self.agent_leg.is_alive() && matches!(self.stage, Stage::Talking) {
                self.talk_ended(board, now);
            }
        }
    }

    pub(crate) fn handle_target_sip(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        from: SessionId,
        event: sip::Event,
    ) {
        let Some(transfer) = &mut self.transfer else { return };
        let Some(leg) = &mut transfer.leg else { return };
        if let Some(trunk) = &transfer.trunk {
            transfer.places.note(board, now, trunk, &event);
        }
        let Some(event) = leg.hears(board, now, from, event) else { return };
        match event {
            sip::Event::Progress { status, .. } => {
                self.agent_leg.notify_refer(board, now, status);
            }
            sip::Event::Accepted { sdp } => {
                if leg.answered(board, sdp.as_deref()) && matches!(self.stage, Stage::Talking) {
                    if !leg.presses(board) {
                        self.transfer_made(board, now);
                    }
                } else {
                    transfer.status = 488;
                    leg.hang_up(board, now);
                }
            }
            sip::Event::Ended { how, .. } => {
                leg.ended(board);
                transfer.status = match how {
                    Ended::Refused { status } => status,
                    Ended::NoAnswer => 408,
                    Ended::Unreachable | Ended::Expired => 503,
                    Ended::ByUs | Ended::ByPeer | Ended::Cancelled => transfer.status,
                };
                self.transfer_failed(board, now);
            }
            sip::Event::Offered { sdp } => leg.reoffered(board, now, sdp.as_deref()),
            sip::Event::Refreshed { ours, sdp } => leg.refreshed(board, &ours, &sdp),
            sip::Event::Confirmed { sdp } => {
                if leg.answered(board, sdp.as_deref()) && matches!(self.stage, Stage::Talking) {
                    self.transfer_made(board, now);
                } else {
                    leg.hang_up(board, now);
                }
            }
            sip::Event::Referred(_) => leg.refuse_refer(board, now, 403),
            sip::Event::Key(_)
            | sip::Event::Reoffered { .. }
            | sip::Event::Passed { .. }
            | sip::Event::Invited(_) => {}
        }
    }

    pub(crate) fn handle_target_media(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        event: media::Event,
    ) {
        let Some(transfer) = &mut self.transfer else { return };
        let Some(leg) = &mut transfer.leg else { return };
        match event {
            media::Event::Opened { .. } => match &mut transfer.way {
                Way::Out(dial) => {
                    if let Some(dial) = dial.take() {
                        leg.invite(board, now, *dial);
                    }
                }
                Way::In { offer, .. } => {
                    leg.accept(board, now, offer.take().as_deref());
                }
            },
            media::Event::OpenFailed { .. } => {
                if leg.port_failed(board, now) == Opening::Failed {
                    leg.reject(board, now, 503);
                    if !leg.is_alive() {
                        leg.ended(board);
                        self.transfer_failed(board, now);
                    }
                }
            }
            media::Event::Lost { .. } => leg.hang_up(board, now),
            media::Event::Pressed { .. } if matches!(self.stage, Stage::Talking) => {
                self.transfer_made(board, now);
            }
            media::Event::Pressed { .. } => leg.hang_up(board, now),
            media::Event::Key { .. }
            | media::Event::Judged { .. }
            | media::Event::Quiet { .. }
            | media::Event::PlayEnded { .. }
            | media::Event::Silent { .. }
            | media::Event::Closed { .. } => {}
        }
    }

    /// The other side talks: it has the agent's place from now on, and the agent gets its BYE.
    fn transfer_made(&mut self, board: &mut Switchboard, now: Now) {
        let Some(Transfer { to, trunk, leg: Some(mut leg), .. }) = self.transfer.take() else {
            return;
        };
        self.outside = trunk;
        self.agent_leg.notify_refer(board, now, 200);
        leg.belong_to(board, Owner::Agent(self.offer));
        let mut before = std::mem::replace(&mut self.agent_leg, leg);
        if let Some(to) = to {
            self.agent = to;
        }
        board.queues.handle(now, Command::TransferEnded { offer: self.offer, connected: true });
        if before.is_alive() {
            before.belong_to(board, Owner::Left(self.offer));
            before.hang_up(board, now);
            self.left = Some(before);
        }
        self.join_customer(board, now);
    }

    /// Nobody took the conversation, and the leg that was to take it is gone.
    pub(super) fn transfer_failed(&mut self, board: &mut Switchboard, now: Now) {
        let Some(transfer) = self.transfer.take() else { return };
        transfer.give_channel_back(board);
        board.queues.handle(now, Command::TransferEnded { offer: self.offer, connected: false });
        self.agent_leg.notify_refer(board, now, transfer.status);
        match self.stage {
            Stage::Talking if self.agent_leg.is_alive() => {
                // Whoever wanted in had not parted them.
                if let Way::Out(_) = transfer.way {
                    self.join_customer(board, now);
                }
            }
            Stage::Talking => self.talk_ended(board, now),
            Stage::Ringing
            | Stage::Identifying(_)
            | Stage::Joining
            | Stage::Announcing(_)
            | Stage::Writing
            | Stage::Dialling
            | Stage::Telling
            | Stage::Summoning(_)
            | Stage::Proving(_)
            | Stage::Dismissing(_)
            | Stage::GivingUp
            | Stage::Sorry
            | Stage::Closing { .. } => self.maybe_released(board, now),
        }
    }

    /// The agent hung up while the other side rings: it has left the rest to us.
    pub(super) fn agent_left(&mut self, board: &mut Switchboard, now: Now) {
        board.queues.handle(now, Command::AgentLeft { offer: self.offer });
    }

    /// The leg of an agent who handed the conversation on.
    pub(crate) fn handle_left_sip(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        from: SessionId,
        event: sip::Event,
    ) {
        let Some(leg) = &mut self.left else { return };
        let Some(event) = leg.hears(board, now, from, event) else { return };
        match event {
            sip::Event::Ended { .. } => {
                leg.ended(board);
                self.left = None;
                self.give_channel_back(board);
                self.agent_left(board, now);
                self.maybe_released(board, now);
            }
            sip::Event::Referred(_) => leg.refuse_refer(board, now, 403),
            sip::Event::Offered { .. }
            | sip::Event::Accepted { .. }
            | sip::Event::Confirmed { .. }
            | sip::Event::Progress { .. }
            | sip::Event::Reoffered { .. }
            | sip::Event::Refreshed { .. }
            | sip::Event::Passed { .. }
            | sip::Event::Key(_)
            | sip::Event::Invited(_) => {}
        }
    }

    /// Everybody is let go: the other side is no longer wanted.
    pub(super) fn drop_transfer(&mut self, board: &mut Switchboard, now: Now) {
        let Some(transfer) = &mut self.transfer else { return };
        if let Way::Out(dial) = &mut transfer.way {
            *dial = None;
        }
        match &mut transfer.leg {
            Some(leg) if leg.is_alive() => leg.hang_up(board, now),
            Some(leg) => {
                leg.ended(board);
                self.transfer_failed(board, now);
            }
            None => self.transfer_failed(board, now),
        }
    }

    /// True while a leg of a transfer lives.
    pub(super) fn is_transferring(&self) -> bool {
        self.transfer.is_some() || self.left.is_some()
    }

    /// The customer hears ringback instead of the agent.
    fn park_customer(&mut self, board: &mut Switchboard) {
        match (&self.work, &mut self.customer) {
            (Work::Live { call }, _) => {
                board.post.push_back((Owner::Caller(*call), LegEvent::Park));
            }
            (Work::Callback { .. }, Some(customer)) => {
                if let Some(port) = customer.leg.port() {
                    board.unbridge(port);
                }
                customer.leg.play(board, &self.language, &[Phrase::Ringback], true);
            }
            (Work::Callback { .. }, None) => {}
        }
    }

    /// The customer and whoever has the agent's place hear each other.
    fn join_customer(&mut self, board: &mut Switchboard, now: Now) {
        let Some(port) = self.agent_leg.port() else { return };
        match (&self.work, &mut self.customer) {
            (Work::Live { call }, _) => {
                let connect = LegEvent::Connect { offer: self.offer, port };
                board.post.push_back((Owner::Caller(*call), connect));
            }
            (Work::Callback { .. }, Some(customer)) => {
                customer.leg.is_joined();
                if let Some(own) = customer.leg.port() {
                    board.bridge(self.call, port, own);
                    board.record_talk(now, self.call, port, own);
                }
            }
            (Work::Callback { .. }, None) => {}
        }
    }
}
