//! An agent: answers or not, accepts or declines callbacks, talks, takes breaks.

use std::time::Duration;

use model::{AgentName, Entropy, Key, Mono, Now};
use phone::{CallHandle, PhoneEvent};
use queue::AgentStatus;

use crate::people::customer::due;
use crate::person::{Hands, Person};

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
    /// How long a conversation lasts, at least and at most.
    pub handles: (Duration, Duration),
    /// Status changes, in order of time.
    pub shifts: Vec<(Mono, AgentStatus)>,
}

/// See the module.
#[derive(Debug)]
pub struct AgentPerson {
    habits: AgentHabits,
    entropy: Entropy,
    call: Option<CallHandle>,
    chooses_at: Option<Mono>,
    hangs_up_at: Option<Mono>,
    next_shift: usize,
}

impl AgentPerson {
    /// An agent with these habits, who draws from `entropy`.
    pub fn new(habits: AgentHabits, entropy: Entropy) -> AgentPerson {
        AgentPerson {
            habits,
            entropy,
            call: None,
            chooses_at: None,
            hangs_up_at: None,
            next_shift: 0,
        }
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
}

impl Person for AgentPerson {
    fn hear(&mut self, now: Now, event: &PhoneEvent, _: &mut Hands<'_>) {
        match event {
            PhoneEvent::Answered { call } => {
                self.call = Some(*call);
                self.chooses_at = Some(now.mono + self.habits.thinks);
                let handles = self.handle_time();
                self.hangs_up_at = Some(now.mono + self.habits.thinks + handles);
            }
            PhoneEvent::Ended { call, .. } if self.call == Some(*call) => {
                self.call = None;
                self.chooses_at = None;
                self.hangs_up_at = None;
            }
            _ => {}
        }
    }

    fn wake(&mut self, now: Now, hands: &mut Hands<'_>) {
        while let Some((at, status)) = self.habits.shifts.get(self.next_shift)
            && *at <= now.mono
        {
            let agent = self.habits.name.clone();
            hands.command(engine::Command::SetStatus { agent, status: *status });
            self.next_shift += 1;
        }
        let Some(call) = self.call else { return };
        if due(&mut self.chooses_at, now.mono) {
            // At a live call the key means nothing, as on a real phone.
            self.choose(now, hands, call);
        }
        if due(&mut self.hangs_up_at, now.mono) {
            hands.phone.hang_up(now, call);
        }
    }

    fn deadline(&self) -> Option<Mono> {
        let shift = self.habits.shifts.get(self.next_shift).map(|(at, _)| *at);
        [shift, self.chooses_at, self.hangs_up_at].into_iter().flatten().min()
    }
}
