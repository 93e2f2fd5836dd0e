//! The storm: callers, agents and customers without pause, and an engine that dies and freezes at
//! moments drawn from a seed.

use std::collections::BTreeMap;
use std::path::Path;

use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::ear::{AIMS, Ear};
use super::field::{Field, signal, wait};
use super::judge::{self, Request, Settled};
use super::record::Record;
use super::{Checks, Dice};
use crate::scenario::engine::Engine;

/// From one caller to the next.
const CALL_EVERY_MS: u64 = 450;
/// How long an aimed kill waits for its moment.
const AIM_MAX: Duration = Duration::from_secs(6);
/// After how many kills the engine freezes once.
const FREEZE_EVERY: usize = 8;
/// How long it is frozen.
const FROZEN: Duration = Duration::from_secs(3);
/// A storm of so many kills cuts a dial short, or it proves nothing.
const KILLS_THAT_TELL: usize = 10;
/// How long callers may take to hang up, and the queue to be worked off.
const CALLERS_LEAVE_MAX: Duration = Duration::from_secs(14);
const WORKED_OFF_MAX: Duration = Duration::from_secs(90);

/// Runs `kills` kills.
pub fn run(
    root: &Path,
    program: &Path,
    network: &str,
    kills: usize,
    dice: &mut Dice,
    checks: &mut Checks,
) -> Result<()> {
    let field =
        Field::prepare(root, program, &format!("{network}200."), "storm", "rappel.journal")?;
    let ear = Ear::listen(&format!("{network}200."))?;
    let mut far_ends = [field.answers("agent")?, field.answers("customer")?];
    let mut engine = field.engine()?;
    let mut callers = field.callers(8_000, CALL_EVERY_MS, 0)?;
    for n in 1..=kills {
        if n % FREEZE_EVERY == 0 {
            freeze(&field, &engine)?;
        }
        until_the_moment(&ear, dice);
        // Dropped is killed: SIGKILL, and waited for.
        drop(engine);
        engine = field.engine().with_context(|| format!("after kill {n}"))?;
    }
    signal(callers.id(), "USR1")?;
    // SIPp may go on long after its last call (it keeps dead calls in mind): then it is ended.
    if callers.wait_until(Instant::now() + CALLERS_LEAVE_MAX)?.is_none() {
        callers.terminate(Duration::from_secs(3))?;
    }
    let settled = settle(&field, kills, checks)?;
    engine.stop()?;
    for far_end in &mut far_ends {
        far_end.terminate(Duration::from_secs(3))?;
    }
    let record = Record::read(&field.folder)?;
    let journal = all(&field)?;
    let complaints = judge::complaints(&record, &ear.stop(), &journal, &settled);
    let dials: usize = record.invites.values().map(BTreeMap::len).sum();
    checks.add(
        &format!(
            "{kills} kills, {} callers, {} promises, {dials} dials, {} in doubt: none lost, none \
             dialled twice",
            record.ports.len(),
            journal.len(),
            settled.reached.len() + settled.not_reached.len(),
        ),
        complaints,
    );
    Ok(())
}

/// Waits for the moment of the next kill: aimed at something on the wire, or any.
fn until_the_moment(ear: &Ear, dice: &mut Dice) {
    let any = dice.below(4) == 0;
    let aim = AIMS[dice.below(AIMS.len() as u64) as usize];
    let (pass, later_us) = (dice.below(3), dice.below(2) * dice.below(5_000));
    let patience = if any { Duration::from_millis(100 + dice.below(3_000)) } else { AIM_MAX };
    let moment = if any { ear.arm(aim, u64::MAX) } else { ear.arm(aim, pass) };
    if moment.recv_timeout(patience) != Err(RecvTimeoutError::Timeout) {
        let at = Instant::now() + Duration::from_micros(later_us);
        while Instant::now() < at {
            std::hint::spin_loop();
        }
    }
}

/// Stops the process for a while, in the middle of everything, and lets it go on.
fn freeze(field: &Field, engine: &Engine) -> Result<()> {
    signal(engine.id(), "STOP")?;
    // The length of the fault itself.
    std::thread::sleep(FROZEN);
    signal(engine.id(), "CONT")?;
    wait("an answer after a freeze", Duration::from_secs(20), || {
        Ok(field.ask(&["status"])?.1.then_some(()))
    })
}

/// Lets the queue be worked off, looks at what is in doubt, settles it, and lets the rest end.
fn settle(field: &Field, kills: usize, checks: &mut Checks) -> Result<Settled> {
    let doubtful = wait("everything but the doubtful is closed", WORKED_OFF_MAX, || {
        let open = open(field)?;
        Ok(open.iter().all(|request| request.state == "uncertain").then_some(open))
    })?;
    let mut complaints = Vec::new();
    if doubtful.is_empty() && kills >= KILLS_THAT_TELL {
        complaints.push("no dial was cut short: the kills prove nothing".to_owned());
    }
    let mut settled = Settled::default();
    for (n, request) in doubtful.iter().enumerate() {
        let id = format!("cb-{}", request.id);
        let (word, list) = match n % 2 {
            0 => ("reached", &mut settled.reached),
            _ => ("not-reached", &mut settled.not_reached),
        };
        list.insert(request.id, request.attempts.len());
        let (answer, good) = field.ask(&["callback", "resolve", &id, "--as", word])?;
        if !good {
            complaints.push(format!("{id} could not be settled as {word}: {answer}"));
        }
    }
    let left = wait("what was settled is closed", WORKED_OFF_MAX, || {
        Ok(open(field)?.is_empty().then_some(()))
    });
    complaints.extend(left.err().map(|error| error.to_string()));
    checks.add("every dial in doubt is listed, waits for a person, and is settled", complaints);
    let gone = wait("no call is left", Duration::from_secs(40), || {
        Ok((field.ask(&["status"])?.0["calls"] == 0).then_some(()))
    });
    checks.add(
        "after kills and freezes every call has ended",
        gone.err().map(|error| error.to_string()).into_iter().collect(),
    );
    Ok(settled)
}

fn open(field: &Field) -> Result<Vec<Request>> {
    let (list, _) = field.ask(&["callback", "list", "--reveal"])?;
    judge::requests(&list)
}

/// All requests, from the journal at rest.
pub fn all(field: &Field) -> Result<Vec<Request>> {
    let (list, _) = field.ask(&["callback", "list", "--all", "--reveal"])?;
    std::fs::write(field.folder.join("requests.json"), list.to_string())?;
    judge::requests(&list)
}
