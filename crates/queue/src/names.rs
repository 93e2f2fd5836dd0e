//! Names as small numbers: a million pending requests keep four bytes for a queue, not a name.

use std::collections::{BTreeMap, BTreeSet};

use model::{LanguageTag, LineName, QueueName, TrunkName};

use crate::Settings;
use crate::places::{Queue, Trunk};

/// Most names of one kind in one run: each reload may bring new ones, and none is forgotten.
pub const NAMES_MAX: usize = 20_000;

/// A line by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line(u32);

/// A language by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Language(u32);

/// The names of the settings, and those that only a recovered request still uses.
#[derive(Debug)]
pub(crate) struct Names {
    queues: Table<QueueName>,
    lines: Table<LineName>,
    languages: Table<LanguageTag>,
    trunks: Table<TrunkName>,
    /// The trunk of each line; none of a line that is in no settings.
    trunk_of: BTreeMap<u32, Trunk>,
}

impl Names {
    pub(crate) fn new(settings: &Settings) -> Names {
        let mut names = Names {
            queues: Table::default(),
            lines: Table::default(),
            languages: Table::default(),
            trunks: Table::default(),
            trunk_of: BTreeMap::new(),
        };
        names.learn(settings);
        names
    }

    /// Numbers what these settings name, too; a line that they do not name has no trunk.
    pub(crate) fn learn(&mut self, settings: &Settings) {
        self.trunk_of.clear();
        for queue in settings.queues.keys() {
            self.queue(queue);
        }
        for (line, line_settings) in &settings.lines {
            let line = self.line(line);
            self.queue(&line_settings.queue);
            self.queue(line_settings.requests_queue());
            let trunk = Trunk(self.trunks.number(&line_settings.trunk));
            self.trunk_of.insert(line.0, trunk);
        }
        for agent in settings.agents.values() {
            for queue in &agent.queues {
                self.queue(queue);
            }
        }
    }

    /// How many names there would be with those of `settings`, of the kind of which there are most.
    pub(crate) fn most_with(&self, settings: &Settings) -> usize {
        let queues = self.queues.with(settings.queues.keys());
        let lines = self.lines.with(settings.lines.keys());
        let trunks: BTreeSet<&TrunkName> = settings.lines.values().map(|it| &it.trunk).collect();
        queues.max(lines).max(self.trunks.with(trunks.into_iter()))
    }

    pub(crate) fn queue(&mut self, name: &QueueName) -> Queue {
        Queue(self.queues.number(name))
    }

    /// The queue of that name, when somebody uses it.
    pub(crate) fn find_queue(&self, name: &QueueName) -> Option<Queue> {
        self.queues.numbers.get(name).copied().map(Queue)
    }

    pub(crate) fn line(&mut self, name: &LineName) -> Line {
        Line(self.lines.number(name))
    }

    /// The line of that name, when somebody uses it.
    pub(crate) fn find_line(&self, name: &LineName) -> Option<Line> {
        self.lines.numbers.get(name).copied().map(Line)
    }

    /// The trunk over which the requests of a line are called back.
    pub(crate) fn trunk_of(&self, line: Line) -> Option<Trunk> {
        self.trunk_of.get(&line.0).copied()
    }

    /// The trunk of that name, when a line calls back over it.
    pub(crate) fn find_trunk(&self, name: &TrunkName) -> Option<Trunk> {
        self.trunks.numbers.get(name).copied().map(Trunk)
    }

    pub(crate) fn language(&mut self, name: &LanguageTag) -> Language {
        Language(self.languages.number(name))
    }

    pub(crate) fn queue_name(&self, queue: Queue) -> &QueueName {
        self.queues.name(queue.0)
    }

    pub(crate) fn line_name(&self, line: Line) -> &LineName {
        self.lines.name(line.0)
    }

    pub(crate) fn trunk_name(&self, trunk: Trunk) -> &TrunkName {
        self.trunks.name(trunk.0)
    }

    pub(crate) fn language_name(&self, language: Language) -> &LanguageTag {
        self.languages.name(language.0)
    }

    pub(crate) fn queues(&self) -> impl Iterator<Item = Queue> + use<> {
        (0..self.queue_count()).map(Queue)
    }

    pub(crate) fn queue_count(&self) -> u32 {
        u32::try_from(self.queues.names.len()).expect("queues are counted by u32")
    }
}

#[derive(Debug)]
struct Table<Name> {
    names: Vec<Name>,
    numbers: BTreeMap<Name, u32>,
}

impl<Name> Default for Table<Name> {
    fn default() -> Table<Name> {
        Table { names: Vec::new(), numbers: BTreeMap::new() }
    }
}

impl<Name: Ord + Clone> Table<Name> {
    fn with<'a>(&self, others: impl Iterator<Item = &'a Name>) -> usize
    where
        Name: 'a,
    {
        self.names.len() + others.filter(|name| !self.numbers.contains_key(*name)).count()
    }

    fn number(&mut self, name: &Name) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).expect("names are counted by u32");
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    fn name(&self, number: u32) -> &Name {
        &self.names[number as usize]
    }
}
