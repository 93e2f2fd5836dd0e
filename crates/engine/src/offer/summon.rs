//! The customer first: the agent who is held for a customer is rung once the customer has answered
//! and, where that is asked, has shown to be there.
//!
//! ```text
//! Writing ─ dial durable ─▶ Dialling ─ customer's 200 ─▶ … ─▶ Summoning ─ agent's 200 ─▶ Talking
//!                                                    ▲            │ no answer, declined
//!                                                    └─ the next ─┘ at most AGENTS_MAX
//!                                                       agent        Dismissing: BYE to the
//!                                                                    customer, dialled again later
//! ```
//! The customer hears music meanwhile. No customer is dialled for whom no agent is held.

use ivr::{AgentScript, Phrase};
use ledger::{DialOutcome, OfferEnd};
use model::{AgentName, Now};
use queue::{Command, Party, Work};
use sip::Ended;

use super::{OfferRun, Stage};
use crate::leg::LegCore;
use crate::switchboard::{Owner, Switchboard};
use crate::{Leg, LegRole, Status};

/// How many agents are rung, one after the other, for a customer who has answered.
const AGENTS_MAX: u8 = 3;

/// Whether the customer of a work is dialled before its agent is rung.
pub(super) fn customer_first(work: &Work) -> bool {
    match work {
        Work::Live { .. } => false,
        Work::Callback { how, .. } => how.first == Party::Customer,
    }
}

impl OfferRun {
    /// The customer is there: be joined with the agent, who may have to be rung first.
    pub(super) fn connect(&mut self, board: &mut Switchboard, now: Now) {
        if !customer_first(&self.work) {
            return self.talk(board, now);
        }
        self.stage = Stage::Summoning(None);
        if let Some(customer) = &mut self.customer {
            customer.leg.play(board, &self.language, &[Phrase::Music], true);
        }
        if self.agent_port_open {
            self.ring_agent(board, now);
        }
    }

    /// The agent who was rung for the customer has answered.
    pub(super) fn summoned_answers(&mut self, board: &mut Switchboard, now: Now) {
        if !self.proves_presence(board) || self.taken {
            return self.summoned(board, now);
        }
        let choice_time = board.settings.timings.agent_choice;
        let asks = board.settings.ivr.asks_max;
        let script = AgentScript::new(None, choice_time, asks, now.mono);
        self.stage = Stage::Summoning(Some(Box::new(script)));
        self.follow_script(board, now);
    }

    /// The agent takes the customer.
    pub(super) fn summoned(&mut self, board: &mut Switchboard, now: Now) {
        board.timers.set(Owner::Agent(self.offer), None);
        self.agent_leg.stop_playing(board);
        self.tell_end(board, now, OfferEnd::Accepted);
        self.talk(board, now);
    }

    /// The agent does not take the customer, who waits on: the queue names another.
    pub(super) fn agent_missed(&mut self, board: &mut Switchboard, now: Now, end: OfferEnd) {
        board.show(Status::OfferEnded { offer: self.offer, end });
        board.timers.set(Owner::Agent(self.offer), None);
        self.stage = Stage::Summoning(None);
        self.agents_missed = self.agents_missed.saturating_add(1);
        let before = self.left.as_ref().is_some_and(LegCore::is_alive);
        let another = self.agents_missed < AGENTS_MAX && !before;
        if let Some(trunk) = self.agent_trunk.take() {
            board.channels.caller_gone(&trunk);
        }
        board.queues.handle(now, Command::AgentMissed { offer: self.offer, end, another });
    }

    /// Whom the queue names for the customer who waits.
    pub(crate) fn next_agent(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        agent: Option<AgentName>,
    ) {
        if !matches!(self.stage, Stage::Summoning(_)) {
            return;
        }
        let Some(agent) = agent else {
            self.agent_leg.hang_up(board, now);
            return self.dismiss(board, now, DialOutcome::AgentLeft);
        };
        self.let_go(board, now);
        self.agent = agent;
        (self.taken, self.agent_port_open) = (false, false);
        let name = Leg { call: self.call, role: LegRole::Agent };
        board.show(Status::Offered { offer: self.offer, agent: self.agent.clone() });
        match LegCore::open(board, now, Owner::Agent(self.offer), name) {
            Some(leg) => self.agent_leg = leg,
            None => self.agent_missed(board, now, OfferEnd::Failed),
        }
    }

    /// The leg of an agent who answered and did not take the customer ends beside the next one's.
    fn let_go(&mut self, board: &mut Switchboard, now: Now) {
        if !self.agent_leg.is_alive() {
            return self.agent_leg.ended(board);
        }
        let name = Leg { call: self.call, role: LegRole::Agent };
        let gone = LegCore::without_port(board, Owner::Agent(self.offer), name);
        let mut before = std::mem::replace(&mut self.agent_leg, gone);
        before.belong_to(board, Owner::Left(self.offer));
        before.hang_up(board, now);
        self.left = Some(before);
    }

    /// How the ringing of an agent ended.
    pub(super) fn end_of_ringing(how: Ended) -> OfferEnd {
        match how {
            Ended::Refused { status: 486 | 600 | 603 } => OfferEnd::Declined,
            Ended::Refused { status: 408 | 480 | 487 } | Ended::NoAnswer => OfferEnd::NoAnswer,
            Ended::ByPeer | Ended::ByUs | Ended::Cancelled => OfferEnd::Declined,
            Ended::Refused { .. } | Ended::Unreachable | Ended::Expired => OfferEnd::Failed,
        }
    }
}
