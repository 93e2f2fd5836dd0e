//! Two things at once: what leaves the engine meets its opposite on the way, a translator binds
//! anew, packets of a key are lost.

use std::net::SocketAddr;
use std::time::Duration;

use model::Key;
use phone::{KeyPress, Lost};

use super::{Grain, Place, World};
use crate::carrier::Route;
use crate::oracles::text::Text;

/// The first outer ports of an address translator, for SIP and for RTP.
const FIRST_BINDINGS: [u16; 2] = [20_000, 30_000];

/// What a phone does in the moment in which something of the engine is under way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crossing {
    /// BYE, or CANCEL where nothing was answered.
    HangsUp,
    /// 200 to the INVITE that rings.
    Answers,
    /// A re-INVITE of its own, which changes nothing.
    Reinvites,
}

impl World {
    /// See [`crate::Event::Rebind`].
    pub(super) fn rebind(&mut self, id: usize, sip: bool, rtp: bool) {
        let Some(station) = self.stations.get_mut(&id) else { return };
        let bind = |outer: &mut SocketAddr, first: u16| {
            outer.set_port(outer.port().max(first - 1).saturating_add(1));
            *outer
        };
        if sip {
            let new = bind(&mut station.outer_sip, FIRST_BINDINGS[0]);
            self.places.insert(new, Place::PhoneSip(id));
        }
        // At the grain of cues sound crosses without packets.
        if rtp && self.settings.grain == Grain::Packets {
            self.places.remove(&station.outer_rtp);
            let new = bind(&mut station.outer_rtp, FIRST_BINDINGS[1]);
            self.places.insert(new, Place::PhoneRtp(id));
            self.rebound.push((self.now.mono, id));
        }
    }

    /// A datagram of the engine has left: perhaps something crosses it.
    pub(super) fn perhaps_cross(&mut self, to: SocketAddr, bytes: &[u8]) {
        let permille = self.settings.mischief.crossings_permille;
        if permille == 0 {
            return;
        }
        let Some(text) = Text::read(bytes) else { return };
        let in_dialog = !text.to_tag().is_empty();
        let crossing = match (text.method(), text.status()) {
            (Some("BYE"), _) => Crossing::HangsUp,
            (Some("CANCEL"), _) => Crossing::Answers,
            (Some("INVITE"), _) if in_dialog => Crossing::Reinvites,
            (None, Some(200)) if text.cseq().1 == "INVITE" => Crossing::HangsUp,
            _ => return,
        };
        if !self.dice.chance(permille) {
            return;
        }
        let whose = match self.places.get(&to).copied() {
            Some(Place::PhoneSip(id)) => Some(id),
            Some(Place::Carrier) => match self.carrier.route(to, bytes) {
                Route::Phone(id) => Some(id),
                Route::Refused(_) | Route::Nowhere => None,
            },
            _ => None,
        };
        if let Some(id) = whose {
            self.crossings.push((id, text.call_id().to_owned(), crossing));
        }
    }

    /// Lets the crossings happen, now that the engine has said all it had to say.
    pub(super) fn cross(&mut self) {
        for (id, call_id, crossing) in std::mem::take(&mut self.crossings) {
            let Some(station) = self.stations.get(&id) else { continue };
            let mut calls = station.phone.diary().calls().iter().rev();
            let Some(call) = calls.find(|call| call.call_id == call_id).map(|call| call.call)
            else {
                continue;
            };
            let now = self.now;
            self.trace.note(now, &format!("phone {id}: {crossing:?} at this very moment"));
            self.with_phone(id, |phone| match crossing {
                Crossing::HangsUp => phone.hang_up(now, call),
                Crossing::Answers => phone.answer(now, call),
                Crossing::Reinvites => phone.resume(now, call),
            });
        }
    }

    /// A press of a key, and what becomes of its packets.
    pub(super) fn press_of(&mut self, key: Key) -> KeyPress {
        let press = KeyPress::new(key);
        if !self.dice.chance(self.settings.mischief.keys_permille) {
            return press;
        }
        let lost = Lost {
            first: self.dice.chance(300),
            marker: self.dice.chance(300),
            ends: u8::try_from(self.dice.below(4)).unwrap_or(0),
        };
        let held = Duration::from_millis(60 + 20 * self.dice.below(20));
        KeyPress { lost, held, reordered: self.dice.chance(300), ..press }
    }
}
