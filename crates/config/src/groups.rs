//! `[account]` and `[[group]]`: what all agents, and what several, have in common, unless they say
//! otherwise themselves.

use std::time::Duration;

use toml::de::DeTable;

use crate::finding::Findings;
use crate::names::Names;
use crate::section::{self, Section};

const HOUR: Duration = Duration::from_secs(3_600);

/// How agents take work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) wrap_up: Duration,
    pub(crate) auto_ready: bool,
    pub(crate) priority: bool,
    pub(crate) concurrent: bool,
    pub(crate) away_after_missed: u16,
}

impl Habits {
    /// Of agents of whom nothing is said anywhere.
    const USUAL: Habits = Habits {
        wrap_up: Duration::from_secs(20),
        auto_ready: true,
        priority: false,
        concurrent: false,
        away_after_missed: 0,
    };

    /// What the section says, and these habits where it says nothing.
    fn changed_by(self, section: &Section<'_>, found: &mut Findings) -> Habits {
        let said = |key: &str, usual: bool, found: &mut Findings| {
            section.boolean(key, found).map_or(usual, |at| at.value)
        };
        let missed = u64::from(self.away_after_missed);
        let missed = section.integer("away_after_missed", 0..=100, missed, found);
        Habits {
            away_after_missed: u16::try_from(missed).expect("limited to a hundred"),
            wrap_up: section.duration("wrap_up", Duration::ZERO..=HOUR, self.wrap_up, found),
            auto_ready: said("auto_ready", self.auto_ready, found),
            priority: said("priority", self.priority, found),
            concurrent: said("concurrent", self.concurrent, found),
        }
    }
}

/// Every group.
pub(crate) struct Groups {
    names: Names,
    habits: Vec<(Option<String>, Habits)>,
    /// Of agents without a group.
    usual: Habits,
}

impl Groups {
    /// Reads every group.
    pub(crate) fn read<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Groups {
        let sections = section::many(root, "group", found);
        let names = Names::of("group", &sections, found);
        let usual = Habits::USUAL.changed_by(&section::one(root, "account", found), found);
        let habits = sections.iter().enumerate().map(|(place, section)| {
            let name = names.at(place).map(str::to_owned);
            (name, usual.changed_by(section, found))
        });
        let habits = habits.collect();
        Groups { names, habits, usual }
    }

    /// The habits of an agent: its own, those of its group, those of the account.
    pub(crate) fn habits(&self, agent: &Section<'_>, found: &mut Findings) -> Habits {
        let group = match agent.get("group") {
            Some(_) => self.names.reference(agent, "group", found),
            None => None,
        };
        let of_group = self.habits.iter().find(|(name, _)| group.is_some() && *name == group);
        of_group.map_or(self.usual, |(_, habits)| *habits).changed_by(agent, found)
    }
}
