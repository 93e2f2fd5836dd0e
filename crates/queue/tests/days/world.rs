//! The engine, the journal and the people, as small as they can be.

mod allowed;
mod bookings;
mod fair;
mod operated;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ledger::{CallEnd, DialOutcome, Entry, Fact, Fold, OfferEnd, Person, Recovered, RequestState};
use model::{
    AgentName, AttemptId, CallId, E164, Entropy, LanguageTag, LineName, Mono, Now, OfferId,
    PersonId, QueueName, RequestId, Seq, Wall,
};
use queue::{AgentStatus, Command, Event, Order, Queues, Work};

use crate::watch::{Invite, Watch, Who};
pub use settings::Habits;
use settings::{PLAIN, asked, line, settings};

const RETRY: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(20);
const WRAP_UP: Duration = Duration::from_secs(5);
const KEPT_FOR: Duration = Duration::from_secs(25);
const NUMBERS: u16 = 3;

/// What the engine does for an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ringing,
    Connecting,
    /// The dial is being written.
    Writing,
    Dialling(AttemptId),
    Talking(Option<AttemptId>),
    Leaving,
}

#[derive(Debug, Clone)]
struct Leg {
    agent: AgentName,
    who: Who,
    phase: Phase,
}

/// One line of the journal.
#[derive(Debug, Clone)]
struct Line {
    at: Wall,
    fact: Fact,
    person: Option<Person>,
    order: Option<Order>,
}

#[derive(Debug)]
pub struct World {
    habits: Habits,
    /// Works for which Cid alone rings, who is preferred.
    alone: BTreeSet<Who>,
    /// Who rang for a work and did not take it, while others ring for it.
    left: BTreeMap<Who, BTreeSet<AgentName>>,
    queues: Queues,
    watch: Watch,
    now: Now,
    lines: Vec<Line>,
    /// How many of the lines are durable.
    durable: usize,
    people: BTreeMap<PersonId, Person>,
    journal_up: bool,
    legs: BTreeMap<OfferId, Leg>,
    wrap_up: BTreeMap<AgentName, Mono>,
    online: BTreeMap<AgentName, bool>,
    /// Who serves somebody in writing.
    chats: BTreeSet<AgentName>,
    calls: Vec<CallId>,
    next_call: u64,
    epoch: u64,
    /// From which line on dials count.
    counted_from: usize,
}

fn serves(agent: &AgentName, queue: &QueueName) -> bool {
    settings(PLAIN).agents[agent].queues.contains(queue)
}

fn fold(lines: &[Line]) -> Recovered {
    let mut fold = Fold::default();
    for (line, seq) in lines.iter().zip(1..) {
        fold.apply(&Entry { seq: Seq(seq), at: line.at, fact: line.fact.clone() });
    }
    fold.recovered()
}

impl World {
    pub fn new(habits: Habits) -> World {
        let now = Now { mono: Mono::ZERO, wall: Wall::from_unix_millis(1_795_255_200_000) };
        let people = BTreeMap::new();
        let entropy = Entropy::from_u64(1);
        let queues = Queues::new(settings(habits), &fold(&[]), &people, entropy, now);
        let online = settings(PLAIN).agents.keys().map(|agent| (agent.clone(), true)).collect();
        let mut world = World {
            habits,
            alone: BTreeSet::new(),
            left: BTreeMap::new(),
            queues,
            watch: Watch::of(if habits.keeps_places { KEPT_FOR } else { Duration::ZERO }),
            now,
            lines: Vec::new(),
            durable: 0,
            people,
            journal_up: true,
            legs: BTreeMap::new(),
            wrap_up: BTreeMap::new(),
            online,
            chats: BTreeSet::new(),
            calls: Vec::new(),
            next_call: 1,
            epoch: 1,
            counted_from: 0,
        };
        world.drain();
        world
    }

    /// One of the thirty-two things that can happen; what it happens to is chosen by `choice`.
    pub fn act(&mut self, act: u8, choice: u16) {
        match act {
            0..=3 => self.arrive(choice),
            4..=5 => self.leave(choice),
            6..=9 => self.ask(choice),
            10..=13 => self.end_ringing(choice, OfferEnd::Accepted),
            14 => self.end_ringing(choice, OfferEnd::Declined),
            15 => self.end_ringing(choice, OfferEnd::NoAnswer),
            16..=17 => self.bridge(choice),
            18..=19 => self.end_dial(choice),
            20 => self.end_talk(choice),
            21..=22 => self.release(choice),
            23 => self.pass(u64::from(choice % 50)),
            24..=27 => (0..=choice % 6).for_each(|_| self.write_one()),
            28 => self.rare(choice),
            29 if choice.is_multiple_of(2) => self.book(choice / 2),
            29 => self.operate(choice / 2),
            _ => self.crash(choice),
        }
    }

    /// What happened, without numbers.
    pub fn reached(&self) -> BTreeSet<String> {
        let words = self.lines.iter().map(|line| match &line.fact {
            Fact::EngineStarted { .. } => "engine_started".to_owned(),
            Fact::CallArrived { .. } => "call_arrived".to_owned(),
            Fact::CallEnded { end, .. } => format!("call_ended {end}"),
            Fact::PlaceTaken { .. }
            | Fact::PlaceReturned { .. }
            | Fact::CallbackRequested { .. }
            | Fact::Moved { .. }
            | Fact::CameDue { .. }
            | Fact::Hastened { .. }
            | Fact::Switched { .. }
            | Fact::Held { .. } => bookings::reached(&line.fact),
            Fact::Offered { .. } => "offered".to_owned(),
            Fact::OfferEnded { end, .. } => format!("offer_ended {end}"),
            Fact::DialStarted { .. } => "dial_started".to_owned(),
            Fact::DialEnded { outcome, retry_at, .. } => {
                format!("dial_ended {outcome}, retry {}", retry_at.is_some())
            }
            Fact::Bridged { attempt, .. } => format!("bridged, callback {}", attempt.is_some()),
            Fact::Transferred { to, .. } => format!("transferred, inside {}", to.is_some()),
            Fact::RequestClosed { end, why, .. } => format!("request_closed {end}\n    {why}"),
            Fact::AttemptMissed { retry_at, .. } => {
                format!("attempt_missed, retry {}", retry_at.is_some())
            }
            Fact::TicketWanted { .. } => "ticket_wanted".to_owned(),
            Fact::TicketComment { .. } => "ticket_comment".to_owned(),
            Fact::FoundUncertain { .. } => "found_uncertain".to_owned(),
            Fact::Settled { by, .. } => format!("settled by {by}"),
            Fact::RequestUntaken { .. } => "request_untaken".to_owned(),
            // The queue records nothing of these.
            Fact::OfferWithheld { .. }
            | Fact::OfferAllowed { .. }
            | Fact::RecordingBegan { .. }
            | Fact::RecordingEnded { .. }
            | Fact::NotRecorded { .. }
            | Fact::RecordingDeclined { .. }
            | Fact::CallLed { .. }
            | Fact::StatusSet { .. }
            | Fact::WrapUpEnded { .. }
            | Fact::MessageLeft { .. } => "of recordings".to_owned(),
        });
        words.collect()
    }

    fn rare(&mut self, choice: u16) {
        let pick = choice / 8;
        match choice % 8 {
            0 => self.refuse_one(),
            1 => self.set_journal(false),
            2 | 3 => self.set_journal(true),
            4 => self.step_wall(i64::from(pick) - 4_096),
            5 => self.set_status(pick, false),
            6 => self.set_status(pick, true),
            _ => self.give_up(pick),
        }
    }

    fn arrive(&mut self, choice: u16) {
        let line = line(choice);
        let call = CallId((self.epoch << 32) + self.next_call);
        self.next_call += 1;
        let queue = settings(PLAIN).lines[&LineName::from(line)].queue.clone();
        self.calls.push(call);
        let known = self.habits.takes_over || self.habits.keeps_places;
        let from = known.then(|| customer(choice / 6));
        self.watch.arrive(call, queue, asked(self.habits, line));
        self.watch.hung_up.arrives(call, from);
        let asks = queue::Asks { from, ..queue::Asks::default() };
        self.tell(Command::Arrive { call, line: LineName::from(line), asks });
        self.watch.nothing_is_kept_for(call);
    }

    fn leave(&mut self, choice: u16) {
        let Some(call) = pick(&self.calls, choice) else { return };
        self.tell(Command::Leave { call, end: CallEnd::Abandoned });
    }

    fn ask(&mut self, choice: u16) {
        let Some(call) = pick(&self.calls, choice / NUMBERS) else { return };
        let number = customer(choice);
        let waits = self.watch.place_id(Who::Call(call)).is_some();
        let connecting = self
            .legs
            .values()
            .any(|leg| leg.who == Who::Call(call) && leg.phase == Phase::Connecting);
        if waits && !connecting {
            // Taken back when it is refused.
            self.watch.asking.insert(call);
        }
        let language = LanguageTag::from("en");
        self.tell(Command::Request { call, number, caller: None, contact: None, language });
    }

    fn legs_in(&self, wanted: impl Fn(Phase) -> bool) -> Vec<OfferId> {
        self.legs.iter().filter(|(_, leg)| wanted(leg.phase)).map(|(offer, _)| *offer).collect()
    }

    fn end_ringing(&mut self, choice: u16, end: OfferEnd) {
        let ringing = self.legs_in(|phase| phase == Phase::Ringing);
        let Some(offer) = pick(&ringing, choice) else { return };
        let leg = self.legs.get_mut(&offer).expect("picked");
        leg.phase = match (end, leg.who) {
            (OfferEnd::Accepted, Who::Call(_)) => Phase::Connecting,
            (OfferEnd::Accepted, Who::Request(_)) => Phase::Writing,
            (_, _) => Phase::Leaving,
        };
        if end != OfferEnd::Accepted {
            self.pause(offer);
        }
        let who = self.legs[&offer].who;
        self.tell(Command::OfferEnded { offer, end });
        if end == OfferEnd::Accepted {
            self.others_are_too_late(who, &ringing);
        }
    }

    fn pause(&mut self, offer: OfferId) {
        let leg = &self.legs[&offer];
        let place = self.watch.place_id(leg.who).expect("an offered work holds a place");
        self.watch.pauses.push((leg.agent.clone(), place, self.now.mono + PAUSE));
        self.left.entry(leg.who).or_default().insert(leg.agent.clone());
    }

    fn bridge(&mut self, choice: u16) {
        let ready = self.legs_in(|phase| matches!(phase, Phase::Connecting | Phase::Dialling(_)));
        let Some(offer) = pick(&ready, choice) else { return };
        let leg = self.legs.get_mut(&offer).expect("picked");
        leg.phase = match leg.phase {
            Phase::Dialling(attempt) => Phase::Talking(Some(attempt)),
            _ => Phase::Talking(None),
        };
        self.tell(Command::Bridged { offer });
    }

    fn end_dial(&mut self, choice: u16) {
        let dialling = self.legs_in(|phase| matches!(phase, Phase::Dialling(_)));
        let Some(offer) = pick(&dialling, choice / 5) else { return };
        let leg = self.legs.get_mut(&offer).expect("picked");
        let Phase::Dialling(attempt) = leg.phase else { return };
        leg.phase = Phase::Leaving;
        let outcomes = [
            DialOutcome::Busy,
            DialOutcome::NoAnswer,
            DialOutcome::Declined,
            DialOutcome::Failed,
            DialOutcome::AgentLeft,
            DialOutcome::Machine,
        ];
        let outcome = outcomes[usize::from(choice % 6)];
        self.watch.invite_ended(attempt);
        self.tell(Command::DialEnded { attempt, outcome, said: None });
        // A report that comes twice is ignored.
        self.tell(Command::DialEnded { attempt, outcome: DialOutcome::Failed, said: None });
    }

    /// The agent hangs up while the dial is being written.
    fn give_up(&mut self, choice: u16) {
        let orders: Vec<AttemptId> = self.lines[self.durable..]
            .iter()
            .filter_map(|line| match line.order {
                Some(Order::Dial { attempt, .. }) => Some(attempt),
                Some(Order::Promise { .. } | Order::Create { .. }) | None => None,
            })
            .collect();
        let Some(attempt) = pick(&orders, choice) else { return };
        self.tell(Command::DialEnded { attempt, outcome: DialOutcome::AgentLeft, said: None });
    }

    fn end_talk(&mut self, choice: u16) {
        let talking = self.legs_in(|phase| matches!(phase, Phase::Talking(_)));
        let Some(offer) = pick(&talking, choice) else { return };
        self.talk_is_over(offer);
        self.tell(Command::TalkEnded { offer });
    }

    fn talk_is_over(&mut self, offer: OfferId) {
        let leg = self.legs.get_mut(&offer).expect("picked");
        if let Phase::Talking(Some(attempt)) = leg.phase {
            self.watch.invite_ended(attempt);
        }
        leg.phase = Phase::Leaving;
        self.wrap_up.insert(leg.agent.clone(), self.now.mono + WRAP_UP);
    }

    /// An agent's leg is gone: as it should, or without a word.
    fn release(&mut self, choice: u16) {
        let free = self.legs_in(|phase| !matches!(phase, Phase::Writing | Phase::Dialling(_)));
        let Some(offer) = pick(&free, choice) else { return };
        match self.legs[&offer].phase {
            Phase::Ringing | Phase::Connecting => self.pause(offer),
            Phase::Talking(_) => self.talk_is_over(offer),
            Phase::Leaving | Phase::Writing | Phase::Dialling(_) => {}
        }
        self.legs.remove(&offer);
        self.tell(Command::AgentReleased { offer });
    }

    fn set_status(&mut self, choice: u16, online: bool) {
        let agents: Vec<AgentName> = self.online.keys().cloned().collect();
        let Some(agent) = pick(&agents, choice) else { return };
        self.online.insert(agent.clone(), online);
        let status = if online { AgentStatus::Online } else { AgentStatus::Away };
        self.tell(Command::SetStatus { agent, status, reason: None, by: queue::SaidBy::Command });
    }

    fn set_journal(&mut self, up: bool) {
        self.journal_up = up;
        self.tell(Command::Journal { up });
    }

    fn step_wall(&mut self, secs: i64) {
        let millis = self.now.wall.as_unix_millis() + secs * 1_000;
        self.now.wall = Wall::from_unix_millis(millis);
    }

    fn pass(&mut self, secs: u64) {
        let end = self.now.mono + Duration::from_secs(secs);
        while let Some(deadline) = self.queues.deadline().filter(|deadline| deadline.at <= end) {
            self.run_to(deadline.at);
            self.queues.handle_timeout(self.now);
            self.drain();
        }
        self.run_to(end);
    }

    fn run_to(&mut self, until: Mono) {
        self.now.wall = self.now.wall + until.since(self.now.mono);
        self.now.mono = self.now.mono.max(until);
    }

    /// The journal gets one line further.
    fn write_one(&mut self) {
        if !self.journal_up {
            return self.refuse_one();
        }
        let Some(line) = self.lines.get(self.durable).cloned() else { return };
        self.durable += 1;
        self.people.extend(line.person.map(|person| (person.id, person)));
        let Some(order) = line.order else { return };
        self.lines[self.durable - 1].order = None;
        if let Order::Dial { offer, attempt, sip_call_id } = &order
            && self.queues.stands(&order)
        {
            self.watch.invite(*attempt, sip_call_id);
            let leg = self.legs.get_mut(offer).expect("a standing dial has its agent");
            leg.phase = Phase::Dialling(*attempt);
        } else if let Order::Dial { offer, .. } = &order
            && let Some(leg) = self.legs.get_mut(offer)
        {
            leg.phase = Phase::Leaving;
        }
        if let Order::Promise { request, .. } | Order::Create { request, .. } = &order {
            self.watch.promise(*request, self.now);
        }
        self.tell(Command::Recorded { order });
    }

    /// The first permission that is being written fails: it did not happen.
    fn refuse_one(&mut self) {
        let pending = self.lines[self.durable..].iter().position(|line| line.order.is_some());
        let Some(index) = pending else { return };
        let line = self.lines.remove(self.durable + index);
        let order = line.order.expect("searched for");
        if let Order::Promise { call, .. } = &order {
            self.watch.asking.remove(call);
        }
        if let Order::Create { request, .. } = &order {
            self.watch.was_not_written(*request);
        }
        self.tell(Command::NotRecorded { order });
    }

    fn tell(&mut self, command: Command) {
        self.queues.handle(self.now, command);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(event) = self.queues.poll() {
            self.hear(event);
            self.forget_rings_that_ended();
        }
        self.forget_rings_that_ended();
        self.check();
    }

    fn hear(&mut self, event: Event) {
        let at = self.now.wall;
        match event {
            Event::Record { fact } => {
                self.watch.fact(&fact, self.now, RETRY);
                self.forget(&fact);
                self.lines.push(Line { at, fact, person: None, order: None });
            }
            Event::RecordThen { fact, person, order } => {
                assert!(fact.permits());
                self.writes(&fact, &order, person.as_ref().map(|person| person.number));
                self.look_at_what_is_allowed(&fact);
                self.lines.push(Line { at, fact, person, order: Some(order) });
            }
            Event::Refused { call, .. } => {
                self.watch.asking.remove(&call);
            }
            Event::Created { .. } | Event::Stands { .. } | Event::NotCreated { .. } => {}
            Event::Full { call } => self.watch.leave(Who::Call(call)),
            Event::Offer { offer, agent, queue, work } => self.offer(offer, agent, queue, &work),
            Event::Withdraw { offer, .. } => {
                if let Some(leg) = self.legs.get_mut(&offer) {
                    leg.phase = Phase::Leaving;
                }
            }
            // Nobody here hands a conversation on: the simulated days do.
            Event::TransferTaken { .. }
            | Event::TransferRefused { .. }
            | Event::NextAgent { .. }
            | Event::Alarm { .. } => {}
            Event::CalledIn { offer, call } => {
                let leg = self.legs.get_mut(&offer).expect("an agent who waits");
                assert!(matches!(leg.phase, Phase::Dialling(_)), "{leg:?} has no dial");
                (leg.who, leg.phase) = (Who::Call(call), Phase::Connecting);
            }
            Event::Closed { request, .. } => {
                for (attempt, invite) in &mut self.watch.invites {
                    if attempt.request == request {
                        *invite = Invite::Ended;
                    }
                }
            }
        }
    }

    fn forget(&mut self, fact: &Fact) {
        // We have rung off.
        if let Fact::DialEnded { attempt, outcome: DialOutcome::CalledIn, .. } = fact {
            self.watch.invite_ended(*attempt);
        }
        if let Fact::CallEnded { call, .. } = fact {
            let before = self.calls.len();
            self.calls.retain(|other| other != call);
            assert_eq!(self.calls.len() + 1, before, "{call} ended twice");
        }
    }

    /// An offer: to an agent without work, of a work without agent, and nobody is overtaken.
    fn offer(&mut self, offer: OfferId, agent: AgentName, queue: QueueName, work: &Work) {
        let who = match work {
            Work::Live { call } => Who::Call(*call),
            Work::Callback { request, .. } => Who::Request(*request),
        };
        assert!(self.is_idle(&agent), "{agent} has one work already");
        assert!(serves(&agent, &queue));
        if let Who::Request(request) = who {
            let doubt = self.watch.invites.iter().any(|(attempt, invite)| {
                attempt.request == request && matches!(invite, Invite::InDoubt | Invite::Live)
            });
            assert!(!doubt, "{request} may have been reached and is offered");
        }
        self.nobody_is_overtaken(&agent, who);
        if self.ring(who) == 0 && self.is_for(&agent, who) {
            self.alone.insert(who);
        }
        self.watch.due.retain(|request, _| Who::Request(*request) != who);
        self.legs.insert(offer, Leg { agent, who, phase: Phase::Ringing });
    }

    /// What must hold whenever the queue has said all it had to say.
    fn check(&mut self) {
        self.watch.let_go(self.now.mono);
        for agent in settings(PLAIN).agents.keys().filter(|agent| self.is_idle(agent)) {
            for place in &self.watch.places {
                let may = self.is_offerable(agent, place.id) || self.is_joinable(agent, place);
                let forgotten = serves(agent, &place.queue) && may;
                assert!(!forgotten, "{agent} is free and {:?} waits", place.who);
            }
        }
        for queue in settings(PLAIN).queues.keys() {
            let calls = self.queues.calls().filter(|view| view.queue == *queue);
            let calls = calls.map(|view| (view.place, Who::Call(view.call)));
            let requests = self.queues.requests().filter(|view| view.queue == *queue);
            let requests =
                requests.filter_map(|view| Some((view.place?, Who::Request(view.request))));
            let mut shown: Vec<(u32, Who)> = calls.chain(requests).collect();
            shown.sort();
            self.watch.compare_places(queue, &shown);
        }
        self.check_journal();
        self.times_are_kept();
    }

    /// At most one terminal fact, and nothing of a request after it.
    fn check_journal(&self) {
        let mut closed = BTreeSet::new();
        for line in &self.lines {
            let Some(request) = line.fact.request() else { continue };
            assert!(!closed.contains(&request), "after the end of {request}: {:?}", line.fact);
            if matches!(line.fact, Fact::RequestClosed { .. }) {
                closed.insert(request);
            }
        }
    }

    /// The engine dies; of what was not known to be durable some may be, in order.
    fn crash(&mut self, choice: u16) {
        let unknown = self.lines.len() - self.durable + 1;
        self.crash_after(self.durable + usize::from(choice) % unknown);
    }

    fn crash_after(&mut self, durable: usize) {
        self.lines.truncate(durable);
        for line in &mut self.lines[self.durable..] {
            line.order = None;
            self.people.extend(line.person.clone().map(|person| (person.id, person)));
        }
        self.durable = durable;
        self.epoch += 1;
        self.counted_from = 0;
        let recovered = fold(&self.lines);
        self.forget_what_a_crash_forgets(&recovered);
        let entropy = Entropy::from_u64(1);
        self.queues =
            Queues::new(settings(self.habits), &recovered, &self.people, entropy, self.now);
        self.drain();
        self.promises_are_open_or_closed();
    }

    fn forget_what_a_crash_forgets(&mut self, recovered: &Recovered) {
        self.legs.clear();
        self.left.clear();
        self.alone.clear();
        self.wrap_up.clear();
        self.calls.clear();
        self.journal_up = true;
        self.chats.clear();
        self.online.values_mut().for_each(|online| *online = true);
        let watch = &mut self.watch;
        // A request that became durable and was not told of has its caller's place.
        for record in &recovered.open {
            if !watch.promised.contains(&record.request) {
                watch.promise(record.request, self.now);
            }
        }
        watch.restart(recovered, self.now);
        let uncertain = |state: &RequestState| matches!(state, RequestState::Uncertain { .. });
        let open = recovered.open.iter().filter(|record| uncertain(&record.state));
        watch.uncertain = open.map(|record| record.request).collect();
        for record in &recovered.open {
            if let RequestState::Waiting { due: Some(due) } = record.state {
                let due = self.now.mono + due.since(self.now.wall);
                watch.due.insert(record.request, due);
            }
        }
        let ended = |attempt: &AttemptId| {
            self.lines.iter().any(|line| match &line.fact {
                Fact::DialEnded { attempt: ended, .. } | Fact::Settled { attempt: ended, .. } => {
                    ended == attempt
                }
                Fact::RequestClosed { request, .. } => *request == attempt.request,
                _ => false,
            })
        };
        for (attempt, invite) in &mut watch.invites {
            if !ended(attempt) {
                *invite = Invite::InDoubt;
            }
        }
    }

    /// Every request that was promised is open, or has its terminal fact in the journal.
    fn promises_are_open_or_closed(&self) {
        for request in &self.watch.promised {
            let open = self.queues.request(*request).is_some();
            let closed = self.lines.iter().any(|line| {
                matches!(&line.fact, Fact::RequestClosed { request: id, .. } if id == request)
            });
            assert!(open != closed, "{request}: open {open}, closed {closed}");
        }
    }

    /// The day ends: everybody goes home, time runs out, nothing is left.
    pub fn close_down(&mut self) {
        self.set_journal(true);
        while self.durable < self.lines.len() {
            self.write_one();
        }
        for agent in 0..3 {
            self.set_status(agent, false);
        }
        for _ in 0..200 {
            self.end_dial(0);
            self.end_talk(0);
            self.release(0);
            self.leave(0);
            self.write_one();
        }
        while self.queues.deadline().is_some() {
            self.pass(600);
        }
        assert!(self.queues.is_empty(), "{:?}", self.queues);
        assert!(self.calls.is_empty());
        self.promises_are_open_or_closed();
    }

    /// Folds every prefix of the journal and starts from it.
    pub fn crash_at_every_fact(&mut self) {
        for durable in 0..=self.lines.len() {
            let lines = &self.lines[..durable];
            let mut people = self.people.clone();
            let persons = lines.iter().filter_map(|line| line.person.clone());
            people.extend(persons.map(|person| (person.id, person)));
            let recovered = fold(lines);
            let entropy = Entropy::from_u64(1);
            let mut queues =
                Queues::new(settings(self.habits), &recovered, &people, entropy, self.now);
            let said: Vec<Event> = std::iter::from_fn(|| queues.poll()).collect();
            let dials = said.iter().any(|event| matches!(event, Event::RecordThen { .. }));
            assert!(!dials, "a restart dials nobody");
            for record in &recovered.open {
                let closed = said.iter().filter(|event| {
                    matches!(event, Event::Record { fact: Fact::RequestClosed { request, .. } }
                        if *request == record.request)
                });
                let closed = closed.count();
                let open = usize::from(queues.request(record.request).is_some());
                assert_eq!(open + closed, 1, "after {durable} facts: {}", record.request);
                let offered = said.iter().any(|event| {
                    matches!(event, Event::Offer { work: Work::Callback { request, .. }, .. }
                        if *request == record.request)
                });
                let waits = matches!(
                    record.state,
                    RequestState::Waiting { .. } | RequestState::Scheduled { .. }
                );
                let doubt = !waits;
                assert!(!(offered && doubt), "{} is offered", record.request);
            }
        }
    }
}

fn customer(choice: u16) -> E164 {
    E164::parse(&format!("+3361000000{}", choice % NUMBERS)).expect("a number")
}

fn pick<T: Clone>(list: &[T], choice: u16) -> Option<T> {
    let index = usize::from(choice).checked_rem(list.len())?;
    list.get(index).cloned()
}
