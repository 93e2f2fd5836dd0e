//! What we hear.

use super::derivation::{SessionKeys, Use};
use super::index::{Window, guess};
use super::transform::{ENCRYPTED, Transform};
use super::{MasterKey, Refused, RtpShape, Suite, rtcp_source};

/// How many sources of one far end are told apart. Far ends take a new source when they transfer
/// or play music; to forget an old one would let its packets be replayed, so that one more than
/// this is refused until keys are agreed anew.
pub const SOURCES_MAX: usize = 16;

/// Everything of a far end that is authentic.
pub struct Incoming {
    suite: Suite,
    rtp: Transform,
    rtcp: Transform,
    /// Never longer than [`SOURCES_MAX`], which is allocated at the beginning.
    sources: Vec<Heard>,
    /// The newest index of sources under the key before this one. Never longer than
    /// [`SOURCES_MAX`].
    before: Vec<(u32, u64)>,
}

/// One source that has proved itself.
#[derive(Debug, Clone, Copy)]
struct Heard {
    ssrc: u32,
    rtp: Window,
    rtcp: Window,
}

impl Incoming {
    /// Nothing heard yet.
    pub fn new(master: &MasterKey) -> Incoming {
        Incoming::with_keys(
            master.suite(),
            &SessionKeys::derive(master, Use::Rtp),
            &SessionKeys::derive(master, Use::Rtcp),
        )
    }

    pub(super) fn with_keys(suite: Suite, rtp: &SessionKeys, rtcp: &SessionKeys) -> Incoming {
        Incoming {
            suite,
            rtp: Transform::new(suite, rtp),
            rtcp: Transform::new(suite, rtcp),
            sources: Vec::with_capacity(SOURCES_MAX),
            before: Vec::new(),
        }
    }

    /// The same far end under a new master key. Its packets are counted on (RFC 3711 §3.3.1), or
    /// from zero: both are done in the field, and the first authentic packet of a source tells.
    pub fn rekeyed(&self, master: &MasterKey) -> Incoming {
        Incoming { before: self.newest_of_each(), ..Incoming::new(master) }
    }

    /// The far end came back to this key after it used that of `other`: what was heard under this
    /// one is not heard again, and its packets may have been counted on meanwhile.
    pub fn revived(self, other: &Incoming) -> Incoming {
        Incoming { before: other.newest_of_each(), ..self }
    }

    fn newest_of_each(&self) -> Vec<(u32, u64)> {
        let newest = |heard: &Heard| Some((heard.ssrc, heard.rtp.newest()?));
        self.sources.iter().filter_map(newest).collect()
    }

    /// The suite.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// How many sources are remembered.
    pub fn sources(&self) -> usize {
        self.sources.len()
    }

    /// Makes the packet readable. Its new length. A packet that is refused is left as it came, so
    /// that another key may be tried on it.
    ///
    /// # Errors
    /// Any but [`Refused::OtherSource`].
    pub fn unprotect(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let shape = RtpShape::read(packet)?;
        if packet.len() < shape.header + self.suite.rtp_tag() {
            return Err(Refused::Malformed);
        }
        let place = self.place(shape.ssrc);
        let window = place.map_or(Window::default(), |place| self.sources[place].rtp);
        let index = guess(self.newest(&window, shape.ssrc), shape.sequence)?;
        window.check(index)?;
        let opened = self.rtp.open_rtp(shape.ssrc, index, packet, shape.header);
        let (index, end) = match opened {
            Ok(end) => (index, end),
            Err(refused) => {
                // Not counted on under the key before, but as this key counted, or from zero.
                let own = guess(window.newest(), shape.sequence)?;
                if own == index {
                    return Err(refused);
                }
                window.check(own)?;
                (own, self.rtp.open_rtp(shape.ssrc, own, packet, shape.header)?)
            }
        };
        self.heard(place, shape.ssrc)?.rtp.note(index);
        Ok(end)
    }

    /// As [`Incoming::unprotect`], for a compound RTCP packet.
    ///
    /// # Errors
    /// Any but [`Refused::OtherSource`] and [`Refused::KeyUsedUp`].
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let ssrc = rtcp_source(packet)?;
        let word = self.rtcp.rtcp_word(packet)?;
        let index = u64::from(word & !ENCRYPTED);
        let place = self.place(ssrc);
        if let Some(place) = place {
            self.sources[place].rtcp.check(index)?;
        }
        let end = self.rtcp.open_rtcp(ssrc, word, packet)?;
        self.heard(place, ssrc)?.rtcp.note(index);
        Ok(end)
    }

    fn place(&self, ssrc: u32) -> Option<usize> {
        self.sources.iter().position(|heard| heard.ssrc == ssrc)
    }

    /// The newest index of a source, which may be from under the key before.
    fn newest(&self, window: &Window, ssrc: u32) -> Option<u64> {
        let before = self.before.iter().find(|(source, _)| *source == ssrc);
        window.newest().max(before.map(|(_, newest)| *newest))
    }

    /// A packet is authentic: its source, remembered from now on.
    fn heard(&mut self, place: Option<usize>, ssrc: u32) -> Result<&mut Heard, Refused> {
        let place = match place {
            Some(place) => place,
            None if self.sources.len() >= SOURCES_MAX => return Err(Refused::TooManySources),
            None => {
                let (rtp, rtcp) = (Window::default(), Window::default());
                self.sources.push(Heard { ssrc, rtp, rtcp });
                self.sources.len() - 1
            }
        };
        Ok(&mut self.sources[place])
    }
}

impl std::fmt::Debug for Incoming {
    /// The suite and how many sources.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "incoming {:?}, {} sources", self.suite, self.sources.len())
    }
}
