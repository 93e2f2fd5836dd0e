//! What a call or a callback asks of whoever takes it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Most skills that one work asks for.
pub const NEEDS_MAX: usize = 8;
/// Most bytes of a skill's name.
pub const SKILL_BYTES_MAX: usize = 40;
/// The highest level of a skill, and the highest priority of a work.
pub const LEVEL_MAX: u8 = 100;

/// A skill, and how much of it is asked for. It is written `french>=2`; `french` asks for 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Need {
    /// The skill: letters, digits, `-` and `_`.
    pub skill: String,
    /// The level, from 1 to [`LEVEL_MAX`].
    pub level: u8,
}

impl Need {
    /// Reads `french>=2` or `french`.
    pub fn parse(text: &str) -> Option<Need> {
        let (skill, level) = match text.split_once(">=") {
            None => (text.trim(), 1),
            Some((skill, level)) => (skill.trim(), level.trim().parse().ok()?),
        };
        let need = Need { skill: skill.to_owned(), level };
        need.fits().then_some(need)
    }

    /// Whether somebody with these skills has it.
    pub fn is_met_by(&self, has: &BTreeMap<String, u8>) -> bool {
        has.get(&self.skill).is_some_and(|level| *level >= self.level)
    }

    /// Within the limits of what a fact carries.
    pub fn fits(&self) -> bool {
        is_skill(&self.skill) && (1..=LEVEL_MAX).contains(&self.level)
    }
}

/// Whether this may be the name of a skill.
pub fn is_skill(name: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    (1..=SKILL_BYTES_MAX).contains(&name.len()) && name.chars().all(letter)
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}>={}", self.skill, self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_read_as_it_is_written() {
        let need = Need { skill: "french".into(), level: 2 };
        assert_eq!(Need::parse("french>=2"), Some(need.clone()));
        assert_eq!(Need::parse(&need.to_string()), Some(need));
        assert_eq!(Need::parse("tax_law").map(|need| need.level), Some(1));
        for wrong in ["", ">=2", "french>=0", "french>=101", "french>2", "a b", "french>=x"] {
            assert_eq!(Need::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Need::parse(&"x".repeat(SKILL_BYTES_MAX + 1)), None);
    }
}
