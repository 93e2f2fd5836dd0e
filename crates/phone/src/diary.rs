//! The far end's own record of what crossed the wire and what was heard: what tests believe.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Key, Mono, Now};

use crate::desk::{CallHandle, Ending};
use crate::wire::Received;
use crate::{text, tone, wav};

/// Most messages that are kept; later ones are only counted.
pub const MESSAGES_MAX: usize = 50_000;
/// Most calls that are recorded in the life of a phone; more are refused with 503.
pub const CALLS_RECORDED_MAX: usize = 200_000;
/// Most Call-IDs whose INVITEs are counted.
pub const INVITES_MAX: usize = 200_000;
/// Most keys kept of one call, each way.
pub const KEYS_RECORDED_MAX: usize = 1_000;
/// How many messages back an identical one is still called a retransmission.
const AGAIN_LOOKBACK: usize = 512;
/// A frame whose mean square is not above this is near silence: 50, squared, of 32767.
const SOUND_MEAN_SQUARE: u64 = 2_500;
/// Longest text kept of one message.
const TEXT_BYTES_MAX: usize = 8_192;
/// Most transactions told apart of one Call-ID.
const BRANCHES_MAX: usize = 64;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the phone.
    In,
    /// From the phone.
    Out,
}

/// One SIP message.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When.
    pub at: Now,
    /// Which way.
    pub way: Way,
    /// The other side.
    pub peer: SocketAddr,
    /// The first line, literally.
    pub start: String,
    /// The Call-ID.
    pub call_id: String,
    /// The CSeq, literally.
    pub cseq: String,
    /// The user part of From.
    pub from: Option<String>,
    /// The user part of To.
    pub to: Option<String>,
    /// The user part of P-Asserted-Identity.
    pub asserted: Option<String>,
    /// Headers whose name begins with `X-`.
    pub extra: Vec<(String, String)>,
    /// True when it carries a session description.
    pub sdp: bool,
    /// True when the same bytes went the same way shortly before.
    pub again: bool,
    /// What rsip could not read of it: `message` (all), or the header's name. Only of messages
    /// received.
    pub objections: Vec<&'static str>,
    /// The whole message, cut at a limit.
    pub text: String,
    fingerprint: u64,
}

/// The INVITEs received under one Call-ID, re-INVITEs left out.
#[derive(Debug, Clone)]
pub struct Invites {
    /// The user part of the Request-URI.
    pub dialled: Option<String>,
    /// When the first came.
    pub first: Now,
    /// Transactions: 1 for one dial, however often it was retransmitted.
    pub transactions: u32,
    /// Datagrams, retransmissions included.
    pub datagrams: u32,
    branches: BTreeSet<String>,
}

/// Who began a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The phone.
    Caller,
    /// The peer.
    Callee,
}

/// The second 200 of a call that was answered twice, and what its caller did about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fork {
    /// Its ACK came.
    pub acknowledged: bool,
    /// Its BYE came.
    pub ended: bool,
}

/// A key and its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// When the first packet of the key came (or went).
    pub at: Mono,
    /// Which key.
    pub key: Key,
}

/// Samples by their place in time, 8 per millisecond from the beginning of the talk.
#[derive(Debug, Clone, Default)]
pub struct Track {
    samples: Vec<i16>,
    limit: usize,
    cut: u64,
}

impl Track {
    fn new(limit: usize) -> Track {
        Track { samples: Vec::new(), limit, cut: 0 }
    }

    /// What is kept.
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// How many samples lay beyond the limit and were not kept.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// Puts `samples` at place `at`; gaps before are silence.
    pub(crate) fn place(&mut self, at: usize, samples: &[i16]) {
        let end = at.saturating_add(samples.len());
        let kept_end = end.min(self.limit);
        let kept = kept_end.saturating_sub(at);
        self.cut += (samples.len() - kept) as u64;
        if kept == 0 {
            return;
        }
        if self.samples.len() < kept_end {
            self.samples.resize(kept_end, 0);
        }
        self.samples[at..kept_end].copy_from_slice(&samples[..kept]);
    }
}

/// One call as the phone lived it.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// Its handle.
    pub call: CallHandle,
    /// Its Call-ID.
    pub call_id: String,
    /// Who began it.
    pub side: Side,
    /// The user part of the Request-URI.
    pub dialled: Option<String>,
    /// The user part of From.
    pub from: Option<String>,
    /// The user part of P-Asserted-Identity.
    pub asserted: Option<String>,
    /// When the INVITE went or came.
    pub began: Now,
    /// When 180 went or came.
    pub ringing: Option<Now>,
    /// When the dialog was confirmed: the 200 (caller), its ACK (callee).
    pub answered: Option<Now>,
    /// When and how it ended.
    pub ended: Option<(Now, Ending)>,
    /// The second 200, when the phone answered twice.
    pub fork: Option<Fork>,
    /// When media began: place zero of both tracks.
    pub talk: Option<Mono>,
    /// What was heard, placed by RTP timestamp.
    pub heard: Track,
    /// What was said.
    pub said: Track,
    /// Keys heard, one per press.
    pub keys_heard: Vec<Heard>,
    /// Keys pressed.
    pub keys_pressed: Vec<Heard>,
    /// How long something was heard: the length of all frames that were not near silence. Counted
    /// beyond the limit of the track too.
    pub sound: Duration,
    /// When the last such frame came.
    pub last_sound: Option<Mono>,
    /// RTP packets heard.
    pub packets_heard: u64,
    /// RTP packets sent, those "lost" on purpose left out.
    pub packets_sent: u64,
}

impl CallRecord {
    /// What was heard from one moment to another, as far as it is kept.
    pub fn heard_between(&self, from: Mono, to: Mono) -> &[i16] {
        between(&self.heard, self.talk, from, to)
    }

    /// What was said from one moment to another, as far as it is kept.
    pub fn said_between(&self, from: Mono, to: Mono) -> &[i16] {
        between(&self.said, self.talk, from, to)
    }

    /// True when more than half of the energy heard between the two moments is a tone of `hz`.
    pub fn heard_tone(&self, hz: f64, from: Mono, to: Mono) -> bool {
        tone::goertzel(self.heard_between(from, to), hz) > 0.5
    }

    /// The keys heard, as text.
    pub fn keys_text(&self) -> String {
        self.keys_heard.iter().map(|heard| heard.key.as_char()).collect()
    }

    /// A WAV file: left what the phone heard, right what it said.
    pub fn to_stereo_wav(&self) -> Vec<u8> {
        wav::stereo(self.heard.samples(), self.said.samples())
    }

    pub(crate) fn note_heard(&mut self, at: Mono, place: usize, samples: &[i16]) {
        self.heard.place(place, samples);
        let energy: u64 = samples.iter().map(|&s| u64::from(s.unsigned_abs()).pow(2)).sum();
        if energy > samples.len() as u64 * SOUND_MEAN_SQUARE {
            self.sound += Duration::from_micros(samples.len() as u64 * 125);
            self.last_sound = Some(at);
        }
    }

    pub(crate) fn note_key(keys: &mut Vec<Heard>, at: Mono, key: Key) {
        if keys.len() < KEYS_RECORDED_MAX {
            keys.push(Heard { at, key });
        }
    }
}

/// The place in a track of a moment.
pub(crate) fn place_of(talk: Mono, at: Mono) -> usize {
    usize::try_from(at.since(talk).as_micros() / 125).unwrap_or(usize::MAX)
}

fn between(track: &Track, talk: Option<Mono>, from: Mono, to: Mono) -> &[i16] {
    let Some(talk) = talk else { return &[] };
    let end = place_of(talk, to).min(track.samples.len());
    let start = place_of(talk, from).min(end);
    &track.samples[start..end]
}

/// The record of one phone.
#[derive(Debug, Clone)]
pub struct Diary {
    name: String,
    track_limit: usize,
    messages: Vec<Entry>,
    unkept: u64,
    calls: Vec<CallRecord>,
    invites: BTreeMap<String, Invites>,
}

impl Diary {
    pub(crate) fn new(name: &str, record_max: Duration) -> Diary {
        Diary {
            name: name.to_owned(),
            track_limit: usize::try_from(record_max.as_millis()).unwrap_or(usize::MAX / 8) * 8,
            messages: Vec::new(),
            unkept: 0,
            calls: Vec::new(),
            invites: BTreeMap::new(),
        }
    }

    /// Every message kept, in order.
    pub fn messages(&self) -> &[Entry] {
        &self.messages
    }

    /// How many messages came or went after the limit was reached.
    pub fn unkept(&self) -> u64 {
        self.unkept
    }

    /// Every call, in order.
    pub fn calls(&self) -> &[CallRecord] {
        &self.calls
    }

    /// One call.
    pub fn call(&self, call: CallHandle) -> Option<&CallRecord> {
        self.calls.get(call.0 as usize)
    }

    /// The INVITEs received, by Call-ID. More than one `transactions` under one Call-ID, or more
    /// than one Call-ID for one promise, is a customer dialled twice.
    pub fn invites(&self) -> &BTreeMap<String, Invites> {
        &self.invites
    }

    /// The Call-IDs under which `user` was dialled, in the order of their names.
    pub fn dialled(&self, user: &str) -> Vec<&str> {
        let of_user = |invites: &&Invites| invites.dialled.as_deref() == Some(user);
        self.invites.iter().filter(|(_, i)| of_user(i)).map(|(id, _)| id.as_str()).collect()
    }

    /// Received messages that rsip could not read whole, with what it objected to.
    pub fn objections(&self) -> Vec<(&str, &[&'static str])> {
        let disliked = self.messages.iter().filter(|entry| !entry.objections.is_empty());
        disliked.map(|entry| (entry.start.as_str(), entry.objections.as_slice())).collect()
    }

    /// The messages as text, one a line: seconds since the roof started, way, peer, first line.
    pub fn ladder(&self) -> String {
        self.ladder_of(|_| true)
    }

    /// The messages of one Call-ID as text.
    pub fn ladder_of_call(&self, call_id: &str) -> String {
        self.ladder_of(|entry| entry.call_id == call_id)
    }

    fn ladder_of(&self, wanted: impl Fn(&Entry) -> bool) -> String {
        let mut text = String::new();
        for entry in self.messages.iter().filter(|entry| wanted(entry)) {
            let seconds = format!("{:.3}", entry.at.mono.as_nanos() as f64 / 1e9);
            let arrow = if entry.way == Way::Out { "-->" } else { "<--" };
            let line = entry.start.trim_end_matches(" SIP/2.0").trim_start_matches("SIP/2.0 ");
            let method = match entry.start.starts_with("SIP/2.0") {
                true => entry.cseq.split(' ').next_back().map(|m| format!(" ({m})")),
                false => None,
            };
            let _ = write!(text, "{seconds:<8} {} {arrow} {}  ", self.name, entry.peer);
            let _ = write!(text, "{line}{}", method.unwrap_or_default());
            let _ = write!(text, "{}", if entry.sdp { " +sdp" } else { "" });
            let _ = writeln!(text, "{}", if entry.again { " (again)" } else { "" });
        }
        text
    }

    pub(crate) fn is_full(&self) -> bool {
        self.calls.len() >= CALLS_RECORDED_MAX
    }

    pub(crate) fn open(&mut self, now: Now, side: Side, first: &Received) -> CallHandle {
        let call = CallHandle(u32::try_from(self.calls.len()).expect("bounded far below"));
        self.calls.push(CallRecord {
            call,
            call_id: first.call_id().to_owned(),
            side,
            dialled: text::user_of(first.uri()),
            from: user_in(first, "From"),
            asserted: user_in(first, "P-Asserted-Identity"),
            began: now,
            ringing: None,
            answered: None,
            ended: None,
            fork: None,
            talk: None,
            heard: Track::new(self.track_limit),
            said: Track::new(self.track_limit),
            keys_heard: Vec::new(),
            keys_pressed: Vec::new(),
            sound: Duration::ZERO,
            last_sound: None,
            packets_heard: 0,
            packets_sent: 0,
        });
        call
    }

    pub(crate) fn record(&mut self, call: CallHandle) -> &mut CallRecord {
        self.calls.get_mut(call.0 as usize).expect("a handle is made with its record")
    }

    pub(crate) fn note(
        &mut self,
        now: Now,
        way: Way,
        peer: SocketAddr,
        message: &Received,
        bytes: &[u8],
    ) {
        if way == Way::In && message.method() == Some("INVITE") && message.tag("To").is_none() {
            self.count_invite(now, message);
        }
        if self.messages.len() >= MESSAGES_MAX {
            self.unkept += 1;
            return;
        }
        let fingerprint = fingerprint(way, bytes);
        let recent = self.messages.iter().rev().take(AGAIN_LOOKBACK);
        let again = recent.map(|entry| entry.fingerprint).any(|other| other == fingerprint);
        let extra = message.headers.iter().filter(|(name, _)| {
            name.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("X-"))
        });
        self.messages.push(Entry {
            at: now,
            way,
            peer,
            start: message.start.clone(),
            call_id: message.call_id().to_owned(),
            cseq: message.get("CSeq").unwrap_or("").to_owned(),
            from: user_in(message, "From"),
            to: user_in(message, "To"),
            asserted: user_in(message, "P-Asserted-Identity"),
            extra: extra.cloned().collect(),
            sdp: message.sdp().is_some(),
            again,
            objections: message.objections.clone(),
            text: String::from_utf8_lossy(&bytes[..bytes.len().min(TEXT_BYTES_MAX)]).into_owned(),
            fingerprint,
        });
    }

    fn count_invite(&mut self, now: Now, message: &Received) {
        let id = message.call_id();
        if !self.invites.contains_key(id) && self.invites.len() >= INVITES_MAX {
            return;
        }
        let invites = self.invites.entry(id.to_owned()).or_insert_with(|| Invites {
            dialled: text::user_of(message.uri()),
            first: now,
            transactions: 0,
            datagrams: 0,
            branches: BTreeSet::new(),
        });
        invites.datagrams += 1;
        if invites.branches.len() < BRANCHES_MAX
            && invites.branches.insert(message.branch().to_owned())
        {
            invites.transactions += 1;
        }
    }
}

fn user_in(message: &Received, header: &str) -> Option<String> {
    text::user_of(text::uri_of(message.get(header)?))
}

/// FNV-1a over the bytes and the way.
fn fingerprint(way: Way, bytes: &[u8]) -> u64 {
    let first = if way == Way::In { 1 } else { 2 };
    bytes.iter().fold(0xcbf2_9ce4_8422_2325 ^ first, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn a_track_keeps_no_more_than_its_limit() {
        let mut track = Track::new(10);
        track.place(4, &[1; 4]);
        track.place(8, &[2; 4]);
        track.place(usize::MAX, &[3; 4]);
        assert_eq!(track.samples(), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
        assert_eq!(track.cut(), 6);
    }

    #[test]
    fn messages_beyond_the_limit_are_counted_and_invites_still_told_apart() {
        let mut diary = Diary::new("bob", Duration::ZERO);
        let bytes = b"INVITE sip:bob@h SIP/2.0\r\nVia: x;branch=z9\r\nTo: <sip:bob@h>\r\n\
            Call-ID: 1\r\n\r\n";
        let message = wire::read_lines(bytes).unwrap();
        let peer = "127.0.0.1:5060".parse().unwrap();
        for _ in 0..MESSAGES_MAX + 3 {
            diary.note(Now::default(), Way::In, peer, &message, bytes);
        }
        assert_eq!((diary.messages().len(), diary.unkept()), (MESSAGES_MAX, 3));
        let invites = &diary.invites()["1"];
        assert_eq!((invites.transactions, invites.datagrams as usize), (1, MESSAGES_MAX + 3));
        assert!(!diary.messages()[0].again && diary.messages()[1].again);
        assert_eq!(diary.dialled("bob"), ["1"]);
    }

    #[test]
    fn keys_beyond_the_limit_are_not_kept() {
        let mut keys = Vec::new();
        for _ in 0..KEYS_RECORDED_MAX + 1 {
            CallRecord::note_key(&mut keys, Mono::ZERO, Key::HASH);
        }
        assert_eq!(keys.len(), KEYS_RECORDED_MAX);
    }
}
