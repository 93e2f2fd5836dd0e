//! Nobody is dialled outside the calling hours, nor beyond a cap of the day.

use ledger::Fact;
use model::{E164, RequestId, Wall};

use super::settings::{DIALS, HOURS};
use super::{Line, World};

/// The minute of the day in Paris, in winter.
fn minute(at: Wall) -> u16 {
    let minutes = at.as_unix_millis().div_euclid(60_000) + 60;
    u16::try_from(minutes.rem_euclid(24 * 60)).expect("a minute of a day")
}

impl World {
    /// A permission is about to be written.
    pub(super) fn look_at_what_is_allowed(&self, fact: &Fact) {
        let Fact::DialStarted { attempt, .. } = fact else { return };
        let minute = minute(self.now.wall);
        let open = (HOURS.from..HOURS.to).contains(&minute);
        assert!(open || !self.habits.hours, "{attempt} is dialled at minute {minute}");
        if !self.habits.capped {
            return;
        }
        let number = self.number(attempt.request);
        let dialled: Vec<E164> = self.lines[self.counted_from.min(self.lines.len())..]
            .iter()
            .filter_map(|line: &Line| match &line.fact {
                Fact::DialStarted { attempt, .. } => Some(self.number(attempt.request)),
                _ => None,
            })
            .collect();
        let own = dialled.iter().filter(|other| **other == number).count();
        let (most, all) = (DIALS.0 as usize, DIALS.1 as usize);
        assert!(own < most, "{attempt} is one more than {most} dials of a number");
        assert!(dialled.len() < all, "{attempt} is one more than {all} dials");
    }

    /// Caps come, or come back: what was before does not count, until a restart reads the journal.
    pub(super) fn counts_anew(&mut self) {
        self.counted_from = self.lines.len();
    }

    fn number(&self, request: RequestId) -> E164 {
        self.watch.asked[&request].1
    }
}
