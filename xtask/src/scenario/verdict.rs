//! What the far ends saw and heard, compared with what they must have.
//!
//! SIP is read here line by line, and media by the decoder of `g711`: nothing is shared with the
//! engine.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{Expect, FAR_ENDS, Hears, Parties, Scenario};
use crate::g711::Law;
use crate::music::sine;
use crate::pcap::Datagram;
use crate::wav::RATE;

/// Samples of one judgement about a sound: 100 ms.
const WINDOW: usize = RATE / 10;
/// Sound under this level is silence: -50 dBFS.
const SILENCE_RMS: f64 = 104.0;
/// The share of a window's power that a tone must have to be what is heard.
const TONE_SHARE: f64 = 0.8;

/// What was on the wire, by far end.
pub struct Wire<'a> {
    scenario: &'a Scenario,
    network: &'a str,
    datagrams: &'a [Datagram],
}

impl<'a> Wire<'a> {
    /// The datagrams of a run in the network `127.K.`.
    pub fn new(scenario: &'a Scenario, network: &'a str, datagrams: &'a [Datagram]) -> Wire<'a> {
        Wire { scenario, network, datagrams }
    }

    /// Everything that is not as expected.
    pub fn complaints(&self) -> Vec<String> {
        let expect: &Expect = &self.scenario.file.expect;
        let mut complaints = Vec::new();
        for (who, _) in FAR_ENDS {
            let wanted = expect.invites.get(*who).copied().unwrap_or(0);
            let calls: BTreeSet<&str> =
                self.invites(who).into_iter().filter_map(|i| header(i, "Call-ID")).collect();
            if calls.len() != wanted {
                complaints.push(format!("the {who} got {} INVITEs, not {wanted}", calls.len()));
            }
        }
        if let Some(wanted) = &expect.customer_invite {
            for invite in self.invites("customer") {
                let found = parties(invite);
                if found.as_ref() != Some(wanted) {
                    complaints
                        .push(format!("the customer's INVITE names {found:?}, not {wanted:?}"));
                }
            }
        }
        complaints.extend(expect.hears.iter().filter_map(|hears| self.unheard(hears)));
        complaints
    }

    /// What a far end heard, as samples: its one longest stream.
    pub fn heard(&self, who: &str) -> Vec<i16> {
        let address = self.scenario.address(self.network, who);
        let mut streams: BTreeMap<(u16, u32), BTreeMap<u32, Vec<i16>>> = BTreeMap::new();
        for datagram in self.datagrams {
            if datagram.target.ip().to_string() != address {
                continue;
            }
            if let Some((source, at, samples)) = audio(&datagram.payload) {
                let stream = streams.entry((datagram.target.port(), source)).or_default();
                stream.insert(at, samples);
            }
        }
        let longest = streams.into_values().max_by_key(BTreeMap::len).unwrap_or_default();
        longest.into_values().flatten().collect()
    }

    fn invites(&self, who: &str) -> Vec<&'a str> {
        let address = self.scenario.address(self.network, who);
        let texts = self.datagrams.iter().filter(|d| d.target.ip().to_string() == address);
        texts
            .filter_map(|datagram| std::str::from_utf8(&datagram.payload).ok())
            .filter(|text| text.starts_with("INVITE "))
            .collect()
    }

    fn unheard(&self, hears: &Hears) -> Option<String> {
        let found = match hears.hz {
            Some(hz) => seconds_of_tone(&self.heard(&hears.who), hz),
            None => seconds_of_sound(&self.heard(&hears.who)),
        };
        let what = hears.hz.map_or("something".to_owned(), |hz| format!("{hz} Hz"));
        (found < hears.seconds).then(|| {
            format!("the {} heard {what} for {found:.1} s, not {}", hears.who, hears.seconds)
        })
    }
}

/// The source, the timestamp and the samples of an RTP packet of G.711.
fn audio(packet: &[u8]) -> Option<(u32, u32, Vec<i16>)> {
    let word = |at: usize| Some(u32::from_be_bytes(packet.get(at..at + 4)?.try_into().ok()?));
    if packet.first()? >> 6 != 2 {
        return None;
    }
    let law = Law::of(packet.get(1)? & 0x7F)?;
    let samples = packet.get(12..)?.iter().map(|code| law.decode(*code)).collect();
    Some((word(8)?, word(4)?, samples))
}

fn seconds_of_sound(samples: &[i16]) -> f64 {
    let loud = samples.chunks_exact(WINDOW).filter(|window| power(window) > SILENCE_RMS.powi(2));
    loud.count() as f64 * WINDOW as f64 / RATE as f64
}

fn seconds_of_tone(samples: &[i16], hz: f64) -> f64 {
    let tones = samples.chunks_exact(WINDOW).filter(|window| {
        let all = power(window);
        all > SILENCE_RMS.powi(2) && power_at(window, hz) > TONE_SHARE * all
    });
    tones.count() as f64 * WINDOW as f64 / RATE as f64
}

fn power(window: &[i16]) -> f64 {
    window.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / window.len() as f64
}

/// The power of one frequency: the window multiplied by a sine and a cosine of it.
fn power_at(window: &[i16], hz: f64) -> f64 {
    let (mut along, mut across) = (0.0, 0.0);
    for (n, sample) in window.iter().enumerate() {
        let turns = n as f64 * hz / RATE as f64;
        along += f64::from(*sample) * sine(turns);
        across += f64::from(*sample) * sine(turns + 0.25);
    }
    let length = window.len() as f64;
    2.0 * (along * along + across * across) / (length * length)
}

fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

fn parties(invite: &str) -> Option<Parties> {
    let user = |text: &str| {
        let from = text.find("sip:")? + 4;
        let uri = &text[from..];
        Some(uri[..uri.find('@')?].to_owned())
    };
    Some(Parties {
        to: user(invite.lines().next()?)?,
        from: user(header(invite, "From")?)?,
        asserted: user(header(invite, "P-Asserted-Identity").unwrap_or("sip:nobody@"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, level: f64) -> Vec<i16> {
        let wave = |n: usize| level * sine(n as f64 * hz / RATE as f64);
        (0..RATE).map(|n| wave(n) as i16).collect()
    }

    #[test]
    fn a_tone_is_heard_and_not_taken_for_another() {
        let agent = tone(700.0, 5_000.0);
        assert!((seconds_of_tone(&agent, 700.0) - 1.0).abs() < 0.01);
        assert!(seconds_of_tone(&agent, 1_100.0) < 0.01);
        assert!(seconds_of_tone(&tone(700.0, 50.0), 700.0) < 0.01, "too soft to be heard");
        assert!((seconds_of_sound(&agent) - 1.0).abs() < 0.01);
        assert!(seconds_of_sound(&tone(700.0, 50.0)) < 0.01);
    }

    #[test]
    fn music_is_not_taken_for_a_tone() {
        let music = crate::music::music();
        assert!(seconds_of_tone(&music, 700.0) < 0.5);
        assert!(seconds_of_tone(&music, 1_100.0) < 0.5);
    }

    #[test]
    fn the_parties_of_an_invite_are_its_users() {
        let invite = "INVITE sip:+33199001234@127.0.0.1 SIP/2.0\r\nFROM: \"a\" <sip:+1@b>;tag=c\r\n\
                      P-Asserted-Identity: <sip:+2@b>\r\n\r\n";
        let found = parties(invite).expect("parties");
        assert_eq!(
            found,
            Parties { to: "+33199001234".into(), from: "+1".into(), asserted: "+2".into() }
        );
    }

    #[test]
    fn audio_of_another_kind_is_not_listened_to() {
        let mut packet = vec![0x80, 8, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9];
        packet.extend([0xD5; 160]);
        assert_eq!(audio(&packet), Some((9, 160, vec![8; 160])));
        packet[1] = 101;
        assert_eq!(audio(&packet), None);
        assert_eq!(audio(b"INVITE sip:"), None);
        assert_eq!(audio(&[0x80]), None);
    }
}
