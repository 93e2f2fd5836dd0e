//! The stages of an offer.

use ivr::{AgentScript, CustomerScript, IdentifyScript};
use ledger::DialOutcome;

/// Each stage says what it waits for.
pub(super) enum Stage {
    /// The agent's answer, and the end of what is pressed after it.
    Ringing,
    /// The identifier of the agent of an ACD.
    Identifying(Box<IdentifyScript>),
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
    /// The agent's answer, and choice where one is asked; the customer has answered, and waits.
    Summoning(Option<Box<AgentScript>>),
    /// A BYE from either side.
    Talking,
    /// The stack's last word about each leg, and the journal's about a dial not yet begun.
    Closing {
        /// A `dial_started` is being written: its answer must be awaited.
        writing: bool,
    },
}

impl Stage {
    /// A few words for the list of calls.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Stage::Ringing => "ringing the agent",
            Stage::Identifying(_) => "the agent says who it is",
            Stage::Joining => "joining",
            Stage::Announcing(_) => "the agent chooses",
            Stage::Writing | Stage::Dialling => "dialling the customer",
            Stage::Proving(_) => "the customer chooses",
            Stage::Dismissing(_) => "letting the customer go",
            Stage::GivingUp => "giving up the dial",
            Stage::Sorry => "not reached",
            Stage::Telling => "telling of the recording",
            Stage::Summoning(_) => "ringing the agent for the customer",
            Stage::Talking => "talking",
            Stage::Closing { .. } => "ending",
        }
    }
}
