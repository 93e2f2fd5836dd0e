//! The end of an offer: every leg is let go, and the agent released.

use ledger::OfferEnd;
use model::Now;
use queue::{Command, Work};

use super::{OfferRun, Stage};
use crate::Status;
use crate::leg::LegEvent;
use crate::switchboard::{Owner, Switchboard};

impl OfferRun {
    /// The work went away, or an operator ended the request: let everybody go. `taken` when
    /// another agent has the work.
    pub(crate) fn withdraw(&mut self, board: &mut Switchboard, now: Now, taken: bool) {
        match self.stage {
            Stage::Ringing | Stage::Identifying(_) | Stage::Joining | Stage::Announcing(_) => {
                let end = OfferEnd::Withdrawn;
                board.show(Status::OfferEnded { offer: self.offer, end });
                if taken {
                    self.agent_leg.taken_elsewhere(board, now);
                }
                self.close(board, now);
            }
            Stage::Writing => {
                self.stage = Stage::Closing { writing: true };
                self.agent_leg.hang_up(board, now);
            }
            Stage::Dialling | Stage::Proving(_) | Stage::Telling | Stage::Summoning(_) => {
                self.give_up(board, now)
            }
            Stage::GivingUp | Stage::Dismissing(_) => {}
            Stage::Sorry | Stage::Talking | Stage::Closing { .. } => self.close(board, now),
        }
    }

    /// The engine ends: who talks has been served, and everybody else is let go.
    pub(crate) fn cut(&mut self, board: &mut Switchboard, now: Now) {
        match self.stage {
            Stage::Talking => self.talk_ended(board, now),
            Stage::Ringing
            | Stage::Identifying(_)
            | Stage::Joining
            | Stage::Announcing(_)
            | Stage::Writing
            | Stage::Dialling
            | Stage::Proving(_)
            | Stage::Dismissing(_)
            | Stage::GivingUp
            | Stage::Sorry
            | Stage::Telling
            | Stage::Summoning(_)
            | Stage::Closing { .. } => self.withdraw(board, now, false),
        }
    }

    /// Lets every leg go; the last one to end releases the agent.
    pub(super) fn close(&mut self, board: &mut Switchboard, now: Now) {
        if let (Work::Live { call }, Stage::Talking | Stage::Joining) = (&self.work, &self.stage) {
            board.post.push_back((Owner::Caller(*call), LegEvent::Disconnect));
        }
        if self.request().is_some() {
            board.end_recording(now, self.call);
        }
        let writing = matches!(self.stage, Stage::Closing { writing: true });
        self.stage = Stage::Closing { writing };
        self.agent_leg.hang_up(board, now);
        if let Some(customer) = &mut self.customer {
            customer.leg.hang_up(board, now);
        }
        self.drop_transfer(board, now);
        self.maybe_released(board, now);
    }

    /// The agent is released once no leg is left, and no order under way.
    pub(super) fn maybe_released(&mut self, board: &mut Switchboard, now: Now) {
        let customer = self.customer.as_ref().is_some_and(|c| c.leg.is_alive());
        let waits = self.agent_leg.is_alive() || customer || self.is_transferring();
        let closing = matches!(self.stage, Stage::Closing { writing: false });
        if closing && !waits && !self.released {
            self.released = true;
            board.queues.handle(now, Command::AgentReleased { offer: self.offer });
        }
    }
}
