//! An ear at the far ends: it says when something passes that a kill is aimed at, and remembers
//! who heard which of the two sentences that matter. SIP and RTP are read byte by byte here;
//! nothing is shared with the engine.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::Ipv4Addr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::g711::Law;
use crate::music::sine;
use crate::pcap::Datagram;
use crate::scenario::wire;
use crate::wav::RATE;

/// "We will call you back", as a tone.
pub const PROMISED_HZ: f64 = 1_500.0;
/// "Callbacks are not available", as a tone.
pub const REFUSED_HZ: f64 = 2_100.0;
/// Packets of a tone after which it was heard: 40 ms.
const HEARD_PACKETS: u32 = 2;
/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// A moment on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// A caller's key 2 ends: the menu opens.
    CallerOpensMenu,
    /// A caller's key 1 ends: the request is about to be written.
    CallerConfirms,
    /// An agent answers a callback.
    AgentAnswers,
    /// An agent's key 1 ends: the dial is about to be written.
    AgentAccepts,
    /// The INVITE to an agent.
    AgentInvited,
    /// The INVITE to a customer.
    CustomerInvited,
    /// A customer's 200: the bridge is about to be written.
    CustomerAnswers,
    /// A customer's refusal.
    CustomerRefuses,
    /// A customer's BYE: the end is about to be written.
    CustomerHangsUp,
    /// Our BYE to a caller: the promise was spoken.
    CallerDismissed,
}

/// All of them.
pub const AIMS: &[Aim] = &[
    Aim::CallerOpensMenu,
    Aim::AgentAnswers,
    Aim::CallerConfirms,
    Aim::AgentAccepts,
    Aim::AgentInvited,
    Aim::CustomerInvited,
    Aim::CustomerAnswers,
    Aim::CustomerRefuses,
    Aim::CustomerHangsUp,
    Aim::CallerDismissed,
];

/// What a caller's media port heard, in packets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tones {
    promised: u32,
    refused: u32,
}

/// What was heard, by the media port of the caller.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    tones: BTreeMap<u16, Tones>,
}

impl Heard {
    /// Whether that port heard the promise.
    pub fn promised(&self, port: u16) -> bool {
        self.tones.get(&port).is_some_and(|tones| tones.promised >= HEARD_PACKETS)
    }

    /// Whether that port heard that callbacks are not available.
    pub fn refused(&self, port: u16) -> bool {
        self.tones.get(&port).is_some_and(|tones| tones.refused >= HEARD_PACKETS)
    }
}

#[derive(Default)]
struct Shared {
    /// The aim, how many of it are let pass, and who is told.
    armed: Option<(Aim, u64, SyncSender<()>)>,
    heard: Heard,
    stop: bool,
}

/// A running ear.
pub struct Ear {
    shared: Arc<Mutex<Shared>>,
    thread: JoinHandle<()>,
}

impl Ear {
    /// Listens in the network `127.K.N.`.
    pub fn listen(network: &str) -> Result<Ear> {
        let octets = format!("{network}0").parse::<Ipv4Addr>()?.octets();
        let mut socket = wire::open().context("opening a raw socket")?;
        socket.set_read_timeout(Some(LOOK))?;
        let _ = socket.set_recv_buffer_size(4 << 20);
        let shared = Arc::new(Mutex::new(Shared::default()));
        let told = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                let read = socket.read(&mut buffer);
                let mut shared = told.lock().expect("nobody panics with it");
                if shared.stop {
                    return;
                }
                let Ok(length) = read else { continue };
                let Some(datagram) = wire::datagram(0, &buffer[..length]) else { continue };
                if datagram.target.ip().octets()[..3] == octets[..3] {
                    shared.hear(&datagram);
                }
            }
        });
        Ok(Ear { shared, thread })
    }

    /// Says a word when `aim` passes, after `pass` others.
    pub fn arm(&self, aim: Aim, pass: u64) -> Receiver<()> {
        let (say, said) = sync_channel(1);
        self.shared.lock().expect("the ear does not panic").armed = Some((aim, pass, say));
        said
    }

    /// What was heard so far.
    pub fn heard(&self) -> Heard {
        self.shared.lock().expect("the ear does not panic").heard.clone()
    }

    /// Forgets what was heard.
    pub fn forget(&self) {
        self.shared.lock().expect("the ear does not panic").heard = Heard::default();
    }

    /// Ends it: all that was heard.
    pub fn stop(self) -> Heard {
        self.shared.lock().expect("the ear does not panic").stop = true;
        let heard = self.heard();
        self.thread.join().expect("the ear does not panic");
        heard
    }
}

impl Shared {
    fn hear(&mut self, datagram: &Datagram) {
        if let Some((aim, pass, say)) = &mut self.armed
            && is(*aim, datagram)
        {
            if *pass == 0 {
                let _ = say.try_send(());
                self.armed = None;
            } else {
                *pass -= 1;
            }
        }
        if ends(datagram) != (1, 2) {
            return;
        }
        if let Some(hz) = tone(&datagram.payload) {
            let tones = self.heard.tones.entry(datagram.target.port()).or_default();
            if hz == PROMISED_HZ { tones.promised += 1 } else { tones.refused += 1 }
        }
    }
}

/// The last parts of the addresses of who sends and who receives.
fn ends(datagram: &Datagram) -> (u8, u8) {
    (datagram.source.ip().octets()[3], datagram.target.ip().octets()[3])
}

fn is(aim: Aim, datagram: &Datagram) -> bool {
    let (bytes, ends) = (&datagram.payload, ends(datagram));
    let begins = |text: &str| bytes.starts_with(text.as_bytes());
    match aim {
        Aim::CallerOpensMenu => ends == (2, 1) && key_ends(bytes, 2),
        Aim::CallerConfirms => ends == (2, 1) && key_ends(bytes, 1),
        Aim::AgentAnswers => {
            let invite = String::from_utf8_lossy(bytes).contains(" INVITE\r\n");
            ends == (3, 1) && begins("SIP/2.0 200") && invite
        }
        Aim::AgentAccepts => ends == (3, 1) && key_ends(bytes, 1),
        Aim::AgentInvited => ends == (1, 3) && begins("INVITE "),
        Aim::CustomerInvited => ends == (1, 4) && begins("INVITE "),
        Aim::CustomerAnswers => ends == (4, 1) && begins("SIP/2.0 200"),
        Aim::CustomerRefuses => ends == (4, 1) && begins("SIP/2.0 486"),
        Aim::CustomerHangsUp => ends == (4, 1) && begins("BYE "),
        Aim::CallerDismissed => ends == (1, 2) && begins("BYE "),
    }
}

/// A packet that ends an event of this key (RFC 4733 §2.3).
fn key_ends(packet: &[u8], key: u8) -> bool {
    let event = packet.get(12..14).filter(|_| packet[1] == 101);
    event.is_some_and(|event| event[0] == key && event[1] & 0x80 != 0)
}

/// Which of the two tones a packet of A-law carries.
fn tone(packet: &[u8]) -> Option<f64> {
    let payload = packet.get(12..).filter(|_| packet[0] >> 6 == 2 && packet[1] & 0x7F == 8)?;
    let samples: Vec<f64> = payload.iter().map(|code| f64::from(Law::A.decode(*code))).collect();
    let all = samples.iter().map(|s| s * s).sum::<f64>() / samples.len().max(1) as f64;
    let is = |hz: f64| {
        let (mut along, mut across) = (0.0, 0.0);
        for (n, sample) in samples.iter().enumerate() {
            let turns = n as f64 * hz / RATE as f64;
            along += sample * sine(turns);
            across += sample * sine(turns + 0.25);
        }
        let length = samples.len() as f64;
        2.0 * (along * along + across * across) / (length * length) > 0.8 * all
    };
    [PROMISED_HZ, REFUSED_HZ].into_iter().find(|hz| all > 1_000_000.0 && is(*hz))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(hz: f64) -> Vec<u8> {
        let coder = crate::g711::Coder::new(Law::A);
        let wave = |n: usize| 6_000.0 * sine(n as f64 * hz / RATE as f64);
        let mut packet = vec![0x80, 8, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9];
        packet.extend((0..160).map(|n| coder.encode(wave(n) as i16)));
        packet
    }

    #[test]
    fn the_two_sentences_are_told_apart_and_from_everything_else() {
        assert_eq!(tone(&packet(PROMISED_HZ)), Some(PROMISED_HZ));
        assert_eq!(tone(&packet(REFUSED_HZ)), Some(REFUSED_HZ));
        assert_eq!(tone(&packet(700.0)), None);
        assert_eq!(tone(&packet(0.0)), None);
        assert_eq!(tone(b"INVITE sip:"), None);
    }

    #[test]
    fn a_kill_is_aimed_at_one_moment_and_lets_the_first_ones_pass() {
        let datagram = |source: &str, payload: &[u8]| Datagram {
            at_us: 0,
            source: source.parse().expect("an address"),
            target: "127.7.200.1:5060".parse().expect("an address"),
            payload: payload.to_vec(),
        };
        let (say, said) = sync_channel(1);
        let mut shared =
            Shared { armed: Some((Aim::CustomerHangsUp, 1, say)), ..Shared::default() };
        shared.hear(&datagram("127.7.200.2:5060", b"BYE sip:"));
        shared.hear(&datagram("127.7.200.4:5060", b"BYE sip:"));
        assert!(said.try_recv().is_err());
        shared.hear(&datagram("127.7.200.4:5060", b"BYE sip:"));
        assert!(said.try_recv().is_ok());
        let mut key = vec![0x80, 101, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9, 1, 0x0A, 0, 160];
        assert!(!is(Aim::CallerConfirms, &datagram("127.7.200.2:6000", &key)));
        key[13] |= 0x80;
        assert!(is(Aim::CallerConfirms, &datagram("127.7.200.2:6000", &key)));
    }
}
