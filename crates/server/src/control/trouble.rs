//! What kind of trouble kept a command from being carried out: for programs, which cannot read the
//! sentence beside it.

use engine::CommandError;
use serde::{Deserialize, Serialize};

/// See the module. The word in the JSON form is the name in small letters: `slot_full`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Something that has no word of its own.
    #[default]
    Other,
    /// No such request, or none that is open.
    UnknownRequest,
    /// No such agent.
    UnknownAgent,
    /// No such call.
    UnknownCall,
    /// No such line.
    UnknownLine,
    /// The line has no number to call back from.
    NoCallbacks,
    /// Several lines call back: one must be named.
    WhichLine,
    /// It is no number that can be called.
    BadNumber,
    /// Too many tags, words that are too long, or a time that is past or too far ahead.
    BadTerms,
    /// A request for this number waits already.
    AlreadyWaiting,
    /// Nothing of this kind may be asked for now.
    NotAvailable,
    /// No slot begins then.
    NoSuchSlot,
    /// Every time of the slot is taken.
    SlotFull,
    /// The key was used for another number.
    KeyTaken,
    /// Nothing is recorded at all.
    RecordingOff,
    /// The request is not in a state in which this can be done.
    WrongState,
    /// As many wait as may.
    Full,
    /// The journal cannot be read or written.
    JournalDown,
    /// The engine is stopping.
    Stopping,
}

impl From<&CommandError> for Trouble {
    fn from(error: &CommandError) -> Trouble {
        match error {
            CommandError::UnknownRequest(_) => Trouble::UnknownRequest,
            CommandError::UnknownAgent(_) => Trouble::UnknownAgent,
            CommandError::UnknownCall(_) => Trouble::UnknownCall,
            CommandError::UnknownLine(_) => Trouble::UnknownLine,
            CommandError::NoCallbacks(_) => Trouble::NoCallbacks,
            CommandError::WhichLine => Trouble::WhichLine,
            CommandError::BadNumber(_)
            | CommandError::Unfit(_)
            | CommandError::NumberWanted(_)
            | CommandError::NoNumberWanted(_) => Trouble::BadNumber,
            CommandError::BadTerms(_) => Trouble::BadTerms,
            CommandError::Waits { .. } => Trouble::AlreadyWaiting,
            CommandError::Unavailable(_)
            | CommandError::NothingOffered(_)
            | CommandError::NoWrapUp(_) => Trouble::NotAvailable,
            CommandError::NoSuchSlot => Trouble::NoSuchSlot,
            CommandError::SlotFull => Trouble::SlotFull,
            CommandError::KeyTaken { .. } => Trouble::KeyTaken,
            CommandError::RecordingOff => Trouble::RecordingOff,
            CommandError::WrongState { .. } => Trouble::WrongState,
            CommandError::Full | CommandError::TooManyNames => Trouble::Full,
            CommandError::NotWritten { .. } => Trouble::JournalDown,
        }
    }
}
