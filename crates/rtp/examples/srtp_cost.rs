//! What SRTP costs for one packet of 20 ms of G.711: `cargo xtask bench srtp`.
//!
//! Batches of packets are protected, and batches of protected ones made readable, one stream after
//! the other; the cheapest batch counts, since whatever else runs on the machine can only add.
#![allow(clippy::disallowed_types, reason = "it measures the machine and is no part of it")]
#![allow(clippy::disallowed_macros, reason = "it prints figures")]

use std::hint::black_box;
use std::time::Instant;

use rtp::Header;
use rtp::srtp::{GROWTH_BYTES_MAX, Incoming, MasterKey, Outgoing, Suite};

const BATCHES: usize = 200;
const PACKETS: u16 = 2_000;
const PAYLOAD: usize = 160;

type Buffer = [u8; 12 + PAYLOAD + GROWTH_BYTES_MAX];

fn main() {
    println!("{PAYLOAD} bytes of payload; {BATCHES} batches of {PACKETS} packets; ns per packet");
    println!("{:24} {:>8} {:>10} {:>10}", "suite", "protect", "unprotect", "refuse");
    for suite in Suite::ALL {
        let [protect, unprotect, refuse] = measure(suite);
        println!("{:24} {protect:8} {unprotect:10} {refuse:10}", format!("{suite:?}"));
    }
    let copy = cheapest(|| {
        let packets = packets();
        let begin = Instant::now();
        let copied = packets.clone();
        (begin, black_box(copied).len())
    });
    println!("{:24} {copy:8}", "a copy, for comparison");
}

fn packets() -> Vec<Buffer> {
    (0..PACKETS)
        .map(|sequence| {
            let timestamp = u32::from(sequence) * 160;
            let header = Header { payload_type: 8, marker: false, sequence, timestamp, ssrc: 7 };
            let mut buffer = [0xD5; 12 + PAYLOAD + GROWTH_BYTES_MAX];
            buffer[..12].copy_from_slice(&header.to_bytes());
            buffer
        })
        .collect()
}

/// Protecting, making readable, and refusing what is forged.
fn measure(suite: Suite) -> [u128; 3] {
    let key = |byte| MasterKey::new(suite, &vec![byte; suite.master_length()]).expect("its length");
    let protected = |packets: &mut Vec<Buffer>| {
        let mut outgoing = Outgoing::new(&key(1));
        let begin = Instant::now();
        let mut length = 0;
        for packet in packets {
            length = outgoing.protect(packet, 12 + PAYLOAD).expect("its number is new");
        }
        (begin, length)
    };
    let protect = cheapest(|| protected(&mut packets()));
    let heard_by = |incoming: &mut Incoming| {
        let mut packets = packets();
        let (_, length) = protected(&mut packets);
        let begin = Instant::now();
        let taken =
            packets.iter_mut().filter_map(|packet| incoming.unprotect(&mut packet[..length]).ok());
        (begin, taken.count())
    };
    let unprotect = cheapest(|| {
        let heard = heard_by(&mut Incoming::new(&key(1)));
        assert_eq!(heard.1, usize::from(PACKETS));
        heard
    });
    let refuse = cheapest(|| {
        let heard = heard_by(&mut Incoming::new(&key(2)));
        assert_eq!(heard.1, 0);
        heard
    });
    [protect, unprotect, refuse]
}

/// Nanoseconds per packet of the cheapest batch; `batch` says when it began.
fn cheapest(mut batch: impl FnMut() -> (Instant, usize)) -> u128 {
    let times = (0..BATCHES).map(|_| {
        let (begin, result) = batch();
        let spent = begin.elapsed().as_nanos();
        black_box(result);
        spent / u128::from(PACKETS)
    });
    times.min().expect("there are batches")
}
