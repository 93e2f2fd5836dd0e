//! A day of a contact centre: who calls, who works, what goes wrong. A plain value; [`Day::run`]
//! lives it to the end and has every oracle judge it.
//!
//! [`Day::default`] is an operator's quiet day, to be changed field by field. [`Day::of_seed`]
//! draws one: some faults are in it and some are not (swarm), and any limit may be tiny (buggify).
//! All shares are in thousandths.

mod change;
mod drawn;
mod lived;
pub(crate) mod orders;
mod people;
mod results;
mod series;

use std::time::Duration;

use engine::Srtp;
use model::{Mono, Wall};

pub use change::Change;
pub use lived::Lived;
pub use results::{Results, Waits};
pub use series::{Guessed, Minute, Series, Served};

use crate::journal::Disk;
use crate::net::Weather;
use crate::world::{CrashAt, Event, Grain, Mischief};

/// A span from which a time is drawn: at least and at most.
pub type Span = (Duration, Duration);

/// See the module.
#[derive(Debug, Clone)]
pub struct Day {
    /// The root of every draw.
    pub seed: u64,
    /// How finely media is simulated.
    pub grain: Grain,
    /// The wall clock at the start.
    pub begins: Wall,
    /// How long customers call. The day then runs on until nothing is left.
    pub length: Duration,
    /// Lines, each with a queue of its own, served by all agents; 1 to 4.
    pub lines: u8,
    /// Calls per hour, hour by hour; the last one goes for the rest.
    pub arrivals: Vec<u32>,
    /// What customers do.
    pub customers: Customers,
    /// Who works.
    pub staff: Staff,
    /// The rules of the line.
    pub policy: Policy,
    /// How much the engine can take.
    pub limits: Limits,
    /// How signalling fares.
    pub sip: Weather,
    /// How media fares.
    pub rtp: Weather,
    /// How the disk behaves.
    pub disk: Disk,
    /// What happens at the worst of moments.
    pub mischief: Mischief,
    /// What goes wrong, and when.
    pub faults: Vec<(Mono, Event)>,
    /// Reloads: from each moment on the settings of the day with these changes.
    pub reloads: Vec<(Mono, Vec<Change>)>,
    /// A crash at a fact boundary.
    pub crash: Option<CrashAt>,
}

/// What customers do.
#[derive(Debug, Clone)]
pub struct Customers {
    /// Choose to be called back on their own number.
    pub own_number_permille: u32,
    /// Choose to be called back on another number.
    pub other_number_permille: u32,
    /// Of those: press keys that mean nothing, too.
    pub wrong_keys_permille: u32,
    /// Hang up in the first seconds, at whatever step they are.
    pub hangs_up_permille: u32,
    /// Call without a number that can be called back.
    pub anonymous_permille: u32,
    /// Call again later, whatever they were promised.
    pub again_permille: u32,
    /// How long they wait.
    pub patience: Span,
    /// How long they talk at most.
    pub talks: Span,
    /// How their phones answer a callback.
    pub answers: Answers,
}

/// How customers' phones answer a callback; the rest of a thousand answer after some seconds.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// 486.
    pub busy_permille: u32,
    /// Ring and ring.
    pub no_answer_permille: u32,
    /// 603.
    pub declines_permille: u32,
    /// 404, 480, 500 or 503.
    pub fails_permille: u32,
    /// A machine: answers at once, hangs up after its message.
    pub machine_permille: u32,
    /// Two phones answer at once.
    pub fork_permille: u32,
    /// Not a packet comes back.
    pub dead_permille: u32,
    /// Behave otherwise at the second attempt.
    pub changes_permille: u32,
    /// Of those who answer: ring with early media (183 with a description).
    pub early_permille: u32,
}

/// Who works.
#[derive(Debug, Clone)]
pub struct Staff {
    /// How many agents.
    pub agents: u8,
    /// When they come, from the start of the day.
    pub comes: Span,
    /// How long after the last call they leave.
    pub overtime: Span,
    /// How many breaks each takes.
    pub breaks: u8,
    /// How long a break is.
    pub break_length: Span,
    /// From the answer to the key.
    pub thinks: Span,
    /// From the ring to the answer.
    pub rings: Span,
    /// How long a conversation lasts.
    pub handles: Span,
    /// Callbacks declined by key 2.
    pub declines_permille: u32,
    /// Callbacks at which the agent hangs up.
    pub hangs_up_permille: u32,
    /// Callbacks at which the agent presses nothing.
    pub ignores_permille: u32,
    /// Calls refused while they ring.
    pub rejects_permille: u32,
    /// Conversations with a hold in the middle.
    pub holds_permille: u32,
    /// Conversations that the agent hands on to a colleague, who may be anywhere.
    pub transfers_permille: u32,
    /// How often each agent's phone is cut off for a while.
    pub lost_phones: u8,
    /// Agents whose phones register, in place of standing in the settings.
    pub registers_permille: u32,
    /// How often the address translator of such a phone gives it another port.
    pub rebinds: u8,
}

/// The rules of the line, as an operator sets them.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How long a request waits before it ends by itself.
    pub request_ttl: Duration,
    /// How many times a customer is dialled.
    pub attempts_total: u16,
    /// From a failed attempt to the next.
    pub retry_delay: Duration,
    /// How long customer and agent must talk for a success.
    pub min_talk: Duration,
    /// For how long a declined work is not offered again to the same agent.
    pub decline_pause: Duration,
    /// How many agents are rung at once for a callback, and for a caller.
    pub rings: (u16, u16),
    /// Lines that ask for a skill, or stand before others, and agents who have it.
    pub skills: Skilled,
    /// Customers who are called back must press 1.
    pub human_proof: bool,
    /// How callbacks are dialled.
    pub dials: queue::Dialling,
    /// From the end of a conversation to the next offer.
    pub wrap_up: Duration,
    /// How long an agent's phone rings.
    pub agent_ring: Duration,
    /// How long a customer's phone rings.
    pub customer_ring: Duration,
    /// How long an agent may think.
    pub agent_choice: Duration,
    /// From 180 to 200 of an arriving call.
    pub answers_after: Duration,
    /// From the start of waiting to the first spoken offer.
    pub offer_after: Duration,
    /// How much may be called in a day.
    pub caps: queue::Caps,
    /// When customers are called, by their own clocks.
    pub calling_hours: Option<queue::CallingHours>,
    /// What becomes of customers who have a place already.
    pub duplicates: queue::Duplicates,
    /// How many appointments a quarter of an hour takes.
    pub slot_callbacks: Option<u16>,
    /// Which conversations are recorded.
    pub recording: Option<engine::RecordingSettings>,
    /// SRTP with the trunk, and with the agents' phones. Where it is required the phones speak
    /// nothing else; else they never heard of it.
    pub srtp: (Srtp, Srtp),
    /// The trunk, and the agents' phones, speak G.722 and nothing else.
    pub wide: (bool, bool),
}

/// Who asks for what, and who has it.
#[derive(Debug, Clone, Default)]
pub struct Skilled {
    /// Every second line asks for this much French.
    pub asked: Option<u8>,
    /// How much of it the agents have, from the first on, over and over; none, and nobody has any.
    pub has: Vec<u8>,
    /// All lines lead into one queue.
    pub one_queue: bool,
    /// The priority of each line; none, and it is 0.
    pub priorities: Vec<u8>,
    /// Callbacks do not keep the skills of their calls.
    pub drops_skills: bool,
    /// Nor their priority.
    pub drops_priority: bool,
}

/// How much the engine can take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Live callers and open requests together.
    pub entries_max: usize,
    /// SIP sessions.
    pub sessions_max: usize,
    /// SIP transactions.
    pub transactions_max: usize,
    /// Media ports.
    pub ports: u16,
    /// Calls over the trunk.
    pub trunk: engine::TrunkLimits,
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

impl Default for Day {
    fn default() -> Day {
        Day {
            seed: 1,
            grain: Grain::Cues,
            // 2026-11-23, a Monday, 08:00 in Paris.
            begins: Wall::from_unix_millis(1_795_417_200_000),
            length: secs(8 * 3_600),
            lines: 1,
            arrivals: vec![60],
            customers: Customers {
                own_number_permille: 300,
                other_number_permille: 50,
                wrong_keys_permille: 50,
                hangs_up_permille: 50,
                anonymous_permille: 20,
                again_permille: 50,
                patience: (secs(60), secs(900)),
                talks: (secs(60), secs(600)),
                answers: Answers {
                    busy_permille: 50,
                    no_answer_permille: 100,
                    machine_permille: 50,
                    changes_permille: 500,
                    ..Answers::default()
                },
            },
            staff: Staff {
                agents: 5,
                comes: (secs(0), secs(600)),
                overtime: (secs(1_800), secs(3_600)),
                breaks: 2,
                break_length: (secs(600), secs(1_800)),
                thinks: (secs(2), secs(8)),
                rings: (secs(1), secs(5)),
                handles: (secs(60), secs(360)),
                declines_permille: 20,
                hangs_up_permille: 10,
                ignores_permille: 10,
                rejects_permille: 10,
                holds_permille: 50,
                transfers_permille: 0,
                lost_phones: 0,
                registers_permille: 0,
                rebinds: 0,
            },
            policy: Policy::default(),
            limits: Limits::default(),
            sip: Weather::FINE,
            rtp: Weather::FINE,
            disk: Disk::FINE,
            mischief: Mischief::default(),
            faults: Vec::new(),
            reloads: Vec::new(),
            crash: None,
        }
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            request_ttl: secs(8 * 3_600),
            attempts_total: 3,
            retry_delay: secs(300),
            min_talk: Duration::ZERO,
            decline_pause: secs(60),
            rings: (1, 1),
            skills: Skilled::default(),
            human_proof: false,
            dials: queue::Dialling::default(),
            wrap_up: secs(20),
            agent_ring: secs(20),
            customer_ring: secs(30),
            agent_choice: secs(20),
            answers_after: Duration::ZERO,
            offer_after: Duration::ZERO,
            caps: queue::Caps::default(),
            calling_hours: None,
            duplicates: queue::Duplicates::Ignore,
            slot_callbacks: None,
            recording: None,
            srtp: (Srtp::Off, Srtp::Off),
            wide: (false, false),
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            entries_max: 100_000,
            sessions_max: 10_000,
            transactions_max: 40_000,
            ports: 8_000,
            trunk: engine::TrunkLimits::default(),
        }
    }
}
