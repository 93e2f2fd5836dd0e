//! What a media thread tells the engine's thread, without ever waiting for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use media::{Event, Guest};
use model::PortId;
use rtrb::Producer;
use tokio::sync::Notify;

use super::MediaCounters;
use super::legs::Sockets;

/// Events that wait for room in the ring. Beyond it keys and silences are dropped and counted; what
/// answers an order is kept, for the engine waits for it, and there is little of it.
pub const EVENTS_HELD_MAX: usize = 65_536;

/// What is told.
#[derive(Debug)]
pub(crate) enum Told {
    /// For the engine.
    Event(Event),
    /// The port that was to be given away; nothing when it was not there any more.
    Given(PortId, Option<Box<Traveller>>),
}

/// A port on its way to another thread.
#[derive(Debug)]
pub(crate) struct Traveller {
    pub(crate) guest: Guest,
    pub(crate) sockets: Sockets,
}

/// The thread's side of the ring.
pub(crate) struct Teller {
    ring: Producer<Told>,
    held: VecDeque<Told>,
    bell: Arc<Notify>,
    /// Something is in the ring that the engine's thread was not woken for.
    bell_due: bool,
    counters: Arc<MediaCounters>,
}

impl Teller {
    pub(crate) fn new(
        ring: Producer<Told>,
        bell: Arc<Notify>,
        counters: Arc<MediaCounters>,
    ) -> Teller {
        Teller { ring, held: VecDeque::new(), bell, bell_due: false, counters }
    }

    pub(crate) fn tell(&mut self, told: Told) {
        let told = match self.held.is_empty() {
            true => match self.ring.push(told) {
                Ok(()) => {
                    self.bell_due = true;
                    return;
                }
                Err(rtrb::PushError::Full(told)) => told,
            },
            false => told,
        };
        let may_be_dropped = match &told {
            Told::Event(Event::Key { .. } | Event::Silent { .. }) => true,
            Told::Event(_) | Told::Given(..) => false,
        };
        if may_be_dropped && self.held.len() >= EVENTS_HELD_MAX {
            self.counters.events_lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.counters.events_delayed.fetch_add(1, Ordering::Relaxed);
        self.held.push_back(told);
    }

    /// Tries again what found no room, and wakes the engine's thread when there is something.
    pub(crate) fn flush(&mut self) {
        while let Some(told) = self.held.pop_front() {
            if let Err(rtrb::PushError::Full(told)) = self.ring.push(told) {
                self.held.push_front(told);
                break;
            }
            self.bell_due = true;
        }
        if std::mem::take(&mut self.bell_due) {
            self.bell.notify_one();
        }
    }

    /// Whether something waits for room.
    pub(crate) fn is_behind(&self) -> bool {
        !self.held.is_empty()
    }
}

impl Drop for Teller {
    /// A thread that ends, by whatever fault, is noticed at once.
    fn drop(&mut self) {
        self.bell.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use model::Key;
    use rtrb::RingBuffer;

    use super::*;

    #[test]
    fn what_finds_no_room_waits_and_only_keys_and_silences_are_dropped() {
        let (ring, mut heard) = RingBuffer::new(1);
        let bell = Arc::new(Notify::new());
        let counters = Arc::new(MediaCounters::default());
        let mut teller = Teller::new(ring, bell, Arc::clone(&counters));
        let key = Key::from_char('5').expect("a key");
        for number in 0..=u32::try_from(EVENTS_HELD_MAX).expect("small") + 2 {
            teller.tell(Told::Event(Event::Key { port: PortId(number), key }));
        }
        let closed = Event::Closed {
            port: PortId(1),
            sent: 0,
            received: 0,
            quality: media::Quality::default(),
        };
        teller.tell(Told::Event(closed));
        assert_eq!(counters.events_lost.load(Ordering::Relaxed), 2);
        assert!(teller.is_behind());
        let mut taken = 0;
        let mut last = None;
        while let Ok(told) = heard.pop() {
            taken += 1;
            last = Some(told);
            teller.flush();
        }
        assert!(!teller.is_behind());
        assert_eq!(taken, EVENTS_HELD_MAX + 2);
        assert!(matches!(last, Some(Told::Event(Event::Closed { .. }))), "{last:?}");
    }
}
