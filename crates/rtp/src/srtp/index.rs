//! Which packet it is: sequence numbers are 16 bits, packet indices 48 (RFC 3711 §3.3.1, §3.3.2).

use super::Refused;

/// How many packets back from the newest are told apart as heard or not heard. RFC 3711 §3.3.2
/// wants 64 at least.
pub const WINDOW_PACKETS: u64 = 128;

/// The newest index, and which of the last [`WINDOW_PACKETS`] have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Window {
    newest: Option<u64>,
    /// Bit n: the packet n before the newest.
    seen: u128,
}

impl Window {
    /// The newest index seen.
    pub(super) fn newest(&self) -> Option<u64> {
        self.newest
    }

    /// Whether a packet of this index may still be taken.
    pub(super) fn check(&self, index: u64) -> Result<(), Refused> {
        let Some(back) = self.newest.and_then(|newest| newest.checked_sub(index)) else {
            return Ok(());
        };
        if back >= WINDOW_PACKETS {
            return Err(Refused::TooOld);
        }
        if self.seen >> back & 1 == 1 { Err(Refused::Replayed) } else { Ok(()) }
    }

    /// A packet of this index was taken.
    pub(super) fn note(&mut self, index: u64) {
        let Some(newest) = self.newest else {
            *self = Window { newest: Some(index), seen: 1 };
            return;
        };
        if let Some(back) = newest.checked_sub(index) {
            if back < WINDOW_PACKETS {
                self.seen |= 1 << back;
            }
            return;
        }
        let ahead = index - newest;
        self.seen = if ahead < WINDOW_PACKETS { self.seen << ahead | 1 } else { 1 };
        self.newest = Some(index);
    }
}

/// The index that `sequence` most likely stands for, when `newest` is the newest so far: the one
/// nearest to it. Nothing is older than the first packet of all.
///
/// # Errors
/// The packet would be from before the beginning, or from after the end.
pub(super) fn guess(newest: Option<u64>, sequence: u16) -> Result<u64, Refused> {
    let Some(newest) = newest else { return Ok(sequence.into()) };
    let last = newest as u16;
    let rollovers = newest >> 16;
    // RFC 3711 appendix A.
    let rollovers = if last < 0x8000 {
        if i32::from(sequence) - i32::from(last) > 0x8000 {
            rollovers.checked_sub(1).ok_or(Refused::TooOld)?
        } else {
            rollovers
        }
    } else if i32::from(last) - 0x8000 > i32::from(sequence) {
        rollovers + 1
    } else {
        rollovers
    };
    if rollovers > u64::from(u32::MAX) {
        return Err(Refused::KeyUsedUp);
    }
    Ok(rollovers << 16 | u64::from(sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_index_is_guessed() {
        let newest = |rollovers: u64, sequence: u64| Some(rollovers << 16 | sequence);
        assert_eq!(guess(None, 65_535), Ok(65_535));
        assert_eq!(guess(newest(0, 65_535), 0), Ok(1 << 16));
        assert_eq!(guess(newest(1, 3), 65_530), Ok(65_530));
        assert_eq!(guess(newest(0, 3), 65_530), Err(Refused::TooOld));
        assert_eq!(guess(newest(5, 0x8000), 0), Ok(5 << 16));
        assert_eq!(guess(newest(5, 0x8001), 0), Ok(6 << 16));
        assert_eq!(guess(newest(5, 0x7FFF), 0xFFFF), Ok(5 << 16 | 0xFFFF));
        assert_eq!(guess(newest(5, 0x7FFE), 0xFFFF), Ok(4 << 16 | 0xFFFF));
    }

    #[test]
    fn after_two_to_the_forty_eight_packets_the_key_is_used_up() {
        let last = super::super::RTP_PACKETS_MAX - 1;
        assert_eq!(guess(Some(last - 1), 65_535), Ok(last));
        assert_eq!(guess(Some(last), 0), Err(Refused::KeyUsedUp));
    }

    #[test]
    fn the_window_knows_what_was_seen_and_refuses_what_it_cannot_know() {
        let mut window = Window::default();
        for index in [1_000, 1_127, 1_001] {
            assert_eq!(window.check(index), Ok(()));
            window.note(index);
            assert_eq!(window.check(index), Err(Refused::Replayed));
        }
        assert_eq!(window.check(1_000), Err(Refused::Replayed));
        assert_eq!(window.check(999), Err(Refused::TooOld));
        window.note(1_128);
        assert_eq!(window.check(1_000), Err(Refused::TooOld));
        assert_eq!(window.check(1_001), Err(Refused::Replayed));
        assert_eq!(window.check(1_002), Ok(()));
        window.note(9_000);
        assert_eq!(window.check(8_999), Ok(()));
    }
}
