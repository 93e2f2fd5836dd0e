//! The engine's two closed enums.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use ledger::{Fact, OfferEnd, Record, RequestEnd};
use model::{AgentName, AttemptId, CallId, E164, Key, LineName, NotE164, OfferId, RequestId, Seq};
use model::{TrunkName, Wall};
use queue::numbering::Region;
use queue::{AgentStatus, Cap, Channel, NoOffer, Part, Rejected, Switch, Unavailable, Unfit};
use sip::Hop;
use sip::locate::{Answer, Question};

use crate::wishes::in_the_way;
use crate::{Recorded, Recorder, TargetChange, Wish};

/// What the world tells the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A datagram, or one whole message of a stream, came to a SIP listener.
    Datagram {
        /// From where.
        source: Hop,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Nothing can be sent there: what [`Output::Datagram`] gave for it has not left.
    Unreachable(Hop),
    /// The connection with this hop has ended. What was sent by it may have arrived, or not.
    Disconnected(Hop),
    /// A media machine reports.
    Media(media::Event),
    /// Every fact up to this place is durable, except those that were refused before.
    Recorded(Seq),
    /// This permission (see [`Fact::permits`]) could not be written and did not happen.
    NotRecorded(Seq),
    /// The journal can be written, or cannot.
    Journal(JournalState),
    /// An operator's command; answered by [`Output::Reply`], which for a command that is
    /// [written](Command::is_written) comes with [`Input::Recorded`] of its fact, or says that the
    /// fact is not written yet.
    Operator {
        /// Chosen by the roof, given back with the reply.
        ticket: u64,
        /// What is wanted.
        command: Command,
    },
    /// The DNS answered [`Output::Ask`].
    Dns {
        /// What was asked.
        question: Question,
        /// What it said.
        answer: Answer,
    },
    /// Whoever writes recordings answers.
    Recorder(Recorded),
    /// A deadline came.
    Timeout,
}

/// Whether the journal can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalState {
    /// It can.
    Up,
    /// It cannot.
    Down {
        /// Why, in words for the operator.
        why: String,
    },
}

/// What an operator may ask of the running engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Call somebody back who has not called. The reply comes once the request is durable.
    Create(Box<Wish>),
    /// Deal with a request at another time. It gives up its place.
    Move {
        /// Which.
        request: RequestId,
        /// When.
        due: Wall,
    },
    /// Make the next attempt of a request as soon as an agent is free.
    Retry {
        /// Which.
        request: RequestId,
    },
    /// End a request that waits or is uncertain; hang up if its customer is being dialled.
    Cancel {
        /// Which.
        request: RequestId,
    },
    /// Settle an uncertain dial.
    Resolve {
        /// Which request.
        request: RequestId,
        /// True: the customer was reached. False: was not, and waits again.
        reached: bool,
    },
    /// Set an agent's status.
    SetStatus {
        /// Who.
        agent: AgentName,
        /// The status.
        status: AgentStatus,
        /// Why, in words: see [`ledger::is_reason`].
        reason: Option<String>,
    },
    /// Callbacks of a line or a queue may be asked for, or are dialled, from now on; or no more.
    /// It lasts over restarts.
    Switch {
        /// What.
        switch: Switch,
        /// Of whom.
        of: Part,
        /// True for on.
        on: bool,
    },
    /// An agent is ready before the time of the wrap-up is over.
    Ready {
        /// Who.
        agent: AgentName,
    },
    /// An agent takes work from now on. The same as the status online, for agents whose number is
    /// asked for too.
    Login {
        /// Who.
        agent: AgentName,
        /// At which telephone, for this session.
        number: Option<E164>,
    },
    /// An agent takes the callback that is being offered, or the caller, as by key 1; while the
    /// phone rings, for the moment at which it is answered.
    Accept {
        /// Who.
        agent: AgentName,
    },
    /// An agent does not take what is being offered.
    Decline {
        /// Who.
        agent: AgentName,
    },
    /// An agent serves somebody in another channel, or none any more.
    SetBusy {
        /// Who.
        agent: AgentName,
        /// Which channel.
        channel: Option<Channel>,
    },
    /// The customer of a call does not want to be recorded: what is being recorded is erased.
    DoNotRecordCall {
        /// Which.
        call: CallId,
    },
    /// The customer of a request does not want to be recorded when called back.
    DoNotRecord {
        /// Which.
        request: RequestId,
    },
    /// Work by other settings from now on, whole or not at all. Where is listened, and where media
    /// ports are opened, stays.
    Reload(Box<crate::Settings>),
    /// Take no new call (503) and begin no callback, let the present ones end.
    Drain {
        /// What is left after this time is to be hung up; whoever owns the loop sees to it.
        cut_after: Option<Duration>,
    },
    /// Hang up every call. A callback that has not reached its customer keeps its place, and the
    /// attempt.
    HangUp,
}

impl Command {
    /// True for a command whose effect is a fact: its reply waits until the fact is durable.
    pub fn is_written(&self) -> bool {
        match self {
            Command::Create(_)
            | Command::Switch { .. }
            | Command::Move { .. }
            | Command::Retry { .. }
            | Command::Cancel { .. }
            | Command::Resolve { .. }
            | Command::DoNotRecordCall { .. }
            | Command::DoNotRecord { .. } => true,
            Command::SetStatus { .. }
            | Command::Ready { .. }
            | Command::Login { .. }
            | Command::Accept { .. }
            | Command::Decline { .. }
            | Command::SetBusy { .. }
            | Command::Reload(_)
            | Command::Drain { .. }
            | Command::HangUp => false,
        }
    }
}

/// A command was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What happened, in words.
    pub what: String,
    /// The request that it happened to, for one that was asked for.
    pub request: Option<RequestId>,
}

/// A command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandError {
    /// No such request.
    UnknownRequest(RequestId),
    /// No such agent.
    UnknownAgent(AgentName),
    /// The agent's number is asked for at each login, and none is known.
    NumberWanted(AgentName),
    /// The agent is not asked for a number.
    NoNumberWanted(AgentName),
    /// Nothing is being offered to the agent.
    NothingOffered(AgentName),
    /// The agent is in no wrap-up.
    NoWrapUp(AgentName),
    /// No such line.
    UnknownLine(LineName),
    /// The line cannot call back.
    NoCallbacks(LineName),
    /// Several lines call back, or none does: one must be named.
    WhichLine,
    /// It is no number that can be called.
    BadNumber(NotE164),
    /// It is a number that is not called.
    Unfit(Unfit),
    /// More tags than are kept, or longer words; a time that is past or too far ahead.
    BadTerms(Rejected),
    /// A request for this number waits already.
    Waits {
        /// Which.
        request: RequestId,
        /// Its place; none while it waits for its time.
        place: Option<u32>,
    },
    /// Nothing of this kind may be asked for now.
    Unavailable(Unavailable),
    /// No slot begins at that time.
    NoSuchSlot,
    /// Every time of the slot is taken.
    SlotFull,
    /// The key was used for another number.
    KeyTaken {
        /// For this request.
        request: RequestId,
    },
    /// As many wait as may.
    Full,
    /// The journal cannot be written, so that nothing can be promised.
    NotWritten {
        /// Why, in words for the operator.
        why: String,
    },
    /// No such call is under way.
    UnknownCall(CallId),
    /// Nothing is recorded at all.
    RecordingOff,
    /// So many names have come and gone in this run that no further settings are taken.
    TooManyNames,
    /// The request is not in a state in which this can be done.
    WrongState {
        /// Which request.
        request: RequestId,
        /// Its state, in words.
        state: String,
    },
}

/// What the engine tells the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes, one whole SIP message.
    Datagram {
        /// Where to.
        to: Hop,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Ask the DNS; answered by [`Input::Dns`], some time or never.
    Ask(Question),
    /// An order to the media machine.
    Media(media::Command),
    /// An order to whoever writes recordings; answered by [`Input::Recorder`].
    Recorder(Recorder),
    /// Write this to the journal; answered by [`Input::Recorded`] or [`Input::NotRecorded`].
    Record(Box<Record>),
    /// The answer to an operator.
    Reply {
        /// Whose.
        ticket: u64,
        /// What came of it.
        result: Result<Done, CommandError>,
    },
    /// Something worth showing: for the live board, the demo and logs, never for decisions.
    Status(Status),
}

/// What a leg is in its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LegRole {
    /// The customer who called us.
    Caller,
    /// An agent whom we rang.
    Agent,
    /// The customer whom we called back.
    Customer,
    /// Whom an agent hands the conversation on to.
    Target,
}

/// One leg as a ladder names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leg {
    /// The call it belongs to. A callback is a call of its own.
    pub call: CallId,
    /// Its part in it.
    pub role: LegRole,
}

/// What happened, in the engine's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// A call was let in.
    CallBegan {
        /// The call.
        call: CallId,
        /// Its line.
        line: LineName,
        /// Who, masked.
        caller: String,
    },
    /// A callback call began: an agent is being rung for a request.
    CallbackBegan {
        /// The call of the callback.
        call: CallId,
        /// The request.
        request: RequestId,
    },
    /// A phrase begins on a leg.
    Playing {
        /// Where.
        leg: Leg,
        /// The phrases, by the names of their files; a spoken number is one `digits`.
        clips: Vec<String>,
    },
    /// A key was taken.
    Pressed {
        /// Where.
        leg: Leg,
        /// Which; masked as `*` while a number is typed.
        key: Key,
    },
    /// A callback may be offered to a caller from now on, or may not.
    Offerable {
        /// The call.
        call: CallId,
        /// Why it may not.
        why: Option<NoOffer>,
    },
    /// A caller gave a number that is not called.
    NumberRefused {
        /// The call.
        call: CallId,
        /// By which rule.
        why: Unfit,
    },
    /// A cap of the day was reached: somebody may be making us dial.
    Alarm {
        /// Which.
        cap: Cap,
        /// Whose, for a cap of one number.
        number: Option<E164>,
        /// Which country's, for a cap of one country.
        region: Option<Region>,
    },
    /// A promise became durable and is being spoken.
    Promised {
        /// The call.
        call: CallId,
        /// The request.
        request: RequestId,
    },
    /// An agent is being rung.
    Offered {
        /// The offer.
        offer: OfferId,
        /// Who.
        agent: AgentName,
    },
    /// An offer ended.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// How.
        end: OfferEnd,
    },
    /// A target of a trunk changed.
    Target {
        /// The trunk.
        trunk: TrunkName,
        /// The place.
        place: SocketAddr,
        /// What happened.
        change: TargetChange,
    },
    /// A phone of an agent registered, or is gone.
    Phone {
        /// Whose.
        agent: AgentName,
        /// What happened.
        change: sip::BindingChange,
        /// How many phones the agent has now.
        phones: usize,
    },
    /// Our registration with a trunk stands otherwise than before.
    Trunk(sip::TrunkRegistration),
    /// A customer is being dialled: the INVITE leaves now.
    Dialling {
        /// The dial.
        attempt: AttemptId,
    },
    /// A leg's voice has ended: how it went.
    Voice {
        /// The leg.
        leg: Leg,
        /// Packets sent.
        sent: u64,
        /// Packets heard.
        received: u64,
        /// Loss, jitter, the way there and back, and what we left out, as far as they are known.
        went: media::Quality,
    },
    /// An order for the voice of a leg was lost, because its media thread is far behind: the leg is
    /// ended.
    OrderLost {
        /// The leg.
        leg: Leg,
    },
    /// Two legs of a call hear each other.
    Bridged {
        /// The call.
        call: CallId,
    },
    /// A call is over: every leg of it is gone.
    CallEnded {
        /// The call.
        call: CallId,
    },
    /// A request reached its terminal fact.
    RequestClosed {
        /// The request.
        request: RequestId,
        /// How.
        end: RequestEnd,
    },
    /// A SIP message of a leg crossed the wire.
    Wire {
        /// Which leg.
        leg: Leg,
        /// The message.
        wire: sip::Wire,
    },
    /// A fact was handed to the journal.
    Fact(Fact),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::UnknownRequest(request) => {
                write!(f, "no open request is called {request}")
            }
            CommandError::UnknownAgent(agent) => write!(f, "no agent is called {agent}"),
            CommandError::UnknownCall(call) => write!(f, "no call under way is called {call}"),
            CommandError::RecordingOff => f.write_str("recording is switched off"),
            CommandError::NumberWanted(agent) => write!(
                f,
                "{agent} is asked for a telephone number at each login: `rappel agent login \
                 {agent} --number +33…`"
            ),
            CommandError::NoNumberWanted(agent) => {
                write!(f, "{agent} is not asked for a number: log in without one")
            }
            CommandError::NothingOffered(agent) => write!(f, "{agent} is offered nothing now"),
            CommandError::NoWrapUp(agent) => Rejected::NoWrapUp(agent.clone()).fmt(f),
            CommandError::UnknownLine(line) => write!(f, "no line is called {line}"),
            CommandError::NoCallbacks(line) => {
                write!(f, "the line {line} has no outbound_number to call back from")
            }
            CommandError::WhichLine => {
                f.write_str("say on which line: there is not exactly one that calls back")
            }
            CommandError::BadNumber(why) => write!(f, "that number cannot be called: {why}"),
            CommandError::Unfit(why) => write!(f, "that number is not called: {why}"),
            CommandError::BadTerms(why) => why.fmt(f),
            CommandError::Waits { request, place } => in_the_way(f, *request, *place),
            CommandError::Unavailable(why) => write!(f, "not available: {why}"),
            CommandError::NoSuchSlot => f.write_str("no slot begins then: see `rappel slots`"),
            CommandError::SlotFull => f.write_str("every time of this slot is taken"),
            CommandError::KeyTaken { request } => {
                write!(f, "this key was used for {request}, which is for another number")
            }
            CommandError::Full => f.write_str("as many wait as may: see limits.entries_max"),
            CommandError::NotWritten { why } => {
                write!(f, "nothing was promised, for the journal cannot be written: {why}")
            }
            CommandError::TooManyNames => Rejected::TooManyNames.fmt(f),
            CommandError::WrongState { request, state } => write!(f, "{request} is {state}"),
        }
    }
}

impl std::error::Error for CommandError {}
