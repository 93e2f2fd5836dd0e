//! Transactions (RFC 3261 §17, corrected by RFC 6026 and, for non-INVITE, RFC 4320), over UDP.
//!
//! A transaction decides when a message is repeated, absorbed or passed on, and when it is
//! forgotten. It does not know dialogs or sessions: it carries the id of its session only so that
//! the stack can find it. What it sends again was built once and is kept as bytes.

mod client;
mod server;

pub(crate) use client::{Ack, Client, ClientKey, Heard, Otherwise, Purpose};
pub(crate) use server::{Merged, Server, ServerKey, ServerState};

/// One client transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClientId(pub(crate) u64);

/// One server transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerId(pub(crate) u64);

/// What a transaction wants when one of its timers has fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fired {
    /// Send the kept bytes again.
    Again,
    /// Nothing came back; the transaction is over and its user must know.
    TimedOut,
    /// The transaction is over.
    Gone,
    /// A non-INVITE request has waited as long as RFC 4320 allows: say 100.
    SayTrying,
    /// The timer does not belong to the present state.
    Nothing,
}
