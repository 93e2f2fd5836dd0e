//! A person without a will: does what the script says, when it says so.

use std::collections::VecDeque;
use std::time::Duration;

use model::{Key, Mono, Now};
use phone::{CallHandle, CallTo, PhoneEvent};
use sim::{Hands, Person, lab};

use crate::script::Act;

/// Between two keys of one step.
const BETWEEN_KEYS: Duration = Duration::from_millis(500);

/// See the module.
pub struct Puppet {
    user: String,
    acts: VecDeque<(Mono, Act)>,
    keys: VecDeque<(Mono, Key)>,
    call: Option<CallHandle>,
}

impl Puppet {
    pub fn new(user: &str, acts: VecDeque<(Mono, Act)>) -> Puppet {
        Puppet { user: user.to_owned(), acts, keys: VecDeque::new(), call: None }
    }

    fn act(&mut self, now: Now, act: Act, hands: &mut Hands<'_>) {
        match (act, self.call) {
            (Act::Call { from, asserted, offer, line, headers }, _) => {
                let mut to = CallTo::new(format!("sip:{line}@{}", lab::ENGINE), lab::ENGINE);
                let uri = |user: &str| format!("sip:{user}@{}", lab::CARRIER);
                to.from = Some(uri(from.as_deref().unwrap_or(&self.user)));
                to.asserted = asserted.as_deref().map(uri);
                to.offer = offer;
                to.headers = headers;
                self.call = hands.phone.call(now, to).ok();
            }
            (Act::Press(keys), _) => {
                let mut at = now.mono;
                for key in keys {
                    self.keys.push_back((at, key));
                    at = at + BETWEEN_KEYS;
                }
            }
            (Act::Register(n), _) => hands.phone.register(now, lab::registrar(n)),
            (Act::RegisterAgain, _) => hands.phone.register_again(now),
            (Act::Unregister, _) => hands.phone.unregister(now),
            (Act::HangUp, Some(call)) => hands.phone.hang_up(now, call),
            (Act::Hold, Some(call)) => hands.phone.hold(now, call),
            (Act::Resume, Some(call)) => hands.phone.resume(now, call),
            (Act::AskForOffer, Some(call)) => hands.phone.ask_for_offer(now, call),
            (Act::Answers(answering), _) => hands.phone.set_answering(answering),
            (act, _) => panic!("a person cannot do this now: {act:?}"),
        }
    }
}

impl Person for Puppet {
    fn hear(&mut self, _: Now, event: &PhoneEvent, _: &mut Hands<'_>) {
        match event {
            PhoneEvent::Invited { call, .. } => self.call = Some(*call),
            PhoneEvent::Ended { call, .. } if self.call == Some(*call) => self.call = None,
            _ => {}
        }
    }

    fn wake(&mut self, now: Now, hands: &mut Hands<'_>) {
        while self.acts.front().is_some_and(|(at, _)| *at <= now.mono) {
            let (_, act) = self.acts.pop_front().expect("it was just seen");
            self.act(now, act, hands);
        }
        while self.keys.front().is_some_and(|(at, _)| *at <= now.mono) {
            let (_, key) = self.keys.pop_front().expect("it was just seen");
            if let Some(call) = self.call {
                hands.press(call, key);
            }
        }
    }

    fn deadline(&self) -> Option<Mono> {
        let act = self.acts.front().map(|(at, _)| *at);
        let key = self.keys.front().map(|(at, _)| *at);
        [act, key].into_iter().flatten().min()
    }
}
