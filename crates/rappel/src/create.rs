//! `rappel callback create` and what belongs to it: asking for a callback without a call.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use ledger::Terms;
use model::{AgentName, LanguageTag, LineName, Wall};
use server::control::Request;

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
    /// Asking twice with the same key asks once.
    #[arg(long)]
    key: Option<String>,
    /// The customer does not want the conversation recorded.
    #[arg(long)]
    unrecorded: bool,
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
        Ok(Request::Create {
            number: self.number,
            line: self.line.as_deref().map(LineName::from),
            language: self.language.as_deref().map(LanguageTag::from),
            terms: Terms {
                origin: self.origin.into(),
                due,
                owner: self.owner.as_deref().map(AgentName::from),
                script: self.script,
                tags: self.tags,
                key: self.key,
                unrecorded: self.unrecorded,
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
