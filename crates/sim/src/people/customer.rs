//! A customer: calls, waits or asks to be called back, hangs up at any step, answers the callback.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Key, Mono, Now};
use phone::{CallHandle, CallTo, PhoneEvent};

use crate::person::{Hands, Person};

/// What a customer wants of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// To wait for an agent.
    Wait,
    /// To press these keys, each after its pause from the one before (the first from the answer).
    Press(Vec<(Duration, Key)>),
}

/// What is drawn for one customer before the day begins.
#[derive(Debug, Clone)]
pub struct CustomerHabits {
    /// When the customer calls.
    pub calls_at: Mono,
    /// The line's URI.
    pub line: String,
    /// The engine's SIP address.
    pub engine: SocketAddr,
    /// The customer's own number, as the trunk writes it.
    pub from: String,
    /// What the customer wants.
    pub wish: Wish,
    /// From the answer to hanging up, when nobody has come by then.
    pub patience: Duration,
    /// How long a conversation lasts before the customer hangs up; the agent may do so earlier.
    pub talks: Duration,
}

/// See the module.
#[derive(Debug)]
pub struct CustomerPerson {
    habits: CustomerHabits,
    keys: VecDeque<(Duration, Key)>,
    call: Option<CallHandle>,
    calls_at: Option<Mono>,
    presses_at: Option<Mono>,
    gives_up_at: Option<Mono>,
}

impl CustomerPerson {
    /// A customer with these habits.
    pub fn new(habits: CustomerHabits) -> CustomerPerson {
        let keys = match &habits.wish {
            Wish::Wait => VecDeque::new(),
            Wish::Press(keys) => keys.clone().into(),
        };
        CustomerPerson {
            keys,
            call: None,
            calls_at: Some(habits.calls_at),
            presses_at: None,
            gives_up_at: None,
            habits,
        }
    }

    fn next_key(&mut self, now: Mono) {
        self.presses_at = self.keys.front().map(|(pause, _)| now + *pause);
    }
}

/// True when the moment has come; it is then forgotten.
pub(crate) fn due(at: &mut Option<Mono>, now: Mono) -> bool {
    let due = at.is_some_and(|at| at <= now);
    if due {
        *at = None;
    }
    due
}

impl Person for CustomerPerson {
    fn hear(&mut self, now: Now, event: &PhoneEvent, _: &mut Hands<'_>) {
        match event {
            PhoneEvent::Answered { call } if self.call == Some(*call) => {
                self.next_key(now.mono);
                self.gives_up_at = Some(now.mono + self.habits.patience);
            }
            // The callback: the phone answers by its own habit.
            PhoneEvent::Answered { call } => {
                self.call = Some(*call);
                self.gives_up_at = Some(now.mono + self.habits.talks);
            }
            PhoneEvent::Ended { call, .. } if self.call == Some(*call) => {
                self.call = None;
                self.presses_at = None;
                self.gives_up_at = None;
            }
            _ => {}
        }
    }

    fn wake(&mut self, now: Now, hands: &mut Hands<'_>) {
        if due(&mut self.calls_at, now.mono) {
            let mut to = CallTo::new(self.habits.line.clone(), self.habits.engine);
            to.from = Some(self.habits.from.clone());
            self.call = hands.phone.call(now, to).ok();
        }
        let Some(call) = self.call else { return };
        if due(&mut self.presses_at, now.mono)
            && let Some((_, key)) = self.keys.pop_front()
        {
            hands.press(call, key);
            self.next_key(now.mono);
        }
        if due(&mut self.gives_up_at, now.mono) {
            hands.phone.hang_up(now, call);
        }
    }

    fn deadline(&self) -> Option<Mono> {
        [self.calls_at, self.presses_at, self.gives_up_at].into_iter().flatten().min()
    }
}
