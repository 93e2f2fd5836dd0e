//! On which terms a callback was asked for: by what way, for when, for whom.

use std::fmt;

use model::{AgentName, RequestId, Wall};
use serde::{Deserialize, Serialize};

use crate::{LEVEL_MAX, NEEDS_MAX, Need};

/// Most tags of a request.
pub const TAGS_MAX: usize = 16;
/// Most bytes of a tag, of the name of a script, and of a key.
pub const WORD_BYTES_MAX: usize = 100;

/// How a callback was asked for, beside the number and the line. Nothing here may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Terms {
    /// By what way it came.
    #[serde(default, skip_serializing_if = "Origin::is_call")]
    pub origin: Origin,
    /// The time of an appointment; absent: as soon as an agent is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Wall>,
    /// The beginning of the slot whose time that is, when one was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Wall>,
    /// The agent who is to make it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<AgentName>,
    /// What that agent is to follow, in place of the line's script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// Words of whoever asked, at most [`TAGS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Chosen by whoever asked: who asks again with the same key asks for the same request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The customer does not want the conversation recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unrecorded: bool,
    /// What it asks of the agent, at most [`NEEDS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// Who stands before whom: higher is earlier, up to [`LEVEL_MAX`]; among equals the arrival.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: u8,
    /// The request of the same customer for which it stands from now on, in the same place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<RequestId>,
}

/// Facts leave out a priority that nobody gave.
pub(crate) fn is_zero(priority: &u8) -> bool {
    *priority == 0
}

/// By what way a callback was asked for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The customer called, and pressed a key.
    #[default]
    Call,
    /// An operator, by command.
    Operator,
    /// An agent, for a customer of theirs.
    Agent,
    /// The customer, on a web site.
    Web,
    /// The customer, in an application of a mobile phone.
    Mobile,
    /// The customer, in a chat.
    Chat,
    /// The customer called, and left a message.
    Voicemail,
}

impl Origin {
    /// Every way.
    pub const ALL: [Origin; 7] = [
        Origin::Call,
        Origin::Operator,
        Origin::Agent,
        Origin::Web,
        Origin::Mobile,
        Origin::Chat,
        Origin::Voicemail,
    ];

    /// True for a customer who has not called.
    pub fn is_remote(self) -> bool {
        match self {
            Origin::Web | Origin::Mobile | Origin::Chat => true,
            Origin::Call | Origin::Operator | Origin::Agent | Origin::Voicemail => false,
        }
    }

    fn is_call(&self) -> bool {
        *self == Origin::Call
    }
}

impl fmt::Display for Origin {
    /// The word that the journal and the commands use.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Call => "call",
            Origin::Operator => "operator",
            Origin::Agent => "agent",
            Origin::Web => "web",
            Origin::Mobile => "mobile",
            Origin::Chat => "chat",
            Origin::Voicemail => "voicemail",
        })
    }
}

impl Terms {
    /// Those of a caller who pressed a key.
    pub fn is_plain(&self) -> bool {
        *self == Terms::default()
    }

    /// Within the limits of what a fact carries, and nothing in it that breaks a line: a script is
    /// told to phones in a header.
    pub fn fits(&self) -> bool {
        let words = self.tags.iter().chain(&self.script).chain(&self.key);
        let needs = self.needs.len() <= NEEDS_MAX && self.needs.iter().all(Need::fits);
        needs
            && self.priority <= LEVEL_MAX
            && self.tags.len() <= TAGS_MAX
            && words.into_iter().all(|word| is_word(word))
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= WORD_BYTES_MAX && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_few_and_short() {
        let tags =
            |count, bytes| Terms { tags: vec!["x".repeat(bytes); count], ..Terms::default() };
        assert!(tags(TAGS_MAX, WORD_BYTES_MAX).fits());
        assert!(!tags(TAGS_MAX + 1, 1).fits());
        assert!(!tags(1, WORD_BYTES_MAX + 1).fits());
        let key = Some("x".repeat(WORD_BYTES_MAX + 1));
        assert!(!Terms { key, ..Terms::default() }.fits());
        let script = Some("tyres\r\nFrom: x".to_owned());
        assert!(!Terms { script, ..Terms::default() }.fits());
    }

    #[test]
    fn a_way_is_written_as_the_journal_writes_it() {
        for origin in Origin::ALL {
            assert_eq!(serde_json::json!(origin), origin.to_string());
        }
    }
}
