//! The steps of ended calls, all in one block of memory.
//!
//! Each call's own block would lie between those of its transactions, and keep the pages of a
//! thousand calls from going back to the system long after they have ended.

use std::collections::VecDeque;
use std::ops::Range;

use crate::board::Step;

/// Steps of ended calls that are kept: those of the last thousand calls, unless they are long ones.
pub const STEPS_KEPT_MAX: usize = 16_384;

/// See the module.
#[derive(Debug)]
pub(crate) struct Kept {
    steps: VecDeque<Step>,
    /// The number of the oldest that is left, counted from the first ever.
    oldest: u64,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept { steps: VecDeque::with_capacity(STEPS_KEPT_MAX), oldest: 0 }
    }
}

impl Kept {
    /// Takes the steps of one call in; says where they are.
    pub(crate) fn keep(&mut self, steps: impl Iterator<Item = Step>) -> Range<u64> {
        let begin = self.oldest + self.steps.len() as u64;
        for step in steps {
            if self.steps.len() == STEPS_KEPT_MAX {
                self.steps.pop_front();
                self.oldest += 1;
            }
            self.steps.push_back(step);
        }
        begin..self.oldest + self.steps.len() as u64
    }

    /// Those of a call that are left.
    pub(crate) fn left(&self, place: &Range<u64>) -> impl Iterator<Item = &Step> {
        let at = |number: u64| usize::try_from(number.saturating_sub(self.oldest)).unwrap_or(0);
        let (from, to) = (at(place.start).min(self.steps.len()), at(place.end));
        self.steps.range(from..to.clamp(from, self.steps.len()))
    }
}

#[cfg(test)]
mod tests {
    use model::Mono;

    use super::*;
    use crate::board::What;

    fn steps(from: u64, count: u64) -> impl Iterator<Item = Step> {
        (from..from + count).map(|nanos| Step {
            at: Mono::from_nanos(nanos),
            role: None,
            what: What::Note("".into()),
        })
    }

    #[test]
    fn the_oldest_steps_make_room_for_the_newest() {
        let mut kept = Kept::default();
        let most = STEPS_KEPT_MAX as u64;
        let (first, second) = (kept.keep(steps(0, 10)), kept.keep(steps(10, most - 15)));
        assert_eq!((kept.left(&first).count(), kept.left(&second).count() as u64), (10, most - 15));
        let third = kept.keep(steps(most - 5, 10));
        let left: Vec<u64> = kept.left(&first).map(|step| step.at.as_nanos()).collect();
        assert_eq!(left, [5, 6, 7, 8, 9], "five of the first were the oldest");
        assert_eq!(kept.left(&third).count(), 10);
        let whole = kept.keep(steps(0, most));
        assert_eq!((kept.left(&third).count(), kept.left(&whole).count() as u64), (0, most));
        assert_eq!(kept.steps.capacity(), STEPS_KEPT_MAX, "it never grows");
    }
}
