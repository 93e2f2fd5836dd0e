//! Ports that change machines: both ends of a bridge live in one machine, and a port is opened
//! before it is known with whom it will be bridged.

use std::cmp::Reverse;

use model::{Mono, PortId};

use super::Media;
use crate::Reading;
use crate::port::Port;

/// A port on its way from one machine to another, with its numbering, its
/// keys, what it plays and what it has heard.
#[derive(Debug)]
pub struct Guest(Box<Port>);

impl Guest {
    /// Which.
    pub fn port(&self) -> PortId {
        self.0.id
    }
}

impl Media {
    /// Gives a bound port away, with the roof's socket, and ends its bridge. `None` when there is
    /// no such port. Nothing is told of it to the engine.
    pub fn give(&mut self, now: Mono, port: PortId) -> Option<Guest> {
        let place = self.find(port)?;
        if !self.at(place).bound {
            return None;
        }
        Some(Guest(Box::new(self.remove(now, place))))
    }

    /// Takes a port that another machine gave. Its socket is read on arrival until it is said
    /// otherwise.
    pub fn take(&mut self, now: Mono, guest: Guest) {
        let mut port = *guest.0;
        port.bound = true;
        port.read = Reading::OnArrival;
        let id = port.id;
        let Some(place) = self.place(port) else { return };
        debug_assert_eq!(self.find(id), Some(place));
        if let Some(reports) = &self.at(place).reports {
            let next = reports.next();
            self.reports.push(Reverse((next, place)));
        }
        self.seat(now, place);
        self.watch(now, place);
    }
}
