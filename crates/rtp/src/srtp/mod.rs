//! SRTP and SRTCP: packets that only the two ends of a call can read or make.
//!
//! What it is: keys for one direction of a call from one master key, and packets protected and
//! unprotected in place. Nothing is allocated per packet. State of a source begins with its first
//! packet that is authentic: whoever forges sources costs a tag each and leaves nothing behind.
//!
//! What it is not: keys are agreed elsewhere (RFC 4568 in `sdp`). No MKI, no key derivation rate,
//! no AES-f8, no encrypted header extensions.
//!
//! ```text
//!   counter mode   header │ encrypted payload │ tag                    tag over all and the ROC
//!   GCM            header │ encrypted payload + tag                    header is associated data
//!   SRTCP          8 bytes │ encrypted rest │ E + index │ tag          (GCM: tag before E + index)
//! ```
//!
//! Obeys RFC 3711 (SRTP), RFC 6188 §3 (256-bit key derivation), RFC 7714 (AES-GCM).

mod derivation;
mod incoming;
mod index;
mod master;
mod outgoing;
mod transform;

pub use incoming::{Incoming, SOURCES_MAX};
pub use index::WINDOW_PACKETS;
pub use master::{MASTER_BYTES_MAX, MasterKey, Suite};
pub use outgoing::Outgoing;

/// Most RTP packets under one master key (RFC 3711 §9.2): the index has 48 bits.
pub const RTP_PACKETS_MAX: u64 = 1 << 48;

/// Most RTCP packets under one master key (RFC 3711 §9.2): the index has 31 bits.
pub const RTCP_PACKETS_MAX: u32 = 1 << 31;

/// How many bytes a packet grows at most: the longest tag, and the index of SRTCP.
pub const GROWTH_BYTES_MAX: usize = 20;

/// Why a packet is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It has not the form of a protected packet, or no room to grow into.
    Malformed,
    /// Its tag is wrong: it was forged or altered, or made with another key.
    NotAuthentic,
    /// It was heard (or sent) before.
    Replayed,
    /// It is older than [`WINDOW_PACKETS`], so that nobody knows whether it was heard before.
    TooOld,
    /// It is authentic, and from one source more than [`SOURCES_MAX`].
    TooManySources,
    /// The key has protected as many packets as it may: [`RTP_PACKETS_MAX`], [`RTCP_PACKETS_MAX`].
    KeyUsedUp,
    /// A sender has one source, and this is another.
    OtherSource,
}

/// Where the parts of an RTP packet are, as far as they stand in the clear.
#[derive(Debug, Clone, Copy)]
struct RtpShape {
    /// The header with contributing sources and extension.
    header: usize,
    sequence: u16,
    ssrc: u32,
}

/// Bytes of an RTCP packet that stay in the clear: the first header and its source.
const RTCP_CLEAR: usize = 8;

/// Bytes of the E bit and the index that follow an SRTCP packet.
const RTCP_INDEX: usize = 4;

impl RtpShape {
    /// Reads the clear part of a packet (RFC 3550 §5.1, §5.3.1). The padding bit means nothing
    /// here: padding is encrypted.
    fn read(packet: &[u8]) -> Result<RtpShape, Refused> {
        let fixed: &[u8; 12] = packet.first_chunk().ok_or(Refused::Malformed)?;
        if fixed[0] >> 6 != 2 {
            return Err(Refused::Malformed);
        }
        let mut header = 12 + 4 * usize::from(fixed[0] & 0x0F);
        if fixed[0] & 0x10 != 0 {
            let words = packet.get(header + 2..header + 4).ok_or(Refused::Malformed)?;
            header += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
        }
        if header > packet.len() {
            return Err(Refused::Malformed);
        }
        Ok(RtpShape {
            header,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
        })
    }
}

/// The source of an RTCP packet.
fn rtcp_source(packet: &[u8]) -> Result<u32, Refused> {
    let clear: &[u8; RTCP_CLEAR] = packet.first_chunk().ok_or(Refused::Malformed)?;
    if clear[0] >> 6 != 2 {
        return Err(Refused::Malformed);
    }
    Ok(u32::from_be_bytes([clear[4], clear[5], clear[6], clear[7]]))
}

#[cfg(test)]
mod tests;
