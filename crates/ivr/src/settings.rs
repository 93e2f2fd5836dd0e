//! What an operator decides about the scripts. Built and checked by `config`.

use std::time::Duration;

use model::Key;

/// Settings of the caller's and the agent's scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The key that asks for a callback.
    pub offer_key: OfferKey,
    /// To the first spoken offer: from where, [`Settings::offer_clock`] says.
    pub offer_after: Duration,
    /// From one spoken offer to the next; music plays between them.
    pub offer_every: Duration,
    /// What these two are measured from.
    pub offer_clock: OfferClock,
    /// What the offer key leads to.
    pub offer_opens: OfferOpens,
    /// A hash with nothing typed before it stands for the caller's own number; else it is nothing.
    pub hash_is_own_number: bool,
    /// How long the menu and the yes-or-no questions wait for a key once their prompt has ended,
    /// before they are asked again.
    pub choice_time: Duration,
    /// How often a question is asked before the caller returns to the queue.
    pub asks_max: u8,
    /// From one typed digit to the next, before the number is taken as complete.
    pub inter_digit: Duration,
    /// Bad numbers before the caller returns to the queue.
    pub entries_max: u8,
    /// Most digits of one entry; more are a bad number.
    pub digits_max: u8,
    /// How long the script waits for the promise to be durable before it says that callbacks are
    /// not available.
    pub promise_time: Duration,
    /// The longest message; it ends there.
    pub message_max: Duration,
    /// A shorter message is none.
    pub message_min: Duration,
    /// A message ends when nothing has been said for so long.
    pub message_silence: Duration,
    /// The keys that lead out of the queue another way than by a callback.
    pub exits: ExitKeys,
    /// Who leaves a message instead of waiting is called back about it, where that can be.
    pub message_calls_back: bool,
}

/// The keys that lead out of the queue another way than by a callback: from the greeting, the music
/// and the menu. Digits, for they are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExitKeys {
    /// To leave a message.
    pub message: Option<Key>,
    /// To the operator of the line; nothing on a line without one.
    pub operator: Option<Key>,
}

/// Another way out of the queue than a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// The caller leaves a message.
    Message,
    /// The caller is put through to the operator of the line.
    Operator,
}

/// The key that asks for a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferKey {
    /// This one.
    One(Key),
    /// Whichever is pressed.
    Any,
}

impl OfferKey {
    /// Whether this key asks for a callback.
    pub fn is(self, key: Key) -> bool {
        match self {
            OfferKey::One(offer_key) => offer_key == key,
            OfferKey::Any => true,
        }
    }
}

/// What the times of the spoken offers are measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferClock {
    /// From the end of what was said before: the greeting, and the last offer.
    Pauses,
    /// From the beginning of the call, and from the beginning of the last offer. An offer that
    /// falls into another prompt follows it.
    Waiting,
}

/// What the offer key leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferOpens {
    /// The menu: this number, another, or keep waiting.
    Menu,
    /// The promise to call the caller's own number; the menu for a caller without one.
    Promise,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            offer_key: OfferKey::One(Key::from_event(2).expect("2 is a key")),
            offer_after: Duration::ZERO,
            offer_every: Duration::from_secs(45),
            offer_clock: OfferClock::Pauses,
            offer_opens: OfferOpens::Menu,
            hash_is_own_number: false,
            choice_time: Duration::from_secs(6),
            asks_max: 3,
            inter_digit: Duration::from_secs(4),
            entries_max: 3,
            digits_max: 24,
            promise_time: Duration::from_secs(5),
            message_max: Duration::from_secs(180),
            message_silence: Duration::from_secs(6),
            message_min: Duration::from_secs(2),
            exits: ExitKeys::default(),
            message_calls_back: true,
        }
    }
}
