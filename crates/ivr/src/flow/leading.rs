//! Where a flow leads its caller: to what the usual flow lends, and to somebody else.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Mono;

use super::run::{Doing, FlowScript};
use super::{CALLBACKS, Flow, Step, Way};
use crate::{Ask, Output, Phrase};

/// Where a caller comes back to from the usual flow.
pub(super) struct Frame {
    flow: Arc<Flow>,
    place: usize,
    /// The variables of that flow: those of the two do not meet.
    values: BTreeMap<Arc<str>, Arc<str>>,
    /// An `offer` step led away: its caller goes on with the next one, and may be in no queue.
    offering: bool,
}

/// Where a way leads.
pub(super) enum To {
    /// To this label.
    Label(Arc<str>),
    /// To this label of the usual flow.
    Usual(Arc<str>),
}

impl FlowScript {
    /// Where a way leads from the present step.
    pub(super) fn leads(&self, way: Way) -> Option<To> {
        if !self.is_open(way) {
            return None;
        }
        let (exits, borrows) = match self.present()? {
            Step::Queue { exits, offer, say } => (exits, *offer && say.is_none()),
            Step::GetDigit { exits, .. } => (exits, false),
            _ => return None,
        };
        match exits.named.get(&way) {
            Some(label) => Some(To::Label(Arc::clone(label))),
            None => self.borrowed(way).filter(|_| borrows),
        }
    }

    /// Whether there is anything at its end for this caller.
    pub(super) fn is_open(&self, way: Way) -> bool {
        let offering = self.frame.as_ref().is_some_and(|frame| frame.offering);
        way != Way::Operator || self.caller.operator.is_some() && !offering
    }

    /// Where a way leads in the usual flow. That one borrows nothing from itself.
    pub(super) fn borrowed(&self, way: Way) -> Option<To> {
        let own = self.frame.is_some() || Arc::ptr_eq(&self.flow, &self.usual);
        self.usual.exit(way).filter(|_| !own).map(|label| To::Usual(Arc::clone(label)))
    }

    /// Goes on in the usual flow, until that one comes to its queue.
    pub(super) fn borrow_from(&mut self, label: &str, offering: bool) {
        let flow = std::mem::replace(&mut self.flow, Arc::clone(&self.usual));
        let (place, values) = (self.place, self.values.clone());
        self.frame = Some(Frame { flow, place, values, offering });
        self.place = self.flow.place(label);
    }

    /// Back from the usual flow, to the queue or to what follows an `offer` step. Never takes time.
    pub(super) fn go_back(&mut self, now: Mono, frame: Frame) -> bool {
        self.flow = frame.flow;
        self.place = frame.place;
        self.values = frame.values;
        if !frame.offering {
            return false;
        }
        self.opened = false;
        // There may be no queue to which the caller goes back.
        self.before.retain(|phrase| *phrase != Phrase::BackToQueue);
        self.say(now, vec![])
    }

    /// Offers a callback by the menu of the usual flow, where one may be asked for.
    pub(super) fn offer(&mut self) {
        let may = !self.value(CALLBACKS).is_empty();
        match self.borrowed(Way::Offer).filter(|_| may) {
            Some(To::Label(label) | To::Usual(label)) => {
                self.opened = true;
                self.borrow_from(&label, true);
            }
            None => self.place += 1,
        }
    }

    /// Has the caller put through: false where there is nobody.
    pub(super) fn put_through(
        &mut self,
        to: &Option<Arc<str>>,
        otherwise: &Option<Arc<str>>,
    ) -> bool {
        let Some(to) = to.clone().or_else(|| self.caller.operator.clone()) else {
            let next = self.place + 1;
            self.place = otherwise.as_ref().map_or(next, |label| self.flow.place(label));
            return false;
        };
        self.silence();
        self.typed_ahead.clear();
        self.deadline = None;
        self.doing = Doing::Transferring;
        self.outputs.push_back(Output::Ask(Ask::Transfer { to }));
        self.play(vec![Phrase::Ringback], true);
        true
    }

    /// Nobody answered whom the caller was to be put through to.
    pub(super) fn not_reached(&mut self, now: Mono) {
        if let (Doing::Transferring, Some(Step::Transfer { otherwise, .. })) =
            (&self.doing, self.present())
        {
            let otherwise = otherwise.clone();
            self.outputs.push_back(Output::Stop);
            self.go_or_on(now, otherwise);
        }
    }
}
