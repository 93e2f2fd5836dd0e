//! The conversation: customer and agent hear each other.

use model::Now;
use queue::Command;

use super::{OfferRun, Stage};
use crate::switchboard::Switchboard;

impl OfferRun {
    /// The customer and the agent hear each other.
    pub(super) fn talk(&mut self, board: &mut Switchboard, now: Now) {
        let Some(customer) = &mut self.customer else { return };
        let ports = self.agent_leg.port().zip(customer.leg.port());
        let Some((agent, port)) = ports else { return customer.leg.hang_up(board, now) };
        customer.leg.is_joined();
        self.agent_leg.is_joined();
        board.bridge(self.call, agent, port);
        board.record_talk(now, self.call, agent, port);
        self.stage = Stage::Talking;
        self.whisper_to_agent(board);
        self.whisper_to_customer(board);
        board.queues.handle(now, Command::Bridged { offer: self.offer });
    }

    /// A BYE came from either side.
    pub(super) fn talk_ended(&mut self, board: &mut Switchboard, now: Now) {
        board.queues.handle(now, Command::TalkEnded { offer: self.offer });
        self.close(board, now);
    }
}
