//! A media thread in its steady state asks for no memory: prompts to some callers, who press keys
//! in their packets and in their voices, SRTP, reports both ways, a bridge with packets longer than
//! a frame that is recorded, one that transcodes, and one that divides packets. Alone in its
//! binary, for the count is the whole process's.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use foreign::Counting;
use media::{
    Catalog, Codec, Command, Event, MasterKey, PlayId, Repeat, Rtcp, Secure, Side, Stream, Suite,
    Tap,
};
use model::{Entropy, PortId, RecordingId};
use server::clock::Clock;
use server::media::MediaThreads;

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

const CALLERS: u32 = 12;
const EVENTS: u8 = 101;
/// Payload bytes of what the bridged ends send: 60 ms.
const LONG: usize = 480;

/// A far end, its port's address, its payload type, the next number that it sends, and how many
/// reports it has heard.
struct End {
    phone: UdpSocket,
    local: SocketAddr,
    kind: u8,
    sent: u16,
    reports: u32,
}

impl End {
    fn send(&mut self, payload: usize) {
        let mut packet = [0xD5; 12 + LONG];
        self.header(self.kind, &mut packet);
        self.phone.send_to(&packet[..12 + payload], self.local).expect("sent");
    }

    fn header(&mut self, kind: u8, packet: &mut [u8]) {
        let [high, low] = self.sent.to_be_bytes();
        packet[..12].copy_from_slice(&[0x80, kind, high, low, 0, high, low, 0, 0, 0, 0, 7]);
        self.sent = self.sent.wrapping_add(1);
    }

    /// A key that is over at once: its first packet and its last.
    fn press(&mut self) {
        let mut packet = [0; 16];
        self.header(EVENTS, &mut packet);
        packet[12..].copy_from_slice(&[5, 0x8A, 1, 64]);
        self.phone.send_to(&packet, self.local).expect("sent");
    }

    /// An empty receiver report, to the port after that of RTP.
    fn report(&self) {
        let to = SocketAddr::new(self.local.ip(), self.local.port() + 1);
        self.phone.send_to(&[0x80, 201, 0, 1, 0, 0, 0, 7], to).expect("sent");
    }

    /// Waits for a packet of sound; reports come by the same socket.
    fn hear(&mut self) -> usize {
        let mut packet = [0; 2_048];
        loop {
            let length = self.phone.recv(&mut packet).expect("a packet comes");
            if !(192..=223).contains(&packet[1]) {
                return length;
            }
            self.reports += 1;
        }
    }
}

/// An even port that was free a moment ago, and the one after it: far from what the system gives to
/// others, and another one each time.
fn free_pair() -> SocketAddr {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % 40).expect("small") * 200;
    loop {
        let step = NEXT.fetch_add(2, std::sync::atomic::Ordering::Relaxed) % 200;
        let pair = [own + step, own + step + 1]
            .map(|port| SocketAddr::from(([127, 6, 0, 1], 20_000 + port)));
        if pair.iter().all(|address| UdpSocket::bind(address).is_ok()) {
            return pair[0];
        }
    }
}

fn event(threads: &mut MediaThreads, clock: Clock) -> Event {
    loop {
        if let Some(event) = threads.event(clock.mono()) {
            return event;
        }
        std::thread::yield_now();
    }
}

fn bound(threads: &mut MediaThreads, clock: Clock, port: PortId) -> SocketAddr {
    let local = free_pair();
    threads.order(clock.mono(), Command::Open { port, local });
    threads.flush(clock.mono());
    assert_eq!(event(threads, clock), Event::Opened { port });
    local
}

/// A port and its far end, of this codec; others say how they differ.
fn opened(
    threads: &mut MediaThreads,
    clock: Clock,
    port: PortId,
    codec: Codec,
    differs: impl FnOnce(&mut Stream),
) -> End {
    let phone = UdpSocket::bind("127.0.0.1:0").expect("binds");
    phone.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
    let local = bound(threads, clock, port);
    let mut stream = plain(phone.local_addr().expect("an address"), codec);
    differs(&mut stream);
    let kind = stream.payload_type;
    threads.order(clock.mono(), Command::Connect { port, stream });
    End { phone, local, kind, sent: 1, reports: 0 }
}

fn plain(remote: SocketAddr, codec: Codec) -> Stream {
    Stream {
        remote,
        rtcp: Rtcp::To(remote),
        codec,
        payload_type: if codec == Codec::G722 { 9 } else { 8 },
        event_payload_type: Some(EVENTS),
        comfort_noise: None,
        packet_ms_max: None,
        tones: false,
        send: true,
        receive: true,
        secure: None,
    }
}

/// Two ports of ours that are each other's far end, over SRTP, and hear music.
fn secured(threads: &mut MediaThreads, clock: Clock, ports: [PortId; 2], music: Command) {
    let locals = ports.map(|port| bound(threads, clock, port));
    let keys = [1, 2].map(|byte| {
        let suite = Suite::AeadAes256Gcm;
        MasterKey::new(suite, &vec![byte; suite.master_length()]).expect("as long as it must be")
    });
    for (at, port) in ports.into_iter().enumerate() {
        let [outgoing, incoming] = [&keys[at], &keys[1 - at]].map(Clone::clone);
        let stream = Stream {
            rtcp: Rtcp::WithRtp,
            secure: Some(Box::new(Secure { outgoing, incoming })),
            ..plain(locals[1 - at], Codec::Pcma)
        };
        threads.order(clock.mono(), Command::Connect { port, stream });
        let Command::Play { play, clips, repeat, .. } = music.clone() else { unreachable!() };
        threads.order(clock.mono(), Command::Play { port, play, clips, repeat });
    }
}

/// Every caller hears a frame and says one, presses a key now and then and reports; the bridged
/// ends send each other a packet, a long one where it may be.
fn round(callers: &mut [End], bridges: &mut [([End; 2], usize)], number: u32) {
    for end in callers {
        end.send(160);
        end.hear();
        if number.is_multiple_of(10) {
            end.press();
            end.report();
        }
    }
    for ([one, other], length) in bridges {
        one.send(*length);
        other.hear();
        other.send(*length);
        one.hear();
    }
}

#[test]
fn nothing_is_allocated_for_a_packet() {
    let mut catalog = Catalog::new();
    let clip = catalog.add("en/loud", &[8_000; 1_600]);
    let (clock, entropy) = (Clock::start(), Entropy::from_u64(1));
    let (pieces, mut recorded) = server::recorder::rings(1);
    let mut threads = MediaThreads::start_recorded(clock, &Arc::new(catalog), &entropy, 1, pieces)
        .expect("they start");
    let mut callers = Vec::new();
    let music =
        |port| Command::Play { port, play: PlayId(1), clips: vec![clip], repeat: Repeat::Forever };
    for number in 1..=CALLERS {
        let port = PortId(number);
        // Some press in their voices.
        let spoken = |stream: &mut Stream| {
            stream.tones = number.is_multiple_of(2);
            stream.event_payload_type = stream.event_payload_type.filter(|_| !stream.tones);
        };
        callers.push(opened(&mut threads, clock, port, Codec::Pcma, spoken));
        threads.order(clock.mono(), music(port));
    }
    let secure = [100, 101].map(PortId);
    secured(&mut threads, clock, secure, music(PortId(0)));
    let mut bridges = Vec::new();
    let short = |stream: &mut Stream| stream.packet_ms_max = Some(20);
    for (pair, (codec, length)) in
        (0..).zip([(Codec::Pcma, LONG), (Codec::G722, 160), (Codec::Pcma, LONG)])
    {
        let [one, other] = [1, 2].map(|side| PortId(CALLERS + 2 * pair + side));
        let both = [(one, Codec::Pcma), (other, codec)].map(|(port, codec)| {
            opened(&mut threads, clock, port, codec, |stream| {
                if pair == 2 {
                    short(stream);
                }
            })
        });
        threads.order(clock.mono(), Command::Bridge { one, other, on_hold: None });
        bridges.push((both, length));
    }
    for (port, side) in [(PortId(CALLERS + 1), Side::Left), (PortId(CALLERS + 2), Side::Right)] {
        let tap = Some(Tap { recording: RecordingId(1), side, since: clock.mono() });
        threads.order(clock.mono(), Command::Tap { port, tap });
    }
    threads.flush(clock.mono());
    // Frames that were sent before the bridge are in the way of the first rounds.
    (0..20).for_each(|number| round(&mut callers, &mut bridges, number));
    let before = ALLOCATOR.asked();
    (0..130).for_each(|number| round(&mut callers, &mut bridges, number));
    assert_eq!(ALLOCATOR.asked() - before, 0);

    let pieces = std::iter::from_fn(|| recorded[0].pop().ok()).count();
    assert!(pieces >= 2 * 3 * 100, "both sides were recorded, 20 ms a piece: {pieces}");
    let reports: u32 = callers.iter().map(|end| end.reports).sum();
    assert!(reports > 0, "the ports reported");
    threads.order(clock.mono(), Command::Close { port: secure[0] });
    threads.flush(clock.mono());
    let mut keys = 0;
    let received = loop {
        match event(&mut threads, clock) {
            Event::Key { .. } => keys += 1,
            Event::Closed { received, .. } => break received,
            other => panic!("{other:?} has no place in this story"),
        }
    };
    assert!(keys >= 10 * CALLERS / 2, "keys were heard: {keys}");
    assert!(received >= 50, "packets of SRTP were heard: {received}");
    assert_eq!(threads.counters().not_authentic.load(Ordering::Relaxed), 0);
    threads.stop();
}
