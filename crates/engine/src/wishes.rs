//! Callbacks that are asked for by command, and what is said to whoever asked.
//!
//! The ticket of the command goes through the queue and comes back with the answer, which is given
//! once the request is durable, and not before.

use std::fmt;

use ledger::Terms;
use model::{LanguageTag, LineName, Now, RequestId};
use queue::{Availability, Command as QueueCommand, Refusal, Slot};

use crate::{CommandError, Done, Engine, JournalState, Line, Output, Settings, numbers};

/// Most commands that wait for their request to be durable.
const WISHES_HELD_MAX: usize = 256;

/// A callback that is asked for by command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Whom to call, as `+33…` or `0033…`.
    pub number: String,
    /// The line whose number is shown; may be left out when only one line calls back.
    pub line: Option<LineName>,
    /// The language of the prompts; the line's when absent.
    pub language: Option<LanguageTag>,
    /// On which terms.
    pub terms: Terms,
}

impl Engine {
    /// Asks the queue for a callback.
    pub(crate) fn wish(&mut self, now: Now, ticket: u64, wish: Wish) -> Result<(), CommandError> {
        if let JournalState::Down { why } = &self.journal {
            return Err(CommandError::NotWritten { why: why.clone() });
        }
        if self.wishes.len() >= WISHES_HELD_MAX {
            return Err(CommandError::Full);
        }
        let line = line_for(&self.board.settings, wish.line.as_ref())?;
        let number = numbers::read(&self.board.settings, &line.name, &wish.number)
            .map_err(CommandError::BadNumber)?;
        let language = wish.language.unwrap_or_else(|| line.language.clone());
        let line = line.name.clone();
        let wish = Box::new(queue::Wish { number, line, language, terms: wish.terms });
        let command = QueueCommand::Create { ticket, wish };
        self.board.queues.check(&command)?;
        self.wishes.insert(ticket);
        self.board.queues.handle(now, command);
        Ok(())
    }

    /// What customers who have not called may ask for on a line, and the slots that are left.
    ///
    /// # Errors
    /// When it is not clear which line is meant.
    pub fn availability(
        &self,
        now: Now,
        line: Option<&LineName>,
    ) -> Result<(Availability, Vec<Slot>), CommandError> {
        let line = &line_for(&self.board.settings, line)?.name;
        let queues = &self.board.queues;
        Ok((queues.availability(now, line)?, queues.slots(now, line)?))
    }

    /// The request of this command is durable, or stood already.
    pub(crate) fn wish_granted(&mut self, ticket: u64, request: RequestId, new: bool) {
        let view = self.queues().request(request);
        let state = match view {
            None => "is over".to_owned(),
            Some(view) => match view.place {
                Some(place) => format!("waits at place {place}"),
                None => format!("is {}", view.stage),
            },
        };
        let again = if new { "" } else { ", asked for with the same key before" };
        let what = format!("{request} {state}{again}");
        self.answer_wish(ticket, Ok(Done { what, request: Some(request) }));
    }

    /// The request of this command was not taken.
    pub(crate) fn wish_refused(&mut self, ticket: u64, why: Refusal) {
        let error = match why {
            Refusal::AlreadyWaiting { request, place } => CommandError::Waits { request, place },
            Refusal::Unfit(why) => CommandError::Unfit(why),
            Refusal::Unavailable(why) => CommandError::Unavailable(why),
            Refusal::NoSuchSlot => CommandError::NoSuchSlot,
            Refusal::SlotFull => CommandError::SlotFull,
            Refusal::KeyTaken { request } => CommandError::KeyTaken { request },
            Refusal::Full | Refusal::NotWaiting => CommandError::Full,
            Refusal::JournalDown => {
                let why = match &self.journal {
                    JournalState::Up => "its disk refused".to_owned(),
                    JournalState::Down { why } => why.clone(),
                };
                CommandError::NotWritten { why }
            }
        };
        self.answer_wish(ticket, Err(error));
    }

    fn answer_wish(&mut self, ticket: u64, result: Result<Done, CommandError>) {
        if self.wishes.remove(&ticket) {
            self.board.push(Output::Reply { ticket, result });
        }
    }
}

/// The line that is meant: the one that is named, or the only one that calls back.
pub(crate) fn line_for<'a>(
    settings: &'a Settings,
    name: Option<&LineName>,
) -> Result<&'a Line, CommandError> {
    let lines = &settings.lines;
    let Some(name) = name else {
        let mut lines = lines.iter().filter(|line| line.outbound_number.is_some());
        let only = lines.next().filter(|_| lines.next().is_none());
        return only.ok_or(CommandError::WhichLine);
    };
    let named = lines.iter().find(|line| line.name == *name);
    named.ok_or_else(|| CommandError::UnknownLine(name.clone()))
}

/// Which request stands in the way, in words.
pub(crate) fn in_the_way(
    f: &mut fmt::Formatter<'_>,
    request: RequestId,
    place: Option<u32>,
) -> fmt::Result {
    match place {
        Some(place) => write!(f, "{request} waits for this number already, at place {place}"),
        None => write!(f, "{request} waits for this number already, for a time of its own"),
    }
}
