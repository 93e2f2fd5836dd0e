//! `[[group]]`: what several agents have in common, unless they say otherwise themselves.

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
}

impl Habits {
    /// Of agents who say nothing, and whose group says nothing.
    const USUAL: Habits = Habits {
        wrap_up: Duration::from_secs(20),
        auto_ready: true,
        priority: false,
        concurrent: false,
    };

    /// What the section says, and these habits where it says nothing.
    fn changed_by(self, section: &Section<'_>, found: &mut Findings) -> Habits {
        let said = |key: &str, usual: bool, found: &mut Findings| {
            section.boolean(key, found).map_or(usual, |at| at.value)
        };
        Habits {
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
}

impl Groups {
    /// Reads every group.
    pub(crate) fn read<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Groups {
        let sections = section::many(root, "group", found);
        let names = Names::of("group", &sections, found);
        let habits = sections.iter().enumerate().map(|(place, section)| {
            let name = names.at(place).map(str::to_owned);
            (name, Habits::USUAL.changed_by(section, found))
        });
        let habits = habits.collect();
        Groups { names, habits }
    }

    /// The habits of an agent: its own, those of its group, the usual ones.
    pub(crate) fn habits(&self, agent: &Section<'_>, found: &mut Findings) -> Habits {
        let group = match agent.get("group") {
            Some(_) => self.names.reference(agent, "group", found),
            None => None,
        };
        let of_group = self.habits.iter().find(|(name, _)| group.is_some() && *name == group);
        of_group.map_or(Habits::USUAL, |(_, habits)| *habits).changed_by(agent, found)
    }
}
