//! Memory that a burst of calls has left behind goes back to the system.
//!
//! The allocator keeps what was freed, and after thousands of calls that is tens of megabytes in
//! small holes. When there is less to do, it is told to give back what it can: not in the thick of
//! it, for whoever allocates meanwhile waits a moment.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::shared::Shared;

/// From one look to the next.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// So many calls fewer than at the height of it, and it was a burst.
const BURST_MIN: usize = 50;
/// Looks after an ebb at which memory is given back: what a BYE leaves behind is kept for 32 s
/// (RFC 3261, timer J).
const LOOKS_AFTER: u32 = 9;

/// When it is time.
#[derive(Debug, Default)]
struct Tide {
    /// The most calls of one look since the last ebb.
    peak: usize,
    /// How many looks more at which memory is given back.
    left: u32,
}

impl Tide {
    /// So many calls are live, or have begun since the last look. True when memory is to be given
    /// back.
    fn look(&mut self, calls: usize) -> bool {
        if calls > self.peak {
            self.peak = calls;
            self.left = 0;
            return false;
        }
        if calls <= self.peak / 2 && self.peak >= calls + BURST_MIN {
            self.peak = calls;
            self.left = LOOKS_AFTER;
        }
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        true
    }
}

/// Looks now and then, in a thread of its own, for as long as the roof stands.
pub(crate) fn watch(shared: &Arc<Shared>) -> std::io::Result<()> {
    let shared: Weak<Shared> = Arc::downgrade(shared);
    let work = move || {
        let (mut tide, mut before) = (Tide::default(), 0);
        while let Some(shared) = shared.upgrade() {
            let begun = shared.board.begun();
            let calls = shared.board.live() + begun.abs_diff(before);
            before = begun;
            drop(shared);
            if tide.look(calls) {
                foreign::give_back_memory();
            }
            std::thread::sleep(LOOK_EVERY);
        }
    };
    std::thread::Builder::new().name("tide".into()).spawn(work).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(calls: &[usize]) -> Vec<bool> {
        let mut tide = Tide::default();
        calls.iter().map(|calls| tide.look(*calls)).collect()
    }

    #[test]
    fn after_a_burst_memory_is_given_back_for_as_long_as_its_last_transactions_live() {
        let mut day = vec![0, 500, 1_000, 900, 400];
        day.extend([0; 12]);
        let given = looks(&day).iter().filter(|given| **given).count();
        assert_eq!(looks(&day)[..4], [false; 4]);
        assert_eq!(given, 1 + 9, "at the first ebb, and nine times from the last on");
    }

    #[test]
    fn a_quiet_day_and_a_busy_one_are_left_alone() {
        assert_eq!(looks(&[0, 10, 0, 20, 3, 0]), [false; 6]);
        assert_eq!(looks(&[900, 1_000, 950, 1_010, 800]), [false; 5]);
    }

    #[test]
    fn the_next_burst_counts_anew() {
        let mut tide = Tide::default();
        assert!([100, 0].map(|calls| tide.look(calls))[1]);
        assert!(![300, 280].map(|calls| tide.look(calls))[1], "it has begun again");
        assert!(tide.look(10));
    }
}
