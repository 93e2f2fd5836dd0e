//! A person without a will: does what the story says, when it says so, and remembers the calls.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use model::{Key, Mono, Now};
use phone::{Answering, CallHandle, CallTo, PhoneEvent};

use crate::person::{Hands, Person};

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Calls.
    Call(CallTo),
    /// Presses a key.
    Press(Key),
    /// Ends the present call.
    HangUp,
    /// Answers the call that rings.
    PickUp,
    /// Refuses the call that rings.
    Reject(u16),
    /// Hands the present call on to this URI (REFER).
    HandOn(String),
    /// Answers calls so from now on.
    Answers(Answering),
}

/// What a person has in mind: acts to come, and the present call. Shared with the scene.
#[derive(Debug, Default)]
pub(crate) struct Mind {
    pub(crate) acts: VecDeque<(Mono, Act)>,
    pub(crate) call: Option<CallHandle>,
    /// The present call is up.
    pub(crate) talking: bool,
    /// Keys are told by SIP INFO.
    pub(crate) informs: bool,
}

/// See the module.
pub(crate) struct Puppet(pub(crate) Rc<RefCell<Mind>>);

impl Puppet {
    fn act(&mut self, now: Now, act: Act, hands: &mut Hands<'_>) {
        let call = self.0.borrow().call;
        match (act, call) {
            (Act::Call(to), _) => {
                let call = hands.phone.call(now, to).ok();
                self.0.borrow_mut().call = call;
            }
            (Act::Press(key), Some(call)) if self.0.borrow().informs => {
                hands.phone.inform(now, call, key);
            }
            (Act::Press(key), Some(call)) => hands.press(call, key),
            (Act::HangUp, Some(call)) => hands.phone.hang_up(now, call),
            (Act::PickUp, Some(call)) => hands.phone.answer(now, call),
            (Act::Reject(status), Some(call)) => hands.phone.reject(now, call, status),
            (Act::HandOn(target), Some(call)) => hands.phone.refer(now, call, &target, true),
            (Act::Answers(answering), _) => hands.phone.set_answering(answering),
            (Act::Press(_) | Act::HangUp | Act::PickUp | Act::Reject(_) | Act::HandOn(_), None) => {
            }
        }
    }
}

impl Person for Puppet {
    fn hear(&mut self, _: Now, event: &PhoneEvent, _: &mut Hands<'_>) {
        let mut mind = self.0.borrow_mut();
        match event {
            PhoneEvent::Invited { call, .. } => {
                mind.call = Some(*call);
                mind.talking = false;
            }
            PhoneEvent::Answered { call } if mind.call == Some(*call) => mind.talking = true,
            PhoneEvent::Ended { call, .. } if mind.call == Some(*call) => {
                mind.call = None;
                mind.talking = false;
            }
            _ => {}
        }
    }

    fn wake(&mut self, now: Now, hands: &mut Hands<'_>) {
        loop {
            let mut mind = self.0.borrow_mut();
            if mind.acts.front().is_none_or(|(at, _)| *at > now.mono) {
                return;
            }
            let act = mind.acts.pop_front();
            drop(mind);
            if let Some((_, act)) = act {
                self.act(now, act, hands);
            }
        }
    }

    fn deadline(&self) -> Option<Mono> {
        self.0.borrow().acts.front().map(|(at, _)| *at)
    }
}
