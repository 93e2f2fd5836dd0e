//! Whom an offer passed over, in the words of ladders.

use ledger::{Because, PassedBy};

use super::clock;

/// Whom an offer passed over, and why.
pub(super) fn passed_over(because: &Because) -> String {
    let passed = because.passed.iter();
    let passed = passed.map(|it| format!(", not {}: {}", it.who, passed_text(&it.why)));
    let beyond = (because.beyond > 0).then(|| format!(", and {} more", because.beyond));
    passed.chain(beyond).collect()
}

fn passed_text(why: &PassedBy) -> String {
    match why {
        PassedBy::DueLater { at } => format!("due later, {}", clock(*at)),
        PassedBy::Rests { until } => format!("rests until {}", clock(*until)),
        PassedBy::InDoubt => "in doubt".to_owned(),
        PassedBy::BeingWritten => "being written".to_owned(),
        PassedBy::LineGone => "its line is gone".to_owned(),
        PassedBy::LacksSkill { need, has } => format!("needs {need}, has {has}"),
        PassedBy::KeptFor { agent } => format!("kept for {agent}"),
        PassedBy::OwnedBy { agent } => format!("owned by {agent}"),
        PassedBy::NoChannel { trunk } => format!("no channel of {trunk}"),
        PassedBy::JournalDown => "the journal is down".to_owned(),
        PassedBy::ProcessingOff { by } => format!("processing is off for {by}"),
        PassedBy::Draining => "draining".to_owned(),
    }
}
