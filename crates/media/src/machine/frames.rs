//! The frames that ports send of themselves, and the one door through which every packet leaves.

use std::net::SocketAddr;

use model::Mono;
use rtp::HEADER_LENGTH;

use super::{Counts, Media};
use crate::output::{Outputs, Written};
use crate::own::Own;
use crate::port::Port;
use crate::wheel::{Turn, Wheel};
use crate::{Event, FRAME_SAMPLES};

const FRAME_SAMPLES_32: u32 = FRAME_SAMPLES as u32;

impl Media {
    /// Seats a port on the wheel, when it should send frames and does not yet.
    pub(super) fn seat(&mut self, now: Mono, place: u32) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        if port.seat.is_none() && port.wants_seat() {
            port.seat = Some(self.wheel.sit(now, place));
            port.sender.resume(now);
            self.settle_reading(place);
        }
    }

    /// Tells the roof how to read the socket of a port, when it is to be read otherwise than
    /// before.
    pub(super) fn settle_reading(&mut self, place: u32) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        let when = port.reading();
        if std::mem::replace(&mut port.read, when) != when {
            self.outputs.read(port.id, when);
        }
    }

    pub(super) fn unseat(&mut self, place: u32) {
        let Some(left) = self.at(place).seat.take() else { return };
        self.settle_reading(place);
        let Some(moved) = self.wheel.leave(left) else { return };
        let port = self.at(moved);
        port.seat = port.seat.map(|its| Wheel::moved(its, left));
    }

    pub(super) fn send_frame(&mut self, now: Mono, place: u32, turn: &Turn) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        if port.bridge.is_some() && !port.spends_frame() {
            self.leaving.push(place);
            return;
        }
        if let Some(pause) = port.pause.take_if(|pause| pause.is_over(now)) {
            self.outputs.event(Event::Quiet { port: port.id, spoke: pause.spoke() });
        }
        let Some((_, whom)) = &port.stream else { return };
        let Some(skipped) = port.seat.and_then(|seat| seat.skipped(turn)) else { return };
        if skipped > 0 {
            port.sender.skip(skipped.wrapping_mul(FRAME_SAMPLES_32));
            self.counts.frames_skipped += u64::from(skipped);
            port.left_out += u64::from(skipped);
        }
        let to = whom.destination();
        if port.presser.is_some() && self.press_on(now, place) {
            return;
        }
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        let Some((stream, _)) = &port.stream else { return };
        let mut frame = [0; FRAME_SAMPLES];
        let ended = port.player.fill(stream.codec, &mut frame);
        if stream.reaches(to) {
            send_sound(now, port, to, &frame, &mut self.outputs, &mut self.counts);
        } else {
            port.sender.skip(FRAME_SAMPLES_32);
        }
        let Some(play) = ended.filter(|_| !matches!(port.own(), Own::Rest(_))) else { return };
        self.outputs.event(Event::PlayEnded { port: port.id, play });
        if port.bridge.is_some() {
            port.set_own(Own::Rest(0));
            self.settle_own(now, place);
        }
    }
}

/// Sends a frame of sound from `port`, in more than one packet where the far end takes no such long
/// ones.
pub(super) fn send_sound(
    now: Mono,
    port: &mut Port,
    to: SocketAddr,
    frame: &[u8; FRAME_SAMPLES],
    outputs: &mut Outputs,
    counts: &mut Counts,
) {
    let Some((stream, _)) = &port.stream else { return };
    let (kind, length) = (stream.payload_type, stream.packet_of(frame.len()));
    for piece in frame.chunks(length) {
        // A piece of a frame is far shorter than u32.
        let header = port.sender.next(now, kind, piece.len() as u32);
        let packet = outputs.write(&header, piece.len(), |room| room.copy_from_slice(piece));
        send(port, to, packet, outputs, counts);
    }
}

/// Sends a packet from `port`, protected when its stream is.
pub(super) fn send(
    port: &mut Port,
    to: SocketAddr,
    mut packet: Written,
    outputs: &mut Outputs,
    counts: &mut Counts,
) {
    if port.protect(outputs, &mut packet).is_err() {
        counts.not_protected += 1;
        return;
    }
    port.sent.packets += 1;
    port.sent.octets += packet.length().saturating_sub(HEADER_LENGTH) as u64;
    if outputs.has_room() {
        outputs.packet(port.id, to, packet);
    }
}
