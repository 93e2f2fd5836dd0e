//! What a message costs by the number of its header fields: `cargo xtask bench headers`.
//!
//! Up to the limit it is read; beyond it is refused with 513, and what that costs must not grow
//! faster than the message. The cheapest of many readings counts, since whatever else runs on the
//! machine can only add.
#![allow(clippy::disallowed_types, reason = "it measures the machine and is no part of it")]
#![allow(clippy::disallowed_macros, reason = "it prints figures")]

use std::hint::black_box;
use std::time::Instant;

use sip_msg::{COMMAS_MAX, HEADER_BYTES_MAX, HEADERS_MAX, Message, parse};

const READINGS: usize = 400;
/// The header fields that every request must have, as many as `message` writes.
const NEEDED: usize = 6;

fn main() {
    println!("at most {HEADERS_MAX} header fields are read, of {HEADER_BYTES_MAX} bytes each");
    println!("{:>8} {:>8} {:>10} {:>10}  answer", "fields", "bytes", "us", "ns/field");
    for fields in [16, 64, HEADERS_MAX, HEADERS_MAX + 1, 1_000, 4_000, 16_000] {
        let line = if fields > 4_000 { "X:y\n" } else { "X: yyyyyyyy\r\n" };
        show(fields, &message(&line.repeat(fields - NEEDED)));
    }
    println!("values of a list, in fields as long as may be");
    for values in [100, COMMAS_MAX, 4_000] {
        show(values, &message(&lists(values)));
    }
}

/// A request with these further fields.
fn message(fields: &str) -> Vec<u8> {
    format!(
        "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
         From: <sip:a@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n{fields}\r\n"
    )
    .into_bytes()
}

/// Record-Route with so many values.
fn lists(values: usize) -> String {
    const VALUE: &str = "<sip:h;lr>,";
    let of_a_field = (HEADER_BYTES_MAX - 20) / VALUE.len();
    let mut text = String::new();
    let mut left = values;
    while left > 0 {
        let now = left.min(of_a_field);
        left -= now;
        text.push_str(&format!("Record-Route: {}<sip:h;lr>\r\n", VALUE.repeat(now - 1)));
    }
    text
}

fn show(count: usize, bytes: &[u8]) {
    let mut cheapest = u128::MAX;
    for _ in 0..READINGS {
        let begin = Instant::now();
        let read = parse(black_box(bytes));
        let routes = match &read {
            Ok(Message::Request(request)) => request.headers.record_routes().map_or(0, |r| r.len()),
            Ok(Message::Response(_)) | Err(_) => 0,
        };
        let spent = begin.elapsed().as_nanos();
        black_box((read.is_ok(), routes));
        cheapest = cheapest.min(spent);
    }
    let answer = parse(bytes).map_or_else(|error| error.status.to_string(), |_| "read".to_owned());
    let (us, each) = (cheapest as f64 / 1_000.0, cheapest / count as u128);
    println!("{count:8} {:8} {us:10.1} {each:10}  {answer}", bytes.len());
}
