//! The RFCs' vectors, and what no order of packets and no forger may do.

use proptest::prelude::*;

use super::derivation::{SessionKeys, derive};
use super::transform::Transform;
use super::*;

mod orders;
mod vectors;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hexadecimal digit") as u8;
    digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// A master key of this suite, made of one byte.
fn master(suite: Suite, byte: u8) -> MasterKey {
    MasterKey::new(suite, &vec![byte; suite.master_length()]).expect("it is as long as it must be")
}

/// A packet of `payload` after a plain header.
fn packet(ssrc: u32, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let header = crate::Header { payload_type: 8, marker: false, sequence, timestamp: 7, ssrc };
    [&header.to_bytes()[..], payload].concat()
}

/// Protects a copy of `plain`.
fn protected(outgoing: &mut Outgoing, plain: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut buffer = [plain, &[0; GROWTH_BYTES_MAX]].concat();
    let end = outgoing.protect(&mut buffer, plain.len())?;
    buffer.truncate(end);
    Ok(buffer)
}

/// As [`protected`], for RTCP.
fn protected_rtcp(outgoing: &mut Outgoing, plain: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut buffer = [plain, &[0; GROWTH_BYTES_MAX]].concat();
    let end = outgoing.protect_rtcp(&mut buffer, plain.len())?;
    buffer.truncate(end);
    Ok(buffer)
}

/// Unprotects a copy of `bytes`.
fn opened(incoming: &mut Incoming, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut buffer = bytes.to_vec();
    let result = incoming.unprotect(&mut buffer);
    if result.is_err() {
        assert_eq!(buffer, bytes, "a refused packet is left as it came");
    }
    buffer.truncate(result?);
    Ok(buffer)
}

/// As [`opened`], for RTCP.
fn opened_rtcp(incoming: &mut Incoming, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut buffer = bytes.to_vec();
    let end = incoming.unprotect_rtcp(&mut buffer)?;
    buffer.truncate(end);
    Ok(buffer)
}

fn any_suite() -> impl Strategy<Value = Suite> {
    prop::sample::select(&Suite::ALL[..])
}
