//! A media thread in its steady state asks for no memory: prompts to some callers, a bridge with
//! packets longer than a frame, recorded. Alone in its binary, for the count is the whole
//! process's.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use foreign::Counting;
use media::{Catalog, Codec, Command, Event, PlayId, Repeat, Rtcp, Side, Stream, Tap};
use model::{Entropy, PortId, RecordingId};
use server::clock::Clock;
use server::media::MediaThreads;

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

const CALLERS: u32 = 12;
/// Payload bytes of what the bridged ends send: 60 ms.
const LONG: usize = 480;

/// A far end, its port's address, and the next number that it sends.
struct End {
    phone: UdpSocket,
    local: SocketAddr,
    sent: u16,
}

impl End {
    fn send(&mut self, payload: usize) {
        let mut packet = [0xD5; 12 + LONG];
        let [high, low] = self.sent.to_be_bytes();
        packet[..12].copy_from_slice(&[0x80, 8, high, low, 0, high, low, 0, 0, 0, 0, 7]);
        self.sent = self.sent.wrapping_add(1);
        self.phone.send_to(&packet[..12 + payload], self.local).expect("sent");
    }

    fn hear(&self) -> usize {
        self.phone.recv(&mut [0; 2_048]).expect("a packet comes")
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

fn opened(threads: &mut MediaThreads, clock: Clock, port: PortId) -> End {
    let phone = UdpSocket::bind("127.0.0.1:0").expect("binds");
    phone.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
    let local = free_pair();
    threads.order(clock.mono(), Command::Open { port, local });
    threads.flush(clock.mono());
    assert_eq!(event(threads, clock), Event::Opened { port });
    let stream = Stream {
        remote: phone.local_addr().expect("an address"),
        rtcp: Rtcp::To(phone.local_addr().expect("an address")),
        codec: Codec::Pcma,
        payload_type: 8,
        event_payload_type: Some(101),
        tones: false,
        send: true,
        receive: true,
        secure: None,
    };
    threads.order(clock.mono(), Command::Connect { port, stream });
    End { phone, local, sent: 1 }
}

/// Every caller hears a frame and says one; the bridged ends send each other a long packet.
fn round(callers: &mut [End], bridged: &mut [End; 2]) {
    for end in callers {
        end.send(160);
        end.hear();
    }
    let [one, other] = bridged;
    one.send(LONG);
    other.hear();
    other.send(LONG);
    one.hear();
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
    for number in 1..=CALLERS {
        let port = PortId(number);
        callers.push(opened(&mut threads, clock, port));
        let (play, clips, repeat) = (PlayId(number), vec![clip], Repeat::Forever);
        threads.order(clock.mono(), Command::Play { port, play, clips, repeat });
    }
    let (one, other) = (PortId(CALLERS + 1), PortId(CALLERS + 2));
    let mut bridged = [one, other].map(|port| opened(&mut threads, clock, port));
    threads.order(clock.mono(), Command::Bridge { one, other, on_hold: None });
    for (port, side) in [(one, Side::Left), (other, Side::Right)] {
        let tap = Some(Tap { recording: RecordingId(1), side, since: clock.mono() });
        threads.order(clock.mono(), Command::Tap { port, tap });
    }
    threads.flush(clock.mono());
    // Frames that were sent before the bridge are in the way of the first rounds.
    (0..20).for_each(|_| round(&mut callers, &mut bridged));
    let before = ALLOCATOR.asked();
    (0..100).for_each(|_| round(&mut callers, &mut bridged));
    assert_eq!(ALLOCATOR.asked() - before, 0);
    let pieces = std::iter::from_fn(|| recorded[0].pop().ok()).count();
    assert!(pieces >= 2 * 3 * 100, "both sides were recorded, 20 ms a piece: {pieces}");
    threads.stop();
}
