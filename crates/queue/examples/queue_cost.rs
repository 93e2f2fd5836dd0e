//! What a queue costs beside so many pending callbacks: `cargo xtask bench queue`.
//!
//! For each number of pending requests, a queue is filled with them, and then lives through whole
//! callbacks: a caller arrives, asks and is promised (accept); an agent comes online and the head
//! is offered (plan); it is accepted, dialled, bridged and ended (settle). What is counted is the
//! time of this thread, of which the cheapest of several rounds is printed. Then the same once more
//! with lines of different priorities, of which all but every tenth ask for a skill that the agent
//! does not have: whoever is offered stands behind many who are not.
#![allow(clippy::disallowed_types, reason = "it measures the machine and is no part of it")]
#![allow(clippy::disallowed_methods, reason = "it measures the machine and is no part of it")]
#![allow(clippy::disallowed_macros, reason = "it prints figures")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ledger::{Fold, OfferEnd};
use model::{
    AgentName, CallId, E164, Entropy, LineName, Mono, Now, OfferId, QueueName, TrunkName, Wall,
};
use queue::{
    AgentSettings, AgentStatus, Command, Event, LineSettings, Need, Order, QueueSettings, Queues,
    Settings,
};

const ROUNDS: usize = 5;
const CALLBACKS: u64 = 2_000;
/// Lines that ask for a skill each, beside the one that asks for none.
const ASKING_LINES: u64 = 9;

fn main() {
    println!("cheapest of {ROUNDS} rounds of {CALLBACKS} callbacks; ns per callback");
    let pending = std::env::args().nth(1).map(|text| text.parse().expect("a number"));
    let asking = std::env::args().nth(2).is_some();
    match pending {
        Some(pending) => measure(pending, asking),
        None => {
            table("nobody asks for a skill", &[]);
            table("nine of ten ask for a skill that is not there", &["asking"]);
        }
    }
}

fn table(what: &str, more: &[&str]) {
    println!("\n{what}");
    println!("{:>9} {:>8} {:>8} {:>8} {:>8}", "pending", "accept", "plan", "settle", "bytes");
    // A process of its own for each, so that one does not live in the memory of another.
    for pending in ["1000", "10000", "100000", "1000000"] {
        let program = std::env::current_exe().expect("a program");
        let out = std::process::Command::new(program).arg(pending).args(more).output();
        let out = out.expect("it starts again");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        println!("{}", text.lines().last().unwrap_or("it failed"));
    }
}

fn measure(pending: u64, asking: bool) {
    let before = resident();
    let mut desk = Desk::new(asking);
    for _ in 0..pending {
        desk.accept();
    }
    let bytes = resident().saturating_sub(before) / pending;
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        for (best, took) in best.iter_mut().zip(desk.round()) {
            *best = took.min(*best);
        }
    }
    let [accept, plan, settle] = best.map(|took| took.as_nanos() / u128::from(CALLBACKS));
    println!("{pending:9} {accept:8} {plan:8} {settle:8} {bytes:8}");
}

/// One queue with one agent, and a journal that writes at once.
struct Desk {
    queues: Queues,
    now: Now,
    calls: u64,
    asking: bool,
    orders: Vec<Order>,
    offers: Vec<OfferId>,
}

impl Desk {
    fn new(asking: bool) -> Desk {
        let now =
            Now { mono: Mono::from_nanos(0), wall: Wall::from_unix_millis(1_795_255_200_000) };
        let recovered = Fold::default().recovered();
        let queues =
            Queues::new(settings(), &recovered, &BTreeMap::new(), Entropy::from_u64(1), now);
        let (orders, offers) = (Vec::new(), Vec::new());
        let mut desk = Desk { queues, now, calls: 0, asking, orders, offers };
        desk.drain();
        desk
    }

    fn tell(&mut self, command: Command) {
        self.now.mono = self.now.mono + Duration::from_millis(1);
        self.now.wall = self.now.wall + Duration::from_millis(1);
        self.queues.handle(self.now, command);
        self.drain();
        while let Some(order) = self.orders.pop() {
            self.queues.handle(self.now, Command::Recorded { order });
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(event) = self.queues.poll() {
            match event {
                Event::RecordThen { order, .. } => self.orders.push(order),
                Event::Offer { offer, .. } => self.offers.push(offer),
                other => drop(std::hint::black_box(other)),
            }
        }
    }

    fn accept(&mut self) {
        self.calls += 1;
        let call = CallId(self.calls);
        // Every caller asks from a number of their own.
        let number = E164::parse(&format!("+336{:08}", self.calls)).expect("a number");
        let line = if self.asking { self.calls % (ASKING_LINES + 1) } else { 0 };
        self.tell(Command::Arrive { call, line: line_name(line), asks: Default::default() });
        let language = "en".into();
        self.tell(Command::Request { call, number, caller: None, contact: None, language });
    }

    fn agent(&mut self, status: AgentStatus) {
        self.tell(Command::SetStatus {
            agent: AgentName::from("ann"),
            status,
            reason: None,
            by: queue::SaidBy::Command,
        });
    }

    /// Accepts, plans and settles so many callbacks: what each of the three took in all.
    fn round(&mut self) -> [Duration; 3] {
        // As many of those who can be served as will be.
        let accepts = if self.asking { CALLBACKS * (ASKING_LINES + 1) } else { CALLBACKS };
        let begin = Instant::now();
        (0..accepts).for_each(|_| self.accept());
        let accept = begin.elapsed() * u32::try_from(CALLBACKS).expect("small")
            / u32::try_from(accepts).expect("small");
        let (mut plan, mut settle) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..CALLBACKS {
            let begin = Instant::now();
            self.agent(AgentStatus::Online);
            plan += begin.elapsed();
            let offer = self.offers.pop().expect("the head is offered");
            let begin = Instant::now();
            self.agent(AgentStatus::Away);
            self.tell(Command::OfferEnded { offer, end: OfferEnd::Accepted });
            self.tell(Command::Bridged { offer });
            self.tell(Command::TalkEnded { offer });
            self.tell(Command::AgentReleased { offer });
            settle += begin.elapsed();
            assert!(self.offers.is_empty(), "an agent who is away is offered nothing");
        }
        [accept, plan, settle]
    }
}

fn line_name(n: u64) -> LineName {
    LineName::from(format!("line-{n}").as_str())
}

fn settings() -> Settings {
    let desk = QueueName::from("desk");
    let queue = QueueSettings {
        request_ttl: Duration::from_secs(72 * 3_600),
        attempts_total: 3,
        retry_delay: Duration::from_secs(300),
        decline_pause: Duration::from_secs(60),
        ..QueueSettings::default()
    };
    let routing = |n: u64| match n {
        0 => queue::Routing::default(),
        _ => queue::Routing {
            needs: Need::parse(&format!("skill-{n}>=2")).into_iter().collect(),
            priority: u8::try_from(n % 3).expect("small"),
            ..queue::Routing::default()
        },
    };
    let line = |n: u64| LineSettings {
        queue: desk.clone(),
        trunk: TrunkName::from("carrier"),
        calls_back: true,
        has_fallback: false,
        callback_queue: None,
        routing: routing(n),
        screening: Default::default(),
        home: None,
    };
    let agent = AgentSettings {
        queues: vec![desk.clone()],
        wrap_up: Duration::ZERO,
        online_at_start: false,
        reachable_at_start: true,
        ..queue::AgentSettings::default()
    };
    Settings {
        queues: [(desk.clone(), queue)].into(),
        lines: (0..=ASKING_LINES).map(|n| (line_name(n), line(n))).collect(),
        agents: [(AgentName::from("ann"), agent)].into(),
        entries_max: 2_000_000,
        rooms: [].into(),
        own_numbers: [].into(),
        caps: Default::default(),
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}

/// Resident memory of this process in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1_024
}
