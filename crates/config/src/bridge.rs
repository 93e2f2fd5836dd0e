//! `[bridge]`: what is heard between two parties who are joined, or soon will be.

use engine::{Bridging, Meanwhile, OfMachine};
use toml::de::DeTable;

use crate::basics;
use crate::finding::Findings;
use crate::section;

const UNTIL_ANSWERED: [(&str, Meanwhile); 2] =
    [("ringback", Meanwhile::Ringback), ("music", Meanwhile::Music)];

const OF_MACHINES: [(&str, OfMachine); 3] =
    [("off", OfMachine::Ignored), ("hang_up", OfMachine::HungUpOn), ("leave", OfMachine::Told)];

/// Reads `[bridge]`.
pub(crate) fn read<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Bridging {
    let section = section::one(root, "bridge", found);
    let usual = Bridging::default();
    let hold_music = section.boolean("hold_music", found).map(|at| at.value);
    let (key, default) = ("until_answered", usual.until_answered);
    Bridging {
        hold_music: hold_music.unwrap_or(usual.hold_music),
        answering_machine: basics::choice(
            &section,
            "answering_machine",
            &OF_MACHINES,
            usual.answering_machine,
            found,
        ),
        until_answered: basics::choice(&section, key, &UNTIL_ANSWERED, default, found),
    }
}
