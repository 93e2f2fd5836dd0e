//! Whatever callers and agents do, a day has no more dials than its caps allow.

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::{DialOutcome, Entry, Fact, Fold, OfferEnd, Person};
use model::{
    AgentName, AttemptId, CallId, E164, Entropy, LanguageTag, LineName, Mono, Now, OfferId,
    PersonId, QueueName, Seq, TrunkName, Wall,
};
use proptest::prelude::*;
use queue::{
    AgentSettings, Cap, Caps, Command, Days, Event, LineSettings, Most, Of, Order, QueueSettings,
    Queues, Refusal, Settings, Unfit, What,
};

const DAY: u64 = 86_400;

fn settings(caps: Caps) -> Settings {
    let desk = QueueSettings {
        request_ttl: Duration::from_secs(3 * DAY),
        attempts_total: 3,
        retry_delay: Duration::from_secs(300),
        decline_pause: Duration::from_secs(1),
        ..QueueSettings::default()
    };
    let main = LineSettings {
        queue: QueueName::from("desk"),
        trunk: TrunkName::from("carrier"),
        calls_back: true,
        callback_queue: None,
        routing: queue::Routing::default(),
        screening: Default::default(),
        home: None,
        has_fallback: false,
    };
    let agent = AgentSettings {
        queues: vec![QueueName::from("desk")],
        wrap_up: Duration::ZERO,
        ..AgentSettings::default()
    };
    Settings {
        queues: [(QueueName::from("desk"), desk)].into(),
        lines: [(LineName::from("main"), main)].into(),
        agents: ["ann", "bob", "cid"].map(|name| (AgentName::from(name), agent.clone())).into(),
        entries_max: 1_000,
        rooms: [].into(),
        own_numbers: [].into(),
        caps,
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}

/// Everybody at once, and what is written.
struct World {
    settings: Settings,
    queues: Queues,
    now: Now,
    calls: u64,
    facts: Vec<(Wall, Fact)>,
    people: BTreeMap<PersonId, Person>,
    /// With the time at which each was given, which is that of its fact.
    orders: Vec<(Wall, Fact, Option<Person>, Order)>,
    ringing: Vec<OfferId>,
    dialling: Vec<(OfferId, AttemptId)>,
    talking: Vec<OfferId>,
    alarms: Vec<Cap>,
    refused: Vec<Refusal>,
    callers: BTreeMap<CallId, E164>,
}

impl World {
    fn new(caps: Caps) -> World {
        let settings = settings(caps);
        let begin = Wall::from_unix_millis(1_795_255_200_000);
        let now = Now { mono: Mono::from_nanos(0), wall: begin };
        let recovered = Fold::default().recovered();
        let entropy = Entropy::from_u64(1);
        let queues = Queues::new(settings.clone(), &recovered, &BTreeMap::new(), entropy, now);
        let mut world = World {
            settings,
            queues,
            now,
            calls: 0,
            facts: Vec::new(),
            people: BTreeMap::new(),
            orders: Vec::new(),
            ringing: Vec::new(),
            dialling: Vec::new(),
            talking: Vec::new(),
            alarms: Vec::new(),
            refused: Vec::new(),
            callers: BTreeMap::new(),
        };
        world.drain();
        world
    }

    fn tell(&mut self, command: Command) {
        self.queues.handle(self.now, command);
        self.drain();
    }

    fn keep(&mut self, at: Wall, fact: Fact, person: Option<Person>) {
        self.people.extend(person.map(|person| (person.id, person)));
        self.facts.push((at, fact));
    }

    fn drain(&mut self) {
        while let Some(event) = self.queues.poll() {
            match event {
                Event::Record { fact } => self.keep(self.now.wall, fact, None),
                Event::RecordThen { fact, person, order } => {
                    self.orders.push((self.now.wall, fact, person, order));
                }
                Event::Offer { offer, .. } => self.ringing.push(offer),
                Event::Withdraw { offer, .. } => {
                    self.ringing.retain(|it| *it != offer);
                    self.queues.handle(self.now, Command::AgentReleased { offer });
                }
                Event::Alarm { cap, .. } => self.alarms.push(cap),
                Event::Refused { why, .. } => self.refused.push(why),
                _ => {}
            }
        }
    }

    fn ask(&mut self, number: u8, caller: u8) {
        self.calls += 1;
        let call = CallId(self.calls);
        let line = LineName::from("main");
        let number = customer(number);
        self.callers.insert(call, customer(caller));
        let caller = Some(customer(caller));
        let language = LanguageTag::from("en");
        let (asks, contact) = (Default::default(), None);
        self.tell(Command::ArriveAsking { call, line, asks, number, caller, contact, language });
    }

    fn written(&mut self, durable: bool) {
        if self.orders.is_empty() {
            return;
        }
        let (at, fact, person, order) = self.orders.remove(0);
        if !durable {
            return self.tell(Command::NotRecorded { order });
        }
        self.keep(at, fact, person);
        if let Order::Dial { offer, attempt, .. } = &order {
            self.dialling.push((*offer, *attempt));
        }
        self.tell(Command::Recorded { order });
    }

    fn agent(&mut self, end: OfferEnd) {
        if self.ringing.is_empty() {
            return;
        }
        let offer = self.ringing.remove(0);
        self.tell(Command::OfferEnded { offer, end });
        if end != OfferEnd::Accepted {
            self.tell(Command::AgentReleased { offer });
        }
    }

    fn customer(&mut self, outcome: Option<DialOutcome>) {
        if self.dialling.is_empty() {
            return;
        }
        let (offer, attempt) = self.dialling.remove(0);
        match outcome {
            None => {
                self.tell(Command::Bridged { offer });
                self.talking.push(offer);
            }
            Some(outcome) => {
                self.tell(Command::DialEnded { attempt, outcome, said: None });
                self.tell(Command::AgentReleased { offer });
            }
        }
    }

    fn hang_up(&mut self) {
        if let Some(offer) = self.talking.pop() {
            self.tell(Command::TalkEnded { offer });
            self.tell(Command::AgentReleased { offer });
        }
    }

    fn wait(&mut self, secs: u64) {
        let time = Duration::from_secs(secs);
        self.now = Now { mono: self.now.mono + time, wall: self.now.wall + time };
        self.queues.handle_timeout(self.now);
        self.drain();
    }

    fn crash(&mut self) {
        for list in [&mut self.ringing, &mut self.talking] {
            list.clear();
        }
        self.orders.clear();
        self.dialling.clear();
        let mut fold = Fold::default();
        for ((at, fact), seq) in self.facts.iter().zip(1..) {
            fold.apply(&Entry { seq: Seq(seq), at: *at, fact: fact.clone() });
        }
        let (settings, recovered) = (self.settings.clone(), fold.recovered());
        let entropy = Entropy::from_u64(1);
        self.queues = Queues::new(settings, &recovered, &self.people, entropy, self.now);
        self.drain();
    }

    /// How many dials each day had: of each number, of each country, of each caller, and of all.
    fn dials(&self) -> BTreeMap<(i64, String), u32> {
        let mut requests = BTreeMap::new();
        let mut dials = BTreeMap::new();
        for (at, fact) in &self.facts {
            match fact {
                Fact::CallbackRequested { request, person, call, .. } => {
                    let caller = call.and_then(|call| self.callers.get(&call));
                    requests.insert(*request, (self.people[person].number, caller));
                }
                Fact::DialStarted { attempt, .. } => {
                    let (number, caller) = requests[&attempt.request];
                    let day = at.as_unix_millis() / 86_400_000;
                    let caller = caller.map(|caller| format!("caller {}", caller.reveal()));
                    let country = number.country_code().to_owned();
                    for of in [number.reveal(), country, String::new()].into_iter().chain(caller) {
                        *dials.entry((day, of)).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        dials
    }
}

/// Four in France, two in Germany.
fn customer(n: u8) -> E164 {
    let text = match n % 6 {
        n @ 0..=3 => format!("+3361234567{n}"),
        n => format!("+4915123456{n}00"),
    };
    E164::parse(&text).expect("a number")
}

#[derive(Debug, Clone)]
enum Act {
    Ask(u8, u8),
    Written(bool),
    Agent(bool),
    Customer(u8),
    HangUp,
    Wait(u64),
    Crash,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0_u8..6, 0_u8..6).prop_map(|(number, caller)| Act::Ask(number, caller)),
        8 => prop::bool::weighted(0.9).prop_map(Act::Written),
        5 => prop::bool::weighted(0.9).prop_map(Act::Agent),
        5 => (0_u8..4).prop_map(Act::Customer),
        2 => Just(Act::HangUp),
        3 => prop::sample::select(vec![1, 301, 3_600, 40_000]).prop_map(Act::Wait),
        1 => Just(Act::Crash),
    ]
}

fn run(caps: &Caps, acts: &[Act]) -> World {
    let mut world = World::new(caps.clone());
    for act in acts {
        match act {
            Act::Ask(number, caller) => world.ask(*number, *caller),
            Act::Written(durable) => world.written(*durable),
            Act::Agent(true) => world.agent(OfferEnd::Accepted),
            Act::Agent(false) => world.agent(OfferEnd::Declined),
            Act::Customer(0) => world.customer(None),
            Act::Customer(1) => world.customer(Some(DialOutcome::Busy)),
            Act::Customer(_) => world.customer(Some(DialOutcome::NoAnswer)),
            Act::HangUp => world.hang_up(),
            Act::Wait(secs) => world.wait(*secs),
            Act::Crash => world.crash(),
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]
    #[test]
    fn no_day_has_more_dials_than_its_caps(
        acts in prop::collection::vec(any_act(), 0..200),
        number in 1_u32..4,
        country in 1_u32..6,
        all in 1_u32..8,
    ) {
        let caps = Caps {
            per_number: dials(number),
            per_country: dials(country),
            all: dials(all),
            ..Caps::default()
        };
        let world = run(&caps, &acts);
        let of_all = |it: &((i64, String), u32)| !it.0.1.contains("caller");
        for ((day, of), dials) in world.dials().into_iter().filter(of_all) {
            let most = match of.len() {
                0 => all,
                1..=3 => country,
                _ => number,
            };
            prop_assert!(dials <= most, "{dials} dials of {of:?} on day {day}, {caps:?}");
        }
    }

    #[test]
    fn no_day_has_more_dials_of_a_caller_than_its_cap(
        acts in prop::collection::vec(any_act(), 0..200),
        most in 1_u32..4,
    ) {
        // Who asked for the numbers of others is forgotten by a restart.
        let acts: Vec<Act> = acts.into_iter().filter(|act| !matches!(act, Act::Crash)).collect();
        let world = run(&Caps { per_caller: dials(most), ..Caps::default() }, &acts);
        let of_caller = |it: &((i64, String), u32)| it.0.1.contains("caller");
        for ((day, of), dials) in world.dials().into_iter().filter(of_caller) {
            prop_assert!(dials <= most, "{dials} dials by {of:?} on day {day}");
        }
    }
}

fn dials(most: u32) -> Most {
    Most { dials: Some(most), ..Most::default() }
}

fn requests(most: u32) -> Most {
    Most { requests: Some(most), ..Most::default() }
}

fn dial_all(world: &mut World, numbers: std::ops::Range<u8>) {
    for number in numbers {
        world.ask(number, number);
        world.written(true);
    }
    for _ in 0..20 {
        world.agent(OfferEnd::Accepted);
        world.written(true);
        world.customer(Some(DialOutcome::NoAnswer));
        world.wait(301);
    }
}

#[test]
fn what_a_cap_has_stopped_is_dialled_on_the_next_day() {
    let caps = Caps { all: dials(2), ..Caps::default() };
    let mut world = World::new(caps);
    dial_all(&mut world, 0..3);
    assert_eq!(world.dials().values().max(), Some(&2));
    assert_eq!(world.alarms, [Cap::Most(What::Dials, Of::All)]);
    assert_eq!(world.queues.alarms(), 1);
    world.wait(DAY);
    dial_all(&mut world, 0..0);
    let days: Vec<u32> =
        world.dials().iter().filter(|it| it.0.1.is_empty()).map(|it| *it.1).collect();
    assert_eq!(days, [2, 2]);
}

#[test]
fn a_cap_that_new_settings_raise_lets_go_whom_it_held() {
    let caps = Caps { all: dials(2), ..Caps::default() };
    let mut world = World::new(caps);
    dial_all(&mut world, 0..4);
    assert_eq!(world.dials().values().max(), Some(&2));
    let raised = |world: &World, most: u32| {
        let mut settings = world.settings.clone();
        settings.caps.all = dials(most);
        Command::Reload { settings: Box::new(settings), coming: Vec::new() }
    };
    let same = raised(&world, 2);
    world.tell(same);
    dial_all(&mut world, 0..0);
    assert_eq!(world.dials().values().max(), Some(&2), "the same cap holds as before");
    let more = raised(&world, 3);
    world.tell(more);
    dial_all(&mut world, 0..0);
    assert_eq!(
        world.dials().values().max(),
        Some(&3),
        "one more is called at once, on the same day"
    );
}

#[test]
fn a_restart_counts_what_was_dialled_before_it() {
    let caps = Caps { per_number: dials(2), ..Caps::default() };
    let mut world = World::new(caps);
    for _ in 0..3 {
        dial_all(&mut world, 0..1);
        world.crash();
    }
    assert_eq!(world.dials().values().max(), Some(&2));
}

#[test]
fn many_requests_for_a_number_are_refused_and_many_callers_are_told_of() {
    let caps = Caps { per_number: requests(2), callers_per_number: Some(2), ..Caps::default() };
    let mut world = World::new(caps);
    for caller in 1..=4 {
        world.ask(0, caller);
        world.written(true);
        // The number is free again: its customer was reached.
        world.agent(OfferEnd::Accepted);
        world.written(true);
        world.customer(None);
        world.hang_up();
    }
    let requests =
        world.facts.iter().filter(|(_, fact)| matches!(fact, Fact::CallbackRequested { .. }));
    assert_eq!(requests.count(), 2);
    assert_eq!(world.alarms, [Cap::CallersPerNumber, Cap::Most(What::Requests, Of::Number)]);
}

#[test]
fn beyond_the_most_numbers_that_are_counted_a_new_one_is_not_called() {
    let caps = Caps { per_number: requests(2), ..Caps::default() };
    let mut world = World::new(caps);
    world.settings.entries_max = 1_000_000;
    world.crash();
    let line = LineName::from("main");
    let number = |n: usize| E164::parse(&format!("+336{n:08}")).expect("a number");
    let ask = |world: &mut World, n: usize| {
        world.calls += 1;
        let (call, line, number) = (CallId(world.calls), line.clone(), number(n));
        let (language, caller, contact) = (LanguageTag::from("en"), None, None);
        let asks = Default::default();
        let command = Command::ArriveAsking { call, line, asks, number, caller, contact, language };
        world.queues.handle(world.now, command);
        while let Some(event) = world.queues.poll() {
            if let Event::Refused { why, .. } = event {
                world.refused.push(why);
            }
        }
    };
    for n in 0..=queue::COUNTED_MAX {
        assert_eq!(world.refused, [], "{n}");
        ask(&mut world, n);
    }
    assert_eq!(world.refused, [Refusal::Unfit(Unfit::Capped(Cap::Numbers))]);
}

#[test]
fn a_dial_that_was_not_written_is_not_taken_off_the_next_day() {
    let mut world = World::new(Caps { all: dials(1), ..Caps::default() });
    for number in 0..3 {
        world.ask(number, number);
        world.written(true);
    }
    world.agent(OfferEnd::Accepted);
    world.wait(DAY);
    // On the next day another is dialled, and only then it is known that the first one was not.
    world.agent(OfferEnd::Accepted);
    world.written(false);
    for _ in 0..3 {
        world.written(true);
        world.agent(OfferEnd::Accepted);
    }
    assert_eq!(world.dials().values().max(), Some(&1));
}

#[test]
fn a_dial_that_was_not_written_leaves_its_room_to_another_on_the_same_day() {
    let mut world = World::new(Caps { all: dials(1), ..Caps::default() });
    world.ask(0, 0);
    world.written(true);
    world.agent(OfferEnd::Accepted);
    world.written(false);
    world.wait(1);
    world.agent(OfferEnd::Accepted);
    world.written(true);
    assert_eq!(world.dials().values().max(), Some(&1));
    assert_eq!(world.alarms, []);
}

#[test]
fn a_caller_who_asks_for_the_numbers_of_others_is_stopped() {
    let mut world = World::new(Caps { per_caller: requests(2), ..Caps::default() });
    for number in 0..4 {
        world.ask(number, 5);
        world.written(true);
    }
    world.ask(0, 4);
    let capped = Refusal::Unfit(Unfit::Capped(Cap::Most(What::Requests, Of::Caller)));
    assert_eq!(world.refused[..2], [capped, capped]);
    // Who asks for a number that waits is told that, whatever the day allows.
    assert!(matches!(world.refused[2], Refusal::AlreadyWaiting { .. }));
    assert_eq!(world.alarms, [Cap::Most(What::Requests, Of::Caller)]);
}

#[test]
fn conversations_use_up_the_time_of_the_day() {
    let hour = Most { talk: Some(Duration::from_secs(3_600)), ..Most::default() };
    let mut world = World::new(Caps { per_country: hour, ..Caps::default() });
    for number in 0..3 {
        world.ask(number, number);
        world.written(true);
    }
    for wait in [1_800, 1_801] {
        world.agent(OfferEnd::Accepted);
        world.written(true);
        world.customer(None);
        world.wait(wait);
        world.hang_up();
    }
    world.crash();
    world.agent(OfferEnd::Accepted);
    world.written(true);
    assert_eq!(world.dials().values().max(), Some(&2));
    assert_eq!(world.alarms.last(), Some(&Cap::Most(What::Talk, Of::Country)));
}

#[test]
fn a_day_begins_by_the_clock_of_its_zone() {
    // The world begins at 10 h UTC; in Tokyo the day ends at 15 h UTC.
    let days = Days::in_zone("Asia/Tokyo").expect("a zone");
    let mut world = World::new(Caps { all: dials(1), days, ..Caps::default() });
    dial_all(&mut world, 0..2);
    assert_eq!(world.dials().values().max(), Some(&1));
    world.wait(4 * 3_600);
    dial_all(&mut world, 0..0);
    assert_eq!(world.dials().values().max(), Some(&2));
}

#[test]
fn a_clock_that_steps_back_brings_no_dials_back() {
    let mut world = World::new(Caps { all: dials(1), ..Caps::default() });
    dial_all(&mut world, 0..2);
    world.now.wall = Wall::from_unix_millis(world.now.wall.as_unix_millis() - 86_400_000);
    dial_all(&mut world, 2..3);
    assert_eq!(world.dials().get(&(20_779, String::new())), None);
    assert_eq!(world.dials().len(), 4);
}

#[test]
fn callers_who_ask_for_a_number_that_waits_already_are_noticed_too() {
    let caps = Caps { callers_per_number: Some(3), ..Caps::default() };
    let mut world = World::new(caps);
    for caller in 1..=3 {
        world.ask(0, caller);
        world.written(true);
    }
    let requests =
        world.facts.iter().filter(|(_, fact)| matches!(fact, Fact::CallbackRequested { .. }));
    assert_eq!(requests.count(), 1);
    assert_eq!(world.alarms, [Cap::CallersPerNumber]);
}
