//! One offer being carried out: the agent's leg and, for a callback, the customer's.
//!
//! ```text
//! live caller:  Ringing ─ agent's 200 ─▶ Joining ─ caller's leg joined ─▶ Talking ─▶ Closing
//! callback:     Ringing ─ agent's 200 ─▶ Announcing ─ key 1 ─▶ Writing ─ dial durable ─▶
//!               Dialling ─ customer's 200 ─▶ Talking ─ either BYE ─▶ Closing
//!               Dialling ─ customer's 200 ─▶ Proving (see `proof`) ─ key 1 ─▶ Talking
//!               Dialling ─ not reached ─▶ Sorry ─ said ─▶ Closing
//! ```
//! While it talks, the agent may hand the conversation on: see `transfer`.
//!
//! The queue hears of each turn once and in order; its last word is `AgentReleased`, when both
//! legs are gone and no order is under way.

mod agent;
mod answerer;
mod customer;
mod proof;
mod transfer;
mod whisper;

use ivr::{AgentScript, CustomerScript};
use ledger::{DialOutcome, OfferEnd};
use model::{
    AgentName, AttemptId, CallId, E164, LanguageTag, LineName, Now, OfferId, RequestId, TrunkName,
};
use queue::{Command, Work};

use crate::leg::{LegCore, LegEvent};
use crate::places::Places;
use crate::switchboard::{Owner, Switchboard};
use crate::{Leg, LegRole, Line, Status};
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

/// Each stage says what it waits for.
enum Stage {
    /// The agent's answer, and the end of what is pressed after it.
    Ringing,
    /// The caller's leg, to be joined.
    Joining,
    /// The agent's choice.
    Announcing(Box<AgentScript>),
    /// The durable fact of the dial.
    Writing,
    /// The customer's answer, and the end of what is pressed after it.
    Dialling,
    /// The customer's key: whoever answered is asked to press 1.
    Proving(Box<CustomerScript>),
    /// The stack's last word about the leg of a customer who answered and is not put through.
    Dismissing(DialOutcome),
    /// The stack's last word about the customer's leg: it is rung off, for nobody waits for it.
    GivingUp,
    /// The end of the sentence that says the customer was not reached.
    Sorry,
    /// The end of what is said of the recording to the customer, who has answered.
    Telling,
    /// A BYE from either side.
    Talking,
    /// The stack's last word about each leg, and the journal's about a dial not yet begun.
    Closing {
        /// A `dial_started` is being written: its answer must be awaited.
        writing: bool,
    },
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
        let Some(agent_leg) = LegCore::open(board, Owner::Agent(offer), name) else {
            board.queues.handle(now, Command::OfferEnded { offer, end: OfferEnd::Failed });
            board.queues.handle(now, Command::AgentReleased { offer });
            if matches!(work, Work::Callback { .. }) {
                board.show(Status::CallEnded { call });
            }
            return None;
        };
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
            left: None,
            stage: Stage::Ringing,
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
            Stage::Ringing => "ringing the agent",
            Stage::Joining => "joining",
            Stage::Announcing(_) => "the agent chooses",
            Stage::Writing | Stage::Dialling => "dialling the customer",
            Stage::Proving(_) => "the customer chooses",
            Stage::Dismissing(_) => "letting the customer go",
            Stage::GivingUp => "giving up the dial",
            Stage::Sorry => "not reached",
            Stage::Telling => "telling of the recording",
            Stage::Talking if self.transfer.is_some() => "handing on",
            Stage::Talking => "talking",
            Stage::Closing { .. } => "ending",
        }
    }

    pub(crate) fn agent(&self) -> &AgentName {
        &self.agent
    }

    /// True once nothing is left of it; the queue has then been told.
    pub(crate) fn is_over(&self) -> bool {
        self.released
    }

    // What the queue and the journal say.

    /// The dial is durable: send the customer's INVITE, unless the agent has gone meanwhile.
    pub(crate) fn dial(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        attempt: AttemptId,
        sip_call_id: String,
    ) {
        if !matches!(self.stage, Stage::Writing) {
            let outcome = DialOutcome::AgentLeft;
            board.queues.handle(now, Command::DialEnded { attempt, outcome, said: None });
            self.written(board, now);
            return;
        }
        let owner = Owner::Customer(self.offer);
        let name = Leg { call: self.call, role: LegRole::Customer };
        self.stage = Stage::Dialling;
        match LegCore::open(board, owner, name) {
            Some(leg) => {
                self.customer = Some(Customer {
                    attempt,
                    sip_call_id,
                    leg,
                    places: Places::default(),
                    answerer: answerer::Judged::default(),
                })
            }
            None => self.not_reached(board, now, attempt, DialOutcome::Failed, None),
        }
    }

    /// The dial could not be written, and will not be made.
    pub(crate) fn not_written(&mut self, board: &mut Switchboard, now: Now) {
        if matches!(self.stage, Stage::Writing) {
            self.stage = Stage::Closing { writing: true };
        }
        self.written(board, now);
    }

    fn written(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Closing { writing } = &mut self.stage {
            *writing = false;
            self.close(board, now);
        }
    }

    /// The work went away, or an operator ended the request: let everybody go. `taken` when
    /// another agent has the work.
    pub(crate) fn withdraw(&mut self, board: &mut Switchboard, now: Now, taken: bool) {
        match self.stage {
            Stage::Ringing | Stage::Joining | Stage::Announcing(_) => {
                let end = OfferEnd::Withdrawn;
                board.show(Status::OfferEnded { offer: self.offer, end });
                if taken {
                    self.agent_leg.taken_elsewhere(board, now);
                }
                self.close(board, now);
            }
            Stage::Writing => {
                self.stage = Stage::Closing { writing: true };
                self.agent_leg.hang_up(board, now);
            }
            Stage::Dialling | Stage::Proving(_) | Stage::Telling => self.give_up(board, now),
            Stage::GivingUp | Stage::Dismissing(_) => {}
            Stage::Sorry | Stage::Talking | Stage::Closing { .. } => self.close(board, now),
        }
    }

    // The end.

    fn talk_ended(&mut self, board: &mut Switchboard, now: Now) {
        board.queues.handle(now, Command::TalkEnded { offer: self.offer });
        self.close(board, now);
    }

    /// Lets every leg go; the last one to end releases the agent.
    fn close(&mut self, board: &mut Switchboard, now: Now) {
        if let (Work::Live { call }, Stage::Talking | Stage::Joining) = (&self.work, &self.stage) {
            board.post.push_back((Owner::Caller(*call), LegEvent::Disconnect));
        }
        if self.request().is_some() {
            board.end_recording(now, self.call);
        }
        let writing = matches!(self.stage, Stage::Closing { writing: true });
        self.stage = Stage::Closing { writing };
        self.agent_leg.hang_up(board, now);
        if let Some(customer) = &mut self.customer {
            customer.leg.hang_up(board, now);
        }
        self.drop_transfer(board, now);
        self.maybe_released(board, now);
    }

    fn maybe_released(&mut self, board: &mut Switchboard, now: Now) {
        let customer = self.customer.as_ref().is_some_and(|c| c.leg.is_alive());
        let waits = self.agent_leg.is_alive() || customer || self.is_transferring();
        let closing = matches!(self.stage, Stage::Closing { writing: false });
        if closing && !waits && !self.released {
            self.released = true;
            board.queues.handle(now, Command::AgentReleased { offer: self.offer });
        }
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
