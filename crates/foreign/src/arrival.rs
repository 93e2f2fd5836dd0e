//! When a datagram came, as the kernel saw it (SO_TIMESTAMPNS), and not as the process that reads
//! it later.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Room for the one control message that is asked for, with space to spare.
const CONTROL_BYTES: usize = 64;
/// Room for the longest address, IPv6.
const ADDRESS_BYTES: usize = 28;

/// Aligned as the kernel's structures are.
#[repr(C, align(8))]
struct Aligned<const N: usize>([u8; N]);

/// A datagram that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Its bytes.
    pub length: usize,
    /// Who sent it.
    pub source: SocketAddr,
    /// When it came, since 1970 by the system's clock. `None` when the socket was not asked for
    /// stamps.
    pub at: Option<Duration>,
}

/// Asks the kernel to write beside each datagram when it came.
///
/// # Errors
/// As `setsockopt`.
#[allow(unsafe_code)]
pub fn stamp_arrivals(socket: &UdpSocket) -> io::Result<()> {
    let on: libc::c_int = 1;
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the file is open as long as the borrow, and the value is an int of that length.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_TIMESTAMPNS,
            (&raw const on).cast(),
            length,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Receives a datagram. Nothing is allocated.
///
/// # Errors
/// As `recvmsg`.
#[allow(unsafe_code)]
pub fn receive(socket: &UdpSocket, bytes: &mut [u8]) -> io::Result<Received> {
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut control = Aligned([0; CONTROL_BYTES]);
    let mut name = Aligned([0; ADDRESS_BYTES]);
    // SAFETY: a msghdr of zeros is one without anything in it.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_name = name.0.as_mut_ptr().cast();
    message.msg_namelen = ADDRESS_BYTES as libc::socklen_t;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = CONTROL_BYTES as _;
    // SAFETY: the file is open, and all that the message points at outlives the call.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    let source = address(&name.0).ok_or(io::ErrorKind::InvalidData)?;
    // What the kernel did not write is zeros still, and no stamp.
    Ok(Received { length, source, at: stamp(&control.0) })
}

/// Reads a `sockaddr_in` or a `sockaddr_in6`.
fn address(name: &[u8; ADDRESS_BYTES]) -> Option<SocketAddr> {
    let family = i32::from(u16::from_ne_bytes([name[0], name[1]]));
    let port = u16::from_be_bytes([name[2], name[3]]);
    match family {
        libc::AF_INET => {
            let ip: [u8; 4] = name[4..8].try_into().ok()?;
            Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip)), port))
        }
        libc::AF_INET6 => {
            let ip: [u8; 16] = name[8..24].try_into().ok()?;
            let scope = u32::from_ne_bytes(name[24..28].try_into().ok()?);
            Some(SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::from(ip), port, 0, scope)))
        }
        _ => None,
    }
}

/// Reads a control message with a `timespec`: its header (a length of the machine's word, level and
/// kind), then seconds and nanoseconds.
fn stamp(control: &[u8]) -> Option<Duration> {
    const WORD: usize = size_of::<libc::size_t>();
    const LONG: usize = size_of::<libc::c_long>();
    let int = |at: usize| Some(i32::from_ne_bytes(control.get(at..at + 4)?.try_into().ok()?));
    if (int(WORD)?, int(WORD + 4)?) != (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) {
        return None;
    }
    let long = |at: usize| -> Option<u64> {
        let bytes = control.get(at..at + LONG)?.try_into().ok()?;
        u64::try_from(libc::c_long::from_ne_bytes(bytes)).ok()
    };
    let (seconds, nanos) = (long(WORD + 8)?, long(WORD + 8 + LONG)?);
    Some(Duration::new(seconds, u32::try_from(nanos).ok()?))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_datagram_carries_its_source_and_the_moment_of_its_coming() {
        for here in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(socket) = UdpSocket::bind(here) else { continue };
            let source = socket.local_addr().expect("an address");
            let mut bytes = [0; 16];
            socket.send_to(b"no stamp", source).expect("sent");
            let received = receive(&socket, &mut bytes).expect("comes");
            assert_eq!(received, Received { length: 8, source, at: None });
            stamp_arrivals(&socket).expect("asked for");
            let since_1970 = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let before = since_1970().expect("after 1970");
            socket.send_to(b"stamped", source).expect("sent");
            let received = receive(&socket, &mut bytes).expect("comes");
            // The kernel begins to stamp a moment after the first socket asked: until then it is
            // the moment of reading.
            let after = since_1970().expect("after 1970");
            assert_eq!((&bytes[..received.length], received.source), (&b"stamped"[..], source));
            let at = received.at.expect("a stamp");
            assert!((before..=after).contains(&at), "{before:?} {at:?} {after:?}");
        }
    }

    #[test]
    fn what_is_not_a_stamp_or_an_address_is_none() {
        assert_eq!(stamp(&[]), None);
        assert_eq!(stamp(&[0; CONTROL_BYTES]), None);
        assert_eq!(address(&[0; ADDRESS_BYTES]), None);
    }
}
