//! One offer being carried out: the agent's leg and, for a callback, the customer's.
//!
//! ```text
//! live caller:  Ringing ─ agent's 200 ─▶ Joining ─ caller's leg joined ─▶ Talking ─▶ Closing
//! callback:     Ringing ─ agent's 200 ─▶ Announcing ─ key 1 ─▶ Writing ─ dial durable ─▶
//!               Dialling ─ customer's 200 ─▶ Talking ─ either BYE ─▶ Closing
//!               Dialling ─ customer's 200 ─▶ Proving (see `proof`) ─ key 1 ─▶ Talking
//!               Dialling ─ not reached ─▶ Sorry ─ said ─▶ Closing
//! ```
//! Each part has its room: the agent's leg is heard in `agent` and the customer's in `customer`;
//! what becomes of what they say is decided in `choice` (the agent's), `dialling` (the customer's
//! phone), `path` (from the customer's answer to the conversation: who answered, the proof, what is
//! said of the recording), `called_in` (the customer calls us meanwhile), `talk`, and `closing`.
//! While it talks, the agent may hand the conversation on: see `transfer`.
//!
//! The queue hears of each turn once and in order; its last word is `AgentReleased`, when both
//! legs are gone and no order is under way.

mod agent;
mod answerer;
mod called_in;
mod choice;
mod closing;
mod customer;
mod dialling;
mod identity;
mod path;
mod proof;
mod stage;
mod summon;
mod talk;
mod transfer;
mod whisper;

use ledger::OfferEnd;
use model::{
    AgentName, AttemptId, CallId, E164, LanguageTag, LineName, Now, OfferId, RequestId, TrunkName,
};
use queue::{Command, Work};

use crate::leg::LegCore;
use crate::places::Places;
use crate::switchboard::{Owner, Switchboard};
use crate::{Leg, LegRole, Line, Status};
use stage::Stage;
use transfer::Transfer;

/// See the module.
pub(crate) struct OfferRun {
    offer: OfferId,
    agent: AgentName,
    work: Work,
    /// The call whose ladder shows it: the live caller's, or a call of its own for a callback.
    call: CallId,
    /// The trunk of a callback.
    trunk: Option<TrunkName>,
    language: LanguageTag,
    /// Whose number a transfer to a telephone shows.
    line: Option<LineName>,
    /// The agent's, or that of whoever the conversation was handed on to.
    agent_leg: LegCore,
    customer: Option<Customer>,
    transfer: Option<Transfer>,
    /// The trunk of the telephone that the conversation was handed on to, of which it keeps a
    /// channel.
    outside: Option<TrunkName>,
    /// The trunk of the telephone at which the agent is reached: the same, for the agent's leg.
    agent_trunk: Option<TrunkName>,
    /// Those of the INVITE to that telephone.
    agent_places: Places,
    /// The port of the agent's leg is open, and nobody is rung there yet.
    agent_port_open: bool,
    /// Agents who did not take the customer who waits.
    agents_missed: u8,
    /// The agent has said by command that the offer is taken, while the phone rang.
    taken: bool,
    /// The leg of the agent who handed the conversation on, until it is gone.
    left: Option<LegCore>,
    stage: Stage,
    /// The queue has been told that the agent is free of this offer.
    released: bool,
}

struct Customer {
    attempt: AttemptId,
    sip_call_id: String,
    leg: LegCore,
    /// Those of its INVITE; none for a call to a Contact.
    places: Places,
    answerer: answerer::Judged,
}

impl OfferRun {
    /// Begins to ring the agent. `None` when that cannot even begin, which the queue is told.
    pub(crate) fn begin(
        board: &mut Switchboard,
        now: Now,
        offer: OfferId,
        agent: AgentName,
        work: Work,
        live_line: Option<Line>,
    ) -> Option<OfferRun> {
        let call = match &work {
            Work::Live { call } => *call,
            Work::Callback { .. } => board.new_call(),
        };
        let (language, line) = match (&work, live_line) {
            (Work::Callback { language, line, .. }, _) => (language.clone(), Some(line.clone())),
            (Work::Live { .. }, Some(line)) => (line.language, Some(line.name)),
            (Work::Live { .. }, None) => (LanguageTag::from("en"), None),
        };
        let trunk = match &work {
            Work::Callback { line, .. } => board.trunk_of(line),
            Work::Live { .. } => None,
        };
        let name = Leg { call, role: LegRole::Agent };
        board.show(Status::Offered { offer, agent: agent.clone() });
        if let Work::Callback { request, .. } = &work {
            board.show(Status::CallbackBegan { call, request: *request });
        }
        let Some(agent_leg) = LegCore::open(board, now, Owner::Agent(offer), name) else {
            // A customer who is dialled first is not, which is told once the dial is durable.
            board.queues.handle(now, Command::OfferEnded { offer, end: OfferEnd::Failed });
            board.queues.handle(now, Command::AgentReleased { offer });
            if matches!(work, Work::Callback { .. }) {
                board.show(Status::CallEnded { call });
            }
            return None;
        };
        let first = summon::customer_first(&work);
        let stage = if first { Stage::Writing } else { Stage::Ringing };
        Some(OfferRun {
            trunk,
            offer,
            agent,
            work,
            call,
            language,
            line,
            agent_leg,
            customer: None,
            transfer: None,
            outside: None,
            agent_trunk: None,
            agent_places: Places::default(),
            agent_port_open: false,
            agents_missed: 0,
            taken: false,
            left: None,
            stage,
            released: false,
        })
    }

    /// The trunk of a callback, of which it keeps a channel.
    pub(crate) fn trunk(&self) -> Option<&TrunkName> {
        self.trunk.as_ref()
    }

    /// The trunk of a telephone that the conversation was handed on to.
    pub(crate) fn outside(&self) -> Option<&TrunkName> {
        self.outside.as_ref()
    }

    /// The trunk of the telephone at which the agent is reached, once it is called.
    pub(crate) fn agent_trunk(&self) -> Option<&TrunkName> {
        self.agent_trunk.as_ref()
    }

    /// True while the agent may still take the work or leave it.
    pub(crate) fn awaits_agent(&self) -> bool {
        match self.stage {
            Stage::Ringing | Stage::Identifying(_) | Stage::Announcing(_) | Stage::Summoning(_) => {
                true
            }
            Stage::Joining
            | Stage::Writing
            | Stage::Dialling
            | Stage::Proving(_)
            | Stage::Dismissing(_)
            | Stage::GivingUp
            | Stage::Sorry
            | Stage::Telling
            | Stage::Talking
            | Stage::Closing { .. } => false,
        }
    }

    pub(crate) fn call(&self) -> CallId {
        self.call
    }

    /// The request of a callback.
    pub(crate) fn request(&self) -> Option<RequestId> {
        match &self.work {
            Work::Callback { request, .. } => Some(*request),
            Work::Live { .. } => None,
        }
    }

    /// A few words for the list of calls.
    pub(crate) fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Talking if self.transfer.is_some() => "handing on",
            ref stage => stage.words(),
        }
    }

    pub(crate) fn agent(&self) -> &AgentName {
        &self.agent
    }

    /// True once nothing is left of it; the queue has then been told.
    pub(crate) fn is_over(&self) -> bool {
        self.released
    }

    pub(crate) fn offer(&self) -> OfferId {
        self.offer
    }

    /// Whom the callback calls, for the list of calls.
    pub(crate) fn number(&self) -> Option<E164> {
        match &self.work {
            Work::Callback { number, .. } => Some(*number),
            Work::Live { .. } => None,
        }
    }
}
