//! Scripts in text: a far end that speaks by string formatting, sharing nothing with `sip-msg`,
//! and a recorder.
//!
//! ```text
//! # A comment.
//! set sessions_max=1          before the first step: a setting; `tcp=`, `tls=` add listeners
//! show Route Contact          from here on, record these headers of what we send
//! in INVITE sdp call=c1       a request; `| Name: value` lines below add headers
//! in REGISTER login=a:b       … that answers our last challenge with a user name and a password
//! in 180 tag=b1 of=INVITE     a response to our last request of that method
//! raw OPTIONS sip:x SIP/2.0   a datagram line by line; `| ` lines follow
//! ring 1 · accept 1 · reject 1 486 · answer 1 · refuse 1 488 · invite · hang_up 1 · reoffer 1
//! probe 1 · ready no · register · unregister
//! unreachable src=192.0.2.10:5060 over=tcp    nothing can be sent there
//! disconnected src=192.0.2.10:5060 over=tcp   the connection with it has ended
//! wait 32s                    lets the time pass, timer by timer
//! ```
//! Every script ends with the stack empty: what is left to happen is recorded under `rest`.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::far::{self, Fields, Shape};
use crate::login;
use model::{Entropy, Mono, Now, TrunkName, Wall};
use sip::{Algorithm, Credentials, Secret};
use sip::{Binding, Registration};
use sip::{Direction, Event, Invite, Output, Peer, Reoffered, SessionId, Settings, Source};
use sip::{Hop, Listener, SessionTimer, Stack, Timers, Transport, Way};

/// How far `rest` goes before it is a leak: beyond every limit of the stack.
const REST_MAX: Duration = Duration::from_secs(600);

const SDP: &str = "v=0\r\n";

/// Runs a script; gives the file as it should be.
pub fn run(text: &str) -> String {
    let mut script = Script::new();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("  ")).collect();
    let mut at = 0;
    while at < lines.len() && lines[at] != "rest" {
        let more = lines[at + 1..].iter().take_while(|line| line.starts_with("| ")).count();
        let extra: Vec<&str> = lines[at + 1..=at + more].iter().map(|line| &line[2..]).collect();
        for line in &lines[at..=at + more] {
            script.record.push_str(line.trim_end());
            script.record.push('\n');
        }
        script.step(lines[at], &extra);
        at += 1 + more;
    }
    script.rest();
    script.record
}

/// The settings of a script that sets nothing.
pub fn settings() -> Settings {
    let range = |network: &str, prefix| Source {
        network: network.parse().expect("an address"),
        prefix,
        port: None,
    };
    let sources = vec![range("192.0.2.0", 24), range("2001:db8::", 32)];
    Settings {
        listeners: vec![Listener::udp(far::US.parse().expect("an address"))],
        user_agent: "Rappel".into(),
        peers: vec![Peer { name: TrunkName::from("trunk"), sources }],
        registrar: None,
        session_timer: SessionTimer::default(),
        upstreams: Vec::new(),
        phones: vec![range("203.0.113.0", 24)],
        phones_call: false,
        timers: Timers::default(),
        sessions_max: 100,
        transactions_max: 1_000,
        ring_max: Duration::from_secs(45),
    }
}

struct Script {
    settings: Settings,
    stack: Option<Stack>,
    now: Mono,
    record: String,
    shown: Vec<String>,
    /// Our random tokens in the order in which they were shown.
    seen: Vec<String>,
    far: far::FarEnd,
}

impl Script {
    fn new() -> Script {
        Script {
            settings: settings(),
            stack: None,
            now: Mono::ZERO,
            record: String::new(),
            shown: Vec::new(),
            seen: Vec::new(),
            far: far::FarEnd::default(),
        }
    }

    fn now(&self) -> Now {
        Now { mono: self.now, wall: Wall::default() }
    }

    fn stack(&mut self) -> &mut Stack {
        let settings = self.settings.clone();
        self.stack.get_or_insert_with(|| Stack::new(settings, Entropy::from_u64(1)))
    }

    fn step(&mut self, line: &str, extra: &[&str]) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let fields = Fields::read(rest);
        let now = self.now();
        match verb {
            "" | "#" => return,
            "set" => return self.set(&fields),
            "show" => return self.shown = rest.split(' ').map(str::to_string).collect(),
            "wait" => return self.wait(far::duration(rest)),
            "in" => {
                let (source, bytes) = self.far.message(&fields, extra);
                self.stack().handle_datagram(now, source, &bytes);
            }
            "raw" => {
                let text = [&[rest], extra].concat().join("\r\n") + "\r\n\r\n";
                let source = Hop::first(far::PEER.parse().expect("an address"));
                self.stack().handle_datagram(now, source, text.as_bytes());
            }
            "unreachable" => self.stack().handle_unreachable(now, fields.hop("src")),
            "disconnected" => self.stack().handle_disconnected(now, fields.hop("src")),
            "register" => self.stack().register(now),
            "unregister" => self.stack().unregister(now),
            "ready" => self.stack().set_ready(rest == "yes"),
            "ask_alive" => {
                let hop = fields.hop("hop");
                assert!(self.stack().ask_alive(now, hop, &format!("sip:{}", hop.peer), 7));
            }
            "invite" => {
                let invite = invitation(&fields, extra);
                self.stack().invite(now, invite);
            }
            _ => self.command(verb, &fields),
        }
        self.drain();
    }

    fn command(&mut self, verb: &str, fields: &Fields) {
        let now = self.now();
        let session = SessionId(fields.word(0).parse().expect("a session"));
        let status = || fields.word(1).parse().expect("a status");
        let sdp = SDP.as_bytes().to_vec();
        let retry = fields.get("retry").map(|seconds| seconds.parse().expect("seconds"));
        let stack = self.stack();
        match verb {
            "ring" => stack.ring(now, session),
            "accept" => stack.accept(now, session, sdp),
            "reject" => stack.reject(now, session, status(), retry),
            "reject_saying" => {
                let words = "No such code: \"*45 online\", ".repeat(12);
                stack.reject_saying(now, session, status(), &words);
            }
            "answer" => stack.answer(now, session, sdp),
            "refuse" => stack.refuse_offer(now, session, status()),
            "hang_up" => stack.hang_up(now, session),
            "elsewhere" => stack.taken_elsewhere(now, session),
            "accept_refer" => stack.accept_refer(now, session),
            "refuse_refer" => stack.refuse_refer(now, session, status()),
            "notify" => stack.notify_refer(now, session, status()),
            "reoffer" => stack.reoffer(now, session, sdp),
            "probe" => stack.probe(now, session),
            _ => panic!("no such step: {verb}"),
        }
    }

    fn set(&mut self, fields: &Fields) {
        for (name, value) in &fields.pairs {
            let number = || value.parse().expect("a number");
            match name.as_str() {
                "local" => {
                    let local = value.parse().expect("an address");
                    self.settings.listeners = vec![Listener::udp(local)];
                }
                "tcp" | "tls" => {
                    let tcp = name == "tcp";
                    let transport = if tcp { Transport::Tcp } else { Transport::Tls };
                    let local = value.parse().expect("an address");
                    self.settings.listeners.push(Listener { transport, local });
                }
                "session_timer" => self.settings.session_timer.interval = far::duration(value),
                "session_timer_min" => self.settings.session_timer.least = far::duration(value),
                "sessions_max" => self.settings.sessions_max = number(),
                "transactions_max" => self.settings.transactions_max = number(),
                "upstream" => self.settings.upstreams = vec![login::upstream(value)],
                "registrar" => self.settings.registrar = Some(login::registrar(value)),
                "phones" => self.settings.phones_call = value == "call",
                _ => panic!("no such setting: {name}"),
            }
        }
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(deadline) = self.stack().deadline().filter(|due| due.at <= until) {
            self.now = deadline.at;
            let now = self.now();
            self.stack().handle_timeout(now);
            self.drain();
        }
        self.now = until;
    }

    fn rest(&mut self) {
        if !self.record.ends_with("\n\n") {
            self.record.push('\n');
        }
        self.record.push_str("rest\n");
        self.wait(REST_MAX);
        let counters = self.stack().counters();
        let counted = [
            ("unknown sources", counters.unknown_sources),
            ("unreadable", counters.unreadable),
            ("malformed", counters.malformed),
            ("stray responses", counters.stray_responses),
            ("stray ACKs", counters.stray_acks),
            ("refused busy", counters.refused_busy),
            ("failed logins", counters.failed_logins),
            ("unheard logins", counters.unheard_logins),
            ("short registers", counters.short_registers),
            ("lost outputs", counters.lost_outputs),
        ];
        for (name, count) in counted.iter().filter(|(_, count)| *count > 0) {
            writeln!(self.record, "  counted: {name} {count}").expect("text");
        }
        let stack = self.stack();
        let empty = stack.is_empty() && stack.sessions() == 0 && stack.transactions() == 0;
        assert!(empty, "the stack is not empty: {:#?}\n{}", self.stack, self.record);
    }

    fn note(&mut self, text: &str) {
        let millis = self.now.as_nanos() / 1_000_000;
        writeln!(self.record, "  {millis:>6} ms  {}", text.trim_end()).expect("text");
    }

    /// Records every output. A wire line of ours must be followed by its datagram.
    fn drain(&mut self) {
        let mut told = None;
        while let Some(output) = self.stack().poll() {
            match output {
                Output::Wire(wire) => {
                    let mut line = wire.label.clone();
                    line.push_str(if wire.sdp { " sdp" } else { "" });
                    line.push_str(if wire.again { " again" } else { "" });
                    match wire.direction {
                        Direction::In => self.note(&format!("{} <- {line}", wire.session.0)),
                        Direction::Out => told = Some((wire, line)),
                    }
                }
                Output::Registration(told) => self.registration(&told),
                Output::Alive { token, alive } => self.note(&format!("- ** {token} alive {alive}")),
                Output::Upstream(told) => {
                    self.note(&format!("- ** {}: {:?}", told.trunk, told.state));
                }
                Output::Datagram { to, bytes } if bytes == b"\r\n\r\n" => {
                    self.note(&format!("- -> keep-alive  to {}", to.peer));
                }
                Output::Datagram { to, bytes } => {
                    let shape = self.far.heard(&bytes);
                    match told.take() {
                        Some((wire, line)) => {
                            assert_eq!(wire.peer, to.peer);
                            let told = wire.label.trim_end_matches(')');
                            let told = told.split(" (Q.850").next().unwrap_or(told);
                            let told = told.split(" (SIP").next().unwrap_or(told);
                            assert!(shape.label.starts_with(told), "{told} {}", shape.label);
                            assert_eq!(wire.sdp, shape.sdp, "{line}");
                            self.sent(&format!("{} -> {line}", wire.session.0), to, &shape);
                        }
                        None => {
                            let sdp = if shape.sdp { " sdp" } else { "" };
                            self.sent(&format!("- -> {}{sdp}", shape.label), to, &shape);
                        }
                    }
                }
                Output::Event { session, event } => {
                    self.note(&format!("{} ** {}", session.0, describe(&event)));
                }
            }
        }
        assert!(told.is_none(), "a wire line without its datagram");
    }

    fn registration(&mut self, told: &Registration) {
        let Registration { agent, change, bindings } = told;
        self.note(&format!("- ** {agent}: {change:?}, {bindings} bindings"));
        for Binding { contact, hop, q, .. } in self.stack().bindings(agent) {
            writeln!(self.record, "               {contact} at {}, q={q}", hop.peer).expect("text");
        }
    }

    fn sent(&mut self, line: &str, to: Hop, shape: &Shape) {
        let elsewhere = to.peer.to_string() != far::PEER;
        let place = if elsewhere { format!("  to {}", to.peer) } else { String::new() };
        let over = match far::OVER[usize::from(to.listener.0)] {
            "udp" => String::new(),
            over => format!("  over {over}"),
        };
        self.note(&format!("{line}{place}{over}"));
        for header in shape.show(&self.shown, &mut self.seen) {
            writeln!(self.record, "               {header}").expect("text");
        }
    }
}

/// An INVITE of ours.
pub fn invitation(fields: &Fields, extra: &[&str]) -> Invite {
    let header = |line: &&str| {
        let (name, value) = line.split_once(": ").expect("a header");
        (name.to_string(), value.to_string())
    };
    let text = |name: &str, otherwise: &str| fields.get(name).unwrap_or(otherwise).to_string();
    Invite {
        at_source: fields.has("at_source"),
        target: text("target", "sip:bob@192.0.2.10:5060"),
        next_hop: fields.hop("hop"),
        from: text("from", "sip:500@192.0.2.1"),
        display: fields.get("display").map(str::to_string),
        asserted: fields.get("asserted").map(str::to_string),
        call_id: text("call", "out-1"),
        headers: extra.iter().map(header).collect(),
        sdp: SDP.as_bytes().to_vec(),
        fallbacks: fields
            .get("then")
            .map(|_| Way { target: "sip:bob@second.example".into(), hop: fields.hop("then") })
            .into_iter()
            .collect(),
        redirects_to: fields.get("redirects_to").map(range).into_iter().collect(),
        credentials: fields.get("user").map(|user| Arc::new(credentials(user, fields))),
        ring_max: fields.get("ring_max").map(far::duration).unwrap_or_default(),
    }
}

/// `192.0.2.0/24`.
fn range(text: &str) -> Source {
    let (network, prefix) = text.split_once('/').expect("a network");
    let network = network.parse().expect("an address");
    Source { network, prefix: prefix.parse().expect("bits"), port: None }
}

fn credentials(user: &str, fields: &Fields) -> Credentials {
    let secret = match (fields.get("password"), fields.get("ha1")) {
        (Some(password), _) => Secret::Password(password.into()),
        (None, ha1) => {
            let hex = ha1.expect("a secret").to_string();
            Secret::Ha1 { algorithm: Algorithm::Md5, hex }
        }
    };
    let realm = fields.get("realm").map(str::to_string);
    Credentials { username: user.into(), realm, secret }
}

fn describe(event: &Event) -> String {
    let body = |sdp: &Option<Vec<u8>>| if sdp.is_some() { " sdp" } else { "" };
    match event {
        Event::Invited(invited) => {
            let part = |name: &str, value: &Option<String>| match value {
                Some(value) => format!(" {name}={value}"),
                None => String::new(),
            };
            format!(
                "invited{} by {}{}{}{}{}{}{}",
                body(&invited.sdp),
                match (&invited.peer, &invited.agent) {
                    (Some(peer), _) => peer.as_str(),
                    (None, Some(agent)) => agent.as_str(),
                    (None, None) => "a phone",
                },
                part("dialled", &invited.dialled),
                part("from", &invited.parties.from),
                part("asserted", &invited.parties.asserted),
                part("contact", &invited.parties.contact),
                if invited.parties.private { " private" } else { "" },
                part("replaces", &invited.replaces.map(|session| session.0.to_string())),
            )
        }
        Event::Progress { status, sdp } => format!("progress {status}{}", body(sdp)),
        Event::Passed { hop, retry_after } => {
            let after = retry_after.map(|secs| format!(", again in {secs} s")).unwrap_or_default();
            format!("passed {}{after}", hop.peer)
        }
        Event::Accepted { sdp } => format!("accepted{}", body(sdp)),
        Event::Confirmed { sdp } => format!("confirmed{}", body(sdp)),
        Event::Offered { sdp } => format!("offered{}", body(sdp)),
        Event::Reoffered { result: Reoffered::Accepted { sdp } } => {
            format!("reoffer accepted{}", body(sdp))
        }
        Event::Reoffered { result: Reoffered::Refused { status } } => {
            format!("reoffer refused {status}")
        }
        Event::Refreshed { .. } => "refreshed".into(),
        Event::Referred(referred) => {
            let part = |name: &str, value: &Option<String>| match value {
                Some(value) => format!(" {name}={value}"),
                None => String::new(),
            };
            format!(
                "referred to {}{}{}{}",
                referred.target,
                part("number", &referred.number),
                part("replaces", &referred.replaces),
                part("by", &referred.by),
            )
        }
        Event::Key(key) => format!("key {}", key.as_char()),
        Event::Ended { how, cause } => {
            let cause = cause.map(|cause| format!(" because {cause:?}")).unwrap_or_default();
            format!("ended {how:?}{cause}")
        }
    }
}
