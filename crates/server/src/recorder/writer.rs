//! What the thread of recordings does: orders, pieces, files.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use audio::G711;
use engine::{Recorded, Recorder as Order, Recording};
use ledger::RecordingEnd;
use media::Tape;
use model::{Mono, RecordingId};
use rtrb::Consumer;

use super::file::{self, SoundFile};
use super::{Piece, Recordings, TURN};
use crate::clock::Clock;

/// How often sound goes to the files.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Writer {
    clock: Clock,
    recordings: Recordings,
    rings: Vec<Consumer<Piece>>,
    answer: Box<dyn Fn(Recorded) + Send>,
    running: BTreeMap<RecordingId, Running>,
    /// Ends that wait until the pieces before them are laid.
    ends: Vec<Order>,
    g711: G711,
    /// What one tape gives at a time.
    sound: Vec<u8>,
    write_at: Mono,
    /// The log knows that the disk takes nothing.
    warned: bool,
}

struct Running {
    since: Mono,
    length_max: Duration,
    tape: Tape,
    file: SoundFile,
    bytes_per_second: u64,
}

/// Whether orders may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Orders {
    MayCome,
    Over,
}

impl Writer {
    pub(super) fn new(
        clock: Clock,
        recordings: Recordings,
        rings: Vec<Consumer<Piece>>,
        answer: Box<dyn Fn(Recorded) + Send>,
    ) -> Writer {
        Writer {
            clock,
            recordings,
            rings,
            answer,
            running: BTreeMap::new(),
            ends: Vec::new(),
            g711: G711::new(),
            sound: Vec::new(),
            write_at: Mono::ZERO,
            warned: false,
        }
    }

    /// Runs until nobody gives orders any more; every file is then closed.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let first = if self.running.is_empty() {
                orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                orders.recv_timeout(TURN)
            };
            match first {
                Ok(order) => self.take(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.turn(orders) == Orders::Over {
                break;
            }
        }
        let now = self.clock.mono();
        self.lay_pieces(None);
        for recording in self.running.keys().copied().collect::<Vec<_>>() {
            self.end(recording, now, RecordingEnd::Over);
        }
    }

    /// Takes the orders that wait, lays the pieces that came, and writes when it is time.
    fn turn(&mut self, orders: &Receiver<Order>) -> Orders {
        let state = self.take_orders(orders);
        self.lay_pieces(Some(orders));
        for order in std::mem::take(&mut self.ends) {
            match order {
                Order::Begin(begin) => self.begin(*begin),
                Order::End { recording, at } => self.end(recording, at, RecordingEnd::Over),
                Order::Erase { recording } => self.erase(recording),
            }
        }
        let now = self.clock.mono();
        if now >= self.write_at {
            self.write_at = now + WRITE_EVERY;
            self.write(now);
        }
        state
    }

    fn take_orders(&mut self, orders: &Receiver<Order>) -> Orders {
        loop {
            match orders.try_recv() {
                Ok(order) => self.take(order),
                Err(TryRecvError::Empty) => return Orders::MayCome,
                Err(TryRecvError::Disconnected) => return Orders::Over,
            }
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Begin(begin) => self.begin(*begin),
            Order::End { .. } | Order::Erase { .. } => self.ends.push(order),
        }
    }

    /// A piece may overtake the order to begin its recording, for they come by different ways.
    fn lay_pieces(&mut self, orders: Option<&Receiver<Order>>) {
        for place in 0..self.rings.len() {
            // What comes meanwhile is for the next turn.
            for _ in 0..self.rings[place].slots() {
                let Ok(piece) = self.rings[place].pop() else { break };
                if !self.running.contains_key(&piece.recording)
                    && let Some(orders) = orders
                {
                    self.take_orders(orders);
                }
                let Some(running) = self.running.get_mut(&piece.recording) else { continue };
                let Piece { side, codec, at, .. } = piece;
                running.tape.lay(&self.g711, side, codec, at, piece.bytes());
            }
        }
    }

    fn begin(&mut self, begin: Recording) {
        let Recording { recording, file, stereo, wide, since, length_max } = begin;
        let tape = Tape::new(stereo, wide);
        let bytes_per_second = u64::from(tape.rate()) * if stereo { 4 } else { 2 };
        let path = self.recordings.directory.join(&file);
        match self.look_for_room().and_then(|()| SoundFile::make(path, &tape)) {
            Ok(file) => {
                self.warned = false;
                let running = Running { since, length_max, tape, file, bytes_per_second };
                self.running.insert(recording, running);
                (self.answer)(Recorded::Began { recording });
            }
            Err(error) => {
                let (length, gaps, end) = (Duration::ZERO, 0, self.failed(&error));
                (self.answer)(Recorded::Ended { recording, length, gaps, end });
            }
        }
    }

    /// Whether the disk has the room that is to stay free.
    fn look_for_room(&self) -> io::Result<()> {
        let Recordings { directory, free_min } = &self.recordings;
        let enough = file::free(directory)? >= *free_min;
        if enough { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    /// Says once what is wrong with the disk.
    fn failed(&mut self, error: &io::Error) -> RecordingEnd {
        if !std::mem::replace(&mut self.warned, true) {
            tracing::warn!(
                "recordings cannot be written into {}: {error}; the calls go on without",
                self.recordings.directory.display()
            );
        }
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => RecordingEnd::DiskFull,
            _ => RecordingEnd::Failed,
        }
    }

    fn write(&mut self, now: Mono) {
        // A disk that cannot be asked is found out by writing.
        let room = self.look_for_room();
        let full = room.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull);
        let mut over = Vec::new();
        for (recording, running) in &mut self.running {
            if full {
                over.push((*recording, Err(io::ErrorKind::StorageFull.into())));
                continue;
            }
            self.sound.clear();
            let elapsed = now.since(running.since).min(running.length_max);
            running.tape.take(elapsed, &mut self.sound);
            let added = running.file.add(&self.sound, &running.tape);
            if added.is_err() || now.since(running.since) >= running.length_max {
                over.push((*recording, added));
            }
        }
        for (recording, added) in over {
            let end = match added {
                Ok(()) => RecordingEnd::TooLong,
                Err(error) => self.failed(&error),
            };
            self.end(recording, now, end);
        }
    }

    fn end(&mut self, recording: RecordingId, at: Mono, mut end: RecordingEnd) {
        let Some(mut running) = self.running.remove(&recording) else { return };
        if matches!(end, RecordingEnd::Over | RecordingEnd::TooLong) {
            self.sound.clear();
            let elapsed = at.since(running.since).min(running.length_max);
            running.tape.finish(elapsed, &mut self.sound);
            if let Err(error) = running.file.finish(&self.sound, &running.tape) {
                end = self.failed(&error);
            }
        }
        running.file.cut();
        let millis = running.file.sound().saturating_mul(1_000) / running.bytes_per_second;
        let (length, gaps) = (Duration::from_millis(millis), running.tape.counts().gaps);
        (self.answer)(Recorded::Ended { recording, length, gaps, end });
    }

    fn erase(&mut self, recording: RecordingId) {
        let Some(running) = self.running.remove(&recording) else { return };
        if let Err(error) = running.file.erase() {
            tracing::error!("a recording that was declined could not be erased: {error}");
        }
        let (length, end) = (Duration::ZERO, RecordingEnd::Erased);
        (self.answer)(Recorded::Ended { recording, length, gaps: 0, end });
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::sync::{Arc, Mutex};

    use media::{Codec, Side};
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_full_disk_ends_the_recording_and_is_told_once() {
        let dir = TempDir::new().expect("a directory");
        let directory = dir.path().to_path_buf();
        let told: Arc<Mutex<Vec<Recorded>>> = Arc::default();
        let teller = Arc::clone(&told);
        let mut writer = Writer::new(
            Clock::start(),
            Recordings { directory, free_min: 0 },
            Vec::new(),
            Box::new(move |said| teller.lock().expect("whole").push(said)),
        );
        let second = Duration::from_secs(1);
        for id in [1, 2] {
            let full = OpenOptions::new().write(true).open("/dev/full").expect("there");
            let mut tape = Tape::new(true, false);
            tape.lay(&writer.g711, Side::Left, Codec::Pcma, 0, &[0xAA; 160]);
            let running = Running {
                since: Mono::ZERO,
                length_max: 60 * second,
                tape,
                file: SoundFile::of(full),
                bytes_per_second: 32_000,
            };
            writer.running.insert(RecordingId(id), running);
        }
        writer.write(Mono::ZERO + 3 * second);
        assert!(writer.running.is_empty() && writer.warned);
        let ended = |id| Recorded::Ended {
            recording: RecordingId(id),
            length: Duration::ZERO,
            gaps: 0,
            end: RecordingEnd::DiskFull,
        };
        assert_eq!(*told.lock().expect("whole"), [ended(1), ended(2)]);
    }
}
