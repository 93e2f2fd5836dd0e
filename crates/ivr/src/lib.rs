//! Menus, digit collection and spoken numbers: pure scripts.
//!
//! A script is told of keys, of the end of what it had played, and of time; it says what to play
//! and what it wants. It knows neither SIP nor the queue nor which voice speaks.
//!
//! [`flow::FlowScript`] leads a caller from the first word to an agent or to a promise, through the
//! steps that are written down for the line. [`AgentScript`] asks an agent whether to take a
//! callback, [`CustomerScript`] a customer who was called back whether a person is there.
//!
//! All follow one rule of keys: a key that means something in the present step is obeyed at once,
//! at any moment of any prompt; a key that means nothing there never interrupts; and the
//! sentence that binds us is spoken to its end.

mod agent;
mod customer;
pub mod flow;
mod grammar;
mod identify;
mod phrase;
mod settings;
mod wait;
mod words;

pub use agent::{AGENT_PAUSE, AgentOutput, AgentScript};
pub use customer::{CustomerOutput, CustomerScript};
pub use grammar::{NUMBER_MAX, pieces, spell};
pub use identify::{IDENTIFIER_MAX, IdentifyOutput, IdentifyScript};
pub use phrase::{Phrase, are_of_menu, spoken};
pub use settings::{Exit, ExitKeys, OfferClock, OfferKey, OfferOpens, Settings};
pub use wait::TOLD_WAIT_MIN;
pub use words::{Ask, Caller, NoNumber, Output, PROMPT_TIME_MAX, Reply, TYPED_AHEAD_MAX};
