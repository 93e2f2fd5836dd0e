//! The engine's orders: what opens, joins, parts and closes ports.

use std::net::SocketAddr;

use model::{Mono, PortId};
use rtp::{Relay, Sender};

use super::{Media, PORTS_MAX};
use crate::port::{Bridge, Port};
use crate::transcode::Transcoder;
use crate::{ClipId, Event, PlayId, Repeat, Stream};

impl Media {
    pub(super) fn open(&mut self, port: PortId, local: SocketAddr) {
        if self.find(port).is_some() {
            return;
        }
        if self.places.len() >= PORTS_MAX {
            self.counts.ports_refused += 1;
            self.outputs.event(Event::OpenFailed { port });
            return;
        }
        let sender = Sender::new(
            self.entropy.next_u32(),
            // Random, and below 2^15: who misses the packets before the first rollover would else
            // count it wrong, and hear nothing of a protected stream (RFC 3711 §3.3.1).
            (self.entropy.next_u32() & 0x7FFF) as u16,
            self.entropy.next_u32(),
        );
        self.place(Port::new(port, sender));
        self.outputs.bind(port, local);
    }

    /// Gives a port a place of its own; `None` when its name is taken.
    pub(super) fn place(&mut self, port: Port) -> Option<u32> {
        let id = port.id;
        let order = self.places.binary_search_by_key(&id, |(id, _)| *id).err()?;
        let place = match self.free.pop() {
            Some(place) => {
                self.ports[place as usize] = Some(port);
                place
            }
            None => {
                self.ports.push(Some(port));
                u32::try_from(self.ports.len() - 1).expect("ports are limited")
            }
        };
        self.places.insert(order, (id, place));
        Some(place)
    }

    pub(super) fn connect(&mut self, now: Mono, port: PortId, stream: Stream) {
        let Some(place) = self.find(port) else { return };
        self.at(place).connect(now, stream);
        self.begin_reports(now, place);
        self.seat(now, place);
        self.settle_reading(place);
        self.watch(now, place);
    }

    pub(super) fn play(&mut self, port: PortId, play: PlayId, clips: Vec<ClipId>, repeat: Repeat) {
        let Some(port) = self.find_port(port) else { return };
        let cut = port.player.play(play, clips, repeat);
        self.counts.clips_cut += cut as u64;
    }

    pub(super) fn bridge(&mut self, now: Mono, one: PortId, other: PortId) {
        let (Some(one), Some(other)) = (self.find(one), self.find(other)) else { return };
        if one == other {
            return;
        }
        for (place, other) in [(one, other), (other, one)] {
            self.unbridge(now, place);
            self.unseat(place);
            let port = self.at(place);
            port.player.stop();
            let (relay, transcoder) = (Relay::new(), Transcoder::default());
            port.bridge = Some(Bridge { other, relay, transcoder, carries_event: false });
        }
    }

    pub(super) fn unbridge(&mut self, now: Mono, place: u32) {
        let Some(bridge) = self.at(place).bridge.take() else { return };
        self.at(bridge.other).bridge = None;
        self.seat(now, place);
        self.seat(now, bridge.other);
    }

    pub(super) fn close(&mut self, now: Mono, port: PortId) {
        let Some(place) = self.find(port) else { return };
        self.report(now, place, true);
        let closed = self.remove(now, place);
        let quality = closed.quality();
        let received = closed.reception.received();
        self.outputs.release(port);
        self.outputs.event(Event::Closed { port, sent: closed.sent.packets, received, quality });
    }

    pub(super) fn remove(&mut self, now: Mono, place: u32) -> Port {
        // Without its socket it takes no seat when its bridge ends.
        self.at(place).bound = false;
        self.unbridge(now, place);
        self.unseat(place);
        let port = self.ports[place as usize].take().expect("the place is in use");
        self.free.push(place);
        if let Ok(order) = self.places.binary_search_by_key(&port.id, |(id, _)| *id) {
            self.places.remove(order);
        }
        if self.places.is_empty() {
            self.silence_check = None;
            self.reports.clear();
        }
        port
    }
}
