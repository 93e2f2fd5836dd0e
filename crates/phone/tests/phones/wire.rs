//! Two phones, or two persons with phones, on a virtual wire in virtual time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Deadline, Entropy, Mono, Now, Wall};
use phone::{CallHandle, CallTo, Output, Person, Phone, PhoneSettings};

/// Every packet takes so long.
const DELAY: Duration = Duration::from_millis(10);

/// What the wire does with the bytes of a SIP message: true loses it.
type Thief = Box<dyn FnMut(&str) -> bool>;

/// What can be put on the wire.
pub trait End {
    fn phone(&self) -> &Phone;
    fn handle_sip(&mut self, now: Now, from: SocketAddr, bytes: &[u8]);
    fn handle_rtp(&mut self, now: Now, from: SocketAddr, bytes: &[u8]);
    fn handle_timeout(&mut self, now: Now);
    fn poll(&mut self) -> Option<Output>;
    fn deadline(&self) -> Option<Deadline>;
}

macro_rules! end {
    ($kind:ty, $self:ident => $phone:expr) => {
        impl End for $kind {
            fn phone(&$self) -> &Phone {
                $phone
            }
            fn handle_sip(&mut self, now: Now, from: SocketAddr, bytes: &[u8]) {
                self.handle_sip(now, from, bytes);
            }
            fn handle_rtp(&mut self, now: Now, from: SocketAddr, bytes: &[u8]) {
                self.handle_rtp(now, from, bytes);
            }
            fn handle_timeout(&mut self, now: Now) {
                self.handle_timeout(now);
            }
            fn poll(&mut self) -> Option<Output> {
                self.poll()
            }
            fn deadline(&self) -> Option<Deadline> {
                self.deadline()
            }
        }
    };
}
end!(Phone, self => self);
end!(Person, self => self.phone());

pub struct Wire<E = Phone> {
    pub now: Now,
    pub alice: E,
    pub bob: E,
    /// What each said, as text.
    pub events: Vec<String>,
    thief: Thief,
    packets: BTreeMap<(Mono, u64), Packet>,
    sent: u64,
}

struct Packet {
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn alice() -> PhoneSettings {
    PhoneSettings::new("alice", "alice", address("127.0.0.1:5070"), address("127.0.0.1:4070"))
}

pub fn bob() -> PhoneSettings {
    PhoneSettings::new("bob", "bob", address("127.0.0.1:5080"), address("127.0.0.1:4080"))
}

impl Wire {
    pub fn new(alice: PhoneSettings, bob: PhoneSettings) -> Wire {
        let root = Entropy::from_u64(1);
        let phone = |settings, name| Phone::new(settings, root.branch(name));
        Wire::between(phone(alice, "alice"), phone(bob, "bob"))
    }

    pub fn call(&mut self) -> CallHandle {
        let to = CallTo::new("sip:bob@127.0.0.1:5080", self.bob.settings().sip);
        self.call_to(to)
    }

    pub fn call_to(&mut self, to: CallTo) -> CallHandle {
        let call = self.alice.call(self.now, to).unwrap();
        self.drain();
        call
    }
}

impl<E: End> Wire<E> {
    pub fn between(alice: E, bob: E) -> Wire<E> {
        Wire {
            now: Now { mono: Mono::ZERO, wall: Wall::from_unix_millis(0) },
            alice,
            bob,
            events: Vec::new(),
            thief: Box::new(|_| false),
            packets: BTreeMap::new(),
            sent: 0,
        }
    }

    /// Loses the first `count` messages whose first line begins with `start`.
    pub fn lose(&mut self, start: &'static str, mut count: u32) {
        let mut before = std::mem::replace(&mut self.thief, Box::new(|_| false));
        self.thief = Box::new(move |text| {
            let hit = count > 0 && text.starts_with(start);
            count -= u32::from(hit);
            hit || before(text)
        });
    }

    /// Lets time pass.
    pub fn run(&mut self, for_millis: u64) {
        let end = self.now.mono + Duration::from_millis(for_millis);
        loop {
            self.drain();
            let deadlines = [self.alice.deadline(), self.bob.deadline()];
            let machine = deadlines.into_iter().flatten().map(|Deadline { at, .. }| at).min();
            let packet = self.packets.keys().next().map(|(at, _)| *at);
            let Some(next) = machine.into_iter().chain(packet).min().filter(|at| *at <= end) else {
                break;
            };
            self.skip_to(next.max(self.now.mono));
            while let Some(entry) = self.packets.first_entry() {
                if entry.key().0 > self.now.mono {
                    break;
                }
                let packet = entry.remove();
                self.deliver(packet);
                self.drain();
            }
            self.alice.handle_timeout(self.now);
            self.bob.handle_timeout(self.now);
        }
        self.skip_to(end);
    }

    fn skip_to(&mut self, at: Mono) {
        self.now.mono = at;
        self.now.wall = Wall::from_unix_millis((at.as_nanos() / 1_000_000) as i64);
    }

    fn deliver(&mut self, Packet { from, to, bytes }: Packet) {
        for phone in [&mut self.alice, &mut self.bob] {
            if phone.phone().settings().sip == to {
                phone.handle_sip(self.now, from, &bytes);
            } else if phone.phone().settings().rtp == to {
                phone.handle_rtp(self.now, from, &bytes);
            }
        }
    }

    fn drain(&mut self) {
        for (name, phone) in [("alice", &mut self.alice), ("bob", &mut self.bob)] {
            while let Some(output) = phone.poll() {
                let (from, to, bytes) = match output {
                    Output::Event(event) => {
                        let seconds = format!("{:.3}", self.now.mono.as_nanos() as f64 / 1e9);
                        self.events.push(format!("{seconds:<7} {name} {event:?}"));
                        continue;
                    }
                    Output::Sip { to, bytes } => {
                        if (self.thief)(&String::from_utf8_lossy(&bytes)) {
                            continue;
                        }
                        (phone.phone().settings().sip, to, bytes)
                    }
                    Output::Rtp { to, bytes } => (phone.phone().settings().rtp, to, bytes),
                };
                self.sent += 1;
                let key = (self.now.mono + DELAY, self.sent);
                self.packets.insert(key, Packet { from, to, bytes });
            }
        }
    }

    /// Every call is gone, and after a while nothing at all is left to do.
    pub fn all_gone(&mut self) {
        assert!(self.alice.phone().is_idle() && self.bob.phone().is_idle());
        self.run(100_000);
        assert_eq!((self.alice.deadline(), self.bob.deadline()), (None, None));
    }

    pub fn events(&self) -> String {
        self.events.join("\n") + "\n"
    }
}
