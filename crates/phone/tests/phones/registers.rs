//! A phone registers, with a registrar that is played line by line.

use std::time::Duration;

use model::{Entropy, Mono, Now, Wall};
use phone::{Output, Phone, PhoneEvent, Registrar};

use crate::wire::{address, alice};

const REGISTRAR: &str = "127.0.0.1:5060";

struct Table {
    phone: Phone,
    now: Now,
    asked: String,
}

impl Table {
    fn new(sha256: bool) -> Table {
        let mut phone = Phone::new(alice(), Entropy::from_u64(3));
        let now = Now { mono: Mono::ZERO, wall: Wall::default() };
        let registrar = Registrar {
            address: address(REGISTRAR),
            user: "alice".into(),
            password: "secret".into(),
            expires: Duration::from_secs(100),
            sha256,
        };
        phone.register(now, registrar);
        Table { phone, now, asked: String::new() }
    }

    /// What the phone says now: each request as text, the events.
    fn says(&mut self) -> (usize, Vec<PhoneEvent>) {
        let (mut requests, mut events) = (0, Vec::new());
        while let Some(output) = self.phone.poll() {
            match output {
                Output::Sip { to, bytes } => {
                    assert_eq!(to, address(REGISTRAR));
                    self.asked = String::from_utf8(bytes).expect("text");
                    requests += 1;
                }
                Output::Event(event) => events.push(event),
                Output::Rtp { .. } => {}
            }
        }
        (requests, events)
    }

    fn header(&self, name: &str) -> &str {
        let line = self.asked.lines().find(|line| line.starts_with(&format!("{name}: ")));
        line.map_or("", |line| &line[name.len() + 2..])
    }

    fn answers(&mut self, status: u16, extra: &str) {
        let copied = ["Via", "From", "To", "Call-ID", "CSeq"];
        let copied = copied.map(|name| format!("{name}: {}\r\n", self.header(name))).concat();
        let text = format!("SIP/2.0 {status} X\r\n{copied}{extra}Content-Length: 0\r\n\r\n");
        self.phone.handle_sip(self.now, address(REGISTRAR), text.as_bytes());
    }

    fn passes(&mut self, secs: u64) {
        let until = self.now.mono + Duration::from_secs(secs);
        while let Some(due) = self.phone.deadline().filter(|due| due.at <= until) {
            self.now.mono = due.at;
            self.phone.handle_timeout(self.now);
        }
        self.now.mono = until;
    }
}

const ASKS: &str = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", \
                    algorithm=SHA-256\r\n\
                    WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n";

fn registered(status: u16, secs: u64) -> PhoneEvent {
    PhoneEvent::Registered { status: Some(status), time: Duration::from_secs(secs) }
}

#[test]
fn a_phone_says_who_it_is_and_goes_on_registering() {
    for (sha256, length) in [(true, 64), (false, 32)] {
        let mut table = Table::new(sha256);
        assert_eq!(table.says().0, 1);
        assert!(table.header("Authorization").is_empty());
        table.answers(401, ASKS);
        assert_eq!(table.says(), (1, Vec::new()));
        let (_, response) = table.header("Authorization").split_once("response=\"").expect("one");
        assert_eq!(response.find('"'), Some(length));
        assert_eq!(table.header("CSeq"), "2 REGISTER");
        table.answers(200, "Contact: <sip:alice@127.0.0.1:5070>;expires=60\r\n");
        assert_eq!(table.says(), (0, vec![registered(200, 60)]));
        table.passes(29);
        assert_eq!(table.says().0, 0);
        table.passes(1);
        assert_eq!(table.says().0, 1);
        assert!(table.header("Authorization").contains("nc=00000002"), "{}", table.asked);
    }
}

#[test]
fn a_wrong_password_is_told_once_and_tried_again_later() {
    let mut table = Table::new(false);
    table.says();
    table.answers(401, ASKS);
    table.says();
    table.answers(401, ASKS);
    assert_eq!(table.says(), (0, vec![registered(401, 0)]));
    table.passes(phone::RETRY.as_secs());
    assert_eq!(table.says().0, 1);
}

#[test]
fn a_phone_asks_for_longer_and_leaves() {
    let mut table = Table::new(false);
    table.says();
    table.answers(423, "Min-Expires: 500\r\n");
    table.says();
    assert!(table.header("Contact").ends_with("expires=500"), "{}", table.asked);
    table.answers(200, "Contact: <sip:alice@127.0.0.1:5070>;expires=500\r\n");
    table.says();
    table.phone.unregister(table.now);
    table.says();
    assert!(table.header("Contact").ends_with("expires=0"), "{}", table.asked);
    table.answers(200, "");
    assert_eq!(table.says(), (0, vec![registered(200, 0)]));
    assert_eq!(table.phone.deadline(), None);
}
