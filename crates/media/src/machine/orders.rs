//! The engine's orders: what opens, joins, parts and closes ports.

use std::net::SocketAddr;

use std::sync::Arc;

use model::{Mono, PortId};
use rtp::{Relay, Sender};

use super::{Media, PORTS_MAX};
use crate::own::Own;
use crate::port::{Bridge, Port};
use crate::transcode::Transcoder;
use crate::{ClipId, Event, HANDOVER_FRAMES, PlayId, Quality, Repeat, Stream};

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
        if let Some(other) = self.at(place).bridge.as_ref().map(|bridge| bridge.other) {
            self.settle_own(now, other);
        }
    }

    pub(super) fn play(
        &mut self,
        now: Mono,
        port: PortId,
        play: PlayId,
        clips: Vec<ClipId>,
        repeat: Repeat,
    ) {
        let Some(place) = self.find(port) else { return };
        let catalog = Arc::clone(&self.catalog);
        let port = self.at(place);
        if port.bridge.is_some() && port.own() == Own::Nothing {
            port.player.cut_off();
        }
        let cut = port.player.play(&catalog, play, clips, repeat);
        port.set_own(Own::Ordered);
        self.counts.clips_cut += cut as u64;
        self.seat(now, place);
    }

    pub(super) fn stop(&mut self, now: Mono, port: PortId) {
        let Some(place) = self.find(port) else { return };
        let port = self.at(place);
        port.player.stop();
        if port.own() == Own::Ordered {
            port.set_own(Own::Rest(0));
            self.settle_own(now, place);
        }
    }

    pub(super) fn bridge(
        &mut self,
        now: Mono,
        one: PortId,
        other: PortId,
        on_hold: Option<ClipId>,
    ) {
        let (Some(one), Some(other)) = (self.find(one), self.find(other)) else { return };
        if one == other {
            return;
        }
        for (place, other) in [(one, other), (other, one)] {
            self.unbridge(now, place);
            let port = self.at(place);
            let own = if port.seat.is_some() { Own::Rest(HANDOVER_FRAMES) } else { Own::Nothing };
            port.bridge = Some(Bridge {
                other,
                relay: Relay::new(),
                transcoder: Transcoder::default(),
                carries_event: false,
                on_hold,
                own,
            });
        }
        for place in [one, other] {
            self.settle_reading(place);
            self.settle_own(now, place);
        }
    }

    pub(super) fn unbridge(&mut self, now: Mono, place: u32) {
        let Some(Bridge { other, own, .. }) = self.at(place).bridge.take() else { return };
        let theirs = self.at(other).own();
        self.at(other).bridge = None;
        for (place, own) in [(place, own), (other, theirs)] {
            match own {
                Own::Rest(_) | Own::Music => self.at(place).player.stop(),
                Own::Nothing | Own::Ordered => {}
            }
            self.seat(now, place);
            self.settle_reading(place);
        }
    }

    /// What a port on a bridge sends of itself, now that something has changed there: the music of
    /// a hold begins when the other side holds, and ends when it is back.
    pub(super) fn settle_own(&mut self, now: Mono, place: u32) {
        let port = self.at(place);
        let Some(other) = port.bridge.as_ref().map(|bridge| bridge.other) else { return };
        let (own, music) = (port.own(), port.hold_music());
        let music = music.filter(|_| self.at(other).holds());
        let catalog = Arc::clone(&self.catalog);
        let port = self.at(place);
        match (own, music) {
            (Own::Nothing | Own::Rest(_), Some(clip)) => {
                if own == Own::Nothing {
                    port.player.cut_off();
                }
                port.player.play(&catalog, PlayId(0), vec![clip], Repeat::Forever);
                port.set_own(Own::Music);
            }
            (Own::Music, None) => port.set_own(Own::Rest(HANDOVER_FRAMES)),
            (Own::Music | Own::Ordered, Some(_))
            | (Own::Nothing | Own::Rest(_) | Own::Ordered, None) => {}
        }
        self.seat(now, place);
    }

    pub(super) fn close(&mut self, now: Mono, port: PortId) {
        let Some(place) = self.find(port) else {
            // It was lost on its way between machines, and the engine waits for this word.
            let quality = Quality::default();
            return self.outputs.event(Event::Closed { port, sent: 0, received: 0, quality });
        };
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
