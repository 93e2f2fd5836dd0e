//! The people's side of the world: phones, hands, and when each wants to be woken.

use phone::{CallHandle, Phone, PhoneEvent};

use super::{Place, Sound, World};
use crate::net::Datagram;
use crate::oracle::Seen;
use crate::person::{Hands, Person};

/// The first port that an address translator gives.
const TRANSLATED: u16 = 20_000;

impl World {
    pub(super) fn wake(&mut self, id: usize) {
        let now = self.now;
        let Some(station) = self.stations.get_mut(&id) else { return };
        if station.phone.deadline().is_some_and(|deadline| deadline.at <= now.mono) {
            station.phone.handle_timeout(now);
        }
        if station.person.deadline().is_some_and(|at| at <= now.mono) {
            self.with_person(id, |person, hands| person.wake(now, hands));
        }
        self.after_station(id);
    }

    pub(super) fn with_phone(&mut self, id: usize, act: impl FnOnce(&mut Phone)) {
        if let Some(station) = self.stations.get_mut(&id) {
            act(&mut station.phone);
            self.after_station(id);
        }
    }

    pub(super) fn with_person(
        &mut self,
        id: usize,
        act: impl FnOnce(&mut dyn Person, &mut Hands<'_>),
    ) {
        let Some(station) = self.stations.get_mut(&id) else { return };
        let mut hands = Hands::of(&mut station.phone);
        act(station.person.as_mut(), &mut hands);
        let Hands { presses, commands, .. } = hands;
        let rtp = station.rtp;
        for (call, key) in presses {
            match &mut self.sound {
                Sound::Packets(_) => {
                    let press = self.press_of(key);
                    if let Some(station) = self.stations.get_mut(&id) {
                        station.phone.press(self.now, call, press);
                    }
                }
                Sound::Cues(cues) => cues.press(rtp, key),
            }
        }
        self.drain_sound();
        for command in commands {
            self.command(command);
        }
    }

    /// See [`crate::Event::Moved`].
    pub(super) fn moved(&mut self, id: usize) {
        let Some(station) = self.stations.get_mut(&id) else { return };
        let old = station.outer_sip;
        station.outer_sip.set_port(old.port().max(TRANSLATED - 1).saturating_add(1));
        self.places.remove(&old);
        self.places.insert(station.outer_sip, Place::PhoneSip(id));
    }

    /// Drains a phone and sets the time at which the station wants to be woken.
    pub(super) fn after_station(&mut self, id: usize) {
        while let Some(station) = self.stations.get_mut(&id) {
            let sip = station.phone.settings().sip;
            let (from_sip, from_rtp) = (station.outer_sip, station.outer_rtp);
            match station.phone.poll() {
                Some(phone::Output::Sip { .. } | phone::Output::Rtp { .. })
                    if self.unplugged.contains(&id) => {}
                Some(phone::Output::Sip { to, bytes }) => {
                    self.sip.send(self.now.mono, Datagram { from: from_sip, to, bytes });
                }
                Some(phone::Output::Rtp { to, bytes }) => {
                    self.rtp.send(self.now.mono, Datagram { from: from_rtp, to, bytes });
                }
                Some(phone::Output::Event(event)) => {
                    let now = self.now;
                    self.trace.note(now, &format!("phone {id}: {event:?}"));
                    let called = call_of(&event);
                    let diary = self.stations.get(&id).map(|station| station.phone.diary());
                    let record = diary.and_then(|diary| diary.call(called?));
                    let call_id = record.map(|record| record.call_id.clone());
                    let call_id = call_id.as_deref();
                    self.show(&Seen::Phone { id, at: sip, call_id, event: &event });
                    self.with_person(id, |person, hands| person.hear(now, &event, hands));
                }
                None => break,
            }
        }
        let Some(station) = self.stations.get(&id) else { return };
        let phone = station.phone.deadline().map(|deadline| deadline.at);
        let at = [phone, station.person.deadline()].into_iter().flatten().min();
        if let Some(old) = self.wake_of.remove(&id) {
            self.wakes.remove(&(old, id));
        }
        if let Some(at) = at {
            self.wakes.insert((at, id));
            self.wake_of.insert(id, at);
        }
    }

    pub(super) fn show(&mut self, seen: &Seen<'_>) {
        for oracle in &mut self.oracles {
            oracle.see(self.now, seen);
        }
    }
}

fn call_of(event: &PhoneEvent) -> Option<CallHandle> {
    match event {
        PhoneEvent::Invited { call, .. }
        | PhoneEvent::Ringing { call, .. }
        | PhoneEvent::Answered { call }
        | PhoneEvent::Key { call, .. }
        | PhoneEvent::HeldByPeer { call, .. }
        | PhoneEvent::Reinvited { call, .. }
        | PhoneEvent::Referred { call, .. }
        | PhoneEvent::Notified { call, .. }
        | PhoneEvent::Ended { call, .. } => Some(*call),
        PhoneEvent::Pong { .. } | PhoneEvent::Registered { .. } => None,
    }
}
