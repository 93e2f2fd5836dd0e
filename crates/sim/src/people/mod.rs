//! The people of the simulated world: callers, agents, and customers who are called back.
//!
//! They act on what their phones tell them and on their own time, never on what the engine says of
//! itself.

mod agent;
mod customer;

pub use agent::{AgentHabits, AgentPerson};
pub use customer::{CustomerHabits, CustomerPerson, Wish};
