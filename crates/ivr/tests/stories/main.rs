//! What callers and agents hear and press, told as text.

mod agent;
mod bench;
mod caller;
mod exits;
mod flow;
mod keys;
mod offers;
mod promise;
