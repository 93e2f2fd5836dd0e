//! An agent: answers or not, accepts or declines callbacks, talks, takes breaks.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{AgentName, Entropy, Key, Mono, Now};
use phone::{CallHandle, PhoneEvent};
use queue::AgentStatus;

use crate::lab;
use crate::person::{Hands, Person};

/// How long a customer is held.
const HOLD: Duration = Duration::from_secs(10);

/// What is drawn for one agent before the day begins. Shares are in thousandths.
#[derive(Debug, Clone)]
pub struct AgentHabits {
    /// The agent's name in the settings.
    pub name: AgentName,
    /// From the answer to the key that accepts or declines.
    pub thinks: Duration,
    /// Callbacks declined by key 2.
    pub declines_permille: u32,
    /// Callbacks at which the agent hangs up instead of choosing.
    pub hangs_up_permille: u32,
    /// Callbacks at which the agent presses nothing.
    pub ignores_permille: u32,
    /// Calls that the agent refuses while they ring (603).
    pub rejects_permille: u32,
    /// Conversations in the middle of which the agent puts the customer on hold for ten seconds.
    pub holds_permille: u32,
    /// Conversations that the agent hands on a third through; of every three, one without waiting
    /// for what comes of it.
    pub transfers_permille: u32,
    /// How many agents there are, of whom one is named: the agent too, or one who is not there.
    pub colleagues: u8,
    /// How long a conversation lasts, at least and at most.
    pub handles: (Duration, Duration),
    /// Status changes, in order of time.
    pub shifts: Vec<(Mono, AgentStatus)>,
}

/// One call of an agent, and what the agent will do in it.
#[derive(Debug)]
struct Desk {
    chooses_at: Option<Mono>,
    holds_at: Option<Mono>,
    resumes_at: Option<Mono>,
    hangs_up_at: Option<Mono>,
    hands_on_at: Option<Mono>,
}

/// See the module.
#[derive(Debug)]
pub struct AgentPerson {
    habits: AgentHabits,
    entropy: Entropy,
    /// Whom the agent hands conversations on to: dice of their own.
    transfers: Entropy,
    calls: BTreeMap<CallHandle, Desk>,
    next_shift: usize,
}

impl AgentPerson {
    /// An agent with these habits, who draws from `entropy`.
    pub fn new(habits: AgentHabits, entropy: Entropy) -> AgentPerson {
        let transfers = entropy.branch("transfers");
        AgentPerson { habits, entropy, transfers, calls: BTreeMap::new(), next_shift: 0 }
    }

    fn handle_time(&mut self) -> Duration {
        let (least, most) = self.habits.handles;
        let spread = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX);
        least + Duration::from_millis(self.entropy.below(spread.saturating_add(1)))
    }

    fn choose(&mut self, now: Now, hands: &mut Hands<'_>, call: CallHandle) {
        let draw = u32::try_from(self.entropy.below(1_000)).unwrap_or(0);
        let habits = &self.habits;
        let declines = habits.declines_permille;
        let hangs_up = declines + habits.hangs_up_permille;
        let ignores = hangs_up + habits.ignores_permille;
        if draw < declines {
            hands.press(call, Key::from_event(2).expect("2 is a key"));
        } else if draw < hangs_up {
            hands.phone.hang_up(now, call);
        } else if draw >= ignores {
            hands.press(call, Key::from_event(1).expect("1 is a key"));
        }
    }

    /// Names a colleague, and hangs up at once or waits to be told.
    fn hand_on(&mut self, now: Now, hands: &mut Hands<'_>, call: CallHandle) {
        let colleague = 1 + self.transfers.below(u64::from(self.habits.colleagues) + 1);
        let target = format!("sip:agent-{colleague}@{}", lab::ENGINE);
        let leaves = self.transfers.below(3) == 0;
        hands.phone.refer(now, call, &target, !leaves);
        if leaves {
            hands.phone.hang_up(now, call);
        }
    }

    fn say_status(&self, hands: &mut Hands<'_>) {
        let said = self.habits.shifts[..self.next_shift].last();
        if let Some((_, status)) = said {
            let agent = self.habits.name.clone();
            hands.command(engine::Command::SetStatus { agent, status: *status, reason: None });
        }
    }
}

impl Person for AgentPerson {
    fn hear(&mut self, now: Now, event: &PhoneEvent, hands: &mut Hands<'_>) {
        match event {
            PhoneEvent::Invited { call, .. } => {
                // Nobody is heard in a call that the engine has forgotten: it is hung up when the
                // phone rings again.
                for other in self.calls.keys() {
                    hands.phone.hang_up(now, *other);
                }
                if self.entropy.chance(self.habits.rejects_permille) {
                    hands.phone.reject(now, *call, 603);
                }
            }
            PhoneEvent::Answered { call } => {
                let handles = self.handle_time();
                let begins = now.mono + self.habits.thinks;
                let holds = self.entropy.chance(self.habits.holds_permille);
                let holds_at = holds.then(|| begins + handles / 2);
                let hands_on = self.transfers.chance(self.habits.transfers_permille);
                let desk = Desk {
                    hands_on_at: hands_on.then(|| begins + handles / 3),
                    chooses_at: Some(begins),
                    holds_at,
                    resumes_at: holds_at.map(|at| at + HOLD),
                    hangs_up_at: Some(begins + handles),
                };
                self.calls.insert(*call, desk);
            }
            PhoneEvent::Ended { call, .. } => {
                self.calls.remove(call);
            }
            _ => {}
        }
    }

    fn wake(&mut self, now: Now, hands: &mut Hands<'_>) {
        while let Some((at, _)) = self.habits.shifts.get(self.next_shift)
            && *at <= now.mono
        {
            self.next_shift += 1;
            self.say_status(hands);
        }
        let due = |at: &mut Option<Mono>| at.take_if(|at| *at <= now.mono).is_some();
        let mut choosing = Vec::new();
        let mut handing_on = Vec::new();
        for (call, desk) in &mut self.calls {
            if due(&mut desk.chooses_at) {
                choosing.push(*call);
            }
            if due(&mut desk.hands_on_at) {
                handing_on.push(*call);
            }
            if due(&mut desk.holds_at) {
                hands.phone.hold(now, *call);
            }
            if due(&mut desk.resumes_at) {
                hands.phone.resume(now, *call);
            }
            if due(&mut desk.hangs_up_at) {
                hands.phone.hang_up(now, *call);
            }
        }
        for call in choosing {
            // At a live call the key means nothing, as on a real phone.
            self.choose(now, hands, call);
        }
        for call in handing_on {
            self.hand_on(now, hands, call);
        }
    }

    fn shifts(&self) -> Option<Vec<(Mono, AgentStatus)>> {
        Some(self.habits.shifts.clone())
    }

    fn engine_started(&mut self, hands: &mut Hands<'_>) {
        self.say_status(hands);
    }

    fn deadline(&self) -> Option<Mono> {
        let shift = self.habits.shifts.get(self.next_shift).map(|(at, _)| *at);
        let calls = self.calls.values().flat_map(|desk| {
            let Desk { chooses_at, holds_at, resumes_at, hangs_up_at, hands_on_at } = desk;
            [*chooses_at, *holds_at, *resumes_at, *hangs_up_at, *hands_on_at]
        });
        calls.chain([shift]).flatten().min()
    }
}
