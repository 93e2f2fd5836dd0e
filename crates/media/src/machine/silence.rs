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

/// The same for a far end that has said good-bye in RTCP (RFC 3550 §6.6) and sends nothing more. It
/// may have changed its source, or be on hold, so that it is asked all the same.
pub const LEFT_LIMIT: Duration = Duration::from_secs(5);

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

    /// Something came of the far end of the port at `place` that only somebody sends who is there.
    pub(super) fn lives(&mut self, now: Mono, place: u32) {
        let port = self.at(place);
        port.heard_at = now;
        port.left = false;
        if std::mem::take(&mut port.silent) {
            self.watch(now, place);
        }
    }

    /// The far end of the port at `place` said good-bye.
    pub(super) fn leaves(&mut self, now: Mono, place: u32) {
        let port = self.at(place);
        port.left = true;
        if port.listens() && !port.silent {
            let at = (port.heard_at + LEFT_LIMIT).max(now);
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
            let patience = match (port.left, port.suppressed) {
                (true, _) => LEFT_LIMIT,
                (false, true) => SUPPRESSED_LIMIT,
                (false, false) => SILENCE_LIMIT,
            };
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
