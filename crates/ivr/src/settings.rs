//! What an operator decides about the scripts. Built and checked by `config`.

use std::time::Duration;

use model::Key;

/// Settings of the caller's and the agent's scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The key that opens the callback menu.
    pub offer_key: Key,
    /// From the start of waiting to the first spoken offer.
    pub offer_after: Duration,
    /// From the end of one spoken offer to the next; music plays between them.
    pub offer_every: Duration,
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
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            offer_key: Key::from_event(2).expect("2 is a key"),
            offer_after: Duration::ZERO,
            offer_every: Duration::from_secs(45),
            choice_time: Duration::from_secs(6),
            asks_max: 3,
            inter_digit: Duration::from_secs(4),
            entries_max: 3,
            digits_max: 24,
            promise_time: Duration::from_secs(5),
        }
    }
}
