//! `[bridge]`: what is heard between two parties who are joined, or soon will be.

use std::path::{Path, PathBuf};

use engine::{Bridging, Meanwhile, OfMachine};
use toml::de::DeTable;

use crate::Music;
use crate::basics;
use crate::finding::Findings;
use crate::section::{self, Section};
use crate::value::Mistake;

/// The largest file of music, in bytes, and the usual limit.
pub const MUSIC_BYTES_MAX: u64 = 10_000_000;

/// Whether a file of at most so many bytes can be played as music; else why not.
pub type MusicFile<'a> = dyn Fn(&Path, u64) -> Result<(), String> + 'a;

const UNTIL_ANSWERED: [(&str, Meanwhile); 2] =
    [("ringback", Meanwhile::Ringback), ("music", Meanwhile::Music)];

const OF_MACHINES: [(&str, OfMachine); 3] =
    [("off", OfMachine::Ignored), ("hang_up", OfMachine::HungUpOn), ("leave", OfMachine::Told)];

/// Reads which music is played, in place of the bundled one.
fn music(section: &Section<'_>, file: &MusicFile<'_>, found: &mut Findings) -> Option<Music> {
    let range = 1_000..=MUSIC_BYTES_MAX;
    let bytes_max = section.integer("music_max_bytes", range, MUSIC_BYTES_MAX, found);
    let expected = "the path of a WAV or MP3 file";
    let at = section.parsed("music", expected, found, |text| {
        if text.trim().is_empty() || text.contains('\0') {
            return Err(Mistake::new("the path is empty", "leave it out for the bundled music"));
        }
        Ok(PathBuf::from(text))
    })?;
    if let Err(why) = file(&at.value, bytes_max) {
        let problem = format!("{} {why}", at.value.display());
        let hint = "music_max_bytes is how large it may be; leave `music` out for the bundled one";
        found.error(&at.span, problem, expected, hint);
    }
    Some(Music { file: at.value, bytes_max })
}

/// Reads `[bridge]`: what is heard, and the music where it is not the bundled one.
pub(crate) fn read<'a>(
    root: &'a DeTable<'a>,
    file: &MusicFile<'_>,
    found: &mut Findings,
) -> (Bridging, Option<Music>) {
    let section = section::one(root, "bridge", found);
    let usual = Bridging::default();
    let hold_music = section.boolean("hold_music", found).map(|at| at.value);
    let (key, default) = ("until_answered", usual.until_answered);
    let bridging = Bridging {
        hold_music: hold_music.unwrap_or(usual.hold_music),
        answering_machine: basics::choice(
            &section,
            "answering_machine",
            &OF_MACHINES,
            usual.answering_machine,
            found,
        ),
        until_answered: basics::choice(&section, key, &UNTIL_ANSWERED, default, found),
    };
    (bridging, music(&section, file, found))
}
