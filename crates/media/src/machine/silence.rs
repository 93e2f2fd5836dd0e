//! Far ends that should send and do not.

use std::time::Duration;

use model::Mono;

use super::Media;
use crate::{Event, LATE_MAX};

/// How long a far end that should send may be silent before the engine is told.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// The same for a far end whose last packet was comfort noise (RFC 3389): it sends nothing until
/// somebody speaks there.
pub const SUPPRESSED_LIMIT: Duration = Duration::from_secs(300);

/// How long a machine that was woken too late listens before it calls anybody silent.
const SILENCE_PAUSE: Duration = Duration::from_secs(1);

impl Media {
    /// The port at `place` is heard from now on, or expected: its silence may end at the limit.
    pub(super) fn watch(&mut self, now: Mono, place: u32) {
        if self.at(place).listens() {
            let at = now + SILENCE_LIMIT;
            self.silence_check = Some(self.silence_check.map_or(at, |earlier| earlier.min(at)));
        }
    }

    pub(super) fn check_silence(&mut self, now: Mono, late: Duration) {
        if late > LATE_MAX {
            // We slept, and what came meanwhile is still in the sockets: listen before judging.
            self.silence_check = Some(now + SILENCE_PAUSE);
            return;
        }
        self.silence_check = None;
        for port in self.ports.iter_mut().flatten() {
            if !port.listens() || port.silent {
                continue;
            }
            let patience = if port.suppressed { SUPPRESSED_LIMIT } else { SILENCE_LIMIT };
            let limit = port.heard_at + patience;
            if limit <= now {
                port.silent = true;
                self.outputs.event(Event::Silent { port: port.id });
            } else {
                let next = self.silence_check.map_or(limit, |earlier| earlier.min(limit));
                self.silence_check = Some(next);
            }
        }
    }
}
