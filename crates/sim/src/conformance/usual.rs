//! What many stories have in common.

use phone::Answering;
use queue::AgentStatus;

use super::scene::Scene;
use super::tale::Told;

impl Scene<'_> {
    /// A customer calls, presses these keys while the greeting plays, is promised a callback, and
    /// the call ends.
    ///
    /// # Errors
    /// When the promise is not spoken, or the call does not end.
    pub fn is_promised(&mut self, who: &str, keys: &str) -> Told {
        self.is_promised_saying(who, keys, "promised")
    }

    /// The same, where the promise is another prompt.
    ///
    /// # Errors
    /// As [`Scene::is_promised`].
    pub fn is_promised_saying(&mut self, who: &str, keys: &str, promise: &str) -> Told {
        self.calls(who);
        self.hears(who, "greeting")?;
        self.presses(who, keys);
        self.hears(who, promise)?;
        self.is_hung_up_on(who)?;
        Ok(())
    }

    /// An agent who is asked takes the callback, the customer answers, and they talk.
    ///
    /// # Errors
    /// When one of these does not follow.
    pub fn calls_back(&mut self, agent: &str, who: &str) -> Told {
        self.rings(agent)?;
        self.accepts(agent)?;
        self.rings(who)?;
        self.talk(agent, who)?;
        Ok(())
    }

    /// A customer's phone does not answer from now on.
    pub fn never_answers(&mut self, who: &str) {
        self.lets_ring(who);
    }

    /// A customer's phone is busy from now on.
    pub fn is_busy(&mut self, who: &str) {
        self.answers(who, Answering::BUSY);
    }
}

/// Three callers, the second of whom leaves for a callback; one agent serves them in their order.
pub(super) fn three_are_served_in_order(tale: &mut super::Tale, keys: &str) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.sets("agent-1", AgentStatus::Away);
    s.calls("ada");
    s.wait(1);
    s.is_promised("bob", keys)?;
    s.calls("carl");
    s.wait(20);
    s.check(s.rung("bob").is_empty(), "nobody has called bob yet")?;
    s.online("agent-1");
    s.talk("agent-1", "ada")?;
    s.hangs_up("ada");
    s.calls_back("agent-1", "bob")?;
    s.hangs_up("bob");
    s.talk("agent-1", "carl")?;
    s.same("the agent's phone rang three times", s.rung("agent-1").len(), 3)?;
    s.end()
}
