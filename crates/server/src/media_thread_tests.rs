//! A media thread over loopback: what is played, heard, bridged, and what finds no room.

use std::time::Duration;

use media::{ClipId, Codec, PlayId, Repeat, Stream};
use model::Key;
use tokio::sync::mpsc::{Receiver, channel};

use super::*;

const EVENTS: u8 = 101;
const FRAME: usize = 172;

/// A running thread with one loud clip of 200 ms, and what it reports.
fn started() -> (MediaThread, Receiver<Event>, ClipId) {
    let mut catalog = Catalog::new();
    let clip = catalog.add("en/loud", &[8_000; 1_600]);
    let (events, heard) = channel(1_000);
    let (clock, entropy) = (Clock::start(), Entropy::from_u64(1));
    let thread = MediaThread::start(clock, Arc::new(catalog), entropy, events).expect("starts");
    (thread, heard, clip)
}

/// The far end of a call, and an address that was free a moment ago.
fn far_end() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("binds");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
    let free = UdpSocket::bind("127.0.0.1:0").and_then(|other| other.local_addr());
    (socket, free.expect("an address"))
}

fn open(thread: &MediaThread, events: &mut Receiver<Event>, port: PortId, local: SocketAddr) {
    thread.order(Command::Open { port, local }).expect("room");
    assert_eq!(events.blocking_recv(), Some(Event::Opened { port }));
}

fn connect(thread: &MediaThread, port: PortId, remote: SocketAddr) {
    let (codec, payload_type) = (Codec::Pcma, 8);
    let event_payload_type = Some(EVENTS);
    let stream = Stream {
        remote,
        codec,
        payload_type,
        event_payload_type,
        send: true,
        receive: true,
        secure: None,
    };
    thread.order(Command::Connect { port, stream }).expect("room");
}

/// Payload type, sequence number, timestamp and payload of the next packet.
fn packet(socket: &UdpSocket) -> (u8, u16, u32, Vec<u8>) {
    let mut bytes = [0; 2_048];
    let (length, _) = socket.recv_from(&mut bytes).expect("a packet comes");
    let four = |at: usize| bytes[at..at + 4].try_into().expect("four bytes");
    let sequence = u16::from_be_bytes([bytes[2], bytes[3]]);
    (bytes[1] & 0x7f, sequence, u32::from_be_bytes(four(4)), bytes[12..length].to_vec())
}

fn rtp(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, payload_type];
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(timestamp.to_be_bytes());
    bytes.extend(7_u32.to_be_bytes());
    bytes.extend(payload);
    bytes
}

#[test]
fn a_clip_is_played_whole_in_steady_frames() {
    let (thread, mut events, clip) = started();
    let (phone, local) = far_end();
    let (port, play) = (PortId(1), PlayId(9));
    open(&thread, &mut events, port, local);
    connect(&thread, port, phone.local_addr().expect("an address"));
    let (clips, repeat) = (vec![clip], Repeat::Once);
    thread.order(Command::Play { port, play, clips, repeat }).expect("room");

    let first = packet(&phone);
    let loud = |payload: &[u8]| payload.iter().all(|&byte| byte == payload[0] && byte != 0xd5);
    let mut frames = usize::from(loud(&first.3));
    let (mut sequence, mut timestamp) = (first.1, first.2);
    while frames < 10 {
        let (payload_type, next, time, payload) = packet(&phone);
        assert_eq!((payload_type, payload.len()), (8, FRAME - 12));
        assert_eq!(next, sequence.wrapping_add(1));
        // A thread that woke very late leaves whole frames out, and shows it here.
        assert_eq!(time.wrapping_sub(timestamp) % 160, 0);
        (sequence, timestamp) = (next, time);
        frames += usize::from(loud(&payload));
    }
    assert_eq!(events.blocking_recv(), Some(Event::PlayEnded { port, play }));
    assert!(!loud(&packet(&phone).3), "silence after the clip");
    thread.stop();
}

#[test]
fn one_press_of_many_packets_is_one_key() {
    let (thread, mut events, _) = started();
    let (phone, local) = far_end();
    let port = PortId(4);
    open(&thread, &mut events, port, local);
    connect(&thread, port, phone.local_addr().expect("an address"));
    packet(&phone);
    for (sequence, end, duration) in
        [(1, 0, 160), (2, 0, 320), (3, 0x80, 480), (4, 0x80, 480), (5, 0x80, 480_u16)]
    {
        let [high, low] = duration.to_be_bytes();
        let press = rtp(EVENTS, sequence, 16_000, &[5, end | 10, high, low]);
        phone.send_to(&press, local).expect("sent");
    }
    let key = Key::from_event(5).expect("a key");
    assert_eq!(events.blocking_recv(), Some(Event::Key { port, key }));
    phone.send_to(&rtp(8, 6, 16_480, &[0xd5; 160]), local).expect("sent");
    phone.send_to(&[0x80; PACKET_BYTES_MAX + 1], local).expect("sent");
    let two = Key::from_event(2).expect("a key");
    phone.send_to(&rtp(EVENTS, 7, 32_000, &[2, 0x8a, 0, 160]), local).expect("sent");
    assert_eq!(events.blocking_recv(), Some(Event::Key { port, key: two }), "and only then");
    thread.order(Command::Close { port }).expect("room");
    let closed = events.blocking_recv();
    assert!(matches!(closed, Some(Event::Closed { received: 7, .. })), "{closed:?}");
    assert_eq!(thread.counters().oversized.load(Ordering::Relaxed), 1);
    thread.stop();
    UdpSocket::bind(local).expect("the address is free again");
}

#[test]
fn two_bridged_ports_hear_each_other() {
    let (thread, mut events, _) = started();
    let ends = [far_end(), far_end()];
    for (number, (phone, local)) in (1..).zip(&ends) {
        open(&thread, &mut events, PortId(number), *local);
        connect(&thread, PortId(number), phone.local_addr().expect("an address"));
    }
    thread.order(Command::Bridge { one: PortId(1), other: PortId(2) }).expect("room");
    let [(one, one_local), (other, other_local)] = &ends;
    for (phone, local, hears, voice) in
        [(one, one_local, other, 0x11), (other, other_local, one, 0x22)]
    {
        let heard = (1..).any(|sequence: u16| {
            let time = u32::from(sequence) * 160;
            phone.send_to(&rtp(8, sequence, time, &[voice; 160]), local).expect("sent");
            packet(hears).3 == [voice; 160]
        });
        assert!(heard);
    }
    thread.stop();
}

#[test]
fn an_address_in_use_is_an_answer_and_not_the_end() {
    let (thread, mut events, _) = started();
    let (phone, local) = far_end();
    let port = PortId(1);
    let taken = phone.local_addr().expect("an address");
    thread.order(Command::Open { port, local: taken }).expect("room");
    assert_eq!(events.blocking_recv(), Some(Event::OpenFailed { port }));
    open(&thread, &mut events, port, local);
    thread.stop();
}

#[test]
fn events_that_find_no_room_are_counted_and_nobody_waits() {
    let (events, mut heard) = channel(1);
    let (clock, entropy) = (Clock::start(), Entropy::from_u64(1));
    let catalog = Arc::new(Catalog::new());
    let thread = MediaThread::start(clock, catalog, entropy, events).expect("starts");
    let taken = far_end().0;
    let local = taken.local_addr().expect("an address");
    for number in 1..=3 {
        thread.order(Command::Open { port: PortId(number), local }).expect("room");
    }
    let counters = Arc::clone(thread.counters());
    thread.stop();
    let first = Event::OpenFailed { port: PortId(1) };
    assert_eq!(heard.blocking_recv(), Some(first));
    assert_eq!(heard.blocking_recv(), None);
    assert_eq!(counters.events_lost.load(Ordering::Relaxed), 2);
}

#[test]
fn orders_that_find_no_room_are_given_back() {
    let (orders, waiting) = sync_channel(ORDERS_QUEUED_MAX);
    let wake = Arc::new(eventfd(0, EventfdFlags::NONBLOCK).expect("made"));
    let (release, released) = std::sync::mpsc::channel::<()>();
    // A thread that holds its orders and never looks at them.
    let thread = std::thread::spawn(move || {
        let _ = released.recv();
        drop(waiting);
    });
    let thread = MediaThread { orders, wake, thread, counters: Arc::default() };
    let order = |_| thread.order(Command::Stop { port: PortId(1) });
    assert!((0..ORDERS_QUEUED_MAX).all(|n| order(n).is_ok()));
    assert_eq!(order(0), Err(Command::Stop { port: PortId(1) }));
    drop(release);
    thread.stop();
}
