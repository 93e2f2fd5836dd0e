//! Writes capture files: UDP over IPv4 over Ethernet, as SIPp and Wireshark read them.

use std::net::SocketAddrV4;

/// One UDP datagram with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// Since the beginning of the capture, in microseconds.
    pub at_us: u64,
    /// Who sends.
    pub source: SocketAddrV4,
    /// Who receives.
    pub target: SocketAddrV4,
    /// The UDP payload.
    pub payload: Vec<u8>,
}

/// Ethernet, in the list of link types of the pcap format.
const ETHERNET: u32 = 1;
/// The largest packet a reader must expect.
const SNAPLEN: u32 = 65_535;

/// The bytes of a capture file (classic format, microseconds).
pub fn bytes(datagrams: &[Datagram]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(0xA1B2_C3D4_u32.to_le_bytes());
    out.extend(2u16.to_le_bytes());
    out.extend(4u16.to_le_bytes());
    out.extend([0; 8]);
    out.extend(SNAPLEN.to_le_bytes());
    out.extend(ETHERNET.to_le_bytes());
    for datagram in datagrams {
        let frame = frame(datagram);
        let length = u32::try_from(frame.len()).expect("a datagram is short");
        out.extend(u32::try_from(datagram.at_us / 1_000_000).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(((datagram.at_us % 1_000_000) as u32).to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(frame);
    }
    out
}

fn frame(datagram: &Datagram) -> Vec<u8> {
    let udp = 8 + datagram.payload.len();
    let length = |bytes: usize| u16::try_from(bytes).expect("a datagram fits").to_be_bytes();
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let mut ip = vec![0x45, 0];
    ip.extend(length(20 + udp));
    ip.extend([0, 0, 0x40, 0, 64, 17, 0, 0]);
    ip.extend(datagram.source.ip().octets());
    ip.extend(datagram.target.ip().octets());
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    frame.extend(ip);
    frame.extend(datagram.source.port().to_be_bytes());
    frame.extend(datagram.target.port().to_be_bytes());
    frame.extend(length(udp));
    // No UDP checksum (RFC 768): whoever replays this computes its own.
    frame.extend([0, 0]);
    frame.extend(&datagram.payload);
    frame
}

/// The checksum of an IPv4 header (RFC 791 §3.1).
fn checksum(header: &[u8]) -> u16 {
    let sum: u32 =
        header.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let folded = (sum & 0xFFFF) + (sum >> 16);
    !((folded & 0xFFFF) + (folded >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_of_one_datagram_is_these_bytes() {
        let datagram = Datagram {
            at_us: 1_020_000,
            source: "127.0.0.1:6000".parse().expect("an address"),
            target: "127.0.0.2:6002".parse().expect("an address"),
            payload: b"hi".to_vec(),
        };
        let bytes = bytes(&[datagram]);
        assert_eq!(bytes.len(), 24 + 16 + 14 + 20 + 8 + 2);
        assert_eq!(bytes[24..32], [1, 0, 0, 0, 0x20, 0x4E, 0, 0]);
        let ip = &bytes[54..74];
        assert_eq!(ip[2..4], [0, 30]);
        assert_eq!(ip[12..20], [127, 0, 0, 1, 127, 0, 0, 2]);
        assert_eq!(checksum(ip), 0, "the checksum makes the sum of the header nothing");
        assert_eq!(bytes[74..84], [0x17, 0x70, 0x17, 0x72, 0, 10, 0, 0, b'h', b'i']);
    }
}
