//! The machine: routes commands to the rooms, runs the plan after each, keeps the deadlines.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use ledger::{Fact, Person, Recovered};
use model::{CallId, Deadline, E164, Entropy, Mono, Now, OfferId, PersonId, RequestId, Wall};

use crate::agents::{AgentNo, Agents};
use crate::calls::Caller;
use crate::caps::Today;
use crate::estimate::Estimates;
use crate::holds::Hold;
use crate::kept::Kept;
use crate::names::Names;
use crate::offers::Offer;
use crate::places::{Places, Queue, Trunk};
use crate::plan::{View, plan};
use crate::promise::{Asking, Promise};
use crate::reason::Reason;
use crate::reel::{Input, Reel};
use crate::reload::Retired;
use crate::requests::Request;
use crate::rings::Rings;
use crate::taken::Taken;
use crate::wanted::{LastAgents, Wanted};
use crate::wishes::Keys;
use crate::{Command, Event, Order, Rejected, Settings};

/// Most due times and expiries handled by one input, and most plans made. When more have come, the
/// deadline stays in the past and nothing is offered until the next input has handled the rest.
const TIMERS_PER_INPUT: usize = 1_000;

/// All queues of the engine, with their callers, requests and agents.
///
/// Handle one command, then drain [`Queues::poll`], then read [`Queues::deadline`]. Commands about
/// a call, an offer or a dial that is over are ignored: races with the wire are normal. An
/// operator's command is asked about with [`Queues::check`] first.
#[derive(Debug)]
pub struct Queues {
    pub(crate) settings: Settings,
    pub(crate) names: Names,
    pub(crate) now: Now,
    pub(crate) places: Places,
    pub(crate) agents: Agents,
    pub(crate) calls: BTreeMap<CallId, Caller>,
    pub(crate) requests: BTreeMap<RequestId, Request>,
    /// The requests that hold a place, by their customer's number.
    pub(crate) numbers: BTreeMap<E164, RequestId>,
    /// The callers who have the place of their own request.
    pub(crate) taken: Taken,
    /// The places of callers who hung up.
    pub(crate) kept: Kept,
    /// The requests that are being written.
    pub(crate) promises: BTreeMap<RequestId, Promise>,
    /// The numbers of those, and the callers who asked for the same number meanwhile.
    pub(crate) asking: BTreeMap<E164, Asking>,
    pub(crate) offers: BTreeMap<OfferId, Offer>,
    pub(crate) rings: Rings,
    pub(crate) wanted: Wanted,
    pub(crate) last_agents: LastAgents,
    /// Who declined which request, where that ends it: at most each agent each request.
    pub(crate) declined: BTreeMap<RequestId, BTreeSet<AgentNo>>,
    /// The open requests that an agent is to make.
    pub(crate) owned: BTreeMap<AgentNo, BTreeSet<RequestId>>,
    pub(crate) keys: Keys,
    /// The times of slots that are taken.
    pub(crate) booked: BTreeMap<(Queue, Wall), RequestId>,
    pub(crate) dues: BTreeSet<(Mono, RequestId)>,
    pub(crate) expiries: BTreeSet<(Mono, RequestId)>,
    pub(crate) journal_up: bool,
    /// So many plans came to nothing that the last input has not made every offer.
    unsettled: bool,
    /// What commands have switched off.
    pub(crate) off: crate::Off,
    /// What of the day's caps is used.
    pub(crate) today: Today,
    /// No callback is offered any more.
    pub(crate) draining: bool,
    /// How many callbacks each limited trunk carries at once. At most one entry for each trunk.
    pub(crate) rooms: BTreeMap<Trunk, usize>,
    /// What the settings know no more and is kept for who is there.
    pub(crate) retired: Retired,
    pub(crate) next: Next,
    /// The arrival time given last.
    pub(crate) last_arrived: Option<Wall>,
    pub(crate) estimates: Estimates,
    pub(crate) call_ids: Entropy,
    events: VecDeque<Event>,
    pub(crate) reel: Option<Reel>,
}

/// The next free numbers.
#[derive(Debug)]
pub(crate) struct Next {
    request: u64,
    person: u64,
    offer: u64,
}

impl Next {
    pub(crate) fn request(&mut self) -> RequestId {
        self.request += 1;
        RequestId(self.request - 1)
    }

    pub(crate) fn person(&mut self) -> PersonId {
        self.person += 1;
        PersonId(self.person - 1)
    }

    pub(crate) fn offer(&mut self) -> OfferId {
        self.offer += 1;
        OfferId(self.offer - 1)
    }
}

impl Queues {
    /// The queues as they were left, by the facts: see ADR 0002 for what a restart concludes. The
    /// first event is [`Fact::EngineStarted`]. A request whose person is not among `people` was
    /// erased, and is closed.
    pub fn new(
        settings: Settings,
        recovered: &Recovered,
        people: &BTreeMap<PersonId, Person>,
        entropy: Entropy,
        now: Now,
    ) -> Queues {
        let purpose = format!("queue call-ids of start {}", recovered.epoch);
        Queues::begin(settings, recovered, people, entropy.branch(&purpose), now)
    }

    /// The same, with that from which the Call-IDs of customer dials are drawn.
    pub(crate) fn begin(
        settings: Settings,
        recovered: &Recovered,
        people: &BTreeMap<PersonId, Person>,
        call_ids: Entropy,
        now: Now,
    ) -> Queues {
        let mut names = Names::new(&settings);
        for record in &recovered.open {
            names.queue(&record.queue);
        }
        let agents = Agents::new(&settings, |queue| names.queue(queue));
        let rooms = rooms_of(&settings, &names);
        let rings = Rings::new(&settings, &names);
        let mut queues = Queues {
            rings,
            wanted: Wanted::default(),
            last_agents: LastAgents::default(),
            places: Places::new(names.queue_count()),
            agents,
            names,
            settings,
            now,
            calls: BTreeMap::new(),
            requests: BTreeMap::new(),
            numbers: BTreeMap::new(),
            taken: Taken::default(),
            kept: Kept::default(),
            promises: BTreeMap::new(),
            asking: BTreeMap::new(),
            offers: BTreeMap::new(),
            declined: BTreeMap::new(),
            owned: BTreeMap::new(),
            keys: Keys::default(),
            booked: BTreeMap::new(),
            dues: BTreeSet::new(),
            expiries: BTreeSet::new(),
            journal_up: true,
            unsettled: false,
            off: recovered.off.clone(),
            today: Today::default(),
            draining: false,
            rooms,
            retired: Retired::default(),
            next: Next {
                request: recovered.next_request,
                person: recovered.next_person,
                // As with calls: the upper half counts the starts, so that no offer id comes twice.
                offer: (u64::from(recovered.epoch) << 32) + 1,
            },
            last_arrived: None,
            estimates: Estimates::default(),
            call_ids,
            events: VecDeque::new(),
            reel: None,
        };
        queues.record(Fact::EngineStarted { epoch: recovered.epoch });
        queues.recover_caps(recovered, people);
        queues.recover(recovered, people);
        queues.settle();
        queues
    }

    /// Takes in one command.
    pub fn handle(&mut self, now: Now, command: Command) {
        self.reel_command(now, &command);
        self.now = now;
        self.tick();
        match command {
            Command::Arrive { call, line, asks } => self.arrive(call, line, &asks),
            Command::ArriveAsking { call, line, asks, number, caller, contact, language } => {
                self.arrive(call, line, &asks);
                self.ask(call, (number, caller), contact, language);
            }
            Command::Leave { call, end } => self.leave(call, end),
            Command::Request { call, number, caller, contact, language } => {
                self.ask(call, (number, caller), contact, language);
            }
            Command::Create { ticket, wish } => self.create(ticket, *wish),
            Command::AgentMissed { offer, end, another } => {
                self.agent_missed(offer, end, another);
            }
            Command::Identified { offer, agent } => {
                if let Some(offer) = self.offers.get_mut(&offer) {
                    offer.person = Some(Box::new(agent));
                }
            }
            Command::OfferEnded { offer, end } => self.offer_ended(offer, end),
            Command::Recorded {
                order: Order::Promise { request, .. } | Order::Create { request, .. },
            } => self.promised(request),
            Command::Recorded { order: Order::Dial { offer, .. } } => self.dial_written(offer),
            Command::NotRecorded {
                order: Order::Promise { request, .. } | Order::Create { request, .. },
            } => self.not_promised(request),
            Command::NotRecorded { order: Order::Dial { offer, .. } } => {
                self.dial_not_written(offer);
            }
            Command::DialEnded { attempt, outcome, said } => {
                self.dial_ended(attempt, outcome, said);
            }
            Command::Bridged { offer } => self.bridged(offer),
            Command::TalkEnded { offer } => self.talk_ended(offer),
            Command::Transfer { offer, to } => self.transfer(offer, to.as_ref()),
            Command::TransferEnded { offer, connected } => self.transfer_ended(offer, connected),
            Command::AgentLeft { offer } => self.agent_left(offer),
            Command::AgentReleased { offer } => self.agent_released(offer),
            Command::SetStatus { agent, status, reason, by } => {
                self.set_status(agent, status, reason, by);
            }
            Command::EndWrapUp { agent, by } => self.end_wrap_up(agent, by),
            Command::Switch { switch, of, on } => self.switch(switch, of, on),
            Command::SetBusy { agent, channel } => {
                if let Some(agent) = self.agents.find(&agent) {
                    self.agents.set_channel(agent, channel);
                }
            }
            Command::Hold { agent, call, held } => self.hold(&agent, Hold::Call(call), held),
            Command::SetReachable { agent, reachable } => {
                self.change_agent(&agent, |agents, agent| agents.set_reachable(agent, reachable));
            }
            Command::Cancel { request } => self.cancel(request),
            Command::Move { request, due } => self.move_to(request, due),
            Command::Hasten { request } => self.hasten(request),
            Command::Resolve { request, reached, by } => self.resolve(request, reached, by),
            Command::Drain => self.draining = true,
            Command::Room { trunk, callbacks } => self.set_room(&trunk, callbacks),
            Command::Journal { up } => self.set_journal(up),
            Command::Reload { settings, coming } => self.reload(*settings, &coming),
        }
        self.settle();
    }

    /// Says that a deadline came.
    pub fn handle_timeout(&mut self, now: Now) {
        self.reel(now, || Input::TimeCame);
        self.now = now;
        self.settle();
    }

    /// The next thing said, until there is none.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Queues::handle_timeout`] is wanted next.
    pub fn deadline(&self) -> Option<Deadline> {
        let expiry = self.expiries.first().map(|(at, _)| Deadline::new(*at, "a request expires"));
        let due = self.dues.first().map(|(at, _)| Deadline::new(*at, "a request is due"));
        let requests = Deadline::earliest(Deadline::earliest(expiry, due), self.kept.deadline());
        let left = self.unsettled.then(|| Deadline::new(self.now.mono, "offers are left to make"));
        Deadline::earliest(Deadline::earliest(requests, left), self.agents.deadline())
    }

    /// Whether a command would be carried out: the answer for an operator. Only commands of
    /// operators and arrivals are ever refused; all others are reports, which are always taken.
    ///
    /// # Errors
    /// What stands against it.
    pub fn check(&self, command: &Command) -> Result<(), Rejected> {
        match command {
            Command::Cancel { request } => self.check_cancel(*request),
            Command::Resolve { request, .. } => self.check_resolve(*request),
            Command::Create { wish, .. } => self.check_create(wish),
            Command::Move { request, due } => self.check_move(*request, *due),
            Command::Hasten { request } => self.check_hasten(*request),
            Command::SetStatus { agent, reason, .. } => self.check_status(agent, reason.as_deref()),
            Command::EndWrapUp { agent, .. } => self.check_wrap_up(agent),
            Command::Switch { switch, of, on } => self.check_switch(*switch, of, *on),
            Command::SetBusy { agent, .. } => self.check_agent(agent),
            Command::Arrive { line, .. } | Command::ArriveAsking { line, .. } => {
                let known = self.settings.lines.get(line).map(|_| ());
                known.ok_or_else(|| Rejected::UnknownLine(line.clone()))
            }
            Command::Reload { settings, .. } => self.check_reload(settings),
            Command::Leave { .. }
            | Command::Request { .. }
            | Command::OfferEnded { .. }
            | Command::Identified { .. }
            | Command::AgentMissed { .. }
            | Command::Recorded { .. }
            | Command::NotRecorded { .. }
            | Command::DialEnded { .. }
            | Command::Bridged { .. }
            | Command::TalkEnded { .. }
            | Command::Transfer { .. }
            | Command::TransferEnded { .. }
            | Command::AgentLeft { .. }
            | Command::AgentReleased { .. }
            | Command::SetReachable { .. }
            | Command::Hold { .. }
            | Command::Drain
            | Command::Room { .. }
            | Command::Journal { .. } => Ok(()),
        }
    }

    pub(crate) fn record(&mut self, fact: Fact) {
        self.say(Event::Record { fact });
    }

    pub(crate) fn say(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// The arrival time of a new entry: the wall clock, but always later than that of everybody
    /// who holds a place. So the order survives a clock that steps back, and a restart that sorts
    /// by arrival finds the order of this run. A clock that was ahead and is put back leaves these
    /// times ahead until nobody waits for a moment: the order is worth more than the minute.
    pub(crate) fn stamp(&mut self) -> Wall {
        let before = self.last_arrived.filter(|_| !self.places.is_empty());
        let arrived = match before {
            Some(last) if last >= self.now.wall => last + Duration::from_millis(1),
            Some(_) | None => self.now.wall,
        };
        self.last_arrived = Some(arrived);
        arrived
    }

    /// Ends what is over. True when all of it was handled.
    fn tick(&mut self) -> bool {
        self.agents.tick(self.now.mono);
        self.let_go_places();
        (0..TIMERS_PER_INPUT).any(|_| !self.tick_request())
    }

    /// Ends what is over, then offers what can be offered. A request that ends instead of being
    /// offered leaves an agent for the next one.
    fn settle(&mut self) {
        if !self.tick() {
            return;
        }
        self.unsettled = (0..TIMERS_PER_INPUT).all(|_| !self.offer_all());
    }

    /// Carries out one plan, up to the first that is not to be had after all: with it gone, another
    /// agent may have the right to what comes next. True when all of it was as planned.
    fn offer_all(&mut self) -> bool {
        let callbacks = self.journal_up && !self.draining;
        let rooms = self.rooms_left();
        let view = View {
            agents: &self.agents,
            places: &self.places,
            wanted: &self.wanted,
            rings: &self.rings,
            callbacks,
            rooms,
        };
        let mut choices = plan(&view).into_iter();
        choices.all(|choice| self.offer(choice))
    }

    /// How many more callbacks may be offered over each limited trunk. There are at most as many
    /// offers as agents; all that ring for one callback take one channel.
    pub(crate) fn rooms_left(&self) -> BTreeMap<Trunk, usize> {
        let mut rooms = self.rooms.clone();
        if !rooms.is_empty() {
            let taken = self.offers.values().filter_map(|it| Some((it.trunk?, it.entry)));
            for (trunk, _) in taken.collect::<BTreeSet<_>>() {
                if let Some(room) = rooms.get_mut(&trunk) {
                    *room = room.saturating_sub(1);
                }
            }
        }
        rooms
    }

    fn set_room(&mut self, trunk: &model::TrunkName, callbacks: u32) {
        let trunk = self.names.find_trunk(trunk);
        self.rooms.extend(trunk.map(|trunk| (trunk, count(callbacks))));
    }

    fn set_journal(&mut self, up: bool) {
        self.journal_up = up;
        if !up {
            self.withdraw_ringing_callbacks(Reason::JournalDown, |_, _| true);
        }
    }
}

pub(crate) fn rooms_of(settings: &Settings, names: &Names) -> BTreeMap<Trunk, usize> {
    let rooms = settings.rooms.iter();
    rooms.filter_map(|(name, room)| Some((names.find_trunk(name)?, count(*room)))).collect()
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
