//! The facts that happened, their encoding, and what follows from them.
//!
//! A fact is written once and never changed. Everything the engine must know after a restart, and
//! everything a report says, is a fold over facts. A fact names a person by id only: the number
//! lives in the erasable table beside the ledger, so that erasing a person rewrites no fact.

mod ends;
pub mod explain;
mod fact;
mod figures;
mod fold;
mod needs;
mod reasons;
mod status;
mod switches;
mod terms;
mod words;

pub use fact::{
    CallEnd, DialOutcome, Entry, Fact, NotAFact, NotRecorded, OfferEnd, Person, Record,
    RecordingEnd, RequestEnd, Said, Settled,
};
pub use figures::Figures;
pub use fold::{Attempt, Fold, KEY_TIME, RECENT_TIME, Recovered, RequestRecord, RequestState};
pub use needs::{LEVEL_MAX, NEEDS_MAX, Need, SKILL_BYTES_MAX, is_skill};
pub use reasons::{Because, Chosen, Held, Holder, PASSED_MAX, Passed, PassedBy, Untaken, Withheld};
pub use status::{AgentStatus, REASON_BYTES_MAX, SaidBy, is_reason};
pub use switches::{OffBy, Part, Switch};
pub use terms::{Origin, TAGS_MAX, Terms, WORD_BYTES_MAX};
