//! A caller who is put through to somebody outside the queue: the operator of the line, or whom a
//! flow calls.
//!
//! ```text
//! Waiting ─ Ask::Transfer ─▶ Waiting, their phone rings ─ 200 ─▶ Handed ─ either BYE ─▶ Closing
//!                              │ nobody answers: Reply::NotReached
//!                              │ an agent is free first: their phone stops ringing
//! ```
//! The place in the queue is kept until they answer. One of our agents is called only when doing
//! nothing, and is offered nothing meanwhile.

use ivr::Reply;
use ledger::CallEnd;
use model::{AgentName, Now, TrunkName};
use queue::{Command, Work};
use sip::SessionId;

use super::{CallerCall, Stage};
use crate::dial::{agent_dial, number_dial, phone_dial};
use crate::leg::{Dial, LegCore, Opening};
use crate::places::Places;
use crate::switchboard::{Owner, Switchboard};
use crate::{Destination, Leg, LegRole};

/// Their leg.
pub(super) struct Onward {
    /// Which of our agents it is.
    agent: Option<AgentName>,
    /// The trunk of a telephone, of which it holds a channel.
    trunk: Option<TrunkName>,
    /// Where its INVITE goes; none without a trunk.
    places: Places,
    /// Taken when the port is open.
    dial: Option<Box<Dial>>,
    leg: LegCore,
}

impl CallerCall {
    /// Begins to call them; what cannot be begun is as if nobody answered.
    pub(super) fn put_through(&mut self, board: &mut Switchboard, now: Now, to: &str) {
        match self.begin_onward(board, now, to) {
            Some(onward) => self.onward = Some(onward),
            None => self.not_put_through(board, now),
        }
    }

    fn begin_onward(&self, board: &mut Switchboard, now: Now, to: &str) -> Option<Onward> {
        if self.onward.is_some() || !board.has_room_for_dial(now) {
            return None;
        }
        let to = board.settings.destinations.get(to)?.clone();
        let work = Work::Live { call: self.call };
        let (call, line) = (self.call, &self.line.name);
        let mut trunk = None;
        let mut ways = Vec::new();
        let (agent, dial) = match to {
            Destination::Agent(agent) => {
                let free = board.queues.can_be_called(&agent);
                let dial = agent_dial(board, call, &agent, &work, Some(line)).filter(|_| free)?;
                trunk = board.trunk_of_agent(&agent).cloned();
                ways = trunk.as_ref().map(|by| board.ways.ways(by)).unwrap_or_default();
                (Some(agent), dial)
            }
            Destination::Number(number) => {
                let by = board.trunk_of(line)?;
                ways = board.ways.ways(&by);
                let dial = number_dial(board, call, line, &number, &ways)?;
                trunk = Some(by);
                (None, dial)
            }
            Destination::Phone { uri, hop } => (None, phone_dial(board, call, &uri, hop, &work)),
        };
        if trunk.as_ref().is_some_and(|trunk| !board.channels.take(now.mono, trunk)) {
            return None;
        }
        let name = Leg { call, role: LegRole::Target };
        let Some(leg) = LegCore::open(board, now, Owner::Onward(call), name) else {
            trunk.inspect(|trunk| board.channels.caller_gone(trunk));
            return None;
        };
        if let Some(agent) = &agent {
            let hold = Command::Hold { agent: agent.clone(), call, held: true };
            board.queues.handle(now, hold);
        }
        let places = if trunk.is_some() { Places::of(&ways) } else { Places::default() };
        Some(Onward { agent, trunk, places, dial: Some(Box::new(dial)), leg })
    }

    fn not_put_through(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Waiting(script) = &mut self.stage {
            self.offers.look(board, now, self.call, script);
            script.handle_reply(now.mono, Reply::NotReached);
            self.follow_script(board, now);
        }
    }

    pub(crate) fn handle_onward_sip(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        from: SessionId,
        event: sip::Event,
    ) {
        let Some(onward) = &mut self.onward else { return };
        if let Some(trunk) = &onward.trunk {
            onward.places.note(board, now, trunk, &event);
        }
        let Some(event) = onward.leg.hears(board, now, from, event) else { return };
        match event {
            sip::Event::Accepted { sdp } => {
                if !onward.leg.answered(board, sdp.as_deref()) {
                    onward.leg.hang_up(board, now);
                } else if !onward.leg.presses(board) {
                    self.onward_answered(board, now);
                }
            }
            sip::Event::Ended { .. } => self.onward_gone(board, now),
            sip::Event::Offered { sdp } => onward.leg.reoffered(board, now, sdp.as_deref()),
            sip::Event::Refreshed { ours, sdp } => onward.leg.refreshed(board, &ours, &sdp),
            sip::Event::Confirmed { sdp } => {
                onward.leg.answered(board, sdp.as_deref());
            }
            sip::Event::Referred(_) => onward.leg.refuse_refer(board, now, 403),
            sip::Event::Key(_)
            | sip::Event::Progress { .. }
            | sip::Event::Reoffered { .. }
            | sip::Event::Passed { .. }
            | sip::Event::Invited(_) => {}
        }
    }

    pub(crate) fn handle_onward_media(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        event: media::Event,
    ) {
        let Some(onward) = &mut self.onward else { return };
        match event {
            media::Event::Opened { .. } => {
                if let Some(dial) = onward.dial.take() {
                    onward.leg.invite(board, now, *dial);
                }
            }
            media::Event::OpenFailed { .. } => {
                if onward.leg.port_failed(board, now) == Opening::Failed {
                    self.onward_gone(board, now);
                }
            }
            media::Event::Pressed { .. } => self.onward_answered(board, now),
            media::Event::Lost { .. } => onward.leg.hang_up(board, now),
            media::Event::Silent { .. } => onward.leg.fell_silent(board, now),
            media::Event::Key { .. }
            | media::Event::Quiet { .. }
            | media::Event::Judged { .. }
            | media::Event::PlayEnded { .. }
            | media::Event::Closed { .. } => {}
        }
    }

    /// They answered: the caller leaves the queue, and talks with them.
    fn onward_answered(&mut self, board: &mut Switchboard, now: Now) {
        let Some(onward) = &mut self.onward else { return };
        let ports = self.leg.port().zip(onward.leg.port());
        let waits = matches!(self.stage, Stage::Waiting(_));
        let Some((own, theirs)) = ports.filter(|_| waits) else {
            return onward.leg.hang_up(board, now);
        };
        self.stage = Stage::Handed;
        board.timers.set(Owner::Caller(self.call), None);
        if self.arrived {
            let leave = Command::Leave { call: self.call, end: CallEnd::Operator };
            board.queues.handle(now, leave);
        } else {
            self.was_led(board, now, CallEnd::Operator);
        }
        self.leg.is_joined();
        board.bridge(self.call, own, theirs);
    }

    /// Nothing is left of their leg.
    fn onward_gone(&mut self, board: &mut Switchboard, now: Now) {
        self.forget_onward(board, now);
        match self.stage {
            Stage::Waiting(_) => self.not_put_through(board, now),
            Stage::Handed => self.hang_up(board, now),
            Stage::Opening
            | Stage::Answering
            | Stage::Answered { .. }
            | Stage::Told { .. }
            | Stage::Talking { .. }
            | Stage::Closing => {}
        }
    }

    /// They are no longer wanted.
    pub(super) fn drop_onward(&mut self, board: &mut Switchboard, now: Now) {
        let Some(onward) = &mut self.onward else { return };
        onward.dial = None;
        if onward.leg.is_alive() {
            onward.leg.hang_up(board, now);
            return;
        }
        // The port was not open yet: no INVITE has left.
        self.forget_onward(board, now);
    }

    /// Gives back what their leg held.
    fn forget_onward(&mut self, board: &mut Switchboard, now: Now) {
        let Some(mut onward) = self.onward.take() else { return };
        onward.leg.ended(board);
        onward.trunk.inspect(|trunk| board.channels.caller_gone(trunk));
        if let Some(agent) = onward.agent {
            board.queues.handle(now, Command::Hold { agent, call: self.call, held: false });
        }
    }
}
