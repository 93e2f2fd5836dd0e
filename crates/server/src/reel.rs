//! The reel's file: what the queue is told, beside the journal, so that a day can be run again.
//!
//! ```text
//!   driver ── a bounded channel ──▶ thread ──▶ rappel.journal.reel-3    (the third start)
//! ```
//! Nobody waits for it. What finds no room in the channel is counted, and the reel then says that
//! there is a gap. It is not synced: after a power cut it may end before the journal does. When the
//! disk refuses a frame, the reel ends there and the calls go on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use model::Now;
use queue::reel::{Frame, HEAD, Input};

/// Frames on their way to the disk.
pub const FRAMES_QUEUED_MAX: usize = 65_536;
/// Most reels beside a journal: a start removes the oldest.
pub const REELS_KEPT_MAX: usize = 32;
/// How long a frame waits for company, so that the thread is not woken for each.
const COMPANY: Duration = Duration::from_millis(20);
/// Left free for the frame which says that a reel is full.
const LAST_FRAME: u64 = 256;

/// The driver's end. Dropping it lets the thread write what waits, and end.
#[derive(Debug)]
pub(crate) struct Reel {
    frames: SyncSender<Vec<u8>>,
    /// Frames that found no room, and of which the reel does not know yet.
    lost: u64,
    thread: JoinHandle<()>,
}

/// Where the reel of a start is.
pub fn path(journal: &Path, epoch: u32) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(format!(".reel-{epoch}"));
    PathBuf::from(name)
}

/// Every reel beside a journal with the number of its start, the oldest first.
///
/// # Errors
/// When the directory cannot be read.
pub fn beside(journal: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let directory = match journal.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let name = journal.file_name().unwrap_or_default().to_string_lossy();
    let head = format!("{name}.reel-");
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let file = entry?.file_name();
        let number = file.to_string_lossy().strip_prefix(&head).and_then(|end| end.parse().ok());
        found.extend(number.map(|epoch: u32| (epoch, path(journal, epoch))));
    }
    found.sort();
    Ok(found)
}

impl Reel {
    /// Makes the file of this start, and removes the oldest ones.
    ///
    /// # Errors
    /// In words, when it cannot be made.
    pub(crate) fn start(journal: &Path, epoch: u32, bytes_max: u64) -> Result<Reel, String> {
        let path = path(journal, epoch);
        let cannot = |error: io::Error| format!("{}: {error}", path.display());
        let (frames, waiting) = sync_channel(FRAMES_QUEUED_MAX);
        let file = make(&path).map_err(cannot)?;
        let older = beside(journal).map_err(cannot)?;
        for (_, old) in older.iter().rev().skip(REELS_KEPT_MAX) {
            fs::remove_file(old).map_err(cannot)?;
        }
        let writer = Writer { file: BufWriter::new(file), left: bytes_max, path: path.clone() };
        let thread = thread::Builder::new()
            .name("reel".into())
            .spawn(move || writer.run(&waiting))
            .map_err(cannot)?;
        Ok(Reel { frames, lost: 0, thread })
    }

    /// Hands a frame over. Never waits.
    pub(crate) fn wind(&mut self, now: Now, frame: Vec<u8>) {
        if self.lost > 0 {
            let gap = Frame::new(now, Input::Gap { lost: self.lost });
            if self.frames.try_send(gap.bytes()).is_err() {
                self.lost += 1;
                return;
            }
            tracing::warn!("the reel is behind, and has a gap: {} inputs are missing", self.lost);
            self.lost = 0;
        }
        if self.frames.try_send(frame).is_err() {
            self.lost = 1;
        }
    }

    /// The engine stops in good order.
    pub(crate) fn close(mut self, now: Now) {
        self.wind(now, Frame::new(now, Input::Ended).bytes());
        drop(self.frames);
        let _ = self.thread.join();
    }
}

fn make(path: &Path) -> io::Result<File> {
    // One of a start whose first fact never reached the disk.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(HEAD)?;
    Ok(file)
}

struct Writer {
    file: BufWriter<File>,
    left: u64,
    path: PathBuf,
}

impl Writer {
    fn run(mut self, waiting: &Receiver<Vec<u8>>) {
        while let Ok(first) = waiting.recv() {
            thread::sleep(COMPANY);
            let frames = std::iter::once(first).chain(waiting.try_iter());
            match self.write(frames) {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!("{} is full: what follows is not kept", self.path.display());
                    break;
                }
                Err(error) => {
                    let path = self.path.display();
                    tracing::error!("{path} cannot be written, and ends here: {error}");
                    break;
                }
            }
        }
        // The driver goes on handing over; it must not take a full channel for a gap.
        waiting.iter().for_each(drop);
    }

    /// False when there is no room for one of them.
    fn write(&mut self, frames: impl Iterator<Item = Vec<u8>>) -> io::Result<bool> {
        for frame in frames {
            let bytes = frame.len() as u64;
            if bytes + LAST_FRAME > self.left {
                self.file.write_all(&Frame::new(Now::default(), Input::Full).bytes())?;
                self.file.flush()?;
                return Ok(false);
            }
            self.left -= bytes;
            self.file.write_all(&frame)?;
        }
        self.file.flush()?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use queue::reel::Frames;
    use tempfile::TempDir;

    use super::*;

    fn input() -> Vec<u8> {
        Frame::new(Now::default(), Input::TimeCame).bytes()
    }

    fn inputs(path: &Path) -> Vec<Input> {
        let bytes = fs::read(path).expect("read");
        Frames::of(&bytes).expect("a reel").map(|frame| frame.input).collect()
    }

    #[test]
    fn a_reel_is_private_and_says_at_its_end_that_nothing_is_missing() {
        let dir = TempDir::new().expect("a directory");
        let journal = dir.path().join("rappel.journal");
        let mut reel = Reel::start(&journal, 3, 10_000).expect("made");
        reel.wind(Now::default(), input());
        reel.close(Now::default());
        let (epoch, path) = beside(&journal).expect("read").pop().expect("one");
        assert_eq!((epoch, inputs(&path)), (3, vec![Input::TimeCame, Input::Ended]));
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_reel_that_has_its_bytes_says_so_and_takes_no_more() {
        let dir = TempDir::new().expect("a directory");
        let journal = dir.path().join("rappel.journal");
        let mut reel = Reel::start(&journal, 1, 1_000).expect("made");
        (0..100).for_each(|_| reel.wind(Now::default(), input()));
        reel.close(Now::default());
        let path = path(&journal, 1);
        let found = inputs(&path);
        assert_eq!(found.last(), Some(&Input::Full));
        assert!(found.len() > 5 && found.len() < 100, "{}", found.len());
        assert!(fs::metadata(&path).expect("there").len() <= 1_000 + HEAD.len() as u64);
    }

    #[test]
    fn what_finds_no_room_is_a_gap_on_the_reel() {
        let (frames, waiting) = sync_channel(2);
        let mut reel = Reel { frames, lost: 0, thread: thread::spawn(|| {}) };
        (0..5).for_each(|_| reel.wind(Now::default(), input()));
        assert_eq!(waiting.try_iter().count(), 2);
        reel.wind(Now::default(), input());
        let gap = waiting.try_iter().next().expect("a gap");
        assert_eq!(gap, Frame::new(Now::default(), Input::Gap { lost: 3 }).bytes());
    }

    #[test]
    fn a_start_removes_the_oldest_reels() {
        let dir = TempDir::new().expect("a directory");
        let journal = dir.path().join("rappel.journal");
        for epoch in 1..=REELS_KEPT_MAX as u32 + 2 {
            Reel::start(&journal, epoch, 1_000).expect("made").close(Now::default());
        }
        let kept: Vec<u32> = beside(&journal).expect("read").iter().map(|it| it.0).collect();
        assert_eq!(kept, (3..=REELS_KEPT_MAX as u32 + 2).collect::<Vec<_>>());
    }
}
