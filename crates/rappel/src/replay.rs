//! `rappel replay`: a run of the engine again, from the journal and its reel. Nothing is written.
//!
//! Each start of the engine is a run of its own: the queue is put up as it was by the facts before
//! it, is told what it was told, and what it decides is compared with the facts of the journal.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use ledger::{Entry, Fact, Fold, explain};
use model::Wall;
use queue::reel::{Began, Frame, Frames, Input};
use queue::replay::{Beginning, Cut, Difference, ReplayEnd, Replayed, replay as feed};
use serde_json::{Map, Value, json};
use server::{journal, reel};
use sim::past::{Beside, Morning, compare};

use crate::cli::{Place, Replay};
use crate::settings;
use crate::simulate::rows;
use crate::table::table;

pub(crate) fn replay(place: &Place, what: &Replay, as_json: bool) -> Result<ExitCode> {
    let (engine, roof) = settings::whole(place)?;
    let mut settings = vec![engine::queue_settings(&engine)];
    for file in &what.then {
        settings.push(engine::queue_settings(&settings::read(file)?.0));
    }
    let path = what.journal.clone().unwrap_or(roof.journal);
    let reels = reels(&path, what.start)?;
    let mut entries = Vec::new();
    let people = journal::each(&path, |entry| entries.push(entry.clone()))?;
    let other = what.compare.as_deref().map(settings::read).transpose()?;
    let other = other.map(|(other, _)| engine::queue_settings(&other));
    let mut kept = true;
    for (epoch, file) in reels {
        let run = Run::of(&file)?;
        let (mut fold, facts) = (Fold::default(), run.facts(&entries));
        let before = entries.iter().take_while(|entry| entry.seq < run.began.from);
        before.for_each(|entry| fold.apply(entry));
        let recovered = fold.recovered();
        if let (Some(other), Some(file)) = (&other, &what.compare) {
            let (first, began) = (&run.frames[0], &run.began);
            let morning = Morning { recovered: &recovered, people: &people, first, began };
            let told = compare(morning, &run.frames[1..], &settings[0], other);
            let is_own = queue::reel::print(&settings[0]) == run.began.settings;
            let told = Columns { epoch, at: first.wall(), is_own, file, told: &told };
            match as_json {
                true => outln!("{}", told.json()),
                false => out!("{}", told.text()),
            }
            continue;
        }
        let from = Beginning { settings: &settings, recovered: &recovered, people: &people };
        let (first, frames) = (&run.frames[0], run.frames[1..].iter().cloned());
        let replayed = feed(from, (first, &run.began), frames, facts.iter().cloned());
        kept &= matches!(replayed.end, ReplayEnd::Same { .. });
        let told = Compared { epoch, at: first.wall(), torn: run.torn, replayed: &replayed };
        match as_json {
            true => outln!("{}", told.json()),
            false => out!("{}", told.text()),
        }
    }
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was, what the same settings would have made of it, and what others would have.
struct Columns<'a> {
    epoch: u32,
    at: Wall,
    /// The settings are those with which the engine started.
    is_own: bool,
    file: &'a Path,
    told: &'a Beside,
}

impl Columns<'_> {
    /// The columns' names, and each row with its values.
    fn rows(&self) -> ([String; 3], Vec<(String, Vec<String>)>) {
        let names =
            ["as it was".to_owned(), "lived again".to_owned(), self.file.display().to_string()];
        let told = [&self.told.was, &self.told.again, &self.told.other];
        let days = names.iter().zip(told).map(|(name, told)| (name.as_str(), &told.results));
        let rows = rows(&days.collect::<Vec<_>>());
        (names, rows)
    }

    fn text(&self) -> String {
        let (names, rows) = self.rows();
        let mut text = format!("start {}, {}\n", self.epoch, self.at);
        let head: Vec<&str> = std::iter::once("").chain(names.iter().map(String::as_str)).collect();
        let row = |(name, values): (String, Vec<String>)| [vec![name], values].concat();
        text.push_str(&table(&head, &rows.into_iter().map(row).collect::<Vec<_>>()));
        if let Some((at, why)) = self.told.cut {
            text.push_str(&format!("  counted up to {at}: {}\n", cut(why)));
        }
        if !self.is_own {
            text.push_str(
                "  the settings are not those with which the engine started: what was is not what \
                 the first column says\n",
            );
        }
        text
    }

    fn json(&self) -> Value {
        let (names, rows) = self.rows();
        let column = |(which, name): (usize, &String)| {
            let value = |(row, values): &(String, Vec<String>)| {
                (row.trim().to_owned(), json!(values[which]))
            };
            (name.clone(), Value::Object(rows.iter().map(value).collect()))
        };
        let days: Map<String, Value> = names.iter().enumerate().map(column).collect();
        let cut = self.told.cut.map(|(at, why)| json!({ "at": at.to_string(), "why": cut(why) }));
        json!({
            "start": self.epoch,
            "at": self.at.to_string(),
            "days": days,
            "cut": cut,
            "other_settings": !self.is_own,
        })
    }
}

/// The reels that are meant.
fn reels(journal: &Path, start: Option<u32>) -> Result<Vec<(u32, PathBuf)>> {
    let mut reels = reel::beside(journal).unwrap_or_default();
    reels.retain(|(epoch, _)| start.is_none_or(|start| start == *epoch));
    if reels.is_empty() {
        let reel = start.map_or_else(|| "no reel".to_owned(), |start| format!("no reel {start}"));
        bail!(
            "{reel} is beside {}: what the queue is told is kept from the next start on when the \
             configuration says `reel = true` in [journal]",
            journal.display()
        );
    }
    Ok(reels)
}

/// A reel that was read.
struct Run {
    frames: Vec<Frame>,
    began: Began,
    /// Its end is broken, as a crash leaves it.
    torn: bool,
}

impl Run {
    fn of(file: &Path) -> Result<Run> {
        let name = file.display();
        let bytes = std::fs::read(file).with_context(|| format!("{name} cannot be read"))?;
        let mut reel = Frames::of(&bytes).with_context(|| format!("{name} is no reel"))?;
        let frames: Vec<Frame> = reel.by_ref().collect();
        let Some(Frame { input: Input::Began(began), .. }) = frames.first() else {
            bail!("{name} does not say how its run began: the engine stopped before that")
        };
        Ok(Run { began: began.clone(), torn: reel.is_torn(), frames })
    }

    /// The facts of this run: none when its own beginning never reached the disk.
    fn facts<'a>(&self, entries: &'a [Entry]) -> &'a [Entry] {
        let from = entries.partition_point(|entry| entry.seq < self.began.from);
        let facts = &entries[from..];
        let is_start = |entry: &Entry| matches!(entry.fact, Fact::EngineStarted { .. });
        let own = Fact::EngineStarted { epoch: self.began.epoch };
        if facts.first().is_none_or(|entry| entry.fact != own) {
            return &[];
        }
        let next = facts.iter().skip(1).position(is_start);
        &facts[..next.map_or(facts.len(), |next| next + 1)]
    }
}

/// What is told of a run.
struct Compared<'a> {
    epoch: u32,
    at: Wall,
    torn: bool,
    replayed: &'a Replayed,
}

impl Compared<'_> {
    fn text(&self) -> String {
        let Replayed { inputs, same, other_settings, end } = self.replayed;
        let mut text = format!("start {}, {}: {inputs} inputs, ", self.epoch, self.at);
        match end {
            ReplayEnd::Same { unwritten, beyond } => {
                text.push_str(&format!("{same} facts the same, byte for byte\n"));
                if self.torn {
                    text.push_str("  the end of the reel is torn, as a crash leaves it\n");
                }
                if *unwritten > 0 {
                    let what = "were decided at the last moment and never written";
                    text.push_str(&format!("  {unwritten} more {what}\n"));
                }
                if *beyond > 0 {
                    let what = "of the journal come after the end of the reel";
                    text.push_str(&format!("  {beyond} more {what}\n"));
                }
            }
            ReplayEnd::Cut { at, why } => {
                text.push_str(&format!("{same} facts the same up to {at}\n"));
                text.push_str(&format!("  what follows cannot be told: {}\n", cut(*why)));
            }
            ReplayEnd::Differs(difference) => {
                text.push_str(&format!("{same} facts the same, then they DIFFER\n"));
                let [ledger, replay] = sides(difference);
                let side = |side: Option<(Wall, &Fact)>| match side {
                    Some((at, fact)) => {
                        format!("{at}  {}\n             {}", explain::words(at, fact), bytes(fact))
                    }
                    None => "nothing more".to_owned(),
                };
                text.push_str(&format!("  journal    {}\n", side(ledger)));
                text.push_str(&format!("  this time  {}\n", side(replay)));
            }
        }
        if *other_settings {
            text.push_str("  the settings are not those with which the engine started\n");
        }
        text
    }

    fn json(&self) -> Value {
        let Replayed { inputs, same, other_settings, end } = self.replayed;
        let side = |side: Option<(Wall, &Fact)>| {
            side.map(|(at, fact)| {
                json!({ "at": at.to_string(), "fact": fact, "words": explain::words(at, fact) })
            })
        };
        let end = match end {
            ReplayEnd::Same { unwritten, beyond } => {
                json!({ "same": true, "unwritten": unwritten, "beyond": beyond })
            }
            ReplayEnd::Cut { at, why } => {
                json!({ "same": false, "cut": at.to_string(), "why": cut(*why) })
            }
            ReplayEnd::Differs(difference) => {
                let [ledger, replay] = sides(difference).map(side);
                json!({ "same": false, "journal": ledger, "this_time": replay })
            }
        };
        json!({
            "start": self.epoch,
            "at": self.at.to_string(),
            "inputs": inputs,
            "facts": same,
            "torn": self.torn,
            "other_settings": other_settings,
            "end": end,
        })
    }
}

fn sides(difference: &Difference) -> [Option<(Wall, &Fact)>; 2] {
    let ledger = difference.ledger.as_ref().map(|entry| (entry.at, &entry.fact));
    let replay = difference.replay.as_ref().map(|(at, fact)| (*at, fact));
    [ledger, replay]
}

fn bytes(fact: &Fact) -> String {
    serde_json::to_string(fact).unwrap_or_default()
}

fn cut(why: Cut) -> String {
    match why {
        Cut::Gap(lost) => format!("{lost} inputs are missing on the reel, for the disk was behind"),
        Cut::Full => "the reel had the bytes of journal.reel_max_mb".to_owned(),
        Cut::Reloaded => {
            "other settings were taken over, and none of the files are those: name the file as it \
             became then by --then"
                .to_owned()
        }
    }
}
