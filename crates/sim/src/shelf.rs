//! The shelf: recordings as the simulated roof keeps them, in memory.
//!
//! It stands where the real roof has a thread and files, answers at once, and lays what is heard on
//! the same tape. What is on it at the end is the far end's record: the rows judge by it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use engine::{Recorded, Recorder, Recording};
use ledger::RecordingEnd;
use media::{Catalog, Heard, Tape};
use model::{Mono, RecordingId};

/// See the module.
#[derive(Debug, Default)]
pub struct Shelf {
    running: BTreeMap<RecordingId, Running>,
    files: BTreeMap<String, Vec<u8>>,
    answers: VecDeque<Recorded>,
    /// For its tables.
    catalog: Catalog,
}

#[derive(Debug)]
struct Running {
    begin: Recording,
    tape: Tape,
    sound: Vec<u8>,
}

impl Shelf {
    /// The files that were closed, by their names: WAV.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The names of the files that are being written.
    pub fn under_way(&self) -> impl Iterator<Item = &str> {
        self.running.values().map(|running| running.begin.file.as_str())
    }

    /// Carries out an order of the engine.
    pub fn handle_order(&mut self, order: Recorder) {
        match order {
            Recorder::Begin(begin) => {
                let recording = begin.recording;
                let tape = Tape::new(begin.stereo, begin.wide);
                let running = Running { begin: *begin, tape, sound: Vec::new() };
                self.running.insert(recording, running);
                self.answers.push_back(Recorded::Began { recording });
            }
            Recorder::End { recording, at } => {
                let Some(mut running) = self.running.remove(&recording) else { return };
                let gaps = running.tape.counts().gaps;
                let length = running.close(at);
                self.files.insert(running.begin.file.clone(), running.file());
                let end = RecordingEnd::Over;
                self.answers.push_back(Recorded::Ended { recording, length, gaps, end });
            }
            Recorder::Erase { recording } => {
                self.running.remove(&recording);
                let (length, end) = (Duration::ZERO, RecordingEnd::Erased);
                self.answers.push_back(Recorded::Ended { recording, length, gaps: 0, end });
            }
        }
    }

    /// Lays what a port heard.
    pub fn handle_heard(&mut self, now: Mono, heard: &Heard<'_>) {
        let Some(running) = self.running.get_mut(&heard.recording) else { return };
        running.tape.take(now.since(running.begin.since), &mut running.sound);
        running.tape.lay(self.catalog.g711(), heard.side, heard.codec, heard.at, heard.bytes);
    }

    /// The engine dies: what was written stays, and nobody is told.
    pub fn crash(&mut self, now: Mono) {
        self.answers.clear();
        for mut running in std::mem::take(&mut self.running).into_values() {
            running.close(now);
            self.files.insert(running.begin.file.clone(), running.file());
        }
    }

    /// The next answer for the engine.
    pub fn answer(&mut self) -> Option<Recorded> {
        self.answers.pop_front()
    }
}

impl Running {
    fn close(&mut self, at: Mono) -> Duration {
        let elapsed = at.since(self.begin.since).min(self.begin.length_max);
        self.tape.finish(elapsed, &mut self.sound);
        self.tape.length()
    }

    fn file(&self) -> Vec<u8> {
        [&self.tape.header()[..], &self.sound].concat()
    }
}
