//! The customer calls us while we call the customer: the agent who waits has that call, and the
//! dial is given up.
//!
//! ```text
//! agent        engine       customer's phone
//!   │◀── talks ──│──── INVITE ────▶│        Dialling
//!   │            │◀─── INVITE ─────│        a call of the customer's own, let in and confirmed
//!   │            │──── CANCEL ────▶│        or BYE, when the phone has answered meanwhile
//!   │◀═══════════╪════════════════▶│        joined by the customer's call
//! ```
//! The leg that is given up ends beside the conversation, as that of an agent who has left.

use model::{CallId, Now};
use queue::Work;

use super::{OfferRun, Stage};
use crate::leg::LegEvent;
use crate::switchboard::{Owner, Switchboard};

impl OfferRun {
    /// The customer is on the line by this call. Where the dial has ended meanwhile, or the agent
    /// has gone, the offer ends by itself, and the caller is offered to another.
    pub(crate) fn called_in(&mut self, board: &mut Switchboard, now: Now, call: CallId) {
        if !matches!(self.stage, Stage::Dialling | Stage::Proving(_) | Stage::Telling) {
            return;
        }
        let Some(port) = self.agent_leg.port() else { return };
        board.timers.set(Owner::Customer(self.offer), None);
        board.end_recording(now, self.call);
        self.work = Work::Live { call };
        if let Some(mut customer) = self.customer.take() {
            customer.leg.belong_to(board, Owner::Left(self.offer));
            customer.leg.hang_up(board, now);
            if customer.leg.is_alive() {
                self.left = Some(customer.leg);
            } else {
                // No INVITE has left.
                customer.leg.ended(board);
            }
        }
        if self.left.is_none() {
            self.give_channel_back(board);
        }
        self.agent_leg.stop_playing(board);
        self.stage = Stage::Joining;
        let connect = LegEvent::Connect { offer: self.offer, port };
        board.post.push_back((Owner::Caller(call), connect));
    }

    /// The trunk carries the customer's leg no more, when it was given up.
    pub(super) fn give_channel_back(&mut self, board: &mut Switchboard) {
        if let (Work::Live { .. }, Some(trunk)) = (&self.work, self.trunk.take()) {
            board.channels.callback_over(&trunk);
        }
    }

    /// The call whose ladder shows the offer is no caller's.
    pub(crate) fn has_own_call(&self) -> bool {
        !matches!(self.work, Work::Live { call } if call == self.call)
    }
}
