//! What comes to a port: whether it counts, and where it goes.

use std::net::SocketAddr;

use model::{Key, Mono, PortId};
use rtp::srtp::Refused;
use rtp::{DATAGRAM_MAX, Header, Heard, Packet, Relay};

use super::Media;
use super::frames::send;
use crate::Event;
use crate::own::Own;
use crate::port::{Carried, Relayed, samples_of};

impl Media {
    /// A datagram came to the socket of `port`.
    pub fn handle_packet(&mut self, now: Mono, port: PortId, source: SocketAddr, bytes: &[u8]) {
        let Some(place) = self.find(port) else { return };
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        if bytes.get(1).is_some_and(|kind| (192..=223).contains(kind)) && port.control_is_here() {
            return self.hear_control(now, place, source, bytes);
        }
        if !port.listens() {
            return;
        }
        let mut room;
        let bytes = if port.is_secure() {
            room = [0; DATAGRAM_MAX];
            match port.unprotect(now, bytes, &mut room) {
                Ok(bytes) => bytes,
                Err(refused) => return self.refuse(place, refused),
            }
        } else {
            bytes
        };
        let Some((stream, whom)) = &mut port.stream else { return };
        let packet = Packet::read(bytes).ok();
        let understood =
            packet.and_then(|packet| Some((packet, stream.carried(packet.header.payload_type)?)));
        let Some((packet, carried)) = understood else {
            self.counts.not_understood += 1;
            if let Some(packet) = packet.filter(|_| whom.destination() == source) {
                self.pass(now, place, &packet.header);
            }
            return;
        };
        let accepted = match carried {
            Carried::Audio(_) | Carried::TelephoneEvent => whom.accept(now, source, &packet.header),
            Carried::ComfortNoise => whom.destination() == source,
        };
        if !accepted {
            self.counts.not_accepted += 1;
            return;
        }
        port.suppressed = carried == Carried::ComfortNoise;
        let paced = matches!(carried, Carried::Audio(_));
        port.reception.heard(now, &packet.header, paced);
        self.lives(now, place);
        self.hear(now, place, Relayed { header: packet.header, carried, payload: packet.payload });
    }

    /// A packet of the source of which nobody agreed what it carries, such as one that keeps a
    /// translator open: it is a sign of life, and its number is not lost here or on the other side.
    fn pass(&mut self, now: Mono, place: u32, header: &Header) {
        self.lives(now, place);
        let port = self.at(place);
        port.reception.passed(now, header);
        let other = port.bridge.as_ref().map(|bridge| bridge.other);
        if let Some(theirs) = other.and_then(|other| self.at(other).bridge.as_mut()) {
            theirs.relay.leave_out(header);
        }
    }

    /// Counts a packet that SRTP does not let in.
    pub(super) fn refuse(&mut self, place: u32, refused: Refused) {
        let (whole, part) = match refused {
            Refused::Malformed => {
                self.counts.not_understood += 1;
                return;
            }
            Refused::NotAuthentic
            | Refused::TooManySources
            | Refused::KeyUsedUp
            | Refused::OtherSource => (1, 0),
            Refused::Replayed | Refused::TooOld => (0, 1),
        };
        self.counts.not_authentic += whole;
        self.counts.replayed += part;
        let port = self.at(place);
        port.not_authentic += whole;
        port.replayed += part;
    }

    fn hear(&mut self, now: Mono, place: u32, heard: Relayed<'_>) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        let mut goes_on = true;
        let mut pressed = None;
        if heard.carried == Carried::TelephoneEvent {
            let meaning = port.keys.heard(now, &heard.header, heard.payload);
            goes_on = match (meaning, &mut port.bridge) {
                (Heard::Pressed(key), None) => {
                    self.outputs.event_if_room(Event::Key { port: port.id, key });
                    return;
                }
                (Heard::Pressed(key), Some(bridge)) => {
                    bridge.carries_event = true;
                    pressed = Some(key);
                    true
                }
                (Heard::Held | Heard::Late, Some(bridge)) => bridge.carries_event,
                (Heard::NotAKey, Some(_)) => true,
                (Heard::Held | Heard::Late | Heard::NotAKey, None) => return,
            };
        }
        if let Carried::Audio(codec) = heard.carried {
            port.record(&mut self.outputs, now, &heard.header, codec, heard.payload);
        }
        if let (Carried::Audio(codec), None, Some(ear)) =
            (heard.carried, &port.bridge, &mut port.ear)
        {
            let (id, outputs) = (port.id, &mut self.outputs);
            ear.hear(&self.catalog, &heard.header, codec, heard.payload, |key| {
                if let Some(key) = Key::from_char(key) {
                    outputs.event_if_room(Event::Key { port: id, key });
                }
            });
        }
        if let (Carried::Audio(codec), Some(judge)) = (heard.carried, &mut port.judge)
            && let Some(answerer) = judge.hear(&self.catalog, codec, heard.payload)
        {
            port.judge = None;
            self.outputs.event(Event::Judged { port: port.id, answerer });
        }
        if let (Carried::Audio(codec), Some(pause)) = (heard.carried, &mut port.pause) {
            pause.hear(now, &self.catalog, codec, heard.payload);
        }
        if let Some(other) = port.bridge.as_ref().map(|bridge| bridge.other) {
            let speaks = goes_on && heard.carried != Carried::ComfortNoise;
            if speaks && matches!(self.at(other).own(), Own::Rest(_)) {
                self.at(other).fall_silent();
                self.unseat(other);
            }
            match pressed.filter(|_| !self.at(other).takes_events()) {
                Some(key) => self.press_for_other(now, other, key),
                None => self.relay(now, other, &heard, goes_on),
            }
        }
    }

    /// Sends a packet of the other side of a bridge from the port at `place`, when it goes on.
    fn relay(&mut self, now: Mono, place: u32, heard: &Relayed<'_>, goes_on: bool) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        let (Some((stream, whom)), Some(bridge)) = (&port.stream, &mut port.bridge) else { return };
        let to = whom.destination();
        if !port.bound || !stream.reaches(to) || bridge.own.covers() {
            // Whoever comes back from a hold, or has heard something else meanwhile, hears a new
            // talkspurt, and not minutes of loss.
            bridge.relay = Relay::new();
            return;
        }
        let payload_type =
            stream.payload_type_for(heard.carried).filter(|_| goes_on && !heard.payload.is_empty());
        let Some(payload_type) = payload_type else {
            bridge.relay.leave_out(&heard.header);
            self.counts.not_relayed += 1;
            return;
        };
        let (codec, length) = match heard.carried {
            Carried::Audio(codec) => {
                (Some((codec, stream.codec)), stream.packet_of(heard.payload.len()))
            }
            Carried::TelephoneEvent | Carried::ComfortNoise => (None, heard.payload.len()),
        };
        let mut last: Option<(rtp::Header, u32)> = None;
        for piece in heard.payload.chunks(length) {
            let Some(bridge) = &mut port.bridge else { return };
            let samples = samples_of(heard.carried, piece);
            let header = match last {
                None => {
                    bridge.relay.carry(&mut port.sender, now, &heard.header, payload_type, samples)
                }
                Some((before, gone)) => {
                    Some(bridge.relay.divide(&mut port.sender, now, &before, gone, samples))
                }
            };
            let Some(header) = header else {
                self.counts.not_relayed += 1;
                return;
            };
            let packet = self.outputs.write(&header, piece.len(), |payload| {
                payload.copy_from_slice(piece);
                if let Some((from, to)) = codec {
                    bridge.transcoder.convert(self.catalog.g711(), from, to, payload);
                }
            });
            send(port, to, packet, &mut self.outputs, &mut self.counts);
            last = Some((header, samples));
        }
    }
}
