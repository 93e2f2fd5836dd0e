//! Media threads over loopback: what is played, heard, bridged, and what finds no room.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use media::{ClipId, Codec, PlayId, Repeat, Rtcp, Stream};
use model::Key;

use super::shard::PACKET_BYTES_MAX;
use super::*;

const EVENTS: u8 = 101;
const FRAME: usize = 172;

/// Running threads with one loud clip of 200 ms.
struct Stage {
    threads: MediaThreads,
    clock: Clock,
    catalog: Arc<Catalog>,
    clip: ClipId,
}

impl Stage {
    fn new(threads: usize) -> Stage {
        let mut catalog = Catalog::new();
        let clip = catalog.add("en/loud", &[8_000; 1_600]);
        let (clock, entropy) = (Clock::start(), Entropy::from_u64(1));
        let catalog = Arc::new(catalog);
        let threads = MediaThreads::start(clock, &catalog, &entropy, threads);
        Stage { threads: threads.expect("they start"), clock, catalog, clip }
    }

    fn order(&mut self, command: Command) {
        self.threads.order(self.clock.mono(), command);
        self.threads.flush(self.clock.mono());
    }

    /// The next event, waiting for it.
    fn event(&mut self) -> Event {
        loop {
            let now = self.clock.mono();
            if let Some(event) = self.threads.event(now) {
                return event;
            }
            self.threads.flush(now);
            assert!(!self.threads.is_broken(now), "nothing is told any more");
            std::thread::yield_now();
        }
    }

    /// How often each thread has gone round.
    fn rounds(&self) -> Vec<u64> {
        let threads = self.threads.threads.iter();
        threads.map(|thread| thread.pulse.rounds().load(Ordering::Relaxed)).collect()
    }

    fn open(&mut self, port: PortId, local: SocketAddr) {
        self.order(Command::Open { port, local });
        assert_eq!(self.event(), Event::Opened { port });
    }

    fn connect(&mut self, port: PortId, remote: SocketAddr) {
        let stream = Stream {
            remote,
            rtcp: Rtcp::To(SocketAddr::from(([127, 0, 0, 1], 9))),
            codec: Codec::Pcma,
            payload_type: 8,
            event_payload_type: Some(EVENTS),
            comfort_noise: None,
            packet_ms_max: None,
            tones: false,
            send: true,
            receive: true,
            secure: None,
        };
        self.order(Command::Connect { port, stream });
    }

    /// Two connected ports and their far ends.
    fn two(&mut self) -> [(UdpSocket, SocketAddr); 2] {
        let ends = [far_end(), far_end()];
        for (number, (phone, local)) in (1..).zip(&ends) {
            self.open(PortId(number), *local);
            self.connect(PortId(number), phone.local_addr().expect("an address"));
        }
        ends
    }
}

/// The far end of a call, and an address that was free a moment ago.
fn far_end() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("binds");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
    (socket, free_pair())
}

/// An even port that was free a moment ago, and the one after it: far from what the system gives to
/// others, and another one each time.
pub(super) fn free_pair() -> SocketAddr {
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
    let mut stage = Stage::new(1);
    let (phone, local) = far_end();
    let (port, play) = (PortId(1), PlayId(9));
    stage.open(port, local);
    stage.connect(port, phone.local_addr().expect("an address"));
    let (clips, repeat) = (vec![stage.clip], Repeat::Once);
    stage.order(Command::Play { port, play, clips, repeat });

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
    assert_eq!(stage.event(), Event::PlayEnded { port, play });
    assert!(!loud(&packet(&phone).3), "silence after the clip");
    stage.threads.stop();
}

#[test]
fn one_press_of_many_packets_is_one_key() {
    let mut stage = Stage::new(1);
    let (phone, local) = far_end();
    let port = PortId(4);
    stage.open(port, local);
    stage.connect(port, phone.local_addr().expect("an address"));
    packet(&phone);
    for (sequence, end, duration) in
        [(1, 0, 160), (2, 0, 320), (3, 0x80, 480), (4, 0x80, 480), (5, 0x80, 480_u16)]
    {
        let [high, low] = duration.to_be_bytes();
        let press = rtp(EVENTS, sequence, 16_000, &[5, end | 10, high, low]);
        phone.send_to(&press, local).expect("sent");
    }
    let key = Key::from_event(5).expect("a key");
    assert_eq!(stage.event(), Event::Key { port, key });
    phone.send_to(&rtp(8, 6, 16_480, &[0xd5; 160]), local).expect("sent");
    phone.send_to(&[0x80; PACKET_BYTES_MAX + 1], local).expect("sent");
    let two = Key::from_event(2).expect("a key");
    phone.send_to(&rtp(EVENTS, 7, 32_000, &[2, 0x8a, 0, 160]), local).expect("sent");
    assert_eq!(stage.event(), Event::Key { port, key: two }, "and only then");
    stage.order(Command::Close { port });
    let closed = stage.event();
    assert!(matches!(closed, Event::Closed { received: 7, .. }), "{closed:?}");
    assert_eq!(stage.threads.counters().oversized.load(Ordering::Relaxed), 1);
    stage.threads.stop();
    UdpSocket::bind(local).expect("the address is free again");
}

/// Each hears the other; the first one to send is `one`.
fn hear_each_other(ends: &[(UdpSocket, SocketAddr); 2]) {
    let [(one, one_local), (other, other_local)] = ends;
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
}

#[test]
fn two_bridged_ports_hear_each_other_also_when_they_were_in_two_threads() {
    for threads in [1, 2] {
        let mut stage = Stage::new(threads);
        let ends = stage.two();
        stage.order(Command::Bridge { one: PortId(1), other: PortId(2), on_hold: None });
        // A port that changes threads is on its way until its old thread has told so.
        while !stage.threads.moves.is_empty() {
            assert_eq!(stage.threads.event(stage.clock.mono()), None);
            stage.threads.flush(stage.clock.mono());
        }
        hear_each_other(&ends);
        let homes: Vec<usize> = stage.threads.homes.values().copied().collect();
        assert_eq!(homes, [0, 0]);
        for port in [PortId(1), PortId(2)] {
            stage.order(Command::Close { port });
            assert!(matches!(stage.event(), Event::Closed { .. }));
        }
        assert!(stage.threads.threads.iter().all(|thread| thread.ports == 0));
        stage.threads.stop();
    }
}

#[test]
fn orders_for_a_port_that_changes_threads_wait_for_it() {
    let mut stage = Stage::new(2);
    let ends = stage.two();
    let (one, other) = (PortId(1), PortId(2));
    let now = stage.clock.mono();
    stage.threads.order(now, Command::Bridge { one, other, on_hold: None });
    stage.threads.order(now, Command::Unbridge { port: one });
    let (play, clips) = (PlayId(3), vec![stage.clip]);
    stage.threads.order(now, Command::Play { port: other, play, clips, repeat: Repeat::Once });
    stage.threads.flush(now);
    assert_eq!(stage.event(), Event::PlayEnded { port: other, play });
    let (_, first, ..) = packet(&ends[1].0);
    let (_, second, ..) = packet(&ends[1].0);
    assert_eq!(second, first.wrapping_add(1), "its numbering goes on");
    stage.threads.stop();
}

#[test]
fn a_port_that_closes_while_it_changes_threads_is_closed_and_nothing_waits() {
    let mut stage = Stage::new(2);
    stage.two();
    let (one, other) = (PortId(1), PortId(2));
    let now = stage.clock.mono();
    stage.threads.order(now, Command::Close { port: other });
    stage.threads.order(now, Command::Bridge { one, other, on_hold: None });
    stage.threads.order(now, Command::Close { port: one });
    stage.threads.flush(now);
    let mut closed: Vec<Event> = vec![stage.event(), stage.event()];
    closed.sort_by_key(|event| match event {
        Event::Closed { port, .. } => *port,
        other => panic!("{other:?} has no place in this story"),
    });
    assert!(stage.threads.moves.is_empty() && stage.threads.homes.is_empty());
    stage.threads.stop();
}

#[test]
fn an_address_in_use_is_an_answer_and_not_the_end() {
    let mut stage = Stage::new(1);
    let (phone, local) = far_end();
    let port = PortId(1);
    let taken = phone.local_addr().expect("an address");
    stage.order(Command::Open { port, local: taken });
    assert_eq!(stage.event(), Event::OpenFailed { port });
    stage.open(port, local);
    stage.threads.stop();
}

#[test]
fn a_prompt_that_is_replaced_plays_out_in_every_thread_and_the_next_is_the_new_one() {
    let mut stage = Stage::new(2);
    let ends = stage.two();
    let mut new = (*stage.catalog).clone();
    assert_eq!(new.add("en/loud", &[-8_000; 1_600]), stage.clip);
    let codes = [8_000, -8_000].map(|sample| new.g711().encode(audio::Law::A, sample));
    let play = |port: u32| {
        let (clips, repeat) = (vec![ClipId(0)], Repeat::Once);
        Command::Play { port: PortId(port), play: PlayId(9), clips, repeat }
    };
    for port in [1, 2] {
        stage.order(play(port));
    }
    let new = Arc::new(new);
    stage.threads.replace(stage.clock.mono(), &new);
    stage.threads.flush(stage.clock.mono());
    for port in [stage.event(), stage.event()] {
        let Event::PlayEnded { port: PortId(port), .. } = port else { panic!("{port:?}") };
        stage.order(play(port));
    }
    for (phone, _) in &ends {
        let mut heard = Vec::new();
        while heard.len() < 2 * 1_600 {
            heard.extend(packet(phone).3.into_iter().filter(|code| *code != 0xd5));
        }
        assert_eq!(heard, [vec![codes[0]; 1_600], vec![codes[1]; 1_600]].concat());
    }
    stage.threads.stop();
}

#[test]
fn a_media_socket_keeps_little_unread() {
    let (phone, local) = far_end();
    let sockets = super::legs::open(local).expect("two sockets");
    for _ in 0..1_000 {
        phone.send_to(&[0x80; FRAME], local).expect("it leaves");
    }
    let mut room = [0; PACKET_BYTES_MAX];
    let mut kept = 0;
    while sockets.rtp.recv(&mut room).is_ok() {
        kept += 1;
    }
    // Each packet takes more of the buffer than its bytes: a second is fifty.
    assert!((10..=100).contains(&kept), "{kept} packets waited");
}

/// Threads of which the only one holds its orders and never looks at them.
fn hung() -> (MediaThreads, std::sync::mpsc::Sender<()>, Consumer<Order>) {
    let (orders, waiting) = RingBuffer::new(ORDERS_IN_RING);
    let (telling, told) = RingBuffer::new(1);
    let file = || Arc::new(eventfd(0, EventfdFlags::NONBLOCK).expect("made"));
    let (release, released) = std::sync::mpsc::channel::<()>();
    let handle = std::thread::spawn(move || {
        let _ = released.recv();
        drop(telling);
    });
    let thread = Thread {
        orders,
        held: VecDeque::new(),
        held_since: None,
        closing: Vec::new(),
        told,
        wake: file(),
        wake_due: false,
        ports: 0,
        pulse: Pulse::default(),
        handle,
    };
    let threads = MediaThreads {
        threads: vec![thread],
        homes: BTreeMap::new(),
        moves: Vec::new(),
        repairs: VecDeque::new(),
        bell: Arc::default(),
        counters: Arc::default(),
        turn: 0,
        look_at: Mono::ZERO,
    };
    (threads, release, waiting)
}

#[test]
fn orders_that_find_no_room_wait_and_what_is_lost_is_told() {
    let (mut threads, release, mut waiting) = hung();
    let now = Mono::ZERO;
    let local = "127.0.0.1:9".parse().expect("an address");
    let (lost, late) = (PortId(1), PortId(2));
    threads.order(now, Command::Open { port: lost, local });
    for _ in 1..ORDERS_IN_RING + ORDERS_HELD_MAX {
        threads.order(now, Command::Stop { port: lost });
    }
    assert!(threads.is_behind());
    assert_eq!(threads.event(now), None);
    threads.order(now, Command::Stop { port: lost });
    threads.order(now, Command::Open { port: late, local });
    threads.order(now, Command::Close { port: lost });
    assert_eq!(threads.event(now), Some(Event::Lost { port: lost }));
    assert_eq!(threads.event(now), Some(Event::OpenFailed { port: late }));
    assert_eq!(threads.event(now), None);
    assert_eq!(threads.counters().orders_lost.load(Ordering::Relaxed), 3);
    assert!(!threads.is_broken(now));
    assert!(threads.is_broken(now + HANG_MAX + Duration::from_nanos(1)));
    // It comes to life: every order that waited is there, and the close that was remembered.
    let mut orders = 0;
    let mut last = None;
    while let Ok(order) = waiting.pop() {
        (orders, last) = (orders + 1, Some(order));
        threads.flush(now);
    }
    assert_eq!(orders, ORDERS_IN_RING + ORDERS_HELD_MAX + 1);
    let close = matches!(last, Some(Order::Command(Command::Close { port })) if port == lost);
    assert!(close, "{last:?}");
    assert!(!threads.is_behind() && !threads.is_broken(now + HANG_MAX * 2));
    drop(release);
    threads.stop();
}

#[test]
fn a_thread_that_hangs_is_noticed_though_nothing_is_ordered() {
    let (mut threads, release, _waiting) = hung();
    let mut now = Mono::ZERO;
    while now <= Mono::ZERO + HANG_MAX {
        assert!(!threads.is_broken(now));
        threads.look(now);
        // Whoever looks more often sees no more.
        threads.look(now);
        now = threads.next_look();
    }
    assert!(threads.is_broken(now));
    drop(release);
    threads.stop();
}

#[test]
fn a_thread_with_nothing_to_do_is_no_thread_that_hangs() {
    let mut stage = Stage::new(2);
    let mut now = stage.clock.mono();
    for _ in 0..20 {
        now = stage.threads.next_look().max(now);
        let before: Vec<u64> = stage.rounds();
        stage.threads.look(now);
        while stage.rounds().iter().zip(&before).any(|(now, before)| now == before) {
            std::thread::yield_now();
        }
        assert!(!stage.threads.is_broken(now));
    }
    stage.threads.stop();
}

#[test]
fn a_thread_that_died_is_noticed() {
    let (mut threads, release, _waiting) = hung();
    assert!(!threads.is_broken(Mono::ZERO));
    drop(release);
    let thread = threads.threads.pop().expect("one");
    while !thread.told.is_abandoned() {
        std::thread::yield_now();
    }
    threads.threads.push(thread);
    assert!(threads.is_broken(Mono::ZERO));
    threads.stop();
}

#[test]
fn a_close_of_a_port_that_no_thread_knows_is_answered() {
    let mut stage = Stage::new(1);
    let port = PortId(7);
    stage.order(Command::Close { port });
    assert_eq!(
        stage.event(),
        Event::Closed { port, sent: 0, received: 0, quality: Quality::default() }
    );
    stage.threads.stop();
}
