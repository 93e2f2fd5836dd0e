//! Keys that a port presses.

use model::{Key, Mono, PortId};

use super::Media;
use super::frames::{send, send_sound};
use crate::own::Own;
use crate::presser::Turn;
use crate::{Digits, Event, FRAME_SAMPLES};

const FRAME_SAMPLES_32: u32 = FRAME_SAMPLES as u32;

impl Media {
    pub(super) fn press(&mut self, now: Mono, port: PortId, digits: &Digits) {
        let Some(place) = self.find(port) else { return };
        let port = self.at(place);
        let cut = port.presser.get_or_insert_default().press(digits);
        self.counts.digits_cut += cut as u64;
        self.begin_pressing(now, place);
    }

    /// The far end of `port` pressed a key in its signalling.
    pub(super) fn carry(&mut self, now: Mono, port: PortId, key: Key) {
        let Some(place) = self.find(port) else { return };
        if let Some(other) = self.at(place).bridge.as_ref().map(|bridge| bridge.other) {
            self.press_for_other(now, other, key);
        }
    }

    /// The other side of a bridge pressed a key, which this one does not hear by packets of the
    /// other's: it is pressed here, as telephone-event or as tones.
    pub(super) fn press_for_other(&mut self, now: Mono, place: u32, key: Key) {
        let port = self.at(place);
        if !port.bound || port.holds() {
            return;
        }
        let cut = port.presser.get_or_insert_default().carry(key);
        self.counts.digits_cut += u64::from(cut);
        self.begin_pressing(now, place);
    }

    fn begin_pressing(&mut self, now: Mono, place: u32) {
        let port = self.at(place);
        if port.own() == Own::Nothing {
            port.player.cut_off();
        }
        port.set_own(Own::Ordered);
        self.seat(now, place);
    }

    /// The frame of a port that presses keys; false when all are pressed and it sends what it else
    /// does. A far end that holds hears no keys: they are passed over.
    pub(super) fn press_on(&mut self, now: Mono, place: u32) -> bool {
        let Some(port) = self.ports[place as usize].as_mut() else { return false };
        let (Some((stream, whom)), Some(presser)) = (&port.stream, &mut port.presser) else {
            return false;
        };
        let to = whom.destination();
        let events = stream.event_payload_type;
        let turn = if stream.reaches(to) { presser.turn(events.is_some()) } else { Turn::Over };
        let packet = match turn {
            Turn::Over => {
                self.pressed(now, place);
                return matches!(self.at(place).own(), Own::Rest(_));
            }
            Turn::Event(pressing) => {
                let kind = events.unwrap_or_default();
                let (header, event) = pressing.next(&mut port.sender, now, kind, FRAME_SAMPLES_32);
                let bytes = event.to_bytes();
                self.outputs.write(&header, bytes.len(), |room| room.copy_from_slice(&bytes))
            }
            Turn::Sound => {
                let mut frame = [0; FRAME_SAMPLES];
                presser.fill(&self.catalog, stream.codec, &mut frame);
                send_sound(now, port, to, &frame, &mut self.outputs, &mut self.counts);
                return true;
            }
        };
        send(port, to, packet, &mut self.outputs, &mut self.counts);
        true
    }

    /// Every key is pressed: what plays goes on, or the other side is heard again.
    fn pressed(&mut self, now: Mono, place: u32) {
        let port = self.at(place);
        let is_ordered = port.presser.take().is_some_and(|presser| presser.is_ordered());
        port.player.cut_off();
        let id = port.id;
        if port.bridge.is_some() && !port.player.is_playing() {
            port.set_own(Own::Rest(0));
        }
        if is_ordered {
            self.outputs.event(Event::Pressed { port: id });
        }
        self.settle_own(now, place);
    }
}
