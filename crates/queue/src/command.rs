//! The queue's two closed enums: what it is told, and what it says. Both are serialisable, so that
//! the queue can live in another process than the calls.

use ledger::{
    CallEnd, DialOutcome, Fact, Need, OfferEnd, Part, Person, RequestEnd, Said, SaidBy, Settled,
    Switch, Terms, Untaken,
};
use model::{
    AgentName, AttemptId, CallId, E164, LanguageTag, LineName, OfferId, QueueName, RequestId,
    TrunkName, Wall,
};
use serde::{Deserialize, Serialize};

use crate::numbering::Region;
use crate::{AgentStatus, Cap, Dialling, Settings, Unavailable, Unfit, Wish};

/// What the calls, the agents and the operators tell the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// A call was answered on a line and waits from now on.
    Arrive {
        /// The call.
        call: CallId,
        /// Its line; the queue is the line's.
        line: LineName,
        /// What it asks for beside what the line does.
        asks: Asks,
    },
    /// A call that does not wait yet asks for a callback: it arrives and asks at once, so that
    /// nobody is rung for it in between. Answered as [`Command::Request`]; a call that is refused
    /// waits from then on.
    ArriveAsking {
        /// The call.
        call: CallId,
        /// Its line.
        line: LineName,
        /// As of [`Command::Arrive`].
        asks: Asks,
        /// Whom to call back.
        number: E164,
        /// Who calls, when that is known.
        caller: Option<E164>,
        /// Where to call, when that is the caller's Contact.
        contact: Option<String>,
        /// The language of the prompts.
        language: LanguageTag,
    },
    /// A waiting call ended, or was refused by us, without an agent. Ignored for a call that has
    /// become a request.
    Leave {
        /// The call.
        call: CallId,
        /// `Abandoned` or `Refused`.
        end: CallEnd,
    },
    /// A waiting caller confirmed a number to be called back on. Answered by
    /// [`Order::Promise`] once durable, or by [`Event::Refused`].
    Request {
        /// The call.
        call: CallId,
        /// The number.
        number: E164,
        /// Who calls, when that is known.
        caller: Option<E164>,
        /// The caller's SIP Contact, only when the line's trunk calls back to contacts.
        contact: Option<String>,
        /// The language of the prompts.
        language: LanguageTag,
    },
    /// A callback is asked for without a call. Answered by [`Event::Created`] once durable, by
    /// [`Event::Stands`] or by [`Event::NotCreated`].
    Create {
        /// Chosen by whoever asks, given back with the answer.
        ticket: u64,
        /// What is asked for.
        wish: Box<Wish>,
    },
    /// How an offer ended on the agent's side. `Accepted` for a live call: the agent's leg is
    /// answered and is being bridged. `Accepted` for a callback: the agent pressed 1.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// `Withdrawn` is never told, only said.
        end: OfferEnd,
    },
    /// The agent of a customer who was dialled first, and has answered, does not take the customer.
    /// Answered by [`Event::NextAgent`].
    AgentMissed {
        /// The offer.
        offer: OfferId,
        /// How.
        end: OfferEnd,
        /// Whether another may be rung.
        another: bool,
    },
    /// The agent of this offer is a seat of somebody else's ACD: this person sits there, and has
    /// what follows to the account. Before the acceptance.
    Identified {
        /// The offer.
        offer: OfferId,
        /// Who.
        agent: AgentName,
    },
    /// The order's fact is durable, and the order is being carried out.
    Recorded {
        /// The order.
        order: Order,
    },
    /// The order's fact could not be written and did not happen: nothing was said, nobody dialled.
    NotRecorded {
        /// The order.
        order: Order,
    },
    /// A customer dial ended without a conversation. The agent is free for the next offer once
    /// [`Command::AgentReleased`] says that the agent's leg is gone.
    DialEnded {
        /// The dial.
        attempt: AttemptId,
        /// How.
        outcome: DialOutcome,
        /// What the far end said, when it refused.
        said: Option<Said>,
    },
    /// Customer and agent of an accepted offer hear each other.
    Bridged {
        /// The offer.
        offer: OfferId,
    },
    /// The conversation of a bridged offer is over.
    TalkEnded {
        /// The offer.
        offer: OfferId,
    },
    /// The agent of a bridged offer hands the conversation on. Answered by
    /// [`Event::TransferTaken`] or [`Event::TransferRefused`].
    Transfer {
        /// The offer.
        offer: OfferId,
        /// To which of our agents; none: to somebody outside.
        to: Option<AgentName>,
    },
    /// A transfer that was taken is over: the other side talks with the customer, or its leg is
    /// gone without that.
    TransferEnded {
        /// The offer.
        offer: OfferId,
        /// True when it talks.
        connected: bool,
    },
    /// The leg of the agent who hands the conversation on is gone; that of the customer is not.
    AgentLeft {
        /// The offer.
        offer: OfferId,
    },
    /// Every leg of an offer on the agent's side is gone, whatever came before. Exactly once per
    /// offer, after every other command about it.
    AgentReleased {
        /// The offer.
        offer: OfferId,
    },
    /// An agent, or a supervisor, sets the agent's status.
    SetStatus {
        /// The agent.
        agent: AgentName,
        /// The wish.
        status: AgentStatus,
        /// Why, in words: see [`ledger::is_reason`].
        reason: Option<String>,
        /// By which way it was said.
        by: SaidBy,
    },
    /// Callbacks of a line or a queue may be asked for, or are dialled, from now on; or no more.
    Switch {
        /// What.
        switch: Switch,
        /// Of whom.
        of: Part,
        /// True for on.
        on: bool,
    },
    /// An agent is ready before the time of the wrap-up is over.
    EndWrapUp {
        /// The agent.
        agent: AgentName,
        /// By which way it was said.
        by: SaidBy,
    },
    /// An agent has begun to serve somebody in another channel, or has ended that: meanwhile the
    /// agent is offered nothing, unless the agent's settings allow both. What is under way goes on.
    SetBusy {
        /// The agent.
        agent: AgentName,
        /// Which channel; none any more.
        channel: Option<Channel>,
    },
    /// An agent is called, or talks, outside the queue, as the operator of a line: meanwhile
    /// nothing is offered to the agent. What is under way goes on.
    Hold {
        /// The agent.
        agent: AgentName,
        /// The caller's call.
        call: CallId,
        /// False when that is over.
        held: bool,
    },
    /// The agent's phones can be rung, or none can. Who cannot be rung is offered nothing; what is
    /// under way goes on.
    SetReachable {
        /// The agent.
        agent: AgentName,
        /// True when at least one can.
        reachable: bool,
    },
    /// An operator or the customer takes a request back.
    Cancel {
        /// The request.
        request: RequestId,
    },
    /// A request that waits is to be dealt with at another time. It gives up its place.
    Move {
        /// The request.
        request: RequestId,
        /// When.
        due: Wall,
    },
    /// The next attempt of a request is made as soon as an agent is free.
    Hasten {
        /// The request.
        request: RequestId,
    },
    /// An uncertain dial is settled: reached (the request is completed) or not (it waits again).
    Resolve {
        /// The request.
        request: RequestId,
        /// True when the customer was reached.
        reached: bool,
        /// By whom.
        by: Settled,
    },
    /// The engine is to stop: no callback is offered any more, the callers on the line are served.
    /// Requests keep their places for the next start.
    Drain,
    /// How many callbacks may be under way over this trunk at once, from the offer to the end of
    /// the call. No offer is withdrawn when it becomes fewer; requests beyond it keep their places
    /// until it becomes more. Until it is told, there is no limit.
    Room {
        /// The trunk.
        trunk: TrunkName,
        /// How many.
        callbacks: u32,
    },
    /// The journal can be written again, or cannot. While it cannot, nothing is promised and no
    /// callback is offered; live callers are served.
    Journal {
        /// True when it can.
        up: bool,
    },
    /// Other settings from now on: who waits keeps the place, and what is under way goes on. What
    /// requests were promised (how long they wait) stays. Requests of lines and queues that are
    /// gone are kept and not dialled; callers there are served to the end.
    #[serde(skip)]
    Reload {
        /// All of them.
        settings: Box<Settings>,
        /// Lines of calls that have not arrived yet, and will.
        coming: Vec<LineName>,
    },
}

/// What a call asks for beside what its line and queue do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Asks {
    /// Skills of the agent.
    pub needs: Vec<Need>,
    /// The priority, in place of the line's; at most [`ledger::LEVEL_MAX`].
    pub priority: Option<u8>,
    /// Who calls, when that is known: the customer may have a place already.
    pub from: Option<E164>,
}

/// Where else an agent may be serving somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Channel {
    /// A conversation in writing.
    Chat,
    /// A letter that is being answered.
    Mail,
    /// Anything else.
    Other,
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Channel::Chat => "chat",
            Channel::Mail => "mail",
            Channel::Other => "other work",
        })
    }
}

/// One entry of the queue, offered to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// A caller who waits on the line.
    Live {
        /// The call.
        call: CallId,
    },
    /// A callback.
    Callback {
        /// The request.
        request: RequestId,
        /// Whom to call.
        number: E164,
        /// The caller's SIP Contact, when that is where to call.
        contact: Option<String>,
        /// Whose outbound number to show.
        line: LineName,
        /// The language of the prompts.
        language: LanguageTag,
        /// How it was asked for.
        terms: Box<Terms>,
        /// How it is dialled.
        how: Dialling,
        /// The network forbade an earlier dial: the line's other number is to be shown.
        fallback: bool,
    },
}

/// What may be done only when its fact is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Tell the caller that we will call back.
    Promise {
        /// The caller's call.
        call: CallId,
        /// The request.
        request: RequestId,
    },
    /// Tell whoever asked without a call that we will call back.
    Create {
        /// Who asked.
        ticket: u64,
        /// The request.
        request: RequestId,
    },
    /// Send the customer's INVITE.
    Dial {
        /// The offer whose agent waits.
        offer: OfferId,
        /// The dial.
        attempt: AttemptId,
        /// The Call-ID that its INVITE carries.
        sip_call_id: String,
    },
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A request for this number waits already.
    AlreadyWaiting {
        /// Which.
        request: RequestId,
        /// Its place, 1 is the head; none while it waits for its time.
        place: Option<u32>,
    },
    /// This number is not called.
    Unfit(Unfit),
    /// Nothing of this kind may be asked for now.
    Unavailable(Unavailable),
    /// No slot begins then.
    NoSuchSlot,
    /// Every time of the slot is taken.
    SlotFull,
    /// The key was used for this request, for another number.
    KeyTaken {
        /// Which.
        request: RequestId,
    },
    /// The journal cannot be written.
    JournalDown,
    /// The queue is at its limit.
    Full,
    /// The call no longer waits: an agent is answering it.
    NotWaiting,
}

impl From<Refusal> for Untaken {
    fn from(why: Refusal) -> Untaken {
        match why {
            Refusal::AlreadyWaiting { request, place } => {
                Untaken::AlreadyWaiting { request, place }
            }
            Refusal::JournalDown => Untaken::JournalDown,
            Refusal::Full => Untaken::Full,
            Refusal::NotWaiting => Untaken::NotWaiting,
            Refusal::Unfit(why) => Untaken::NotToBeHad { why: format!("the number: {why}") },
            Refusal::Unavailable(why) => Untaken::NotToBeHad { why: why.to_string() },
            Refusal::NoSuchSlot => Untaken::NotToBeHad { why: "no slot begins then".to_owned() },
            Refusal::SlotFull => {
                Untaken::NotToBeHad { why: "every time of the slot is taken".to_owned() }
            }
            Refusal::KeyTaken { request } => Untaken::NotToBeHad {
                why: format!("the key was used for {request}, for another number"),
            },
        }
    }
}

/// What the queue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Write this fact (and this person). Nothing waits for it.
    Record {
        /// The fact.
        fact: Fact,
    },
    /// Write this fact, then carry out the order, then say [`Command::Recorded`]; or say
    /// [`Command::NotRecorded`].
    RecordThen {
        /// The fact.
        fact: Fact,
        /// The person it names, when new.
        person: Option<Person>,
        /// What waits for it.
        order: Order,
    },
    /// The request of this call was not taken; the call still waits where it was.
    Refused {
        /// The call.
        call: CallId,
        /// Why.
        why: Refusal,
    },
    /// The request that was asked for without a call is durable.
    Created {
        /// Who asked.
        ticket: u64,
        /// The request.
        request: RequestId,
    },
    /// This request was asked for with the same key before; nothing was done.
    Stands {
        /// Who asked.
        ticket: u64,
        /// The request, open or closed.
        request: RequestId,
    },
    /// The request that was asked for without a call was not taken.
    NotCreated {
        /// Who asked.
        ticket: u64,
        /// Why.
        why: Refusal,
    },
    /// The queue is at its limit: this arrival was not taken in, and is recorded as refused.
    Full {
        /// The call.
        call: CallId,
    },
    /// Ring this agent for this work.
    Offer {
        /// The offer.
        offer: OfferId,
        /// The agent.
        agent: AgentName,
        /// The queue it comes from.
        queue: QueueName,
        /// The work.
        work: Work,
    },
    /// Stop ringing or release the agent of this offer: its work went away.
    Withdraw {
        /// The offer.
        offer: OfferId,
        /// Another agent has the work.
        taken: bool,
    },
    /// The customer whom the agent of this offer waits for has called in: give up the dial, and
    /// join the agent with this call.
    CalledIn {
        /// The offer.
        offer: OfferId,
        /// The call.
        call: CallId,
    },
    /// Ring this agent for the customer who waits; none is free, or may be rung, when absent.
    NextAgent {
        /// The offer.
        offer: OfferId,
        /// The agent.
        agent: Option<AgentName>,
    },
    /// The conversation of this offer may be handed on: ring the other side. One of our agents is
    /// taken for it.
    TransferTaken {
        /// The offer.
        offer: OfferId,
    },
    /// It may not: the agent who was asked for has work or is not there, nobody talks any more, or
    /// the conversation is being handed on already.
    TransferRefused {
        /// The offer.
        offer: OfferId,
    },
    /// A cap of the day was reached. Told once a day for each number, or for all.
    Alarm {
        /// Which.
        cap: Cap,
        /// Whose, for a cap of one number.
        number: Option<E164>,
        /// Which country's, for a cap of one country.
        region: Option<Region>,
    },
    /// A request was told its terminal fact: stop dialling its customer, if we are.
    Closed {
        /// The request.
        request: RequestId,
        /// How it ended.
        end: RequestEnd,
    },
}
