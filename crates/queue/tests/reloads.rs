//! Any order of commands with any settings in between: nobody loses a place by a reload, no request
//! ends twice, and none is dialled twice at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ledger::{CallEnd, DialOutcome, Fact, Fold, OfferEnd, Origin};
use model::{AgentName, CallId, E164, Entropy, LanguageTag, Mono, Now, OfferId, RequestId, Wall};
use proptest::prelude::*;
use queue::{AgentSettings, AgentStatus, Command, Event, LineSettings, Order, QueueSettings};
use queue::{Queues, RequestStage, Settings, Wish};

const LINES: [&str; 3] = ["main", "store", "night"];
const QUEUES: [&str; 3] = ["desk", "shop", "late"];
const AGENTS: [&str; 4] = ["ann", "bob", "cid", "dan"];

/// Which of the lines, queues and agents there are; what a line needs is there.
fn settings(choice: u16) -> Settings {
    let has = |bit: usize| choice & (1 << bit) != 0;
    let lines: Vec<usize> = (0..3).filter(|n| has(*n)).collect();
    let queues: BTreeSet<usize> =
        (0..3).filter(|n| has(3 + n)).chain(lines.iter().copied()).collect();
    let policy = |n: &usize| QueueSettings {
        request_ttl: Duration::from_secs(3_600),
        attempts_total: 2,
        retry_delay: Duration::from_secs(30),
        decline_pause: Duration::from_secs(20),
        callbacks_ring: if has(10 + n) { 2 } else { 1 },
        last_agent: has(13),
        message_blocks_agent: has(14),
        ends_when_all_decline: has(15),
        ..QueueSettings::default()
    };
    let line = |n: &usize| LineSettings {
        queue: QUEUES[*n].into(),
        trunk: if has(13) { "carrier" } else { "other" }.into(),
        calls_back: true,
        has_fallback: false,
        callback_queue: None,
        routing: queue::Routing { preferred: vec![AGENTS[*n].into()], ..queue::Routing::default() },
        screening: Default::default(),
        home: None,
    };
    let agent = |n: usize| AgentSettings {
        queues: queues.iter().map(|n| QUEUES[*n].into()).collect(),
        wrap_up: Duration::from_secs(5),
        priority: has(14),
        calls_from: E164::parse(&format!("+3361000000{n}")).into_iter().collect(),
        ..AgentSettings::default()
    };
    let agents = (0..4).filter(|n| has(6 + n)).map(|n| (AgentName::from(AGENTS[n]), agent(n)));
    Settings {
        queues: queues.iter().map(|n| (QUEUES[*n].into(), policy(n))).collect(),
        lines: lines.iter().map(|n| (LINES[*n].into(), line(n))).collect(),
        agents: agents.collect(),
        entries_max: 40,
        rooms: BTreeMap::new(),
        own_numbers: [].into(),
        caps: Default::default(),
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}

struct Day {
    queues: Queues,
    now: Now,
    orders: Vec<Order>,
    offers: Vec<OfferId>,
    dials: BTreeMap<RequestId, model::AttemptId>,
    closed: BTreeSet<RequestId>,
}

impl Day {
    fn new(choice: u16) -> Day {
        let now = Now { mono: Mono::ZERO, wall: Wall::from_unix_millis(1_795_255_200_000) };
        let recovered = Fold::default().recovered();
        let people = BTreeMap::new();
        let entropy = Entropy::from_u64(1);
        let queues = Queues::new(settings(choice), &recovered, &people, entropy, now);
        let (orders, offers, dials) = (Vec::new(), Vec::new(), BTreeMap::new());
        Day { queues, now, orders, offers, dials, closed: BTreeSet::new() }
    }

    fn tell(&mut self, command: Command) {
        if self.queues.check(&command).is_ok() {
            self.queues.handle(self.now, command);
        }
        while let Some(event) = self.queues.poll() {
            match event {
                Event::Record { fact } => self.fact(&fact),
                Event::RecordThen { fact, order, .. } => {
                    self.fact(&fact);
                    self.orders.push(order);
                }
                Event::Offer { offer, .. } => self.offers.push(offer),
                _ => {}
            }
        }
    }

    fn fact(&mut self, fact: &Fact) {
        match fact {
            Fact::DialStarted { attempt, .. } => {
                assert!(!self.closed.contains(&attempt.request), "dialled after its end");
                let live = self.dials.insert(attempt.request, *attempt);
                assert_eq!(live, None, "dialled twice at once");
            }
            Fact::DialEnded { attempt, .. } => drop(self.dials.remove(&attempt.request)),
            Fact::RequestClosed { request, .. } => {
                assert!(self.closed.insert(*request), "{request} ended twice");
                self.dials.remove(request);
            }
            _ => {}
        }
    }

    fn act(&mut self, act: u8, choice: u16) {
        let offer = self.offers.get(usize::from(choice) % self.offers.len().max(1)).copied();
        let offer = offer.unwrap_or(OfferId(0));
        let call = CallId(u64::from(choice % 12));
        let number = E164::parse(&format!("+3361000000{}", choice % 8)).expect("a number");
        let line = LINES[usize::from(choice) % 3];
        let agent = AgentName::from(AGENTS[usize::from(choice) % 4]);
        let language = LanguageTag::from("en");
        let command = match act {
            0..=2 => Command::Arrive { call, line: line.into(), asks: Default::default() },
            3 => Command::Leave { call, end: CallEnd::Abandoned },
            4..=6 => Command::Request { call, number, caller: None, contact: None, language },
            7 => {
                let owner = choice.is_multiple_of(2).then(|| agent.clone());
                let terms =
                    ledger::Terms { origin: Origin::Voicemail, owner, ..Default::default() };
                let wish = Wish { number, line: line.into(), language, terms };
                Command::Create { ticket: 1, wish: Box::new(wish) }
            }
            8..=10 => Command::OfferEnded { offer, end: OfferEnd::Accepted },
            11 => Command::OfferEnded { offer, end: OfferEnd::Declined },
            12 => Command::Bridged { offer },
            13 => Command::TalkEnded { offer },
            14 => Command::AgentReleased { offer },
            15 => match self.dials.values().next() {
                Some(attempt) => {
                    Command::DialEnded { attempt: *attempt, outcome: DialOutcome::Busy, said: None }
                }
                None => return,
            },
            16 => Command::SetStatus {
                agent,
                status: AgentStatus::Online,
                reason: None,
                by: queue::SaidBy::Command,
            },
            17 => Command::SetStatus {
                agent,
                status: AgentStatus::Away,
                reason: None,
                by: queue::SaidBy::Command,
            },
            18..=21 => match self.orders.is_empty() {
                true => return,
                false => Command::Recorded { order: self.orders.remove(0) },
            },
            22 => {
                let time = Duration::from_secs(u64::from(choice % 40));
                self.now = Now { mono: self.now.mono + time, wall: self.now.wall + time };
                Command::Journal { up: true }
            }
            _ => return self.reload(choice),
        };
        self.tell(command);
    }

    /// What holds a place, queue by queue, in its order.
    fn order(&self) -> Vec<(String, String)> {
        let requests = self.queues.requests().filter_map(|view| {
            let here = (view.queue.to_string(), view.place?);
            Some((here, view.request.to_string()))
        });
        let calls = self.queues.calls();
        let calls = calls.map(|it| ((it.queue.to_string(), it.place), it.call.to_string()));
        let all: BTreeMap<_, _> = requests.chain(calls).collect();
        all.into_iter().map(|((queue, _), who)| (queue, who)).collect()
    }

    fn reload(&mut self, choice: u16) {
        // What is due at this moment happens before.
        self.tell(Command::Journal { up: true });
        let (before, closed) = (self.order(), self.closed.clone());
        let settings = settings(choice);
        let foreseen = self.queues.foresee(&settings);
        let strands = |queues: &Queues| {
            queues.requests().filter(|view| view.stage == RequestStage::Stranded).count()
        };
        let stranded = strands(&self.queues);
        self.tell(Command::Reload { settings: Box::new(settings), coming: Vec::new() });
        let mut after = self.order();
        let ended: BTreeSet<String> =
            self.closed.difference(&closed).map(ToString::to_string).collect();
        let before: Vec<_> = before.into_iter().filter(|(_, who)| !ended.contains(who)).collect();
        after.retain(|at| before.contains(at));
        assert_eq!(after, before, "a reload moves nobody");
        let now = strands(&self.queues);
        let most: usize = foreseen.stranded.values().sum();
        assert!(now <= stranded + most, "{now} stranded, foreseen {foreseen:?} + {stranded}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_settings_come_nobody_moves_and_nothing_ends_twice(
        first in any::<u16>(),
        acts in prop::collection::vec((0_u8..=24, any::<u16>()), 1..200)
    ) {
        let mut day = Day::new(first);
        for (act, choice) in acts {
            day.act(act, choice);
        }
        // Once everything is known again, nothing is stranded.
        day.reload(u16::MAX);
        let waits = day.queues.requests().any(|view| view.stage == RequestStage::Stranded);
        assert!(!waits, "somebody is stranded for ever");
    }
}
