//! The places of a trunk that an INVITE of ours tries, and what they show of themselves.

use std::collections::VecDeque;

use model::{Now, TrunkName};
use sip::{Ended, Event, Hop};

use crate::switchboard::Switchboard;
use crate::ways::Way;

/// The places of one INVITE that have not failed, the present one first. None for a call that goes
/// by no trunk, and once a place has shown whether it takes calls.
#[derive(Debug, Default)]
pub(crate) struct Places(VecDeque<Hop>);

impl Places {
    pub(crate) fn of(ways: &[Way]) -> Places {
        Places(ways.iter().map(|way| way.hop).collect())
    }

    /// What the place of the INVITE shows of itself before the call is answered. A refusal that
    /// speaks of the callee is an answer like any other.
    pub(crate) fn note(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        trunk: &TrunkName,
        event: &Event,
    ) {
        let Some(place) = self.0.front().copied() else { return };
        match event {
            Event::Passed { retry_after, .. } => {
                self.0.pop_front();
                board.target_failed(now.mono, trunk, place, *retry_after);
            }
            Event::Ended { how: Ended::Refused { status: 503 } | Ended::Unreachable, .. } => {
                self.0.clear();
                board.target_failed(now.mono, trunk, place, None);
            }
            Event::Progress { .. }
            | Event::Accepted { .. }
            | Event::Ended { how: Ended::Refused { .. }, .. } => {
                self.0.clear();
                board.target_worked(trunk, place);
            }
            Event::Ended { .. }
            | Event::Confirmed { .. }
            | Event::Offered { .. }
            | Event::Reoffered { .. }
            | Event::Refreshed { .. }
            | Event::Referred(_)
            | Event::Key(_)
            | Event::Invited(_) => {}
        }
    }
}
