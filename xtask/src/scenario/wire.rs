//! Listens to every UDP datagram of one scenario's addresses, as the far ends receive them.
//!
//! A raw socket gets a copy of what is delivered on this machine, so SIPp need not be asked what it
//! saw, and its media, which it does not look into, can be listened to.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use socket2::{Domain, Protocol, Socket, Type};

use crate::pcap::Datagram;

/// Most datagrams of one scenario; what comes later is not kept. Four streams for three minutes.
const DATAGRAMS_MAX: usize = 60_000;
/// How often the end of listening is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// A running ear.
pub struct Ear {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Datagram>>,
}

/// The socket that hears everything; fails without the right to open it.
pub fn open() -> std::io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP))
}

impl Ear {
    /// Listens to datagrams to addresses that begin with the three numbers `network`.
    pub fn listen(network: [u8; 3]) -> Result<Ear> {
        let mut socket = open().context("opening a raw socket")?;
        socket.set_read_timeout(Some(LOOK))?;
        // Room for a moment in which this thread does not run.
        let _ = socket.set_recv_buffer_size(4 << 20);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let begun = Instant::now();
            let mut heard = Vec::new();
            let mut buffer = vec![0; 65_536];
            while !stopped.load(Ordering::Relaxed) {
                let Ok(length) = socket.read(&mut buffer) else { continue };
                let at_us = begun.elapsed().as_micros() as u64;
                let Some(datagram) = datagram(at_us, &buffer[..length]) else { continue };
                let ours = datagram.target.ip().octets()[..3] == network;
                if ours && heard.len() < DATAGRAMS_MAX {
                    heard.push(datagram);
                }
            }
            heard
        });
        Ok(Ear { stop, thread })
    }

    /// What was heard.
    pub fn stop(self) -> Vec<Datagram> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the ear does not panic")
    }
}

/// An IPv4 packet with UDP in it, as a raw socket gives it.
pub(crate) fn datagram(at_us: u64, packet: &[u8]) -> Option<Datagram> {
    let header = usize::from(packet.first()? & 0x0F) * 4;
    let (ip, udp) = packet.split_at_checked(header)?;
    let address = |at: usize| {
        let octets: [u8; 4] = ip.get(at..at + 4)?.try_into().ok()?;
        Some(Ipv4Addr::from(octets))
    };
    let port = |at: usize| Some(u16::from_be_bytes(udp.get(at..at + 2)?.try_into().ok()?));
    Some(Datagram {
        at_us,
        source: SocketAddrV4::new(address(12)?, port(0)?),
        target: SocketAddrV4::new(address(16)?, port(2)?),
        payload: udp.get(8..)?.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcap;

    #[test]
    fn a_packet_of_a_raw_socket_is_the_datagram_that_was_sent() {
        let sent = Datagram {
            at_us: 0,
            source: "127.7.1.2:5060".parse().expect("an address"),
            target: "127.7.1.1:5060".parse().expect("an address"),
            payload: b"OPTIONS".to_vec(),
        };
        let capture = pcap::bytes(std::slice::from_ref(&sent));
        assert_eq!(datagram(0, &capture[24 + 16 + 14..]), Some(sent));
        assert_eq!(datagram(0, &[0x4F, 1, 2]), None);
        assert_eq!(datagram(0, &[]), None);
    }
}
