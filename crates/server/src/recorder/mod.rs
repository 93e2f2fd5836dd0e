//! The thread that writes recordings: files, and what goes into them.
//!
//! ```text
//!   media threads ── a ring each, 16,384 pieces ──▶ tapes ──▶ files, once a second
//!   engine thread ── Begin, End, Erase (1,024) ───▶   │
//!                 ◀── Began, Ended ───────────────────┘
//! ```
//! Nobody waits for it: a piece that finds its ring full is counted and becomes silence, and a
//! recording that finds no room among the orders is not made. A file can be played at any moment:
//! its sound is written before the header that tells of it, so that whoever kills the engine loses
//! the last seconds only.

mod file;
mod piece;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

pub use config::RecordingsRoof as Recordings;
use engine::{Recorded, Recorder as Order};
use ledger::RecordingEnd;
use rtrb::{Consumer, Producer, RingBuffer};

pub use piece::{PIECE_BYTES_MAX, Piece};
use writer::Writer;

use crate::clock::Clock;

/// Pieces of sound in the ring of each media thread: three seconds of a hundred conversations.
pub const PIECES_IN_RING: usize = 16_384;
/// Orders on their way to the thread. One `Begin` more is a recording that is not made.
pub const ORDERS_QUEUED_MAX: usize = 1_024;
/// How often pieces are laid on their tapes.
pub const TURN: Duration = Duration::from_millis(100);

/// The thread, as the engine's thread sees it.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// None when nothing is recorded.
    thread: Option<(SyncSender<Order>, JoinHandle<()>)>,
    /// What found no room, in order: the ends of recordings that have begun, and nothing else.
    held: VecDeque<Order>,
}

/// A ring for each of so many media threads, from them to the thread of recordings.
pub fn rings(count: usize) -> (Vec<Producer<Piece>>, Vec<Consumer<Piece>>) {
    (0..count).map(|_| RingBuffer::new(PIECES_IN_RING)).unzip()
}

impl Recorder {
    /// Nothing is recorded.
    pub(crate) fn off() -> Recorder {
        Recorder { thread: None, held: VecDeque::new() }
    }

    /// Makes the directory and starts the thread.
    ///
    /// # Errors
    /// When the directory cannot be made, or the system refuses a thread.
    pub(crate) fn start(
        clock: Clock,
        recordings: &Recordings,
        rings: Vec<Consumer<Piece>>,
        answer: impl Fn(Recorded) + Send + 'static,
    ) -> std::io::Result<Recorder> {
        file::make_directory(&recordings.directory)?;
        let (orders, taken) = sync_channel(ORDERS_QUEUED_MAX);
        let writer = Writer::new(clock, recordings.clone(), rings, Box::new(answer));
        let handle = std::thread::Builder::new()
            .name("recordings".into())
            .spawn(move || writer.run(&taken))?;
        Ok(Recorder { thread: Some((orders, handle)), held: VecDeque::new() })
    }

    /// Hands an order over. Never blocks. Gives the answer when the thread will not.
    pub(crate) fn order(&mut self, order: Order) -> Option<Recorded> {
        let begins = match &order {
            Order::Begin(begin) => Some(begin.recording),
            Order::End { .. } | Order::Erase { .. } => None,
        };
        let refused = begins.map(|recording| Recorded::Ended {
            recording,
            length: Duration::ZERO,
            gaps: 0,
            end: RecordingEnd::Failed,
        });
        let Some((orders, _)) = &self.thread else { return refused };
        if !self.held.is_empty() {
            self.held.extend((begins.is_none()).then_some(order));
            return refused;
        }
        match orders.try_send(order) {
            Ok(()) => None,
            Err(TrySendError::Full(order)) => {
                self.held.extend(begins.is_none().then_some(order));
                refused
            }
            Err(TrySendError::Disconnected(_)) => refused,
        }
    }

    /// Tries again what found no room.
    pub(crate) fn flush(&mut self) {
        let Some((orders, _)) = &self.thread else { return };
        while let Some(order) = self.held.pop_front() {
            if let Err(TrySendError::Full(order)) = orders.try_send(order) {
                return self.held.push_front(order);
            }
        }
    }

    /// Whether orders wait for room: then [`Recorder::flush`] is wanted again soon.
    pub(crate) fn is_behind(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether the thread has ended by a fault of its own.
    pub(crate) fn is_broken(&self) -> bool {
        self.thread.as_ref().is_some_and(|(_, handle)| handle.is_finished())
    }

    /// Closes every file and ends the thread.
    pub(crate) fn close(self) {
        if let Some((orders, handle)) = self.thread {
            drop(orders);
            let _ = handle.join();
        }
    }
}
