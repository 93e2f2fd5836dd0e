//! `rappel callback create` and what belongs to it: asking for a callback without a call.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use ledger::{Need, Terms};
use model::{AgentName, LanguageTag, LineName, Wall};
use server::control::{AvailabilityView, Request, SlotView};

use crate::table::table;

/// A callback that is asked for by command.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Whom to call, as +33612345678 or 0033612345678.
    number: String,
    /// The line whose number is shown [default: the only one that calls back].
    #[arg(long)]
    line: Option<String>,
    /// The language of the prompts [default: the line's].
    #[arg(long)]
    language: Option<String>,
    /// When, as 2026-11-23T10:00+01:00 [default: as soon as an agent is free].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The beginning of a slot of `rappel slots`: the next free time in it.
    #[arg(long, value_name = "TIME", conflicts_with = "at")]
    slot: Option<String>,
    /// The agent who is to make it; everybody, while that one is not there.
    #[arg(long, value_name = "AGENT")]
    owner: Option<String>,
    /// By what way it was asked for.
    #[arg(long, value_enum, default_value = "operator")]
    origin: Origin,
    /// What the agent is to follow, in place of the line's script.
    #[arg(long)]
    script: Option<String>,
    /// A word to find it by; may be given several times.
    #[arg(long = "tag", value_name = "WORD")]
    tags: Vec<String>,
    /// What the agent must have, as french>=2; may be given several times [default: the line's].
    #[arg(long = "skill", value_name = "SKILL", value_parser = need)]
    needs: Vec<Need>,
    /// Before whom it stands, up to 100 [default: the line's].
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    priority: u8,
    /// Asking twice with the same key asks once.
    #[arg(long)]
    key: Option<String>,
    /// The customer does not want the conversation recorded.
    #[arg(long)]
    unrecorded: bool,
}

fn need(text: &str) -> Result<Need, String> {
    Need::parse(text).ok_or_else(|| "write french>=2, or french".to_owned())
}

/// Of which line something is asked.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// The line [default: the only one that calls back].
    #[arg(long)]
    line: Option<String>,
    /// A word of whoever asks, given back; may be given several times.
    #[arg(long = "tag", value_name = "WORD")]
    tags: Vec<String>,
}

impl Asking {
    /// The question to the engine.
    pub(crate) fn request(self) -> Request {
        let line = self.line.as_deref().map(LineName::from);
        Request::Availability { line, tags: self.tags }
    }
}

/// Both ways in a few words.
pub(crate) fn availability_text(view: &AvailabilityView) -> String {
    let word = |may: bool| if may { "yes" } else { "no" };
    let slots = match view.slots.as_slice() {
        [] => String::new(),
        [first, ..] => format!(", first slot {}", first.begins),
    };
    let whys: String = view.why.iter().map(|why| format!("  {why}\n")).collect();
    format!("now    {}\nlater  {}{slots}\n{whys}", word(view.immediate), word(view.deferred))
}

/// Every slot in a line.
pub(crate) fn slots_text(view: &AvailabilityView) -> String {
    if view.slots.is_empty() {
        return "there is no slot with a time left\n".to_owned();
    }
    let row = |slot: &SlotView| {
        vec![slot.begins.to_string(), slot.ends.to_string(), slot.left.to_string()]
    };
    let rows: Vec<Vec<String>> = view.slots.iter().map(row).collect();
    table(&["BEGINS", "ENDS", "LEFT"], &rows)
}

/// By what way a callback was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Origin {
    /// The customer called.
    Call,
    /// By command.
    Operator,
    /// An agent asked, for a customer.
    Agent,
    /// On a web site.
    Web,
    /// In an application of a mobile phone.
    Mobile,
    /// In a chat.
    Chat,
}

impl From<Origin> for ledger::Origin {
    fn from(origin: Origin) -> ledger::Origin {
        match origin {
            Origin::Call => ledger::Origin::Call,
            Origin::Operator => ledger::Origin::Operator,
            Origin::Agent => ledger::Origin::Agent,
            Origin::Web => ledger::Origin::Web,
            Origin::Mobile => ledger::Origin::Mobile,
            Origin::Chat => ledger::Origin::Chat,
        }
    }
}

impl Create {
    /// The question to the engine.
    pub(crate) fn request(self) -> Result<Request> {
        let due = self.at.as_deref().map(moment).transpose()?;
        let slot = self.slot.as_deref().map(moment).transpose()?;
        Ok(Request::Create {
            number: self.number,
            line: self.line.as_deref().map(LineName::from),
            language: self.language.as_deref().map(LanguageTag::from),
            terms: Terms {
                origin: self.origin.into(),
                due,
                slot,
                owner: self.owner.as_deref().map(AgentName::from),
                script: self.script,
                tags: self.tags,
                key: self.key,
                unrecorded: self.unrecorded,
                needs: self.needs,
                priority: self.priority,
                replaces: None,
            },
        })
    }
}

/// A moment as people write it.
pub(crate) fn moment(text: &str) -> Result<Wall> {
    Wall::parse(text).with_context(|| {
        format!("`{text}` is no time: write 2026-11-23T10:00+01:00, or 2026-11-23T09:00Z")
    })
}
