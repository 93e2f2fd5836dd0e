//! The numbers of customers: read as they are typed, judged by the rules of a line, and explained.

use std::collections::BTreeSet;

use ivr::NoNumber;
use model::{CallId, E164, Key, LineName, NotE164};
use queue::Unfit;
use queue::numbering::{self, NumberKind, Region};

use crate::dial::shown_by;
use crate::switchboard::Switchboard;
use crate::wishes::line_for;
use crate::{CommandError, Settings, Status};

/// What the engine makes of a number that somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// On which line.
    pub line: LineName,
    /// The number; none, and the text means none there.
    pub number: Result<E164, NotE164>,
    /// Its country.
    pub region: Option<Region>,
    /// What it is for.
    pub kind: NumberKind,
    /// Whether it is called, and the rule by which it is not.
    pub verdict: Result<(), Unfit>,
    /// The headers by which the callback says who calls; none on a line that calls nobody back.
    pub shown: Vec<(String, String)>,
}

impl Explained {
    /// Some numbering plan knows such a number.
    pub fn is_known(&self) -> bool {
        self.kind != NumberKind::Unknown
    }
}

/// What becomes of a number on a line, by the settings alone.
///
/// # Errors
/// When it is not clear which line is meant.
pub fn explain_number(
    settings: &Settings,
    typed: &str,
    line: Option<&LineName>,
) -> Result<Explained, CommandError> {
    let line = line_for(settings, line)?;
    let number = read(settings, &line.name, typed);
    let known = number.as_ref().ok();
    let judged = known.map(|number| {
        let own = own(settings).contains(number);
        if own { Err(Unfit::Own) } else { settings.queue.judge(&line.name, number) }
    });
    Ok(Explained {
        line: line.name.clone(),
        region: known.and_then(numbering::region),
        kind: known.map_or(NumberKind::Unknown, numbering::kind),
        verdict: judged.unwrap_or(Ok(())),
        shown: shown_by(settings, line).unwrap_or_default(),
        number,
    })
}

/// Our own numbers: those that customers dial and those that they are shown. Who is called back on
/// one of them would be put into a queue.
pub(crate) fn own(settings: &Settings) -> BTreeSet<E164> {
    let mut own = BTreeSet::new();
    for line in &settings.lines {
        let trunk = settings.trunks.iter().find(|trunk| trunk.name == line.trunk);
        let read = |user: &String| match trunk {
            Some(trunk) => trunk.format.read(user).ok(),
            None => E164::parse(user).ok(),
        };
        own.extend(line.numbers.iter().filter_map(read));
        own.extend(line.outbound_number);
    }
    own
}

/// Reads a number as the callers of this line write it.
pub(crate) fn read(settings: &Settings, line: &LineName, typed: &str) -> Result<E164, NotE164> {
    numbering::read(typed, settings.queue.lines.get(line).and_then(|line| line.home))
}

/// Which number a caller has typed, when it is called.
pub(crate) fn typed(
    board: &mut Switchboard,
    call: CallId,
    line: &LineName,
    keys: &[Key],
) -> Result<E164, NoNumber> {
    let typed: String = keys.iter().map(|key| key.as_char()).collect();
    let number = read(&board.settings, line, &typed).map_err(|_| NoNumber::NotANumber)?;
    match board.queues.judge(line, &number) {
        Ok(()) => Ok(number),
        Err(why) => {
            board.show(Status::NumberRefused { call, why });
            // To its owner a number of a wrong length is none.
            Err(if why == Unfit::Impossible { NoNumber::NotANumber } else { NoNumber::NotCalled })
        }
    }
}
