//! What the queue shows: to the engine, to operators, to agents. Nothing here decides.

use std::fmt;

use ledger::Terms;
use model::{AgentName, AttemptId, CallId, E164, LineName, Mono, OfferId, PersonId, QueueName};
use model::{RequestId, Wall};

use crate::agents::{AgentNo, Doing};
use crate::calls::{Caller, CallerStage};
use crate::offers::OfferStage;
use crate::places::Entry;
use crate::queues::Queues;
use crate::requests::{Request, Stage};
use crate::{AgentStatus, Channel, Order, Reason};

/// One open request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestView {
    /// Which.
    pub request: RequestId,
    /// The queue in which it keeps its place.
    pub queue: QueueName,
    /// The line whose number will be shown.
    pub line: LineName,
    /// Whom to call, as facts name them.
    pub person: PersonId,
    /// Whom to call; masked when printed.
    pub number: E164,
    /// Its place among the callers and requests of its queue, 1 is the head; none before its time
    /// has come, and while customer and agent talk.
    pub place: Option<u32>,
    /// The original arrival.
    pub arrived: Wall,
    /// When it was asked for.
    pub requested: Wall,
    /// When it ends by itself.
    pub expires: Wall,
    /// Dials so far.
    pub attempts: u16,
    /// What it is doing.
    pub stage: RequestStage,
    /// Why.
    pub reason: Reason,
    /// How it was asked for.
    pub terms: Terms,
}

/// What an open request is doing. `Display` is the operator's sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestStage {
    /// Waits for an agent.
    Waiting,
    /// Waits for the time of its next attempt.
    RetryDue {
        /// When, on the clock of deadlines.
        at: Mono,
    },
    /// Stands outside the queue until its time.
    Scheduled {
        /// When.
        due: Wall,
    },
    /// Agents are being asked.
    Offered {
        /// Who, the first one first.
        agents: Vec<AgentName>,
    },
    /// The agent accepted; the dial is being written.
    Recording {
        /// Who.
        agent: AgentName,
    },
    /// The customer is being dialled.
    Dialling {
        /// Which dial.
        attempt: AttemptId,
        /// Who waits.
        agent: AgentName,
    },
    /// Customer and agent talk.
    Talking {
        /// Which dial connected them.
        attempt: AttemptId,
        /// Who talks.
        agent: AgentName,
    },
    /// A dial may or may not have reached the customer; a person settles it.
    Uncertain {
        /// Which dial.
        attempt: AttemptId,
    },
    /// Its line or queue is not configured any more; it cannot be dialled.
    Stranded,
    /// Its customer is on the line, and has its place.
    TakenOver {
        /// The call.
        call: CallId,
    },
}

impl fmt::Display for RequestStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestStage::Waiting => f.write_str("waiting for an agent"),
            RequestStage::RetryDue { .. } => f.write_str("waiting for the next attempt"),
            RequestStage::Scheduled { due } => write!(f, "to be called back at {due}"),
            RequestStage::Offered { agents } => match agents.as_slice() {
                [] => f.write_str("offered"),
                [agent] => write!(f, "offered to {agent}"),
                [agent, others @ ..] => {
                    write!(f, "offered to {agent} and {} more", others.len())
                }
            },
            RequestStage::Recording { agent } => {
                write!(f, "accepted by {agent}, the dial is being written")
            }
            RequestStage::Dialling { attempt, agent } => {
                write!(f, "dialling, attempt {}, for {agent}", attempt.number)
            }
            RequestStage::Talking { agent, .. } => write!(f, "talking with {agent}"),
            RequestStage::Uncertain { attempt } => {
                write!(f, "uncertain: attempt {} may have reached the customer", attempt.number)
            }
            RequestStage::TakenOver { call } => {
                write!(f, "taken over: {call}, of the same customer, has its place")
            }
            RequestStage::Stranded => {
                f.write_str("kept, but its line is not configured to call back")
            }
        }
    }
}

/// One caller on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallView {
    /// Which.
    pub call: CallId,
    /// Its queue.
    pub queue: QueueName,
    /// Its line.
    pub line: LineName,
    /// Its place among the callers and requests of its queue, 1 is the head.
    pub place: u32,
    /// When it arrived.
    pub arrived: Wall,
    /// The offer that an agent is being asked about or is answering, when there is one; the first
    /// of several.
    pub offer: Option<OfferId>,
    /// Why it stands as it does.
    pub reason: Reason,
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentView {
    /// Who.
    pub agent: AgentName,
    /// What the agent wants.
    pub status: AgentStatus,
    /// Why, in the words of whoever said so.
    pub why: Option<String>,
    /// Whether there is a phone to ring.
    pub reachable: bool,
    /// Whether the agent may be offered work at all.
    pub takes_calls: bool,
    /// Where else the agent is serving somebody.
    pub channel: Option<Channel>,
    /// What the system does with the agent.
    pub state: AgentState,
}

/// What the system does with an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentState {
    /// Nothing.
    Free,
    /// Rung, or hears the announcement.
    Ringing {
        /// For which offer.
        offer: OfferId,
    },
    /// Took the work and waits for the customer, or for the bridge.
    Connecting {
        /// For which offer.
        offer: OfferId,
    },
    /// Talks with a customer.
    Talking {
        /// For which offer.
        offer: OfferId,
    },
    /// The work is over, the leg not yet.
    Leaving {
        /// For which offer.
        offer: OfferId,
    },
    /// Between a conversation and the next offer.
    WrapUp {
        /// Its end, on the clock of deadlines.
        until: Mono,
    },
}

impl Queues {
    /// The place of a waiting caller, 1 is the head: how many callers and requests of the same
    /// queue arrived no later and have not left. An entry that waits for a retry, is being
    /// dialled or is uncertain still holds its place, so that nobody's place ever goes backwards.
    pub fn place(&self, call: CallId) -> Option<u32> {
        let caller = self.calls.get(&call)?;
        Some(self.places.place(caller.queue, caller.rank))
    }

    /// Every queue that there is.
    pub fn queue_names(&self) -> impl Iterator<Item = &QueueName> {
        self.names.queues().map(|queue| self.names.queue_name(queue))
    }

    /// One open request.
    pub fn request(&self, id: RequestId) -> Option<RequestView> {
        let request = self.requests.get(&id)?;
        let place = match request.stage {
            Stage::Talking(_) | Stage::Scheduled(_) => None,
            Stage::Waiting
            | Stage::Due(_)
            | Stage::Offered
            | Stage::Recording(_)
            | Stage::Dialling(_)
            | Stage::Uncertain
            | Stage::TakenOver(_)
            | Stage::Stranded => Some(self.places.place(request.queue, request.rank)),
        };
        Some(self.request_view(id, request, place))
    }

    /// Every open request: queue by queue from the head, then those that talk, then those whose
    /// time has not come, or whose customer is on the line.
    pub fn requests(&self) -> impl Iterator<Item = RequestView> {
        let waiting = self.entries().filter_map(|(entry, place)| match entry {
            Entry::Request(id) => Some(self.request_view(id, self.requests.get(&id)?, Some(place))),
            Entry::Call(_) => None,
        });
        let talking = self.offers.values().filter_map(|offer| {
            let (OfferStage::Talking { .. }, Entry::Request(id)) = (offer.stage, offer.entry)
            else {
                return None;
            };
            Some(self.request_view(id, self.requests.get(&id)?, None))
        });
        let scheduled = self.requests.iter().filter_map(|(id, request)| {
            let outside = matches!(request.stage, Stage::Scheduled(_) | Stage::TakenOver(_));
            outside.then(|| self.request_view(*id, request, None))
        });
        waiting.chain(talking).chain(scheduled)
    }

    /// Every caller on the line, queue by queue from the head.
    pub fn calls(&self) -> impl Iterator<Item = CallView> {
        self.entries().filter_map(|(entry, place)| match entry {
            Entry::Call(call) => Some(self.call_view(call, self.calls.get(&call)?, place)),
            Entry::Request(_) => None,
        })
    }

    /// Every agent, by name.
    pub fn agents(&self) -> impl Iterator<Item = AgentView> {
        self.agents.iter().map(|(number, agent)| AgentView {
            agent: agent.name.clone(),
            status: agent.status,
            why: agent.reason.clone(),
            reachable: agent.reachable,
            takes_calls: agent.takes_calls,
            channel: agent.channel,
            state: self.agent_state(number, agent.doing),
        })
    }

    /// True when nobody waits, nothing is open, being written or offered.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
            && self.requests.is_empty()
            && self.promises.is_empty()
            && self.offers.is_empty()
    }

    /// True while the agent of this offer may accept it.
    pub fn rings(&self, offer: OfferId) -> bool {
        self.offers.get(&offer).is_some_and(|offer| offer.stage == OfferStage::Ringing)
    }

    /// True while an order still stands: to be asked when its fact is durable, before it is
    /// carried out. A dial no longer stands when its request was cancelled meanwhile, or when its
    /// agent hung up.
    pub fn stands(&self, order: &Order) -> bool {
        match order {
            Order::Promise { request, .. } | Order::Create { request, .. } => {
                self.promises.contains_key(request)
            }
            Order::Dial { offer, attempt, .. } => {
                let stage = self.offers.get(offer).map(|offer| offer.stage);
                stage == Some(OfferStage::Recording { attempt: *attempt, gave_up: None })
            }
        }
    }

    fn entries(&self) -> impl Iterator<Item = (Entry, u32)> {
        self.names.queues().flat_map(|queue| self.places.placed(queue))
    }

    fn request_view(&self, id: RequestId, request: &Request, place: Option<u32>) -> RequestView {
        let attempt = request.attempt(id);
        let agent = |offer: &OfferId| match self.offers.get(offer) {
            Some(offer) => self.agents.get(offer.agent).name.clone(),
            None => AgentName::from("nobody"),
        };
        let stage = match &request.stage {
            Stage::Waiting => RequestStage::Waiting,
            Stage::Due(at) => RequestStage::RetryDue { at: *at },
            Stage::Scheduled(at) => {
                RequestStage::Scheduled { due: self.now.wall + at.since(self.now.mono) }
            }
            Stage::Offered => {
                let offers = self.rings.of((request.queue, request.rank));
                RequestStage::Offered { agents: offers.map(|offer| agent(&offer)).collect() }
            }
            Stage::Recording(offer) => RequestStage::Recording { agent: agent(offer) },
            Stage::Dialling(offer) => RequestStage::Dialling { attempt, agent: agent(offer) },
            Stage::Talking(offer) => RequestStage::Talking { attempt, agent: agent(offer) },
            Stage::Uncertain => RequestStage::Uncertain { attempt },
            Stage::Stranded => RequestStage::Stranded,
            Stage::TakenOver(call) => RequestStage::TakenOver { call: *call },
        };
        RequestView {
            request: id,
            queue: self.names.queue_name(request.queue).clone(),
            line: self.names.line_name(request.line).clone(),
            person: request.person,
            number: request.number,
            place,
            arrived: request.arrived,
            requested: request.requested,
            expires: request.expires,
            attempts: request.attempts,
            stage,
            reason: match self.not_processed(request.line, request.queue) {
                Some(by) if request.stage == Stage::Waiting => Reason::ProcessingOff(by),
                Some(_) | None => request.reason,
            },
            terms: request.more.as_ref().map(|more| more.terms.clone()).unwrap_or_default(),
        }
    }

    fn call_view(&self, call: CallId, caller: &Caller, place: u32) -> CallView {
        let offer = match caller.stage {
            CallerStage::Offered => self.rings.of((caller.queue, caller.rank)).next(),
            CallerStage::Connecting(offer) => Some(offer),
            CallerStage::Waiting | CallerStage::Asking(_) | CallerStage::AskingBehind(_) => None,
        };
        CallView {
            call,
            queue: self.names.queue_name(caller.queue).clone(),
            line: self.names.line_name(caller.line).clone(),
            place,
            arrived: caller.arrived,
            offer,
            reason: caller.reason,
        }
    }

    fn agent_state(&self, agent: AgentNo, doing: Doing) -> AgentState {
        let offer = match doing {
            Doing::Free => return AgentState::Free,
            Doing::WrapUp { until } => return AgentState::WrapUp { until },
            Doing::Busy(offer) => offer,
        };
        let transfer = self.offers.get(&offer).and_then(|offer| offer.transfer);
        if transfer.is_some_and(|transfer| transfer.asks(agent)) {
            return AgentState::Ringing { offer };
        }
        if transfer.is_some_and(|transfer| transfer.has_left(agent)) {
            return AgentState::Leaving { offer };
        }
        match self.offers.get(&offer).map(|offer| offer.stage) {
            Some(OfferStage::Ringing) => AgentState::Ringing { offer },
            Some(
                OfferStage::Connecting | OfferStage::Recording { .. } | OfferStage::Dialling { .. },
            ) => AgentState::Connecting { offer },
            Some(OfferStage::Talking { .. }) => AgentState::Talking { offer },
            Some(OfferStage::Over { .. }) | None => AgentState::Leaving { offer },
        }
    }
}
