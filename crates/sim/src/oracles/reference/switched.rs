//! What is switched off: by the settings for good, by commands as their facts say.

use ledger::{Fact, Part, Switch};

use super::{Entry, Reference, State, Who};

#[derive(Debug, Default)]
pub(super) struct Switches {
    settings: queue::Off,
    said: queue::Off,
    disk: queue::Off,
}

impl Switches {
    pub(super) fn of(settings: &queue::Settings) -> Switches {
        Switches { settings: settings.off.clone(), ..Switches::default() }
    }

    /// Other settings; what commands said stands.
    pub(super) fn know(&mut self, settings: &queue::Settings) {
        self.settings = settings.off.clone();
    }

    /// The engine hands a fact over.
    pub(super) fn fact(&mut self, fact: &Fact) {
        follow(&mut self.said, fact);
    }

    /// A fact reached the disk.
    pub(super) fn durable(&mut self, fact: &Fact) {
        follow(&mut self.disk, fact);
    }

    /// Only what is on the disk is left.
    pub(super) fn restart(&mut self) {
        self.said = self.disk.clone();
    }
}

fn follow(off: &mut queue::Off, fact: &Fact) {
    if let Fact::Switched { switch, of, on } = fact {
        let key = (*switch, of.clone());
        let _ = if *on { off.remove(&key) } else { off.insert(key) };
    }
}

impl Reference {
    /// Whether an agent may be asked about this one; one about which agents are asked goes on.
    pub(super) fn is_processed(&self, entry: &Entry) -> bool {
        let parts =
            [Part::Engine, Part::Queue(entry.queue.clone()), Part::Line(entry.line.clone())];
        let off = |of: &Part| {
            let key = (Switch::Processing, of.clone());
            self.switches.settings.contains(&key) || self.switches.said.contains(&key)
        };
        let call = matches!(entry.who, Who::Call(_));
        call || entry.state == State::Offered || !parts.iter().any(off)
    }
}
