//! A DNS server of one zone, written by hand: datagrams and streams on one port of loopback.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;

/// What is said of a name and a type.
#[derive(Clone)]
enum Said {
    /// These records, each as type, TTL and data.
    Records(Vec<(u16, u32, Vec<u8>)>),
    /// The name does not exist.
    Unknown,
    /// No answer.
    Silence,
}

/// `NAME TYPE DATA…`, one record a line. `NAME TYPE !silent` is never answered, and
/// `NAME TYPE !long` says in a datagram that the answer does not fit. Other names do not exist.
pub struct Zone {
    pub at: SocketAddr,
}

const TTL: u32 = 300;

impl Zone {
    pub fn new(text: &str) -> Zone {
        let udp = UdpSocket::bind("127.0.0.1:0").expect("binds");
        let at = udp.local_addr().expect("an address");
        let tcp = TcpListener::bind(at).expect("the same port for streams");
        let text: Arc<str> = text.into();
        let (by_udp, by_tcp) = (Arc::clone(&text), text);
        // Both live until the process ends.
        std::thread::spawn(move || {
            let mut bytes = [0; 2_048];
            while let Ok((length, peer)) = udp.recv_from(&mut bytes) {
                if let Some(answer) = answer(&by_udp, &bytes[..length], true) {
                    let _ = udp.send_to(&answer, peer);
                }
            }
        });
        std::thread::spawn(move || {
            for stream in tcp.incoming() {
                let mut stream = stream.expect("a connection");
                let mut length = [0; 2];
                while stream.read_exact(&mut length).is_ok() {
                    let mut question = vec![0; u16::from_be_bytes(length).into()];
                    stream.read_exact(&mut question).expect("a question");
                    let Some(answer) = answer(&by_tcp, &question, false) else { continue };
                    let length = u16::try_from(answer.len()).expect("short").to_be_bytes();
                    stream.write_all(&[&length[..], &answer].concat()).expect("answered");
                }
            }
        });
        Zone { at }
    }
}

fn answer(zone: &str, question: &[u8], datagram: bool) -> Option<Vec<u8>> {
    let (name, end) = name_at(question, 12);
    let kind = u16::from_be_bytes([question[end], question[end + 1]]);
    let (said, long) = look_up(zone, &name, kind);
    let (records, code) = match said {
        Said::Records(_) if long && datagram => (Vec::new(), 0x8380_u16),
        Said::Records(records) => (records, 0x8180),
        Said::Unknown => (Vec::new(), 0x8183),
        Said::Silence => return None,
    };
    let mut bytes = question[..2].to_vec();
    bytes.extend(code.to_be_bytes());
    let count = u16::try_from(records.len()).expect("few");
    for number in [1, count, 0, 0] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(&question[12..end + 4]);
    for (kind, ttl, data) in records {
        bytes.extend(encoded(&name));
        bytes.extend([kind.to_be_bytes(), 1_u16.to_be_bytes()].concat());
        bytes.extend(ttl.to_be_bytes());
        bytes.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        bytes.extend(data);
    }
    Some(bytes)
}

fn look_up(zone: &str, name: &str, kind: u16) -> (Said, bool) {
    let of_kind = |word: &str| match word {
        "A" => 1,
        "AAAA" => 28,
        "SRV" => 33,
        "NAPTR" => 35,
        _ => panic!("{word} is no type of these tests"),
    };
    let (mut records, mut known, mut long) = (Vec::new(), false, false);
    for line in zone.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [of, kind_word, data @ ..] = &words[..] else { continue };
        known |= *of == name;
        if *of != name || of_kind(kind_word) != kind {
            continue;
        }
        match data {
            ["!silent"] => return (Said::Silence, false),
            ["!long"] => long = true,
            data => records.push((kind, TTL, record(data))),
        }
    }
    (if known { Said::Records(records) } else { Said::Unknown }, long)
}

/// The data of an A, SRV or NAPTR record.
fn record(data: &[&str]) -> Vec<u8> {
    let number = |text: &str| text.parse::<u16>().expect("a number").to_be_bytes();
    let string =
        |text: &str| [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
    match data {
        [address] => address.parse::<Ipv4Addr>().expect("an address").octets().to_vec(),
        [priority, weight, port, target] => {
            let numbers = [number(priority), number(weight), number(port)].concat();
            [numbers, encoded(target)].concat()
        }
        [order, preference, flags, service, replacement] => [
            [number(order), number(preference)].concat(),
            [string(flags), string(service), string("")].concat(),
            encoded(replacement),
        ]
        .concat(),
        _ => panic!("{data:?} is no record of these tests"),
    }
}

fn name_at(bytes: &[u8], mut at: usize) -> (String, usize) {
    let mut labels = Vec::new();
    while bytes[at] != 0 {
        let length = usize::from(bytes[at]);
        labels.push(String::from_utf8_lossy(&bytes[at + 1..=at + length]).to_lowercase());
        at += 1 + length;
    }
    (labels.join("."), at + 1)
}

fn encoded(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).expect("short"));
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}
