//! The thread of recordings: orders and pieces in, files out.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};

use engine::Recording;
use media::{Codec, Heard, Side};
use model::{Mono, RecordingId};
use tempfile::TempDir;

use super::*;

struct Stage {
    dir: TempDir,
    clock: Clock,
    recorder: Recorder,
    pieces: Producer<Piece>,
    told: Receiver<Recorded>,
}

const REC: RecordingId = RecordingId(1);

impl Stage {
    fn new(free_min: u64) -> Stage {
        let dir = TempDir::new().expect("a directory");
        let clock = Clock::start();
        let (mut pieces, rings) = rings(1);
        let (tell, told) = mpsc::channel();
        let recordings = Recordings { directory: dir.path().join("recordings"), free_min };
        let answer = move |said| tell.send(said).expect("the test listens");
        let recorder = Recorder::start(clock, &recordings, rings, answer).expect("it starts");
        Stage { dir, clock, recorder, pieces: pieces.remove(0), told }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("recordings/one.wav")
    }

    /// A recording whose beginning lies so many seconds back.
    fn begin(&mut self, secs_ago: u64, length_max: Duration) -> Mono {
        let ago = Duration::from_secs(secs_ago);
        let since =
            Mono::from_nanos(self.clock.mono().as_nanos().saturating_sub(ago.as_nanos() as u64));
        let begin = Recording {
            recording: REC,
            file: "one.wav".into(),
            stereo: true,
            wide: false,
            since,
            length_max,
        };
        assert_eq!(self.recorder.order(Order::Begin(Box::new(begin))), None);
        since
    }

    fn hear(&mut self, side: Side, at: u64, byte: u8) {
        let (recording, codec) = (REC, Codec::Pcma);
        let heard = Heard { recording, side, codec, at, bytes: &[byte; 160] };
        assert_eq!(Piece::hand_over(&mut self.pieces, &heard), 0);
    }

    fn told(&self) -> Recorded {
        self.told.recv_timeout(Duration::from_secs(20)).expect("it answers")
    }
}

/// The two channels of a file, whose header must be true.
fn channels(path: &Path) -> [Vec<i16>; 2] {
    let bytes = std::fs::read(path).expect("there");
    let long = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));
    assert_eq!(
        (&bytes[..4], &bytes[8..16], &bytes[36..40]),
        (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..])
    );
    assert_eq!(long(4) as usize, bytes.len() - 8);
    assert_eq!(long(40) as usize, bytes.len() - 44);
    let samples: Vec<i16> =
        bytes[44..].chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    [0, 1].map(|channel| samples.iter().skip(channel).step_by(2).copied().collect())
}

#[test]
fn a_conversation_becomes_a_file_of_its_length() {
    let mut stage = Stage::new(0);
    // The sound is in its ring before the order is given: it finds its recording all the same.
    stage.hear(Side::Left, 0, 0xAA);
    stage.hear(Side::Right, 160, 0x55);
    let since = stage.begin(0, Duration::from_secs(60));
    assert_eq!(stage.told(), Recorded::Began { recording: REC });
    let at = since + Duration::from_millis(100);
    stage.recorder.order(Order::End { recording: REC, at });
    let length = Duration::from_millis(100);
    let end = RecordingEnd::Over;
    assert_eq!(stage.told(), Recorded::Ended { recording: REC, length, gaps: 0, end });
    let [left, right] = channels(&stage.file());
    assert_eq!((left.len(), right.len()), (800, 800));
    let loud = |samples: &[i16]| samples.iter().take_while(|sample| **sample != 0).count();
    assert_eq!(loud(&left), 160);
    assert_eq!((loud(&right), loud(&right[160..])), (0, 160));
    stage.recorder.close();
}

#[test]
fn a_file_ends_at_its_longest_length() {
    let mut stage = Stage::new(0);
    stage.begin(0, Duration::from_millis(40));
    stage.hear(Side::Left, 0, 0xAA);
    assert_eq!(stage.told(), Recorded::Began { recording: REC });
    let (length, end) = (Duration::from_millis(40), RecordingEnd::TooLong);
    assert_eq!(stage.told(), Recorded::Ended { recording: REC, length, gaps: 0, end });
    assert_eq!(channels(&stage.file())[0].len(), 320);
    stage.recorder.close();
}

#[test]
fn what_is_declined_is_erased() {
    let mut stage = Stage::new(0);
    stage.begin(0, Duration::from_secs(60));
    assert_eq!(stage.told(), Recorded::Began { recording: REC });
    assert!(stage.file().exists());
    stage.recorder.order(Order::Erase { recording: REC });
    let (length, end) = (Duration::ZERO, RecordingEnd::Erased);
    assert_eq!(stage.told(), Recorded::Ended { recording: REC, length, gaps: 0, end });
    assert!(!stage.file().exists());
    stage.recorder.close();
}

#[test]
fn a_disk_without_the_room_that_is_to_stay_free_takes_no_recording() {
    let mut stage = Stage::new(u64::MAX);
    stage.begin(0, Duration::from_secs(60));
    let (length, end) = (Duration::ZERO, RecordingEnd::DiskFull);
    assert_eq!(stage.told(), Recorded::Ended { recording: REC, length, gaps: 0, end });
    assert!(!stage.file().exists());
    stage.recorder.close();
}

#[test]
fn an_engine_that_stops_closes_every_file() {
    let mut stage = Stage::new(0);
    stage.begin(0, Duration::from_secs(60));
    assert_eq!(stage.told(), Recorded::Began { recording: REC });
    stage.hear(Side::Left, 0, 0xAA);
    let file = stage.file();
    stage.recorder.close();
    assert!(matches!(stage.told.recv(), Ok(Recorded::Ended { end: RecordingEnd::Over, .. })));
    let [left, _] = channels(&file);
    assert!(left.is_empty() || left[0] != 0, "as long as the engine lived");
}

#[test]
fn orders_that_find_no_room_wait_but_for_those_that_begin() {
    let (orders, taken) = sync_channel(1);
    let handle = std::thread::spawn(|| {});
    let mut recorder = Recorder { thread: Some((orders, handle)), held: VecDeque::new() };
    let erase = |id| Order::Erase { recording: RecordingId(id) };
    assert_eq!(recorder.order(erase(1)), None);
    assert_eq!(recorder.order(erase(2)), None);
    assert!(recorder.is_behind());
    let begin = Recording {
        recording: REC,
        file: "one.wav".into(),
        stereo: true,
        wide: false,
        since: Mono::ZERO,
        length_max: Duration::ZERO,
    };
    let refused = recorder.order(Order::Begin(Box::new(begin)));
    assert!(matches!(refused, Some(Recorded::Ended { end: RecordingEnd::Failed, .. })));
    assert_eq!(taken.recv(), Ok(erase(1)));
    recorder.flush();
    assert!(!recorder.is_behind());
    assert_eq!(taken.recv(), Ok(erase(2)));
}
