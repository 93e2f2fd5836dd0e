//! A customer: calls, waits or asks to be called back, hangs up at any step, answers the callback,
//! calls again.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use model::{Key, Mono, Now};
use phone::{Answering, CallHandle, CallTo, PhoneEvent, Side};

use crate::person::{Hands, Person};

/// How long a phone rings before somebody silences it: longer than any engine lets it ring.
const RINGS_MAX: Duration = Duration::from_secs(240);

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
    /// When the customer calls; more than once, when the customer is still interested then.
    pub calls_at: Vec<Mono>,
    /// The line's URI.
    pub line: String,
    /// The engine's SIP address.
    pub engine: SocketAddr,
    /// The customer's own number, as the trunk writes it.
    pub from: String,
    /// What the customer wants.
    pub wish: Wish,
    /// From dialling to hanging up, when nobody has answered by then.
    pub rings: Duration,
    /// From the answer to hanging up, when nobody has come by then.
    pub patience: Duration,
    /// How long a conversation lasts before the customer hangs up; the agent may do so earlier.
    pub talks: Duration,
    /// What the customer presses in a callback, each key after its pause.
    pub proof: Vec<(Duration, Key)>,
    /// How the phone answers once the first callback is over.
    pub later: Option<Answering>,
}

/// What the customer will do in one call.
#[derive(Debug)]
struct Receiver {
    keys: VecDeque<(Duration, Key)>,
    presses_at: Option<Mono>,
    hangs_up_at: Option<Mono>,
    /// How long the customer stays once the call is answered.
    stays: Duration,
}

/// See the module.
#[derive(Debug)]
pub struct CustomerPerson {
    habits: CustomerHabits,
    calls_at: VecDeque<Mono>,
    calls: BTreeMap<CallHandle, Receiver>,
}

impl CustomerPerson {
    /// A customer with these habits.
    pub fn new(habits: CustomerHabits) -> CustomerPerson {
        let calls_at = habits.calls_at.clone().into();
        CustomerPerson { calls_at, calls: BTreeMap::new(), habits }
    }

    fn dial(&mut self, now: Now, hands: &mut Hands<'_>) {
        if !self.calls.is_empty() {
            return;
        }
        let mut to = CallTo::new(self.habits.line.clone(), self.habits.engine);
        to.from = Some(self.habits.from.clone());
        let Ok(call) = hands.phone.call(now, to) else { return };
        let keys = match &self.habits.wish {
            Wish::Wait => VecDeque::new(),
            Wish::Press(keys) => keys.clone().into(),
        };
        let hangs_up_at = Some(now.mono + self.habits.rings);
        let stays = self.habits.patience;
        self.calls.insert(call, Receiver { keys, presses_at: None, hangs_up_at, stays });
    }
}

impl Person for CustomerPerson {
    fn hear(&mut self, now: Now, event: &PhoneEvent, hands: &mut Hands<'_>) {
        match event {
            PhoneEvent::Invited { call, .. } => {
                // The callback: the phone answers by its own habit, or is silenced at last.
                let hangs_up_at = Some(now.mono + RINGS_MAX);
                let (keys, stays) = (self.habits.proof.clone().into(), self.habits.talks);
                self.calls.insert(*call, Receiver { keys, presses_at: None, hangs_up_at, stays });
            }
            PhoneEvent::Answered { call } => {
                if let Some(receiver) = self.calls.get_mut(call) {
                    let first = receiver.keys.front();
                    receiver.presses_at = first.map(|(pause, _)| now.mono + *pause);
                    receiver.hangs_up_at = Some(now.mono + receiver.stays);
                }
            }
            PhoneEvent::Ended { call, .. } => {
                self.calls.remove(call);
                let record = hands.phone.diary().call(*call);
                if record.is_some_and(|record| record.side == Side::Callee)
                    && let Some(later) = self.habits.later.take()
                {
                    hands.phone.set_answering(later);
                }
            }
            _ => {}
        }
    }

    fn wake(&mut self, now: Now, hands: &mut Hands<'_>) {
        if self.calls_at.pop_front_if(|at| *at <= now.mono).is_some() {
            self.dial(now, hands);
        }
        let due = |at: &mut Option<Mono>| at.take_if(|at| *at <= now.mono).is_some();
        for (call, receiver) in &mut self.calls {
            if due(&mut receiver.presses_at)
                && let Some((_, key)) = receiver.keys.pop_front()
            {
                hands.press(*call, key);
                let next = receiver.keys.front();
                receiver.presses_at = next.map(|(pause, _)| now.mono + *pause);
            }
            if due(&mut receiver.hangs_up_at) {
                hands.phone.hang_up(now, *call);
            }
        }
    }

    fn deadline(&self) -> Option<Mono> {
        let calls = self.calls.values().flat_map(|call| [call.presses_at, call.hangs_up_at]);
        calls.chain([self.calls_at.front().copied()]).flatten().min()
    }
}
