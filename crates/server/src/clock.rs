//! The one clock of the process: every thread reads the same start.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::{Mono, Now, Wall};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Counts from the moment it was made. Copies agree with each other, in any thread.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// `CLOCK_MONOTONIC` at the start, nanoseconds.
    start: u64,
}

impl Clock {
    /// Starts counting. Made once, by the roof.
    pub fn start() -> Clock {
        Clock { start: monotonic_nanos() }
    }

    /// Time since the start.
    pub fn mono(&self) -> Mono {
        Mono::from_nanos(monotonic_nanos().saturating_sub(self.start))
    }

    /// The present on both clocks.
    pub fn now(&self) -> Now {
        Now { mono: self.mono(), wall: wall() }
    }

    /// `at` as an absolute `CLOCK_MONOTONIC` time, for a timerfd.
    pub fn absolute(&self, at: Mono) -> Timespec {
        let nanos = self.start.saturating_add(at.as_nanos());
        let seconds = i64::try_from(nanos / NANOS).expect("292 years of uptime at most");
        Timespec { tv_sec: seconds, tv_nsec: i64::try_from(nanos % NANOS).expect("below 1e9") }
    }

    /// How long it is until `at`; zero when it has passed.
    pub fn until(&self, at: Mono) -> Duration {
        at.since(self.mono())
    }
}

const NANOS: u64 = 1_000_000_000;

fn monotonic_nanos() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).expect("a monotonic clock is not negative");
    seconds * NANOS + u64::try_from(now.tv_nsec).expect("a monotonic clock is not negative")
}

/// The present in UTC. A clock set before 1970 counts as 1970.
pub fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
