//! RTCP of the ports: reports both ways, beside RTP or on the port after it.
//!
//! A report is a sign of life: a far end that says nothing while nobody speaks there goes on
//! reporting. Its good-bye is none. Reports are heard from the host of the stream only.

use std::cmp::Reverse;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Mono, PortId};
use rtp::CLOCK_RATE;
use rtp::rtcp::{REPORT_BYTES_MAX, Reports, Stream};

use super::Media;
use crate::port::Port;
use crate::{FarEnd, Quality, Rtcp};

impl Media {
    /// A datagram came to the RTCP socket of `port`.
    pub fn handle_control(&mut self, now: Mono, port: PortId, source: SocketAddr, bytes: &[u8]) {
        if let Some(place) = self.find(port) {
            self.hear_control(now, place, source, bytes);
        }
    }

    pub(super) fn hear_control(&mut self, now: Mono, place: u32, source: SocketAddr, bytes: &[u8]) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        let Some(destination) = port.stream.as_ref().map(|(_, whom)| whom.destination()) else {
            return;
        };
        if source.ip() != destination.ip() {
            self.counts.not_accepted += 1;
            return;
        }
        let mut room = [0; rtp::DATAGRAM_MAX];
        let bytes = if port.is_secure() {
            match port.unprotect_control(now, bytes, &mut room) {
                Ok(bytes) => bytes,
                Err(refused) => return self.refuse(place, refused),
            }
        } else {
            bytes
        };
        let ours = port.sender.ssrc();
        let Some(reports) = &mut port.reports else { return };
        let Ok(told) = reports.heard(now, ours, bytes) else {
            self.counts.not_understood += 1;
            return;
        };
        port.control_source = Some(source);
        match told.bye {
            true => self.leaves(now, place),
            false => self.lives(now, place),
        }
    }

    /// The stream of a port was agreed: its reports begin, unless they have.
    pub(super) fn begin_reports(&mut self, now: Mono, place: u32) {
        if self.at(place).reports.is_some() {
            return;
        }
        let reports = Reports::new(now, || self.entropy.next_u32());
        self.reports.push(Reverse((reports.next(), place)));
        self.at(place).reports = Some(reports);
    }

    /// Sends the reports that are due.
    pub(super) fn send_reports(&mut self, now: Mono) {
        while let Some(&Reverse((at, place))) = self.reports.peek().filter(|next| next.0.0 <= now) {
            self.reports.pop();
            let random = self.entropy.next_u32();
            let Some(port) = self.ports[place as usize].as_mut() else { continue };
            let Some(reports) = port.reports.as_mut().filter(|reports| reports.next() == at) else {
                continue;
            };
            if reports.is_due(now, random) {
                self.report(now, place, false);
            }
            if let Some(reports) = &self.at(place).reports {
                let next = reports.next();
                self.reports.push(Reverse((next, place)));
            }
        }
    }

    /// Writes a report of the port at `place`, the last one with `bye`, and sends it when it has
    /// somewhere to go.
    pub(super) fn report(&mut self, now: Mono, place: u32, bye: bool) {
        let random = self.entropy.next_u32();
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        let to = port.control_destination();
        let Port { reports: Some(reports), sender, sent, reception, .. } = port else { return };
        let mut packet = [0; REPORT_BYTES_MAX];
        let stream = Stream { sender, sent: *sent, reception };
        let length = reports.write(now, stream, bye, random, &mut packet);
        let Some(to) = to.filter(|_| port.bound && self.outputs.has_room()) else { return };
        let mut packet = self.outputs.write_control(&packet[..length]);
        if port.protect_control(&mut self.outputs, &mut packet).is_err() {
            self.counts.not_protected += 1;
        } else if port.control_is_here() {
            self.outputs.packet(port.id, to, packet);
        } else {
            self.outputs.control(port.id, to, packet);
        }
    }
}

impl Port {
    /// Whether RTCP shares the port of RTP.
    pub(super) fn control_is_here(&self) -> bool {
        self.stream.as_ref().is_some_and(|(stream, _)| stream.rtcp == Rtcp::WithRtp)
    }

    /// Where our reports go: where the far end's came from, or else where its description says. A
    /// far end behind a translator, known by its RTP only, is tried at the port after it.
    fn control_destination(&self) -> Option<SocketAddr> {
        let (stream, whom) = self.stream.as_ref()?;
        let destination = whom.destination();
        let to = match stream.rtcp {
            Rtcp::WithRtp => destination,
            Rtcp::To(named) => match self.control_source {
                Some(source) if source.ip() == destination.ip() => source,
                _ if destination == stream.remote => named,
                _ => SocketAddr::new(destination.ip(), destination.port().checked_add(1)?),
            },
        };
        Some(to).filter(|to| !to.ip().is_unspecified() && to.port() != 0)
    }

    /// How its stream went.
    pub(super) fn quality(&self) -> Quality {
        let time = |units: u32| Duration::from_micros(u64::from(units) * 1_000_000 / RATE);
        let far = self.reports.as_ref().and_then(Reports::far);
        Quality {
            lost: self.reception.lost(),
            jitter: time(self.reception.jitter()),
            left_out: self.left_out,
            far: far.map(|far| FarEnd {
                lost: far.lost,
                jitter: time(far.jitter),
                round_trip: far.round_trip,
            }),
        }
    }
}

const RATE: u64 = CLOCK_RATE as u64;
