//! The reel: everything that the queue is told, with its times, so that a day can be run again.
//!
//! The queue is a machine: the same facts to begin with, the same settings and the same inputs at
//! the same times give the same facts again, byte for byte. The facts are in the ledger; a reel has
//! the rest. It holds numbers of customers, and is as private as the ledger.
//!
//! ```text
//! "rappel reel 1\n"                              the first bytes of the file
//! length, 4 bytes │ checksum, 4 bytes │ JSON   one frame after another
//! ```
//! Numbers are little-endian; the checksum is FNV-1a of the JSON. The first frame is
//! [`Input::Began`]. A frame that is cut short, or whose checksum does not fit, is where the reel
//! is torn: nothing behind it counts. Settings are not on the reel, only their print.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fmt::Write as _;

use ledger::{Person, Recovered};
use model::{Entropy, LineName, Mono, Now, PersonId, Seq, TrunkName, Wall};
use serde::{Deserialize, Serialize};

use crate::queues::Queues;
use crate::{Command, Settings};

/// The first bytes of every reel.
pub const HEAD: &[u8] = b"rappel reel 1\n";

/// Most bytes of one frame. The longest input is a reload beside many calls that have not arrived;
/// one that is longer becomes a gap.
pub const FRAME_BYTES_MAX: usize = 1 << 20;

/// One input of the queue, or a word about the reel itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// When, on the clock of deadlines, in nanoseconds.
    mono: u64,
    /// When, on the clock of facts.
    wall: Wall,
    /// What.
    pub input: Input,
}

/// See [`Frame`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The queue was made from the facts before a place of the ledger.
    Began(Began),
    /// It was told something other than [`Command::Reload`].
    Told(Box<Command>),
    /// It was told that a deadline came.
    TimeCame,
    /// It was given other settings.
    Reloaded {
        /// Their [`print`].
        settings: Print,
        /// Their rooms, which depend on who talked at that moment.
        rooms: BTreeMap<TrunkName, u32>,
        /// As of [`Command::Reload`].
        coming: Vec<LineName>,
    },
    /// Inputs are missing here.
    Gap {
        /// How many.
        lost: u64,
    },
    /// The file had the bytes that it may have: nothing follows.
    Full,
    /// The engine stopped in good order: nothing is missing.
    Ended,
}

/// How a run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Began {
    /// The number of the start.
    pub epoch: u32,
    /// The first place that its facts have in the ledger.
    pub from: Seq,
    /// From what the Call-IDs of customer dials are drawn.
    call_ids: [u8; 32],
    /// The [`print`] of the settings.
    pub settings: Print,
}

impl Began {
    /// The queue as it was at that moment, with these settings.
    pub fn queues(
        &self,
        settings: Settings,
        recovered: &Recovered,
        people: &BTreeMap<PersonId, Person>,
        now: Now,
    ) -> Queues {
        let call_ids = Entropy::from_seed(self.call_ids);
        Queues::begin(settings, recovered, people, call_ids, now)
    }
}

/// What tells settings from other settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print(u64);

impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The print of settings. Their rooms are left out: they change with every call over a trunk that
/// has few channels, and the queue is told of each change.
pub fn print(settings: &Settings) -> Print {
    let settings = Settings { rooms: BTreeMap::new(), ..settings.clone() };
    let mut sum = Sum(BASIS);
    write!(sum, "{settings:?}").expect("a sum takes every text");
    Print(sum.0)
}

impl Frame {
    /// A frame of this moment.
    pub fn new(now: Now, input: Input) -> Frame {
        Frame { mono: now.mono.as_nanos(), wall: now.wall, input }
    }

    /// The moment.
    pub fn now(&self) -> Now {
        Now { mono: Mono::from_nanos(self.mono), wall: self.wall }
    }

    /// The moment on the clock of facts.
    pub fn wall(&self) -> Wall {
        self.wall
    }

    /// As it stands in the file.
    pub fn bytes(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("an input without settings is plain values");
        if json.len() > FRAME_BYTES_MAX {
            return Frame { input: Input::Gap { lost: 1 }, ..self.clone() }.bytes();
        }
        let length = u32::try_from(json.len()).expect("a frame has at most a million bytes");
        let mut bytes = Vec::with_capacity(json.len() + 8);
        bytes.extend(length.to_le_bytes());
        bytes.extend(checksum(&json).to_le_bytes());
        bytes.extend(json);
        bytes
    }
}

/// Why bytes are no reel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAReel;

impl fmt::Display for NotAReel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no reel of this version")
    }
}

impl std::error::Error for NotAReel {}

/// Reads a reel frame by frame, up to its end or to where it is torn.
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    left: &'a [u8],
    torn: bool,
}

impl<'a> Frames<'a> {
    /// The frames behind the first bytes.
    ///
    /// # Errors
    /// When these are not those of a reel.
    pub fn of(bytes: &'a [u8]) -> Result<Frames<'a>, NotAReel> {
        let left = bytes.strip_prefix(HEAD).ok_or(NotAReel)?;
        Ok(Frames { left, torn: false })
    }

    /// Whether the last frame that was asked for is broken.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    fn frame(&self) -> Option<(Frame, &'a [u8])> {
        let (length, rest) = self.left.split_first_chunk::<4>()?;
        let (sum, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > FRAME_BYTES_MAX {
            return None;
        }
        let (json, rest) = rest.split_at_checked(length)?;
        if checksum(json) != u32::from_le_bytes(*sum) {
            return None;
        }
        Some((serde_json::from_slice(json).ok()?, rest))
    }
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let found = self.frame();
        self.torn = found.is_none() && !self.left.is_empty();
        let (frame, rest) = found?;
        self.left = rest;
        Some(frame)
    }
}

/// What is to be written and was not fetched yet: drained after each input.
#[derive(Debug, Default)]
pub(crate) struct Reel(VecDeque<Vec<u8>>);

impl Queues {
    /// Keeps everything that is told from now on for [`Queues::poll_reel`]. To be called at once
    /// after [`Queues::new`]: `from` is the place of the first fact.
    pub fn start_reel(&mut self, epoch: u32, from: Seq) {
        let call_ids = self.call_ids.seed();
        let began = Began { epoch, from, call_ids, settings: print(&self.settings) };
        let frame = Frame::new(self.now, Input::Began(began));
        self.reel = Some(Reel([frame.bytes()].into()));
    }

    /// The next frame of the reel, as it stands in the file; the first bytes of the file are
    /// [`HEAD`].
    pub fn poll_reel(&mut self) -> Option<Vec<u8>> {
        self.reel.as_mut()?.0.pop_front()
    }

    pub(crate) fn reel(&mut self, now: Now, input: impl FnOnce() -> Input) {
        if let Some(reel) = &mut self.reel {
            reel.0.push_back(Frame::new(now, input()).bytes());
        }
    }

    pub(crate) fn reel_command(&mut self, now: Now, command: &Command) {
        self.reel(now, || match command {
            Command::Reload { settings, coming } => Input::Reloaded {
                settings: print(settings),
                rooms: settings.rooms.clone(),
                coming: coming.clone(),
            },
            other => Input::Told(Box::new(other.clone())),
        });
    }
}

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, which tells torn writes and other settings, and defends against nobody.
struct Sum(u64);

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl fmt::Write for Sum {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = Sum(BASIS);
    sum.add(bytes);
    (sum.0 ^ (sum.0 >> 32)) as u32
}
