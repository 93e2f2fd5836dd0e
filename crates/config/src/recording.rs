//! `[recording]`: which conversations are recorded, and where the files are kept.

use std::path::PathBuf;
use std::time::Duration;

use engine::RecordingSettings;
use ivr::OfferKey;
use model::Key;
use toml::de::DeTable;

use crate::RecordingsRoof;
use crate::finding::Findings;
use crate::section::{self, Section};
use crate::value::Mistake;

/// The longest that a recording may be: its file then has less than the four gigabytes of which a
/// header can tell.
const LENGTH_MAX: Duration = Duration::from_secs(12 * 3_600);

const MEGABYTE: u64 = 1_000_000;

/// Reads `[recording]`: how conversations are recorded, nothing where that is off, and where files
/// are kept. A mistake is one all the same.
pub(crate) fn read<'a>(
    root: &'a DeTable<'a>,
    ivr: &ivr::Settings,
    found: &mut Findings,
) -> (Option<RecordingSettings>, RecordingsRoof) {
    let section = section::one(root, "recording", found);
    let enabled = section.boolean("enabled", found).is_some_and(|at| at.value);
    let minute = Duration::from_secs(60);
    let settings = RecordingSettings {
        ratio_percent: u32::try_from(section.integer("ratio", 0..=100, 100, found)).unwrap_or(100),
        announced: section.boolean("announced", found).is_none_or(|at| at.value),
        decline_key: decline_key(&section, ivr, found),
        length_max: section.duration("length_max", minute..=LENGTH_MAX, 120 * minute, found),
    };
    let expected = "the path of a directory";
    let directory = section.parsed("directory", expected, found, |text| {
        if text.trim().is_empty() || text.contains('\0') {
            let hint = "without this key it is \"recordings\"";
            return Err(Mistake::new("the path is empty", hint));
        }
        Ok(PathBuf::from(text))
    });
    let roof = RecordingsRoof {
        directory: directory.map_or_else(|| PathBuf::from("recordings"), |at| at.value),
        free_min: MEGABYTE * section.integer("free_min_mb", 0..=10_000_000, 1_000, found),
    };
    (enabled.then_some(settings), roof)
}

/// One digit in quotes, or nothing in them.
fn decline_key(section: &Section<'_>, ivr: &ivr::Settings, found: &mut Findings) -> Option<Key> {
    let exits = [ivr.exits.message, ivr.exits.operator];
    let is_taken = |key: Key| ivr.offer_key == OfferKey::One(key) || exits.contains(&Some(key));
    let nine = Key::from_event(9);
    if section.get("decline_key").is_none() {
        return nine.filter(|key| !is_taken(*key));
    }
    let expected = "one digit, \"0\" to \"9\", or \"\" for none";
    let at = section.parsed("decline_key", expected, found, |text| {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (None, _) => Ok(None),
            (Some(digit), None) if digit.is_ascii_digit() => Ok(Key::from_char(digit)),
            _ => Err(Mistake::new("this is no digit", "customers hear which key it is")),
        }
    });
    let at = at?;
    if at.value.is_some_and(is_taken) {
        let problem = "`decline_key` is the key that asks for a callback";
        let problem = if exits.contains(&at.value) {
            "`decline_key` leads out of the queue"
        } else {
            problem
        };
        found.error(&at.span, problem, "a key of its own", "choose another, or ivr.offer_key");
    }
    at.value
}
