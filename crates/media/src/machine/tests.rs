//! Stories of one machine in virtual time: what happened, line by line.

mod anything;
mod bridging;
mod control;
mod handover;
mod hearing;
mod limits;
mod playing;
mod pressing;
mod recording;
mod secure;
mod stage;
