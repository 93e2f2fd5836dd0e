//! Whom to listen to, and where to send.
//!
//! Only the negotiated address is heard, to the port: whoever else sends us packets is not heard,
//! and no key of theirs is taken. A far end behind an address translator cannot name its own
//! address, though, and then the negotiated one stays mute. So while nothing has come from it, a
//! steady source is learned: [`LEARN_AFTER`] packets one after the other from one address and port,
//! of one SSRC, with rising sequence numbers, over [`LEARN_TIME`]. The time keeps out whoever sends
//! fast in the moment before the true far end speaks. From then on only that one is heard and sent
//! to (symmetric RTP, RFC 4961), until offer and answer speak again.

use std::net::SocketAddr;
use std::time::Duration;

use model::Mono;

use crate::{Header, ahead};

/// How many packets in a row prove a source.
pub const LEARN_AFTER: u8 = 5;

/// How long these packets must be spread at least. Within it the negotiated address, if it sends at
/// all, has sent. No longer than the shortest press of a key: of a phone behind a translator that
/// sends nothing while nobody speaks, the five packets of its first press are the first there are.
pub const LEARN_TIME: Duration = Duration::from_millis(60);

/// The largest step of the sequence number within that row: a little loss is forgiven.
pub const LEARN_STEP_MAX: i32 = 10;

/// The source rule of one port.
#[derive(Debug, Clone)]
pub struct Source {
    negotiated: SocketAddr,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// Waits for the first packet of the negotiated address (or of the one that was learned before
    /// the last answer); ends by it, or by a steady stranger.
    Waiting { learned: Option<SocketAddr>, candidate: Option<Candidate> },
    /// This address is heard, until the next answer.
    Locked(SocketAddr),
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    address: SocketAddr,
    ssrc: u32,
    newest: u16,
    packets: u8,
    since: Mono,
}

impl Source {
    /// Offer and answer named `negotiated`.
    pub fn new(negotiated: SocketAddr) -> Source {
        Source { negotiated, state: State::Waiting { learned: None, candidate: None } }
    }

    /// Offer and answer spoke again. The lock is open; an address that was learned stays good until
    /// another is proved, unless a new one was named.
    pub fn negotiate(&mut self, negotiated: SocketAddr) {
        let learned = Some(self.destination())
            .filter(|address| negotiated == self.negotiated && *address != negotiated);
        self.negotiated = negotiated;
        self.state = State::Waiting { learned, candidate: None };
    }

    /// Where packets go.
    pub fn destination(&self) -> SocketAddr {
        match self.state {
            State::Waiting { learned, .. } => learned.unwrap_or(self.negotiated),
            State::Locked(address) => address,
        }
    }

    /// Whether a packet of a negotiated payload type that came at `now` from `address` is heard.
    pub fn accept(&mut self, now: Mono, address: SocketAddr, header: &Header) -> bool {
        let (learned, candidate) = match &mut self.state {
            State::Locked(locked) => return *locked == address,
            State::Waiting { learned, candidate } => (*learned, candidate),
        };
        if address == self.negotiated || Some(address) == learned {
            self.state = State::Locked(address);
            return true;
        }
        let found = match candidate.take() {
            Some(earlier) => earlier.followed_by(now, address, header),
            None => Candidate::begin(now, address, header),
        };
        if found.packets >= LEARN_AFTER && now.since(found.since) >= LEARN_TIME {
            self.state = State::Locked(address);
            return true;
        }
        *candidate = Some(found);
        false
    }
}

impl Candidate {
    fn begin(now: Mono, address: SocketAddr, header: &Header) -> Candidate {
        let Header { ssrc, sequence, .. } = *header;
        Candidate { address, ssrc, newest: sequence, packets: 1, since: now }
    }

    fn followed_by(self, now: Mono, address: SocketAddr, header: &Header) -> Candidate {
        let step = ahead(header.sequence, self.newest);
        if address != self.address || header.ssrc != self.ssrc || step.abs() > LEARN_STEP_MAX {
            return Candidate::begin(now, address, header);
        }
        if step <= 0 {
            return self;
        }
        let packets = self.packets.saturating_add(1);
        Candidate { newest: header.sequence, packets, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("the test writes addresses")
    }

    fn header(ssrc: u32, sequence: u16) -> Header {
        Header { payload_type: 8, marker: false, sequence, timestamp: 0, ssrc }
    }

    /// A source rule and the clock of its story.
    struct Story {
        source: Source,
        ms: u64,
    }

    impl Story {
        fn new() -> Story {
            Story { source: Source::new(address(NAMED)), ms: 0 }
        }

        /// Sends `count` packets of one source, `pace` milliseconds apart, and says how many were
        /// heard.
        fn send_at(&mut self, pace: u64, from: &str, ssrc: u32, first: u16, count: u16) -> u16 {
            let mut heard = 0;
            for sequence in (0..count).map(|i| first.wrapping_add(i)) {
                self.ms += pace;
                let now = Mono::from_nanos(self.ms * 1_000_000);
                heard += u16::from(self.source.accept(now, address(from), &header(ssrc, sequence)));
            }
            heard
        }

        /// Sends every 20 ms.
        fn send(&mut self, from: &str, ssrc: u32, first: u16, count: u16) -> u16 {
            self.send_at(20, from, ssrc, first, count)
        }

        fn destination(&self) -> SocketAddr {
            self.source.destination()
        }
    }

    const NAMED: &str = "127.0.0.1:4000";
    const OTHER_PORT: &str = "127.0.0.1:4002";
    const STRANGER: &str = "127.0.0.9:4000";

    #[test]
    fn while_the_negotiated_address_sends_nobody_else_is_heard() {
        let mut story = Story::new();
        assert_eq!(story.send(NAMED, 1, 0, 1), 1);
        assert_eq!(story.send(STRANGER, 2, 0, 1_000), 0);
        assert_eq!(story.send(OTHER_PORT, 1, 1, 1_000), 0);
        assert_eq!(story.send(NAMED, 1, 1, 10), 10);
        assert_eq!(story.destination(), address(NAMED));
    }

    #[test]
    fn a_steady_source_is_learned_while_the_negotiated_address_is_mute() {
        let mut story = Story::new();
        assert_eq!(story.send(STRANGER, 2, 65_534, 4), 0);
        assert_eq!(story.destination(), address(NAMED));
        assert_eq!(story.send(STRANGER, 2, 2, 10), 10);
        assert_eq!(story.destination(), address(STRANGER));
        assert_eq!(story.send(NAMED, 1, 0, 10), 0, "it is locked");
    }

    #[test]
    fn a_source_of_short_packets_needs_its_time() {
        let mut story = Story::new();
        assert_eq!(story.send_at(10, STRANGER, 2, 0, 6), 0);
        assert_eq!(story.send_at(10, STRANGER, 2, 6, 1), 1);
    }

    #[test]
    fn the_first_press_of_an_otherwise_mute_phone_behind_a_translator_is_heard() {
        // As Linphone 5.1 sends a key: four packets, and the end three times at one moment.
        let mut story = Story::new();
        assert_eq!(story.send(STRANGER, 2, 0, 4), 0);
        assert_eq!(story.send(STRANGER, 2, 4, 1), 1, "the end is the first packet heard");
        assert_eq!(story.send_at(0, STRANGER, 2, 4, 1), 1);
    }

    #[test]
    fn a_source_of_long_packets_needs_as_many_of_them() {
        let mut story = Story::new();
        assert_eq!(story.send_at(60, STRANGER, 2, 0, u16::from(LEARN_AFTER) - 1), 0);
        assert_eq!(story.send_at(60, STRANGER, 2, 4, 1), 1);
    }

    #[test]
    fn haste_does_not_outrun_the_negotiated_address() {
        let mut story = Story::new();
        assert_eq!(story.send_at(0, STRANGER, 2, 0, 1_000), 0);
        assert_eq!(story.send(NAMED, 1, 0, 1), 1);
        story.source.negotiate(address(NAMED));
        assert_eq!(story.send_at(0, STRANGER, 2, 1_000, 1_000), 0);
        assert_eq!(story.send(NAMED, 1, 1, 1), 1);
        assert_eq!(story.send(STRANGER, 2, 2_000, 100), 0);
    }

    #[test]
    fn sources_that_are_not_steady_are_never_learned() {
        let mut story = Story::new();
        for round in 0..100 {
            assert_eq!(story.send(STRANGER, 2, 2 * round, 1), 0, "two take turns");
            assert_eq!(story.send(OTHER_PORT, 2, 2 * round + 1, 1), 0, "two take turns");
        }
        for round in 0..100 {
            assert_eq!(story.send(STRANGER, round.into(), 8 + round, 1), 0, "the SSRC changes");
        }
        for round in 0..100 {
            assert_eq!(story.send(STRANGER, 5, round * 11, 1), 0, "the numbers jump");
        }
        for _ in 0..1_000 {
            assert_eq!(story.send(STRANGER, 6, 7, 1), 0, "one packet again and again");
        }
    }

    #[test]
    fn a_new_answer_opens_the_lock() {
        let mut story = Story::new();
        story.send(STRANGER, 2, 0, 6);
        story.source.negotiate(address(OTHER_PORT));
        assert_eq!(story.destination(), address(OTHER_PORT));
        assert_eq!(story.send(STRANGER, 2, 6, 1), 0);
        assert_eq!(story.send(OTHER_PORT, 2, 7, 1), 1);
    }

    #[test]
    fn the_same_answer_again_does_not_interrupt_a_learned_source() {
        let mut story = Story::new();
        story.send(STRANGER, 2, 0, 6);
        story.source.negotiate(address(NAMED));
        assert_eq!(story.destination(), address(STRANGER));
        assert_eq!(story.send(STRANGER, 2, 6, 1), 1);
        story.source.negotiate(address(NAMED));
        assert_eq!(story.send(OTHER_PORT, 2, 7, 6), 2, "a rebinding is learned");
        assert_eq!(story.destination(), address(OTHER_PORT));
    }
}
