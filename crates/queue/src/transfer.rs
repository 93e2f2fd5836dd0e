//! A conversation that its agent hands on: to another of our agents, or to somebody outside.
//!
//! ```text
//! asked -> made     the other side answered, and talks with the customer
//!       -> nothing  it did not: all is as it was
//! ```
//! Whoever is asked among our agents has this work and no other from the first ring on. Whoever
//! hands on has it until that leg is gone, then rests as after any conversation. The work itself
//! stays what it was: one offer, one request, one terminal fact when the conversation is over.

use ledger::Fact;
use model::{AgentName, Mono, OfferId};

use crate::Event;
use crate::agents::AgentNo;
use crate::offers::OfferStage;
use crate::places::Entry;
use crate::queues::Queues;

/// One transfer of one offer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer {
    /// Who hands on.
    from: AgentNo,
    /// Which of our agents is asked; none when it is somebody outside.
    to: Option<AgentNo>,
    /// When the other side took the conversation.
    made: Option<Mono>,
    /// The leg of the one who hands on is gone.
    from_gone: bool,
}

impl Transfer {
    /// True while `agent` is asked and has not taken the conversation.
    pub(crate) fn asks(&self, agent: AgentNo) -> bool {
        self.to == Some(agent) && self.made.is_none()
    }

    /// True once the conversation of `agent` is in other hands.
    pub(crate) fn has_left(&self, agent: AgentNo) -> bool {
        self.from == agent && self.made.is_some()
    }
}

impl Queues {
    /// An agent wants to hand the conversation of `id` on.
    pub(crate) fn transfer(&mut self, id: OfferId, to: Option<&AgentName>) {
        match self.ask_transfer(id, to) {
            Some(()) => self.say(Event::TransferTaken { offer: id }),
            None => self.say(Event::TransferRefused { offer: id }),
        }
    }

    fn ask_transfer(&mut self, id: OfferId, to: Option<&AgentName>) -> Option<()> {
        let to = match to {
            Some(name) => Some(self.agents.find(name)?),
            None => None,
        };
        if to.is_some_and(|to| !self.agents.get(to).can_be_asked()) {
            return None;
        }
        let offer = self.offers.get_mut(&id)?;
        let OfferStage::Talking { .. } = offer.stage else { return None };
        if offer.transfer.is_some() || offer.outside {
            return None;
        }
        let from = offer.agent;
        offer.transfer = Some(Transfer { from, to, made: None, from_gone: false });
        if let Some(to) = to {
            self.agents.take(to, id);
        }
        Some(())
    }

    /// The other side took the conversation, or its leg is gone without that.
    pub(crate) fn transfer_ended(&mut self, id: OfferId, connected: bool) {
        let now = self.now.mono;
        let Some(offer) = self.offers.get_mut(&id) else { return };
        let Some(transfer) = offer.transfer.take_if(|transfer| transfer.made.is_none()) else {
            return;
        };
        let Transfer { from, to, from_gone, .. } = transfer;
        if !connected {
            offer.outside |= from_gone;
            if let Some(to) = to {
                self.release(to, None);
            }
            return;
        }
        if !from_gone {
            offer.transfer = Some(Transfer { made: Some(now), ..transfer });
        }
        offer.outside = to.is_none();
        offer.agent = to.unwrap_or(from);
        let attempt = match offer.stage {
            OfferStage::Talking { attempt } => attempt,
            _ => None,
        };
        let call = match offer.entry {
            Entry::Call(call) => Some(call),
            Entry::Request(_) => None,
        };
        let name = |agent: AgentNo| self.agents.get(agent).name.clone();
        let (agent, to) = (name(from), to.map(name));
        self.record(Fact::Transferred { agent, to, attempt, call });
    }

    /// The leg of the agent who hands on is gone.
    pub(crate) fn agent_left(&mut self, id: OfferId) {
        let now = self.now.mono;
        let Some(offer) = self.offers.get_mut(&id) else { return };
        let Some(transfer) = &mut offer.transfer else { return };
        if std::mem::replace(&mut transfer.from_gone, true) {
            return;
        }
        let Transfer { from, made, .. } = *transfer;
        if made.is_some() {
            offer.transfer = None;
        }
        self.release(from, Some(made.unwrap_or(now)));
    }

    /// Every leg of the offer is gone: who is released, and since when each did not talk.
    pub(crate) fn held_by(
        &self,
        id: OfferId,
        talked: Option<Mono>,
    ) -> Vec<(AgentNo, Option<Mono>)> {
        let Some(offer) = self.offers.get(&id) else { return Vec::new() };
        let Some(Transfer { from, to, made, from_gone }) = offer.transfer else {
            return if offer.outside { Vec::new() } else { vec![(offer.agent, talked)] };
        };
        let from = (!from_gone).then_some((from, made.or(talked)));
        let to = to.map(|to| (to, talked.filter(|_| made.is_some())));
        from.into_iter().chain(to).collect()
    }
}
