//! The stage of the stories: a machine, a clock, and what it gave as text.
//!
//! A packet is written `21 p1 > :4001 A s0 t0 M 160*d5`: at 21 ms, from port 1, to that port of the
//! far end, A-law, first sequence number and timestamp of that port, marked, 160 bytes 0xd5.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use audio::Law;
use model::{Key, Mono};
use rtp::{EventPayload, Header, Packet};

use super::super::*;
use crate::{Codec, FRAME_SAMPLES, PlayId, Reading, Repeat, Rtcp, Stream};

/// The telephone-event payload type of the far end of A-law ports.
pub(super) const EVENTS_A: u8 = 101;
/// The telephone-event payload type of the far end of µ-law ports.
pub(super) const EVENTS_MU: u8 = 96;

pub(super) const ONE: PortId = PortId(1);
pub(super) const TWO: PortId = PortId(2);

pub(super) struct Stage {
    pub(super) media: Media,
    ms: u64,
    lines: Vec<String>,
    /// What was sent, in bytes.
    payloads: Vec<(PortId, Vec<u8>)>,
    /// The first sequence number and timestamp of each port.
    first: BTreeMap<PortId, (u16, u32)>,
    /// Whether silence frames are written down.
    pub(super) silence_is_written: bool,
    /// Sequence number and timestamp of each far end.
    far: BTreeMap<PortId, (u16, u32)>,
    /// RTCP that was sent: when, from which port, where, what.
    pub(super) controls: Vec<(u64, PortId, SocketAddr, Vec<u8>)>,
    /// How the roof was told to read each port.
    pub(super) read: BTreeMap<PortId, Reading>,
}

pub(super) fn at(ms: u64) -> Mono {
    Mono::from_nanos(ms * 1_000_000)
}

/// Clips of known bytes in A-law: `greeting` 50 frames of aa, `short` 1.5 frames of bb, `music`
/// three frames of c1, c2, c3.
fn catalog() -> Catalog {
    let mut catalog = Catalog::new();
    let g711 = catalog.g711().clone();
    let clip = |byte, length| vec![g711.decode(Law::A, byte); length];
    catalog.add("greeting", &clip(0xAA, 50 * FRAME_SAMPLES));
    catalog.add("short", &clip(0xBB, FRAME_SAMPLES * 3 / 2));
    catalog.add("music", &[clip(0xC1, 160), clip(0xC2, 160), clip(0xC3, 160)].concat());
    catalog
}

/// The far end of a port: 127.0.0.1, port 4000 and the number of the port.
pub(super) fn far_end(port: PortId) -> SocketAddr {
    let number = 4_000 + u16::try_from(port.0 % 20_000).expect("it is small");
    SocketAddr::from(([127, 0, 0, 1], number))
}

/// Where the far end of a port hears RTCP.
pub(super) fn far_control(port: PortId) -> SocketAddr {
    let far = far_end(port);
    SocketAddr::new(far.ip(), far.port() + 20_001)
}

pub(super) fn stream(port: PortId, codec: Codec) -> Stream {
    let (payload_type, events) = match codec {
        Codec::Pcma => (8, EVENTS_A),
        Codec::Pcmu => (0, EVENTS_MU),
        Codec::G722 => (9, EVENTS_A),
    };
    Stream {
        remote: far_end(port),
        rtcp: Rtcp::To(far_control(port)),
        codec,
        payload_type,
        event_payload_type: Some(events),
        comfort_noise: None,
        packet_ms_max: None,
        tones: false,
        send: true,
        receive: true,
        secure: None,
    }
}

impl Stage {
    pub(super) fn new() -> Stage {
        Stage::playing(catalog())
    }

    /// A stage with these clips, whose silence is not written.
    pub(super) fn of(clips: &[(&str, &[i16])]) -> Stage {
        let mut catalog = Catalog::new();
        for (name, samples) in clips {
            catalog.add(name, samples);
        }
        Stage { silence_is_written: false, ..Stage::playing(catalog) }
    }

    fn playing(catalog: Catalog) -> Stage {
        Stage {
            payloads: Vec::new(),
            media: Media::new(Arc::new(catalog), Entropy::from_u64(1)),
            ms: 0,
            lines: Vec::new(),
            first: BTreeMap::new(),
            silence_is_written: true,
            far: BTreeMap::new(),
            controls: Vec::new(),
            read: BTreeMap::new(),
        }
    }

    /// A stage with port one connected in A-law, its lines forgotten, silence not written.
    pub(super) fn with_one() -> Stage {
        let mut stage = Stage::new();
        stage.silence_is_written = false;
        stage.connect(ONE, Codec::Pcma);
        stage
    }

    /// A stage with ports one (A-law) and two (µ-law) connected.
    pub(super) fn with_two() -> Stage {
        let mut stage = Stage::with_one();
        stage.connect(TWO, Codec::Pcmu);
        stage
    }

    /// Opens, binds and connects a port.
    pub(super) fn connect(&mut self, port: PortId, codec: Codec) {
        self.open(port);
        self.order(Command::Connect { port, stream: stream(port, codec) });
        self.lines.clear();
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.ms
    }

    pub(super) fn open(&mut self, port: PortId) {
        let local = SocketAddr::from(([127, 0, 0, 1], 10_000));
        self.order(Command::Open { port, local });
        self.media.handle_bound(at(self.ms), port, true);
        self.drain();
    }

    pub(super) fn order(&mut self, command: Command) {
        self.media.handle_command(at(self.ms), command);
        self.drain();
    }

    pub(super) fn play(&mut self, port: PortId, play: u32, clips: &[&str], repeat: Repeat) {
        let clips = clips.iter().map(|name| self.media.catalog.find(name).expect("a clip"));
        let clips = clips.collect();
        self.order(Command::Play { port, play: PlayId(play), clips, repeat });
    }

    /// Goes on to `ms`, handling each deadline on its way at its moment.
    pub(super) fn run_to(&mut self, ms: u64) {
        while let Some(next) = self.media.deadline().filter(|next| next.at <= at(ms)) {
            self.ms = next.at.as_nanos() / 1_000_000;
            self.media.handle_timeout(next.at);
            self.drain();
        }
        self.ms = ms;
    }

    /// The roof sleeps until `ms` and then handles what was due.
    pub(super) fn sleep_to(&mut self, ms: u64) {
        self.ms = ms;
        self.media.handle_timeout(at(ms));
        self.drain();
    }

    /// The far end of `port` sends a packet, 20 ms after its last one.
    pub(super) fn hear(&mut self, port: PortId, payload_type: u8, payload: &[u8]) {
        let (sequence, timestamp) = self.far.get(&port).copied().unwrap_or((100, 5_000));
        self.far.insert(port, (sequence.wrapping_add(1), timestamp.wrapping_add(160)));
        let header = Header { payload_type, marker: false, sequence, timestamp, ssrc: port.0 };
        self.hear_from(port, far_end(port), &header, payload);
    }

    /// The far end of `port` says that `key` is held (or, with `end`, over); the event began at
    /// `timestamp`.
    pub(super) fn hear_key(&mut self, port: PortId, kind: u8, key: char, began: u32, end: bool) {
        let (sequence, next) = self.far.get(&port).copied().unwrap_or((100, 5_000));
        self.far.insert(port, (sequence.wrapping_add(1), next.wrapping_add(160)));
        let event = Key::from_char(key).expect("a key").event();
        let payload = EventPayload { event, end, volume: 10, duration: 480 }.to_bytes();
        let header =
            Header { payload_type: kind, marker: false, sequence, timestamp: began, ssrc: port.0 };
        self.hear_from(port, far_end(port), &header, &payload);
    }

    pub(super) fn hear_from(
        &mut self,
        port: PortId,
        source: SocketAddr,
        header: &Header,
        payload: &[u8],
    ) {
        let bytes = [&header.to_bytes()[..], payload].concat();
        self.media.handle_packet(at(self.ms), port, source, &bytes);
        self.drain();
    }

    /// Another machine has the port for a moment, and gives it back.
    pub(super) fn pass_on(&mut self, port: PortId) {
        let now = at(self.ms);
        let mut other = Media::new(Arc::clone(&self.media.catalog), Entropy::from_u64(2));
        other.take(now, self.media.give(now, port).expect("it is bound"));
        assert_eq!(self.media.give(now, port).map(|guest| guest.port()), None);
        self.media.take(now, other.give(now, port).expect("it came"));
        assert_eq!((other.ports(), other.deadline()), (0, None));
        self.drain();
    }

    /// What happened since the last look.
    pub(super) fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// Goes on to `ms`; the payloads that `port` sent since the last look.
    pub(super) fn payloads(&mut self, port: PortId, ms: u64) -> Vec<Vec<u8>> {
        self.run_to(ms);
        let sent = std::mem::take(&mut self.payloads);
        sent.into_iter().filter(|(from, _)| *from == port).map(|(_, payload)| payload).collect()
    }

    /// Closes every port and checks that nothing is left.
    pub(super) fn close(mut self, ports: &[PortId]) {
        for &port in ports {
            self.order(Command::Close { port });
        }
        assert_eq!(self.media.ports(), 0);
        assert_eq!(self.media.deadline(), None);
        assert_eq!(self.media.poll(), None);
    }

    fn drain(&mut self) {
        loop {
            let Some(output) = self.media.poll() else { return };
            let line = match output {
                Output::Bind { port, local } => format!("p{} bind {local}", port.0),
                Output::Read { port, when } => {
                    self.read.insert(port, when);
                    continue;
                }
                Output::Release { port } => format!("p{} release", port.0),
                Output::Heard(heard) => format!(
                    "{} {:?} {:?} at {}: {}",
                    heard.recording,
                    heard.side,
                    heard.codec,
                    heard.at,
                    runs(heard.bytes)
                ),
                Output::Event(event) => told(&event),
                Output::Control { port, to, bytes } => {
                    self.controls.push((self.ms, port, to, bytes.to_vec()));
                    continue;
                }
                Output::Packet { port, to, bytes } if (192..=223).contains(&bytes[1]) => {
                    self.controls.push((self.ms, port, to, bytes.to_vec()));
                    continue;
                }
                Output::Packet { port, to, bytes } => {
                    let payload = Packet::read(&bytes).expect("we send RTP").payload;
                    self.payloads.push((port, payload.to_vec()));
                    let first = &mut self.first;
                    match packet(first, self.silence_is_written, port, to, &bytes) {
                        Some(line) => line,
                        None => continue,
                    }
                }
            };
            self.lines.push(format!("{} {line}", self.ms));
        }
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::Opened { port } => format!("p{} opened", port.0),
        Event::OpenFailed { port } => format!("p{} open failed", port.0),
        Event::Key { port, key } => format!("p{} key {key}", port.0),
        Event::PlayEnded { port, play } => format!("p{} ended {}", port.0, play.0),
        Event::Judged { port, answerer } => format!("p{} judged {answerer:?}", port.0),
        Event::Pressed { port } => format!("p{} pressed", port.0),
        Event::Quiet { port, spoke: true } => format!("p{} quiet, having spoken", port.0),
        Event::Quiet { port, spoke: false } => format!("p{} quiet, not a word", port.0),
        Event::Silent { port } => format!("p{} silent", port.0),
        Event::Lost { port } => format!("p{} lost", port.0),
        Event::Closed { port, sent, received, quality: _ } => {
            format!("p{} closed sent {sent} received {received}", port.0)
        }
    }
}

fn packet(
    firsts: &mut BTreeMap<PortId, (u16, u32)>,
    silence_is_written: bool,
    port: PortId,
    to: SocketAddr,
    bytes: &[u8],
) -> Option<String> {
    let packet = Packet::read(bytes).expect("we send RTP");
    let header = packet.header;
    let first = *firsts.entry(port).or_insert((header.sequence, header.timestamp));
    let content = match header.payload_type {
        0 | 8 | 9 => runs(packet.payload),
        _ => match EventPayload::read(packet.payload) {
            Some(event) => {
                format!("event {}{}", event.event, if event.end { " end" } else { "" })
            }
            None => "?".to_owned(),
        },
    };
    let is_silence = matches!(content.as_str(), "160*d5" | "160*ff" | "160*fc");
    if is_silence && !silence_is_written {
        return None;
    }
    let kind = match header.payload_type {
        0 => "mu".to_owned(),
        8 => "A".to_owned(),
        9 => "g722".to_owned(),
        other => format!("pt{other}"),
    };
    let mark = if header.marker { " M" } else { "" };
    Some(format!(
        "p{} > :{} {kind} s{} t{}{mark} {content}",
        port.0,
        to.port(),
        header.sequence.wrapping_sub(first.0),
        header.timestamp.wrapping_sub(first.1),
    ))
}

/// Bytes as runs, `80*bb 80*d5`.
fn runs(bytes: &[u8]) -> String {
    let runs: Vec<String> = bytes
        .chunk_by(|one, other| one == other)
        .map(|run| format!("{}*{:02x}", run.len(), run[0]))
        .collect();
    runs.join(" ")
}
