//! The HTTP API as those who use it see it, over sockets of this machine.

mod access;
mod adapter;
mod callbacks;
mod client;
mod events;
mod hooks;
mod limits;
mod metrics;
mod pages;
mod rows;
mod stand;
mod switches;
