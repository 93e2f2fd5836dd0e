//! Waiting callers, callback requests, agents, and the plan that joins them.
//!
//! The queue is spoken to only by [`Command`]s and speaks only by [`Event`]s, all of them plain
//! values: it knows neither SIP nor media, and may live in another process. It decides; the engine
//! carries out and reports back.
//!
//! Rooms: `places` is the one order of callers and requests, `agents` who is free, `plan` who gets
//! what, `passed` why nobody before it got it, `skills` who may have what, `wanted` for whom a work
//! is first, `rings` who rings for the same, `policy` to whom a callback is offered, `numbering`,
//! `screening`, `caps` and `calling` who may be called when, `days` when a day begins, `estimate`
//! how long who waits will; `calls`, `promise`, `requests`, `offers` and `dial` are the lives of a
//! caller, a promise, a request, an offer and a customer dial; `wishes` are requests without a
//! call, `schedule` those with a time of their own, `slots` the times that may be chosen, `hours`
//! when a place is open; `refused` is what follows when agents do not take one, `tickets` what is
//! told of it; `taken` is whose place a caller has, and `kept` which place who
//! hung up may have again; `transfer` hands a conversation on; `switches` is what is switched off;
//! `recover` is what a restart concludes, by the crash table of ADR 0002, `reload` what follows
//! from new settings; `view` is what is shown; `reel` keeps what the queue is told, and `replay`
//! runs it again.

mod agents;
mod calling;
mod calls;
mod caps;
mod command;
mod days;
mod dial;
mod estimate;
mod holds;
mod hours;
mod kept;
mod names;
pub mod numbering;
mod offers;
mod passed;
mod places;
mod plan;
mod policy;
mod promise;
mod queues;
mod reason;
mod recover;
pub mod reel;
mod refused;
mod rejected;
mod reload;
pub mod replay;
mod requests;
mod retries;
mod rings;
mod schedule;
mod screening;
mod settings;
mod skills;
mod slots;
mod status;
mod switches;
mod taken;
mod tickets;
mod transfer;
mod view;
mod wanted;
mod wishes;

pub use agents::AGENT_NAMES_MAX;
pub use calling::CallingHours;
pub use caps::{ALARMS_MAX, CALLERS_MAX, COUNTED_MAX, Cap, Caps, Most, Of, What};
pub use command::{Asks, Channel, Command, Event, Order, Refusal, Work};
pub use days::Days;
pub use estimate::{Estimate, Range, Track};
pub use hours::{DATES_MAX, Hours, NoHours, SPANS_MAX};
pub use kept::KEPT_PLACES_MAX;
pub use ledger::{AgentStatus, LEVEL_MAX, NEEDS_MAX, Need, Part, SaidBy, Switch, is_skill};
pub use names::NAMES_MAX;
pub use policy::{Elsewhere, Lead, NoOffer, OfferPolicy, Overflow};
pub use queues::Queues;
pub use reason::Reason;
pub use rejected::Rejected;
pub use reload::Foresight;
pub use retries::{Again, Retries};
pub use schedule::AHEAD_MAX;
pub use screening::{Beginning, DO_NOT_CALL_MAX, Digits, DoNotCall, RULES_MAX, Screening, Unfit};
pub use settings::{
    AgentSettings, Dialling, Duplicates, LineSettings, Party, QueueSettings, Routing, Settings,
};
pub use skills::LISTS_MAX;
pub use slots::{Availability, Deferred, Immediate, SLOTS_SHOWN_MAX, Slot, Slots, Unavailable};
pub use switches::Off;
pub use view::{AgentState, AgentView, CallView, RequestStage, RequestView};
pub use wishes::{KEYS_MAX, Wish};
