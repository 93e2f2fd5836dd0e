//! Day after day from seeds: for `rappel simulate --seed` and `--soak`.

use std::time::Duration;

use crate::day::{Day, Lived};

/// What a soak has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Soaked {
    /// Days lived.
    pub days: u64,
    /// Starts of the engine after a crash.
    pub crashes: u64,
    /// Facts handed over.
    pub records: u64,
    /// Length of the days together, until each one's last customer called.
    pub simulated: Duration,
    /// Length of all calls at the far end together.
    pub talked: Duration,
}

/// Lives the day of one seed: `rappel simulate --seed 0x…`.
pub fn run_seed(seed: u64) -> Lived {
    Day::of_seed(seed).run()
}

/// Lives the days of `from_seed` and the seeds after it until `until` says true, which is asked
/// before each day; `report` is told of each.
pub fn soak(
    from_seed: u64,
    mut until: impl FnMut() -> bool,
    mut report: impl FnMut(&Lived, &Soaked),
) -> Soaked {
    let mut soaked = Soaked::default();
    let mut seed = from_seed;
    while !until() {
        let lived = run_seed(seed);
        soaked.add(&lived);
        report(&lived, &soaked);
        seed = seed.wrapping_add(1);
    }
    soaked
}

impl Soaked {
    /// Adds one day.
    pub fn add(&mut self, lived: &Lived) {
        self.days += 1;
        self.crashes += lived.starts - 1;
        self.records += lived.records;
        self.simulated += lived.length;
        self.talked += lived.talked;
    }
}
