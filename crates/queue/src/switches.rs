//! Two switches that the engine, every line and every queue have: callbacks may be asked for
//! (registering), and those that were are dialled (processing). Each is off when the settings say
//! so, or a command did; a command lasts over restarts, for it is a fact.
//!
//! What is under way goes on: an agent who is being asked may accept, a customer who is being
//! dialled may answer. Callers on the line are served as ever.

use std::collections::BTreeSet;

use ledger::{Fact, OffBy, Part, Switch};
use model::{LineName, QueueName, RequestId};

use crate::Rejected;
use crate::names::Line;
use crate::places::Queue;
use crate::queues::Queues;

/// What is off: at most two entries for the engine, for each line and for each queue.
pub type Off = BTreeSet<(Switch, Part)>;

impl Queues {
    /// What commands have switched off.
    pub fn switched_off(&self) -> impl Iterator<Item = &(Switch, Part)> {
        self.off.iter()
    }

    /// By which of its switches something is off.
    pub(crate) fn off_by(
        &self,
        switch: Switch,
        line: &LineName,
        queue: &QueueName,
    ) -> Option<OffBy> {
        if self.off.is_empty() && self.settings.off.is_empty() {
            return None;
        }
        let off = |part: Part| {
            let key = (switch, part);
            self.off.contains(&key) || self.settings.off.contains(&key)
        };
        if off(Part::Engine) {
            return Some(OffBy::Engine);
        }
        if off(Part::Queue(queue.clone())) {
            return Some(OffBy::Queue);
        }
        off(Part::Line(line.clone())).then_some(OffBy::Line)
    }

    /// By which switch the requests of a line in a queue are not dialled.
    pub(crate) fn not_processed(&self, line: Line, queue: Queue) -> Option<OffBy> {
        let (line, queue) = (self.names.line_name(line), self.names.queue_name(queue));
        self.off_by(Switch::Processing, line, queue)
    }

    /// By which switch no callback may be asked for on a line.
    pub(crate) fn not_registered(&self, line: &LineName) -> Option<OffBy> {
        let settings = self.settings.lines.get(line)?;
        self.off_by(Switch::Registering, line, &settings.queue)
            .or_else(|| self.off_by(Switch::Registering, line, settings.requests_queue()))
    }

    /// Switches off or on; what changes nothing is no fact.
    pub(crate) fn switch(&mut self, switch: Switch, of: Part, on: bool) {
        if self.check_switch(switch, &of, on).is_err() {
            return;
        }
        let key = (switch, of.clone());
        if self.off.contains(&key) != on {
            return;
        }
        let ids = if switch == Switch::Processing { self.requests_of(&of) } else { Vec::new() };
        ids.iter().for_each(|id| self.index(*id, false));
        if on {
            self.off.remove(&key);
        } else {
            self.off.insert(key);
        }
        ids.iter().for_each(|id| self.index(*id, true));
        self.record(Fact::Switched { switch, of, on });
    }

    fn requests_of(&self, of: &Part) -> Vec<RequestId> {
        let (line, queue) = match of {
            Part::Line(name) => (self.names.find_line(name), None),
            Part::Queue(name) => (None, self.names.find_queue(name)),
            Part::Engine => return self.requests.keys().copied().collect(),
        };
        let own =
            self.requests.iter().filter(|(_, it)| Some(it.line) == line || Some(it.queue) == queue);
        own.map(|(id, _)| *id).collect()
    }

    pub(crate) fn check_switch(&self, switch: Switch, of: &Part, on: bool) -> Result<(), Rejected> {
        match of {
            Part::Line(line) if !self.settings.lines.contains_key(line) => {
                Err(Rejected::UnknownLine(line.clone()))
            }
            Part::Queue(queue) if !self.settings.queues.contains_key(queue) => {
                Err(Rejected::UnknownQueue(queue.clone()))
            }
            Part::Line(_) | Part::Queue(_) | Part::Engine => {
                let by_settings = on && self.settings.off.contains(&(switch, of.clone()));
                if by_settings { Err(Rejected::OffBySettings(of.clone())) } else { Ok(()) }
            }
        }
    }
}
