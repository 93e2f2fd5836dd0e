//! The phrases that the scripts speak. Each is one WAV file of a language's directory.

use std::sync::Arc;

/// One phrase. [`Phrase::clip`] is its file name without `.wav`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phrase {
    /// Welcome; all agents are busy. A line may name another file.
    Greeting,
    /// A file that the operator named.
    Named(Arc<str>),
    /// Music while waiting (language-neutral).
    Music,
    /// Ringback tone, for an agent who waits for the customer (language-neutral).
    Ringback,
    /// "Press 2 to be called back", the offer while waiting.
    Offer,
    /// "Press 1 for the number you are calling from, 2 for another, 3 to keep waiting."
    Menu,
    /// "Press 2 for a callback on a number that you type, 3 to keep waiting": the caller's own
    /// number cannot be used.
    MenuWithoutOwnNumber,
    /// "Type the number with 00 and the country code, then hash."
    EnterNumber,
    /// "That is not an international number."
    BadNumber,
    /// "We will call you on", followed by digits.
    ReadBack,
    /// "Press 1 to confirm, 2 to type it again."
    Confirm,
    /// "Plus", before the digits of an international number.
    Plus,
    /// One digit, 0 to 9.
    Digit(u8),
    /// "We will call you back, in your place. Goodbye."
    Promised,
    /// "You already have a callback waiting; it keeps its place."
    AlreadyWaiting,
    /// "Callbacks are not available now; please hold."
    NotAvailable,
    /// "You keep your place; please hold."
    BackToQueue,
    /// "Sorry, I did not understand."
    WrongKey,
    /// "Callback for", followed by digits; said to an agent.
    AgentCallback,
    /// "Press 1 to accept, 2 to decline"; said to an agent.
    AgentChoice,
    /// "Calling the customer now"; said to an agent.
    AgentDialling,
    /// "The customer could not be reached"; said to an agent.
    AgentNotReached,
    /// "This is the callback that you asked for"; said to a customer.
    CustomerHello,
}
