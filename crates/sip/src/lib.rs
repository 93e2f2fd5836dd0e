//! SIP transactions, dialogs and INVITE sessions, as one machine over UDP,
//! TCP and TLS.
//!
//! The machine is told of datagrams, commands and time; it gives datagrams and [`Event`]s. Session
//! descriptions cross it as opaque bytes. It draws tags and branches from the generator that it is
//! given, and asks nobody for the time.
//!
//! It obeys RFC 3261 (§8 requests, responses and redirections, §9 CANCEL, §11 OPTIONS, §12 dialogs
//! with strict and loose routing, §13 to §15 sessions, §17 transactions, §18 where answers go),
//! RFC 6026 (the Accepted state), RFC 4320 (non-INVITE), RFC 3262 (reliable provisional answers),
//! RFC 3311 (UPDATE), RFC 3326 (Reason), RFC 4028 (session timers), RFC 3325 (the asserted caller),
//! RFC 3323 and RFC 5806 (who wants no name, and who was dialled first), RFC 3581 (`rport`),
//! RFC 6086 §4.2.2 (INFO: digits, no packages), answers the digest challenges of RFC 3261 §22,
//! RFC 7616 and RFC 8760, challenges the phones that register with it (RFC 3261 §10.3) in the same
//! way, and matches the transactions of RFC 2543 peers. Calls are handed
//! on by REFER and NOTIFY (RFC 3515, RFC 4488) and by Replaces (RFC 3891).
//!
//! It is not a proxy or a resolver: a next hop is an address, or the address from
//! which the dialog came. It opens no connection itself. A standing session lasts until somebody
//! hangs up, or gives no sign of life when asked.

mod alias;
mod ask;
mod dialog;
mod digest;
mod event;
mod expiry;
mod hop;
mod info;
pub mod limits;
pub mod locate;
mod message;
mod parties;
mod redirect;
mod refer;
mod registrar;
mod secure;
mod session;
mod settings;
mod stack;
mod timer;
mod transaction;
mod why;

pub use alias::lent;
pub use digest::{Account, Algorithm, Credentials, Secret};
pub use event::{
    Direction, Ended, Event, Invite, Invited, Output, Reoffered, SessionId, Way, Wire,
};
pub use event::{TrunkRegistration, UpstreamState};
pub use hop::{Hop, Listener, ListenerId, Transport};
pub use parties::Parties;
pub use refer::Referred;
pub use registrar::{Binding, BindingChange, Registration};
pub use settings::{Peer, RegistrarSettings, SessionTimer, Settings, Source, Timers, Upstream};
pub use sip_msg::{Broken, Frame, Framer};
pub use stack::{Counters, Stack};
pub use why::Cause;
