//! One offer of one work to one agent: from the first ring until the agent's leg is gone. Several
//! may ring for one work (see `rings`); at most one of them is accepted.
//!
//! ```text
//! ringing -> connecting -> talking -> over          a caller on the line
//! ringing -> recording -> dialling -> talking -> over     a callback
//! ```
//! An offer is forgotten when its work is over *and* its agent's leg is gone.

use std::time::Duration;

use ledger::{CallEnd, DialOutcome, Fact, OfferEnd};
use model::{AgentName, AttemptId, Mono, OfferId, RequestId};

use crate::agents::{Agent, AgentNo, Agents};
use crate::calls::CallerStage;
use crate::places::{Entry, Queue, Rank, Trunk};
use crate::plan::Choice;
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::Stage;
use crate::skills::Needs;
use crate::transfer::Transfer;
use crate::{Dialling, Event, Party, Work};

/// The shortest rest after an offer that could not be made: what failed without ringing fails again
/// at once, and a queue set to rest nobody would offer it for ever.
pub(crate) const FAILED_PAUSE_MIN: Duration = Duration::from_secs(1);

/// One offer.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) agent: AgentNo,
    pub(crate) entry: Entry,
    pub(crate) queue: Queue,
    pub(crate) rank: Rank,
    /// The trunk of a callback, of whose channels it keeps one until it is forgotten.
    pub(crate) trunk: Option<Trunk>,
    pub(crate) stage: OfferStage,
    /// The agent's leg is gone.
    pub(crate) released: bool,
    /// The agent hands the conversation on.
    pub(crate) transfer: Option<Transfer>,
    /// The customer is dialled first, and the agent, held for it, has not taken the customer yet.
    pub(crate) held: bool,
    /// Who sits at the seat that `agent` is, once that is said.
    pub(crate) person: Option<Box<AgentName>>,
    /// Nobody of ours is in it: `agent` is who handed it on.
    pub(crate) outside: bool,
}

/// What the agent of an offer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfferStage {
    /// Rung, or hears the announcement.
    Ringing,
    /// Answered; the bridge to the caller is being made.
    Connecting,
    /// Took the callback; the dial is being written.
    Recording {
        attempt: AttemptId,
        /// The agent hung up before the dial was durable.
        gave_up: Option<DialOutcome>,
    },
    /// Waits for the customer to answer.
    Dialling { attempt: AttemptId },
    /// Talks with the customer, whom this dial reached.
    Talking { attempt: Option<AttemptId> },
    /// The work is done or went away.
    Over {
        /// When the conversation ended, if there was one.
        talked: Option<Mono>,
    },
}

impl Offer {
    /// Whom its facts name.
    pub(crate) fn name(&self, agents: &Agents) -> AgentName {
        match &self.person {
            Some(person) => AgentName::clone(person),
            None => agents.get(self.agent).name.clone(),
        }
    }
}

impl Queues {
    /// Carries out one line of the plan. False when there was nothing to offer after all.
    pub(crate) fn offer(&mut self, choice: Choice) -> bool {
        let Choice { agent, queue, rank, alone, needs } = choice;
        let Some(entry) = self.places.entry(queue, rank) else { return false };
        if let Entry::Request(request) = entry
            && !(self.is_offerable(request) && self.screened(request))
        {
            return false;
        }
        let id = self.next.offer();
        let (mut trunk, mut held) = (None, false);
        let because = Box::new(self.because(agent, queue, rank));
        let wanted = self.wanted.is_for((queue, rank), agent);
        let reason = if wanted { Reason::Wanted } else { Reason::OldestArrival };
        let (work, request, call) = match entry {
            Entry::Call(call) => {
                self.set_caller_stage(call, CallerStage::Offered, reason);
                self.forget_told(call);
                (Work::Live { call }, None, Some(call))
            }
            Entry::Request(request) => {
                self.set_stage(request, Stage::Offered, reason);
                let waiting = &self.requests[&request];
                trunk = self.names.trunk_of(waiting.line);
                let settings = self.settings.queues.get(self.names.queue_name(queue));
                let how = settings.map(|queue| queue.dials).unwrap_or_default();
                held = how.first == Party::Customer;
                let work = self.callback(request, how);
                (work, Some(request), None)
            }
        };
        let name = self.agents.get(agent).name.clone();
        self.agents.take(agent, id);
        let most = if alone || held { 1 } else { self.rings.most(queue, entry) };
        self.rings.join((queue, rank), (most, needs), id, agent);
        let offer = Offer {
            agent,
            entry,
            queue,
            rank,
            trunk,
            stage: OfferStage::Ringing,
            released: false,
            transfer: None,
            person: None,
            held,
            outside: false,
        };
        self.offers.insert(id, offer);
        self.record(Fact::Offered { offer: id, agent: name.clone(), request, call, because });
        let name_of_queue = self.names.queue_name(queue).clone();
        self.say(Event::Offer { offer: id, agent: name, queue: name_of_queue, work });
        if let (true, Some(request)) = (held, request) {
            self.rings.end((queue, rank));
            self.begin_dial(id, request);
        }
        true
    }

    /// Whether agents may be asked to take a request. Nobody else's customer is ever dialled: what
    /// is in the ready order all the same is taken out of it.
    fn is_offerable(&mut self, id: RequestId) -> bool {
        let stage = self.requests.get(&id).map(|request| request.stage);
        let offerable = matches!(stage, Some(Stage::Waiting | Stage::Offered));
        if !offerable {
            self.index(id, false);
            self.index(id, true);
        }
        offerable
    }

    /// The work of dialling the customer of a request.
    fn callback(&self, request: RequestId, how: Dialling) -> Work {
        let waiting = &self.requests[&request];
        let terms = waiting.more.as_ref().map(|more| Box::new(more.terms.clone()));
        Work::Callback {
            request,
            number: waiting.number,
            contact: waiting.contact.as_deref().map(str::to_owned),
            line: self.names.line_name(waiting.line).clone(),
            language: self.names.language_name(waiting.language).clone(),
            terms: terms.unwrap_or_default(),
            how,
            fallback: waiting.forbidden,
        }
    }

    pub(crate) fn offer_ended(&mut self, id: OfferId, end: OfferEnd) {
        let Some(offer) = self.offers.get_mut(&id) else { return };
        let agent = offer.agent;
        if end == OfferEnd::Accepted && std::mem::take(&mut offer.held) {
            self.agents.answers(agent);
            return self.record(Fact::OfferEnded { offer: id, end });
        }
        if offer.stage != OfferStage::Ringing {
            return;
        }
        let reason = match end {
            OfferEnd::Accepted => {
                self.record(Fact::OfferEnded { offer: id, end });
                self.agents.answers(agent);
                return self.accepted(id);
            }
            OfferEnd::Declined => Reason::AgentDeclined,
            OfferEnd::NoAnswer => Reason::AgentMissed,
            OfferEnd::Failed => Reason::AgentUnreachable,
            // Only we withdraw.
            OfferEnd::Withdrawn => return,
        };
        self.record(Fact::OfferEnded { offer: id, end });
        self.give_back(id, reason);
        match end {
            OfferEnd::Failed => self.pause(id, FAILED_PAUSE_MIN),
            OfferEnd::Accepted | OfferEnd::Declined | OfferEnd::NoAnswer | OfferEnd::Withdrawn => {
                self.pause(id, Duration::ZERO)
            }
        }
        self.refused(id, end);
        self.heard_of_agent(agent, end);
    }

    fn accepted(&mut self, id: OfferId) {
        let Some(offer) = self.offers.get(&id) else { return };
        for other in self.rings.end((offer.queue, offer.rank)) {
            if other != id {
                self.withdraw_for(other, true);
            }
        }
        let Some(offer) = self.offers.get_mut(&id) else { return };
        match offer.entry {
            Entry::Call(call) => {
                offer.stage = OfferStage::Connecting;
                self.set_caller_stage(call, CallerStage::Connecting(id), Reason::Accepted);
            }
            Entry::Request(request) => self.begin_dial(id, request),
        }
    }

    /// The work of an offer is over for its agent, and goes back to its place, unless others ring
    /// for it still.
    pub(crate) fn give_back(&mut self, id: OfferId, reason: Reason) {
        let Some(offer) = self.offers.get_mut(&id) else { return };
        offer.stage = OfferStage::Over { talked: None };
        let (entry, place) = (offer.entry, (offer.queue, offer.rank));
        if self.rings.leave(place, id) {
            return;
        }
        match entry {
            Entry::Call(call) => self.set_caller_stage(call, CallerStage::Waiting, reason),
            Entry::Request(request) => {
                let stage = self.waiting_stage(request);
                self.set_stage(request, stage, reason);
            }
        }
    }

    /// The agent of a customer who has answered does not take the customer: another is named, whom
    /// the customer's place entitles to it, unless only that one may have it.
    pub(crate) fn agent_missed(&mut self, id: OfferId, end: OfferEnd, another: bool) {
        let waits = |it: &&Offer| it.held && matches!(it.stage, OfferStage::Dialling { .. });
        let Some(offer) = self.offers.get(&id).filter(waits) else { return };
        let (agent, queue, rank, entry) = (offer.agent, offer.queue, offer.rank, offer.entry);
        self.record(Fact::OfferEnded { offer: id, end });
        self.pause(id, FAILED_PAUSE_MIN);
        self.release(agent, None);
        self.heard_of_agent(agent, end);
        let Entry::Request(request) = entry else { return };
        let more = self.requests.get(&request).and_then(|request| request.more.as_ref());
        let owned = more.is_some_and(|more| more.owner.is_some());
        let needs = more.map_or(Needs::NONE, |more| more.needs);
        let may = |number: AgentNo, agent: &Agent| {
            let rests = agent.is_resting() || agent.is_paused_for(rank);
            agent.queues.contains(&queue) && !rests && self.agents.fits(number, needs)
        };
        let may_be = |(number, agent): &(AgentNo, &Agent)| another && !owned && may(*number, agent);
        let next = self.agents.idle().find(may_be);
        let next = next.map(|(number, agent)| (number, agent.name.clone()));
        let Some(offer) = self.offers.get_mut(&id) else { return };
        let Some((number, name)) = next else {
            // Nobody of ours is in it any more.
            (offer.held, offer.outside) = (false, true);
            return self.say(Event::NextAgent { offer: id, agent: None });
        };
        offer.agent = number;
        self.agents.take(number, id);
        let agent = name.clone();
        let because = Box::new(self.because(number, queue, rank));
        let request = Some(request);
        self.record(Fact::Offered { offer: id, agent, request, call: None, because });
        self.say(Event::NextAgent { offer: id, agent: Some(name) });
    }

    /// The agent of an offer rests from its work, for as long as the queue says, at least `least`.
    pub(crate) fn pause(&mut self, id: OfferId, least: Duration) {
        let Some(offer) = self.offers.get(&id) else { return };
        let queue = self.names.queue_name(offer.queue);
        let Some(settings) = self.settings.queues.get(queue) else { return };
        let until = self.now.mono + settings.decline_pause.max(least);
        self.agents.pause(offer.agent, offer.rank, self.now.mono, until);
    }

    /// The work went away for which these agents ring.
    pub(crate) fn withdraw_ring(&mut self, place: (Queue, Rank)) {
        for id in self.rings.end(place) {
            self.withdraw(id);
        }
    }

    /// The work of an offer went away: its agent is to be released.
    pub(crate) fn withdraw(&mut self, id: OfferId) {
        self.withdraw_for(id, false);
    }

    /// The same; `taken` when another agent has the work.
    fn withdraw_for(&mut self, id: OfferId, taken: bool) {
        let Some(offer) = self.offers.get_mut(&id) else { return };
        let was_ringing = offer.stage == OfferStage::Ringing || std::mem::take(&mut offer.held);
        offer.stage = OfferStage::Over { talked: None };
        let released = offer.released;
        if was_ringing {
            self.record(Fact::OfferEnded { offer: id, end: OfferEnd::Withdrawn });
        }
        if released {
            self.offers.remove(&id);
        } else {
            self.say(Event::Withdraw { offer: id, taken });
        }
    }

    /// Agents are asked no more to take these callbacks.
    pub(crate) fn withdraw_ringing_callbacks(
        &mut self,
        reason: Reason,
        which: impl Fn(&Queues, RequestId) -> bool,
    ) {
        let ringing = |offer: &Offer| match offer.entry {
            Entry::Request(id) => offer.stage == OfferStage::Ringing && which(self, id),
            Entry::Call(_) => false,
        };
        let offers = self.offers.iter().filter(|(_, offer)| ringing(offer));
        let ids: Vec<OfferId> = offers.map(|(id, _)| *id).collect();
        for id in ids {
            self.withdraw(id);
            self.give_back(id, reason);
        }
    }

    pub(crate) fn bridged(&mut self, id: OfferId) {
        let Some(offer) = self.offers.get_mut(&id) else { return };
        let agent = offer.name(&self.agents);
        match (offer.stage, offer.entry) {
            (OfferStage::Connecting, Entry::Call(call)) => {
                offer.stage = OfferStage::Talking { attempt: None };
                let of_ours = (!offer.outside).then_some(offer.agent);
                self.estimates.talk_began(id, self.now.mono);
                self.note_agent_of_call(call, of_ours);
                self.record(Fact::Bridged { agent, attempt: None, call: Some(call) });
                self.end_call(call, CallEnd::Answered);
            }
            (OfferStage::Dialling { attempt }, Entry::Request(request)) => {
                offer.stage = OfferStage::Talking { attempt: Some(attempt) };
                self.estimates.talk_began(id, self.now.mono);
                self.record(Fact::Bridged { agent, attempt: Some(attempt), call: None });
                self.set_stage(request, Stage::Talking(id), Reason::Bridged);
            }
            (
                OfferStage::Ringing
                | OfferStage::Connecting
                | OfferStage::Recording { .. }
                | OfferStage::Dialling { .. }
                | OfferStage::Talking { .. }
                | OfferStage::Over { .. },
                _,
            ) => {}
        }
    }

    pub(crate) fn talk_ended(&mut self, id: OfferId) {
        let Some(offer) = self.offers.get_mut(&id) else { return };
        let OfferStage::Talking { attempt } = offer.stage else { return };
        offer.stage = OfferStage::Over { talked: Some(self.now.mono) };
        let agent = offer.agent;
        let (queue, wrap_up) = (offer.queue, self.agents.get(offer.agent).wrap_up);
        let talked = self.estimates.talk_ended(id, queue, self.now.mono, wrap_up);
        if let Some(attempt) = attempt {
            self.count_talk(attempt.request, talked.unwrap_or_default());
            self.note_agent(attempt.request, agent);
            self.talked(attempt, talked.unwrap_or(Duration::MAX));
        }
    }

    /// The agent who was held for a customer cannot be rung, and is held no longer.
    fn held_agent_gone(&mut self, id: OfferId) {
        let Some(offer) = self.offers.get_mut(&id) else { return };
        if std::mem::take(&mut offer.held) {
            self.record(Fact::OfferEnded { offer: id, end: OfferEnd::Failed });
            self.pause(id, FAILED_PAUSE_MIN);
        }
    }

    pub(crate) fn agent_released(&mut self, id: OfferId) {
        // An offer or a conversation that nobody ended has ended now.
        match self.offers.get(&id).map(|offer| offer.stage) {
            Some(OfferStage::Ringing) => self.offer_ended(id, OfferEnd::Failed),
            Some(OfferStage::Connecting) => {
                self.give_back(id, Reason::AgentLegLost);
                self.pause(id, FAILED_PAUSE_MIN);
            }
            Some(OfferStage::Talking { .. }) => self.talk_ended(id),
            Some(OfferStage::Recording { .. } | OfferStage::Dialling { .. }) => {
                self.held_agent_gone(id);
            }
            Some(OfferStage::Over { .. }) | None => {}
        }
        let Some(offer) = self.offers.get_mut(&id).filter(|offer| !offer.released) else { return };
        offer.released = true;
        let talked = match offer.stage {
            OfferStage::Over { talked } => Some(talked),
            OfferStage::Ringing
            | OfferStage::Connecting
            | OfferStage::Recording { .. }
            | OfferStage::Dialling { .. }
            | OfferStage::Talking { .. } => None,
        };
        let held_by = self.held_by(id, talked.flatten());
        if talked.is_some() {
            self.offers.remove(&id);
        }
        for (agent, talked) in held_by {
            self.release(agent, talked);
        }
    }
}
