//! Whom to listen to, and where to send.
//!
//! Only the negotiated address is heard, to the port: whoever else sends us packets is not heard,
//! and no key of theirs is taken. A far end behind an address translator cannot name its own
//! address, though, and then the negotiated one stays mute. So while nothing has come from it, a
//! steady source is learned: [`LEARN_AFTER`] packets one after the other from one address and port,
//! of one SSRC, with rising sequence numbers. From then on only that one is heard and sent to
//! (symmetric RTP, RFC 4961), until offer and answer speak again.

use std::net::SocketAddr;

use crate::{Header, ahead};

/// How many packets in a row prove a source: 100 ms of audio.
pub const LEARN_AFTER: u8 = 5;

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

    /// Whether a packet of a negotiated payload type from `address` is heard.
    pub fn accept(&mut self, address: SocketAddr, header: &Header) -> bool {
        let (learned, candidate) = match &mut self.state {
            State::Locked(locked) => return *locked == address,
            State::Waiting { learned, candidate } => (*learned, candidate),
        };
        if address == self.negotiated || Some(address) == learned {
            self.state = State::Locked(address);
            return true;
        }
        let now = match candidate.take() {
            Some(earlier) => earlier.followed_by(address, header),
            None => Candidate::begin(address, header),
        };
        if now.packets >= LEARN_AFTER {
            self.state = State::Locked(address);
            return true;
        }
        *candidate = Some(now);
        false
    }
}

impl Candidate {
    fn begin(address: SocketAddr, header: &Header) -> Candidate {
        Candidate { address, ssrc: header.ssrc, newest: header.sequence, packets: 1 }
    }

    fn followed_by(self, address: SocketAddr, header: &Header) -> Candidate {
        let step = ahead(header.sequence, self.newest);
        if address != self.address || header.ssrc != self.ssrc || step.abs() > LEARN_STEP_MAX {
            return Candidate::begin(address, header);
        }
        if step <= 0 {
            return self;
        }
        Candidate { newest: header.sequence, packets: self.packets + 1, ..self }
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

    /// Sends `count` packets of one source and says how many were heard.
    fn send(source: &mut Source, from: &str, ssrc: u32, first: u16, count: u16) -> usize {
        (0..count)
            .filter(|i| source.accept(address(from), &header(ssrc, first.wrapping_add(*i))))
            .count()
    }

    const NAMED: &str = "127.0.0.1:4000";
    const OTHER_PORT: &str = "127.0.0.1:4002";
    const STRANGER: &str = "127.0.0.9:4000";

    #[test]
    fn while_the_negotiated_address_sends_nobody_else_is_heard() {
        let mut source = Source::new(address(NAMED));
        assert_eq!(send(&mut source, NAMED, 1, 0, 1), 1);
        assert_eq!(send(&mut source, STRANGER, 2, 0, 1_000), 0);
        assert_eq!(send(&mut source, OTHER_PORT, 1, 1, 1_000), 0);
        assert_eq!(send(&mut source, NAMED, 1, 1, 10), 10);
        assert_eq!(source.destination(), address(NAMED));
    }

    #[test]
    fn a_steady_source_is_learned_while_the_negotiated_address_is_mute() {
        let mut source = Source::new(address(NAMED));
        let first = u16::from(LEARN_AFTER) - 1;
        assert_eq!(send(&mut source, STRANGER, 2, 65_534, first), 0);
        assert_eq!(source.destination(), address(NAMED));
        assert_eq!(send(&mut source, STRANGER, 2, 2, 10), 10);
        assert_eq!(source.destination(), address(STRANGER));
        assert_eq!(send(&mut source, NAMED, 1, 0, 10), 0, "it is locked");
    }

    #[test]
    fn the_negotiated_address_ends_the_learning() {
        let mut source = Source::new(address(NAMED));
        assert_eq!(send(&mut source, STRANGER, 2, 0, 4), 0);
        assert_eq!(send(&mut source, NAMED, 1, 0, 1), 1);
        assert_eq!(send(&mut source, STRANGER, 2, 4, 100), 0);
    }

    #[test]
    fn sources_that_are_not_steady_are_never_learned() {
        let mut source = Source::new(address(NAMED));
        for round in 0..100 {
            assert_eq!(send(&mut source, STRANGER, 2, round, 1), 0, "two take turns");
            assert_eq!(send(&mut source, OTHER_PORT, 3, round, 1), 0, "two take turns");
        }
        assert_eq!(send(&mut source, STRANGER, 2, 7, 1), 0);
        for round in 0..100 {
            let sequence = 8 + round;
            assert_eq!(
                send(&mut source, STRANGER, round.into(), sequence, 1),
                0,
                "the SSRC changes"
            );
        }
        for round in 0..100 {
            assert_eq!(send(&mut source, STRANGER, 5, round * 11, 1), 0, "the numbers jump");
        }
        for _ in 0..100 {
            assert_eq!(send(&mut source, STRANGER, 6, 7, 1), 0, "one packet again and again");
        }
    }

    #[test]
    fn a_new_answer_opens_the_lock() {
        let mut source = Source::new(address(NAMED));
        send(&mut source, STRANGER, 2, 0, 5);
        source.negotiate(address(OTHER_PORT));
        assert_eq!(source.destination(), address(OTHER_PORT));
        assert_eq!(send(&mut source, STRANGER, 2, 5, 1), 0);
        assert_eq!(send(&mut source, OTHER_PORT, 2, 6, 1), 1);
    }

    #[test]
    fn the_same_answer_again_does_not_interrupt_a_learned_source() {
        let mut source = Source::new(address(NAMED));
        send(&mut source, STRANGER, 2, 0, 5);
        source.negotiate(address(NAMED));
        assert_eq!(source.destination(), address(STRANGER));
        assert_eq!(send(&mut source, STRANGER, 2, 5, 1), 1);
        source.negotiate(address(NAMED));
        assert_eq!(send(&mut source, OTHER_PORT, 2, 6, 5), 1, "a rebinding is learned");
        assert_eq!(source.destination(), address(OTHER_PORT));
    }
}
