//! Several phones that ring for one leg: the first that answers has the call, the others stop.
//!
//! ```text
//! INVITE ──▶ desk phone, soft phone, mobile phone: a session each, one description
//! 200 from one      ──▶ it is the leg; CANCEL to the others, "completed elsewhere"
//! 6xx from one      ──▶ its owner says no: CANCEL to the others (RFC 3261 §16.7, step 5)
//! refusals from all ──▶ the leg is refused, by what a person said before what a phone said
//! ```
//! The leg lives until the last of them has ended: nobody is offered the next work while a phone
//! still rings for this one.

use model::Now;
use sip::{Cause, Ended, Event, SessionId};

use crate::leg::LegCore;
use crate::switchboard::Switchboard;

/// What a leg remembers of the phones besides its own.
#[derive(Debug, Default)]
pub(crate) struct Forks {
    /// Their sessions, as far as they have not ended. At most as many as an agent registers.
    pub(crate) others: Vec<SessionId>,
    /// One has answered.
    answered: bool,
    /// The refusal that tells most, of those that came before the last.
    refusal: Option<(Ended, Option<Cause>)>,
}

impl LegCore {
    /// One of the leg's phones speaks: what that means for the leg, if anything.
    pub(crate) fn hears(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        from: SessionId,
        event: Event,
    ) -> Option<Event> {
        let own = self.session == Some(from);
        match event {
            Event::Ended { how, cause } => {
                let (how, cause) = self.phone_ended(board, now, from, how, cause)?;
                Some(Event::Ended { how, cause })
            }
            Event::Accepted { .. } if !self.forks.answered => {
                self.forks.answered = true;
                self.forks.others.extend(self.session.replace(from));
                self.forks.others.retain(|other| *other != from);
                for other in &self.forks.others {
                    board.stack.taken_elsewhere(now, *other);
                }
                Some(event)
            }
            event if own => Some(event),
            Event::Invited(_)
            | Event::Progress { .. }
            | Event::Accepted { .. }
            | Event::Confirmed { .. }
            | Event::Offered { .. }
            | Event::Reoffered { .. }
            | Event::Refreshed { .. }
            | Event::Referred(_)
            | Event::Passed { .. }
            | Event::Key(_) => None,
        }
    }

    fn phone_ended(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        from: SessionId,
        how: Ended,
        cause: Option<Cause>,
    ) -> Option<(Ended, Option<Cause>)> {
        let own = self.session == Some(from);
        if own && (self.forks.answered || self.forks.others.is_empty()) {
            let told = self.forks.refusal.take().filter(|said| weight(said.0) > weight(how));
            return Some(told.filter(|_| !self.forks.answered).unwrap_or((how, cause)));
        }
        if own {
            self.session = self.forks.others.pop();
        } else {
            self.forks.others.retain(|other| *other != from);
        }
        if self.forks.refusal.is_none_or(|said| weight(how) > weight(said.0)) {
            self.forks.refusal = Some((how, cause));
        }
        if matches!(how, Ended::Refused { status: 600..=699 }) {
            self.hang_up(board, now);
        }
        None
    }

    /// Stops the phones that ring besides the leg's own.
    pub(crate) fn stop_others(&mut self, board: &mut Switchboard, now: Now) {
        for other in &self.forks.others {
            board.stack.hang_up(now, *other);
        }
    }
}

/// How much the end of one phone's ringing says about its owner.
fn weight(how: Ended) -> u8 {
    match how {
        Ended::Refused { status: 600..=699 } => 4,
        Ended::Refused { status: 486 } => 3,
        Ended::Refused { status: 408 | 480 | 487 } | Ended::NoAnswer => 2,
        Ended::ByPeer | Ended::ByUs | Ended::Cancelled => 1,
        Ended::Refused { .. } | Ended::Unreachable | Ended::Expired => 0,
    }
}
