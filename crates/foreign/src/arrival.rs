//! When a datagram came, as the kernel saw it (SO_TIMESTAMPNS), and not as the process that reads
//! it later.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Room for the one control message that is asked for, with space to spare.
const CONTROL_BYTES: usize = 64;

/// Aligned as control messages are.
#[repr(C, align(8))]
struct Control([u8; CONTROL_BYTES]);

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

/// Receives a datagram: its length, and when it came, since 1970 by the system's clock. `None` when
/// the socket was not asked for stamps.
///
/// # Errors
/// As `recvmsg`.
#[allow(unsafe_code)]
pub fn receive(socket: &UdpSocket, bytes: &mut [u8]) -> io::Result<(usize, Option<Duration>)> {
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut control = Control([0; CONTROL_BYTES]);
    // SAFETY: a msghdr of zeros is one without anything in it.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = CONTROL_BYTES as _;
    // SAFETY: the file is open, and all that the message points at outlives the call.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    // What the kernel did not write is zeros still, and no stamp.
    Ok((length, stamp(&control.0)))
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
    fn a_datagram_carries_the_moment_of_its_coming() {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("binds");
        let here = socket.local_addr().expect("an address");
        let mut bytes = [0; 16];
        socket.send_to(b"no stamp", here).expect("sent");
        assert_eq!(receive(&socket, &mut bytes).expect("comes"), (8, None));
        stamp_arrivals(&socket).expect("asked for");
        let since_1970 = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let before = since_1970().expect("after 1970");
        socket.send_to(b"stamped", here).expect("sent");
        let (length, at) = receive(&socket, &mut bytes).expect("comes");
        // The kernel begins to stamp a moment after the first socket asked: until then it is the
        // moment of reading.
        let after = since_1970().expect("after 1970");
        assert_eq!(&bytes[..length], b"stamped");
        let at = at.expect("a stamp");
        assert!((before..=after).contains(&at), "{before:?} {at:?} {after:?}");
    }

    #[test]
    fn what_is_not_a_stamp_is_none() {
        assert_eq!(stamp(&[]), None);
        assert_eq!(stamp(&[0; CONTROL_BYTES]), None);
    }
}
