//! A person without a will: does what the script says, when it says so.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use model::{Key, Mono, Now};
use phone::{CallHandle, CallTo, PhoneEvent};
use sim::{Hands, Person, lab};

use crate::script::Act;
use crate::stage::address_of;

/// Between two keys of one step.
const BETWEEN_KEYS: Duration = Duration::from_millis(500);

/// Whose dialog with the engine is which, as a Replaces header names it to the engine.
pub type Dialogs = Rc<RefCell<BTreeMap<String, String>>>;

/// See the module.
pub struct Puppet {
    user: String,
    acts: VecDeque<(Mono, Act)>,
    keys: VecDeque<(Mono, Key)>,
    call: Option<CallHandle>,
    /// A second call, to somebody who is asked first.
    other: Option<CallHandle>,
    consulted: Option<(String, SocketAddr)>,
    dialogs: Dialogs,
}

impl Puppet {
    pub fn new(user: &str, acts: VecDeque<(Mono, Act)>, dialogs: Dialogs) -> Puppet {
        let (user, keys) = (user.to_owned(), VecDeque::new());
        Puppet { user, acts, keys, call: None, other: None, consulted: None, dialogs }
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
            (Act::Dial { code, login }, _) => {
                let mut to = CallTo::new(format!("sip:{code}@{}", lab::ENGINE), lab::ENGINE);
                to.login = login.map(lab::registrar).map(Box::new);
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
            (Act::HandOn { to, told }, Some(call)) => {
                let target = match to.as_str() {
                    "bob" => format!("sip:bob@{}", address_of("bob")),
                    to => format!("sip:{to}@{}", lab::ENGINE),
                };
                hands.phone.refer(now, call, &target, told);
            }
            (Act::Consult(whom), _) => {
                let to = address_of(&whom);
                self.other =
                    hands.phone.call(now, CallTo::new(format!("sip:{whom}@{to}"), to)).ok();
                self.consulted = Some((whom, to));
            }
            (Act::HandOnConsulted, Some(call)) => {
                let (whom, at) = self.consulted.clone().expect("somebody was consulted");
                let other = self.other.and_then(|other| hands.phone.replaces(other));
                let replaces = other.expect("the consultation is up").replace(';', "%3B");
                let replaces = replaces.replace('=', "%3D").replace('@', "%40");
                let target = format!("sip:{whom}@{at}?Replaces={replaces}");
                hands.phone.refer(now, call, &target, true);
            }
            (Act::TakeOver { from, early_only }, _) => {
                let dialog = self.dialogs.borrow().get(&from).cloned().expect("a call to take");
                let early_only = if early_only { ";early-only" } else { "" };
                let mut to = CallTo::new(format!("sip:{from}@{}", lab::ENGINE), lab::ENGINE);
                to.headers.push(("Replaces".to_owned(), format!("{dialog}{early_only}")));
                self.call = hands.phone.call(now, to).ok();
            }
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
    fn hear(&mut self, _: Now, event: &PhoneEvent, hands: &mut Hands<'_>) {
        match event {
            PhoneEvent::Invited { call, .. } => self.call = Some(*call),
            PhoneEvent::Answered { call } if self.call == Some(*call) => {
                let dialog = hands.phone.replaces(*call);
                self.dialogs.borrow_mut().extend(dialog.map(|dialog| (self.user.clone(), dialog)));
            }
            PhoneEvent::Ended { call, .. } if self.call == Some(*call) => self.call = None,
            PhoneEvent::Ended { call, .. } if self.other == Some(*call) => self.other = None,
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
