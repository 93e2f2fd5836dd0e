//! What we send.

use super::derivation::{SessionKeys, Use};
use super::index::{Window, guess};
use super::transform::Transform;
use super::{MasterKey, RTCP_CLEAR, RTCP_PACKETS_MAX, Refused, RtpShape, Suite, rtcp_source};

/// One source's packets on their way out.
///
/// A number that was used is not used again, whatever it carries: two payloads under one keystream
/// would give both away, and under GCM the key of the tags as well.
pub struct Outgoing {
    suite: Suite,
    rtp: Transform,
    rtcp: Transform,
    /// The source, from its first packet on.
    ssrc: Option<u32>,
    sent: Window,
    /// The index of the next RTCP packet.
    next_rtcp: u32,
}

impl Outgoing {
    /// Nothing sent yet. The first sequence number should be below 2^15, or a far end that hears
    /// none of the packets before the first rollover guesses it wrong (RFC 3711 §3.3.1).
    pub fn new(master: &MasterKey) -> Outgoing {
        Outgoing::with_keys(
            master.suite(),
            &SessionKeys::derive(master, Use::Rtp),
            &SessionKeys::derive(master, Use::Rtcp),
        )
    }

    pub(super) fn with_keys(suite: Suite, rtp: &SessionKeys, rtcp: &SessionKeys) -> Outgoing {
        Outgoing {
            suite,
            rtp: Transform::new(suite, rtp),
            rtcp: Transform::new(suite, rtcp),
            ssrc: None,
            sent: Window::default(),
            next_rtcp: 0,
        }
    }

    /// The same source under another master key: packets and reports are counted on (RFC 3711
    /// §3.3.1, §3.4). The key may be one that was in use before: no index comes twice under it.
    pub fn rekeyed(&self, master: &MasterKey) -> Outgoing {
        Outgoing {
            ssrc: self.ssrc,
            sent: self.sent,
            next_rtcp: self.next_rtcp,
            ..Outgoing::new(master)
        }
    }

    /// The suite.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Protects the packet in the first `length` bytes of `buffer`, which has room for the tag. The
    /// new length.
    ///
    /// # Errors
    /// [`Refused::Malformed`], [`Refused::Replayed`], [`Refused::TooOld`], [`Refused::KeyUsedUp`],
    /// [`Refused::OtherSource`]. What is then in `buffer` must not be sent.
    pub fn protect(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, Refused> {
        let packet = buffer.get(..length).ok_or(Refused::Malformed)?;
        let shape = RtpShape::read(packet)?;
        self.claim(shape.ssrc)?;
        let index = guess(self.sent.newest(), shape.sequence)?;
        self.sent.check(index)?;
        let end = self.rtp.seal_rtp(shape.ssrc, index, buffer, shape.header, length)?;
        self.sent.note(index);
        Ok(end)
    }

    /// As [`Outgoing::protect`], for a compound RTCP packet.
    ///
    /// # Errors
    /// As [`Outgoing::protect`].
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, Refused> {
        let packet = buffer.get(..length).ok_or(Refused::Malformed)?;
        let ssrc = rtcp_source(packet)?;
        debug_assert!(length >= RTCP_CLEAR, "the source was read");
        self.claim(ssrc)?;
        if self.next_rtcp >= RTCP_PACKETS_MAX {
            return Err(Refused::KeyUsedUp);
        }
        let end = self.rtcp.seal_rtcp(ssrc, self.next_rtcp, buffer, length)?;
        self.next_rtcp += 1;
        Ok(end)
    }

    fn claim(&mut self, ssrc: u32) -> Result<(), Refused> {
        if *self.ssrc.get_or_insert(ssrc) == ssrc { Ok(()) } else { Err(Refused::OtherSource) }
    }

    #[cfg(test)]
    pub(super) fn at_rtcp(mut self, index: u32) -> Outgoing {
        self.next_rtcp = index;
        self
    }

    #[cfg(test)]
    pub(super) fn at_index(mut self, index: u64) -> Outgoing {
        self.sent.note(index);
        self
    }
}

impl std::fmt::Debug for Outgoing {
    /// The suite only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "outgoing {:?}", self.suite)
    }
}
