//! The beat: twenty slots of one millisecond, turned once in twenty.
//!
//! Every port that sends frames sits in one slot and is served each time its slot comes round. Few
//! ports share few slots, since to be woken costs more than to serve a port; once every slot has
//! [`SHARED_BY`] of them, a port takes the emptiest, so that a thousand ports are fifty packets
//! every millisecond and not a thousand at once.

use std::time::Duration;

use model::Mono;

use crate::FRAME_MS;

/// How late a frame may be sent. A slot found later than this leaves out the frames it missed.
pub const LATE_MAX: Duration = Duration::from_millis(60);

/// Ports that a slot has before another slot is begun: a quarter of a millisecond of work.
const SHARED_BY: usize = 32;

const SLOTS: usize = FRAME_MS as usize;
const NANOS_PER_MS: u64 = 1_000_000;

/// Where a port sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    slot: u8,
    place: u32,
    /// The first millisecond at which it is served.
    from_ms: u64,
}

impl Seat {
    /// How many frames this seat leaves out in a turn before it is served, or `None` when it is not
    /// served: the port sat down while the slot was overdue.
    pub(crate) fn skipped(self, turn: &Turn) -> Option<u32> {
        let waited_ms = turn.due_ms.checked_sub(self.from_ms)?;
        let waited = u32::try_from(waited_ms / FRAME_MS).unwrap_or(u32::MAX);
        Some(turn.skipped.min(waited))
    }
}

/// A slot whose time has come.
pub(crate) struct Turn {
    slot: usize,
    /// The millisecond that is served.
    pub(crate) due_ms: u64,
    /// How many frames before it are left out.
    pub(crate) skipped: u32,
    /// The ports, by index; to be given back by [`Wheel::finish`].
    pub(crate) ports: Vec<u32>,
}

#[derive(Debug, Default)]
pub(crate) struct Wheel {
    slots: [Slot; SLOTS],
}

#[derive(Debug, Default)]
struct Slot {
    /// The next millisecond to serve; means nothing while the slot is empty.
    due_ms: u64,
    ports: Vec<u32>,
}

impl Slot {
    /// The slot with the least is the next to take a port.
    fn dearness(&self) -> (u8, usize) {
        match self.ports.len() {
            0 => (1, 0),
            few @ 1..SHARED_BY => (0, SHARED_BY - few),
            many => (2, many),
        }
    }
}

impl Wheel {
    /// Seats a port beside others while there is a slot with room, else in an empty slot, and when
    /// all are full in the emptiest; among equals in the one that comes soonest.
    pub(crate) fn sit(&mut self, now: Mono, port: u32) -> Seat {
        let next_ms = now.as_nanos() / NANOS_PER_MS + 1;
        let soonest = (0..FRAME_MS).map(|wait| next_ms + wait);
        let from_ms =
            soonest.min_by_key(|ms| self.slots[slot_of(*ms)].dearness()).expect("there are slots");
        let slot = &mut self.slots[slot_of(from_ms)];
        if slot.ports.is_empty() {
            slot.due_ms = from_ms;
        }
        let place = u32::try_from(slot.ports.len()).expect("there are few ports");
        slot.ports.push(port);
        Seat { slot: slot_of(from_ms) as u8, place, from_ms }
    }

    /// Takes a port away. Another one may have to move to its seat's place: it is given, to be
    /// reseated by [`Wheel::moved`].
    pub(crate) fn leave(&mut self, seat: Seat) -> Option<u32> {
        let ports = &mut self.slots[usize::from(seat.slot)].ports;
        ports.swap_remove(seat.place as usize);
        ports.get(seat.place as usize).copied()
    }

    /// The seat of the port that moved into the place of one that left.
    pub(crate) fn moved(its: Seat, left: Seat) -> Seat {
        Seat { place: left.place, ..its }
    }

    /// The next turn that is due at `now`, with its ports taken out.
    pub(crate) fn turn(&mut self, now: Mono) -> Option<Turn> {
        let now_ms = now.as_nanos() / NANOS_PER_MS;
        let slot = self.next_slot().filter(|slot| self.slots[*slot].due_ms <= now_ms)?;
        let found = &mut self.slots[slot];
        let late_ms = now_ms - found.due_ms;
        let skipped =
            if u128::from(late_ms) > LATE_MAX.as_millis() { late_ms / FRAME_MS } else { 0 };
        let due_ms = found.due_ms + skipped * FRAME_MS;
        found.due_ms = due_ms + FRAME_MS;
        let skipped = u32::try_from(skipped).unwrap_or(u32::MAX);
        Some(Turn { slot, due_ms, skipped, ports: std::mem::take(&mut found.ports) })
    }

    /// Gives the ports of a turn back.
    pub(crate) fn finish(&mut self, turn: Turn) {
        self.slots[turn.slot].ports = turn.ports;
    }

    /// When the next slot is due.
    pub(crate) fn next(&self) -> Option<Mono> {
        let slot = self.next_slot()?;
        Some(Mono::from_nanos(self.slots[slot].due_ms * NANOS_PER_MS))
    }

    /// Whether most slots have somebody to serve.
    pub(crate) fn is_busy(&self) -> bool {
        self.slots.iter().filter(|slot| !slot.ports.is_empty()).count() > SLOTS / 2
    }

    fn next_slot(&self) -> Option<usize> {
        (0..SLOTS)
            .filter(|slot| !self.slots[*slot].ports.is_empty())
            .min_by_key(|slot| self.slots[*slot].due_ms)
    }
}

fn slot_of(ms: u64) -> usize {
    (ms % FRAME_MS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Mono {
        Mono::from_nanos(ms * NANOS_PER_MS)
    }

    /// Turns the wheel up to `ms` and shows what is served: `due+skipped:ports`.
    fn served(wheel: &mut Wheel, ms: u64) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(turn) = wheel.turn(at(ms)) {
            lines.push(format!("{}+{}:{:?}", turn.due_ms, turn.skipped, turn.ports));
            wheel.finish(turn);
        }
        lines
    }

    #[test]
    fn ports_are_spread_to_the_emptiest_slots() {
        let mut wheel = Wheel::default();
        let seats: Vec<Seat> = (0..1_000).map(|port| wheel.sit(at(7), port)).collect();
        assert!(wheel.slots.iter().all(|slot| slot.ports.len() == 50));
        // Those of one slot leave, and the next to come take their seats.
        let mut seats: Vec<Option<Seat>> = seats.into_iter().map(Some).collect();
        for port in 0..1_000 {
            let Some(left) = seats[port].take_if(|seat| seat.slot == 8) else { continue };
            if let Some(moved) = wheel.leave(left) {
                let seat = seats[moved as usize].expect("it sits");
                seats[moved as usize] = Some(Wheel::moved(seat, left));
            }
        }
        assert_eq!(wheel.slots[8].ports.len(), 0);
        for port in 1_000..1_050 {
            wheel.sit(at(9), port);
        }
        assert!(wheel.slots.iter().all(|slot| slot.ports.len() == 50));
    }

    #[test]
    fn a_few_ports_wake_the_thread_as_seldom_as_one_does() {
        let mut wheel = Wheel::default();
        let used = |wheel: &Wheel| wheel.slots.iter().filter(|it| !it.ports.is_empty()).count();
        for (port, slots) in (1..=640).map(|port| (port, (port as usize).div_ceil(SHARED_BY))) {
            wheel.sit(at(7 + u64::from(port)), port);
            assert_eq!(used(&wheel), slots, "{port} ports");
        }
        wheel.sit(at(900), 641);
        assert_eq!(wheel.slots.iter().map(|slot| slot.ports.len()).max(), Some(SHARED_BY + 1));
    }

    #[test]
    fn each_port_is_served_every_twenty_milliseconds() {
        let mut wheel = Wheel::default();
        wheel.sit(at(0), 1);
        wheel.sit(at(0), 2);
        assert_eq!(wheel.next(), Some(at(1)));
        assert_eq!(served(&mut wheel, 0), [""; 0]);
        assert_eq!(served(&mut wheel, 1), ["1+0:[1, 2]"]);
        assert_eq!(wheel.next(), Some(at(21)));
        assert_eq!(served(&mut wheel, 22), ["21+0:[1, 2]"]);
    }

    #[test]
    fn late_slots_are_served_at_once_and_very_late_ones_leave_frames_out() {
        let mut wheel = Wheel::default();
        wheel.sit(at(0), 1);
        assert_eq!(served(&mut wheel, 61), ["1+0:[1]", "21+0:[1]", "41+0:[1]", "61+0:[1]"]);
        assert_eq!(served(&mut wheel, 81 + 61), ["141+3:[1]"]);
        assert_eq!(wheel.next(), Some(at(161)));
    }

    #[test]
    fn a_port_that_sits_down_in_an_overdue_slot_is_not_served_for_the_past() {
        let mut wheel = Wheel::default();
        for port in 0..(SLOTS * SHARED_BY) as u32 {
            wheel.sit(at(0), 1_000 + port);
        }
        let late = wheel.sit(at(50), 99);
        assert_eq!(late.slot, 11);
        let mut skipped = Vec::new();
        while let Some(turn) = wheel.turn(at(131)) {
            if turn.ports.contains(&99) {
                skipped.push((turn.due_ms, turn.skipped, late.skipped(&turn)));
            }
            wheel.finish(turn);
        }
        assert_eq!(skipped, [(131, 6, Some(4))]);
        let overdue = Turn { slot: 11, due_ms: 31, skipped: 0, ports: vec![99] };
        assert_eq!(late.skipped(&overdue), None);
    }

    #[test]
    fn an_empty_wheel_waits_for_nothing() {
        let mut wheel = Wheel::default();
        let seat = wheel.sit(at(0), 1);
        assert_eq!(wheel.leave(seat), None);
        assert_eq!(wheel.next(), None);
        assert_eq!(served(&mut wheel, 1_000), [""; 0]);
    }
}
