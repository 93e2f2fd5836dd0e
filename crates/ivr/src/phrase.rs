//! The phrases that the scripts speak. Each is one WAV file of a language's directory.

use std::borrow::Cow;
use std::sync::Arc;

use model::E164;

use crate::wait;

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
    /// "To be called back, press", followed by a digit: the offer where another key is for that.
    OfferPress,
    /// "Press any key to be called back", where every key is for that.
    OfferAny,
    /// "Press the star key to be called back".
    OfferStar,
    /// "Press the hash key to be called back".
    OfferHash,
    /// "Press 1 for the number you are calling from, 2 for another, 3 to keep waiting."
    Menu,
    /// "Press 2 for a callback on a number that you type, 3 to keep waiting": the caller's own
    /// number cannot be used.
    MenuWithoutOwnNumber,
    /// "Type the number with 00 and the country code, then hash."
    EnterNumber,
    /// "That is not an international number."
    BadNumber,
    /// "We cannot call that number."
    NumberRefused,
    /// "We will call you on", followed by digits.
    ReadBack,
    /// "Press 1 to confirm, 2 to type it again."
    Confirm,
    /// "Plus", before the digits of an international number.
    Plus,
    /// One digit, 0 to 9.
    Digit(u8),
    /// A number of minutes, without the word: 1 to 20, then each fifth up to 60.
    Count(u8),
    /// A number of any size, by the grammar of the language: see [`crate::spell`].
    Number(u32),
    /// A length of time in minutes, likewise, with its nouns.
    Duration(u32),
    /// A time of day in minutes from midnight, likewise, with the word that "at" is.
    Clock(u16),
    /// A piece of these that a language has for itself, by its file: see [`crate::pieces`].
    Piece(&'static str),
    /// "You are number", followed by a number.
    Position,
    /// "You are the next in line."
    PositionFirst,
    /// "The estimated waiting time is about", followed by a number or two, and the word.
    WaitAbout,
    /// "to", between the two numbers of a range.
    WaitTo,
    /// "minutes", after a number.
    WaitMinutes,
    /// "The estimated waiting time is about one minute."
    WaitOne,
    /// "Please expect to wait for more than an hour."
    WaitLong,
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
    /// "Type your identifier, then hash"; said to an agent of somebody else's ACD.
    AgentIdentify,
    /// "Calling the customer now"; said to an agent.
    AgentDialling,
    /// "The customer could not be reached"; said to an agent.
    AgentNotReached,
    /// "You are online"; said to an agent who dialled so, as are those that follow.
    AgentOnline,
    /// "You are away."
    AgentAway,
    /// "You take transfers only."
    AgentTransferOnly,
    /// "You are offline."
    AgentOffline,
    /// "Reason", followed by a digit.
    AgentReason,
    /// "Your wrap-up is over."
    AgentReady,
    /// "This is the callback that you asked for"; said to a customer.
    CustomerHello,
    /// "This conversation is recorded"; said to a customer.
    RecordingNotice,
    /// "If you do not want that, press", followed by a digit; said to a customer.
    RecordingKey,
    /// "This conversation is not recorded"; said to a customer who declined.
    RecordingDeclined,
    /// "Leave your message after the tone; end it with hash."
    Message,
    /// "Your message was recorded."
    MessageKept,
    /// The tone after which a message is recorded (language-neutral).
    Beep,
    /// "To leave a message, press", followed by a digit.
    ExitMessage,
    /// "To speak with our operator, press", followed by a digit.
    ExitOperator,
    /// "Please hold, we are putting you through."
    Connecting,
    /// "This is your callback; press 1 to speak with an agent, 2 to be called later, 3 to cancel";
    /// said to a customer.
    CustomerChoice,
}

impl Phrase {
    /// Every phrase that a set of prompts has in every language: all but [`Phrase::Named`], the
    /// pieces of a language, and what is put together from them.
    pub fn all() -> Vec<Phrase> {
        let mut all = vec![
            Phrase::Greeting,
            Phrase::Music,
            Phrase::Ringback,
            Phrase::Offer,
            Phrase::OfferPress,
            Phrase::OfferAny,
            Phrase::OfferStar,
            Phrase::OfferHash,
            Phrase::Menu,
            Phrase::MenuWithoutOwnNumber,
            Phrase::EnterNumber,
            Phrase::BadNumber,
            Phrase::NumberRefused,
            Phrase::ReadBack,
            Phrase::Confirm,
            Phrase::Plus,
            Phrase::Position,
            Phrase::PositionFirst,
            Phrase::WaitAbout,
            Phrase::WaitTo,
            Phrase::WaitMinutes,
            Phrase::WaitOne,
            Phrase::WaitLong,
            Phrase::Promised,
            Phrase::AlreadyWaiting,
            Phrase::NotAvailable,
            Phrase::BackToQueue,
            Phrase::WrongKey,
            Phrase::AgentCallback,
            Phrase::AgentChoice,
            Phrase::AgentIdentify,
            Phrase::AgentDialling,
            Phrase::AgentNotReached,
            Phrase::AgentOnline,
            Phrase::AgentAway,
            Phrase::AgentTransferOnly,
            Phrase::AgentOffline,
            Phrase::AgentReason,
            Phrase::AgentReady,
            Phrase::CustomerHello,
            Phrase::RecordingNotice,
            Phrase::RecordingKey,
            Phrase::RecordingDeclined,
            Phrase::Message,
            Phrase::MessageKept,
            Phrase::Beep,
            Phrase::CustomerChoice,
            Phrase::ExitMessage,
            Phrase::ExitOperator,
            Phrase::Connecting,
        ];
        all.extend((0..=9).map(Phrase::Digit));
        all.extend(wait::counts().map(Phrase::Count));
        all
    }

    /// The file name without `.wav`: `menu`, `digit-3`. What is put together from pieces has none,
    /// and is called by what it is.
    pub fn clip(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Phrase::Greeting => "greeting",
            Phrase::Named(name) => name,
            Phrase::Music => "music",
            Phrase::Ringback => "ringback",
            Phrase::Offer => "offer",
            Phrase::OfferPress => "offer-press",
            Phrase::OfferAny => "offer-any",
            Phrase::OfferStar => "offer-star",
            Phrase::OfferHash => "offer-hash",
            Phrase::Menu => "menu",
            Phrase::MenuWithoutOwnNumber => "menu-without-own-number",
            Phrase::EnterNumber => "enter-number",
            Phrase::BadNumber => "bad-number",
            Phrase::NumberRefused => "number-refused",
            Phrase::ReadBack => "read-back",
            Phrase::Confirm => "confirm",
            Phrase::Plus => "plus",
            Phrase::Digit(digit) => return Cow::Owned(format!("digit-{digit}")),
            Phrase::Count(minutes) => return Cow::Owned(format!("count-{minutes}")),
            Phrase::Number(_) => "number",
            Phrase::Duration(_) => "length-of-time",
            Phrase::Clock(_) => "time-of-day",
            Phrase::Piece(clip) => clip,
            Phrase::Position => "position",
            Phrase::PositionFirst => "position-first",
            Phrase::WaitAbout => "wait-about",
            Phrase::WaitTo => "wait-to",
            Phrase::WaitMinutes => "wait-minutes",
            Phrase::WaitOne => "wait-one",
            Phrase::WaitLong => "wait-long",
            Phrase::Promised => "promised",
            Phrase::AlreadyWaiting => "already-waiting",
            Phrase::NotAvailable => "not-available",
            Phrase::BackToQueue => "back-to-queue",
            Phrase::WrongKey => "wrong-key",
            Phrase::AgentCallback => "agent-callback",
            Phrase::AgentChoice => "agent-choice",
            Phrase::AgentIdentify => "agent-identify",
            Phrase::AgentDialling => "agent-dialling",
            Phrase::AgentNotReached => "agent-not-reached",
            Phrase::AgentOnline => "agent-online",
            Phrase::AgentAway => "agent-away",
            Phrase::AgentTransferOnly => "agent-transfer-only",
            Phrase::AgentOffline => "agent-offline",
            Phrase::AgentReason => "agent-reason",
            Phrase::AgentReady => "agent-ready",
            Phrase::CustomerHello => "customer-hello",
            Phrase::RecordingNotice => "recording-notice",
            Phrase::RecordingKey => "recording-key",
            Phrase::RecordingDeclined => "recording-declined",
            Phrase::Message => "message",
            Phrase::MessageKept => "message-kept",
            Phrase::Beep => "beep",
            Phrase::CustomerChoice => "customer-choice",
            Phrase::ExitMessage => "exit-message",
            Phrase::ExitOperator => "exit-operator",
            Phrase::Connecting => "connecting",
        })
    }

    /// True for what is said once the offer key was pressed, up to the promise. An operator may
    /// have it spoken in another language than the rest.
    pub fn is_of_menu(&self) -> bool {
        match self {
            Phrase::Menu
            | Phrase::MenuWithoutOwnNumber
            | Phrase::EnterNumber
            | Phrase::BadNumber
            | Phrase::NumberRefused
            | Phrase::ReadBack
            | Phrase::Confirm
            | Phrase::Plus
            | Phrase::Digit(_)
            | Phrase::BackToQueue
            | Phrase::WrongKey => true,
            Phrase::Greeting
            | Phrase::Named(_)
            | Phrase::Music
            | Phrase::Ringback
            | Phrase::Offer
            | Phrase::OfferPress
            | Phrase::OfferAny
            | Phrase::OfferStar
            | Phrase::OfferHash
            | Phrase::Count(_)
            | Phrase::Number(_)
            | Phrase::Duration(_)
            | Phrase::Clock(_)
            | Phrase::Piece(_)
            | Phrase::Position
            | Phrase::PositionFirst
            | Phrase::WaitAbout
            | Phrase::WaitTo
            | Phrase::WaitMinutes
            | Phrase::WaitOne
            | Phrase::WaitLong
            | Phrase::Promised
            | Phrase::AlreadyWaiting
            | Phrase::NotAvailable
            | Phrase::AgentCallback
            | Phrase::AgentChoice
            | Phrase::AgentIdentify
            | Phrase::AgentDialling
            | Phrase::AgentNotReached
            | Phrase::AgentOnline
            | Phrase::AgentAway
            | Phrase::AgentTransferOnly
            | Phrase::AgentOffline
            | Phrase::AgentReason
            | Phrase::AgentReady
            | Phrase::CustomerHello
            | Phrase::RecordingNotice
            | Phrase::RecordingKey
            | Phrase::RecordingDeclined
            | Phrase::Message
            | Phrase::MessageKept
            | Phrase::Beep
            | Phrase::CustomerChoice
            | Phrase::ExitMessage
            | Phrase::ExitOperator
            | Phrase::Connecting => false,
        }
    }

    /// True for what no language changes: music and tones.
    pub fn is_neutral(&self) -> bool {
        matches!(self, Phrase::Music | Phrase::Ringback | Phrase::Beep)
    }
}

/// True for what is spoken as one in the language of the menu: something of it, beside digits and
/// numbers that may stand in any sentence.
pub fn are_of_menu(phrases: &[Phrase]) -> bool {
    let anywhere = |phrase: &Phrase| {
        matches!(phrase, Phrase::Digit(_) | Phrase::Plus | Phrase::Number(_) | Phrase::Clock(_))
    };
    let counts = |phrase: &&Phrase| !anywhere(phrase);
    match phrases.iter().any(|phrase| counts(&phrase)) {
        true => phrases.iter().filter(counts).any(Phrase::is_of_menu),
        false => !phrases.is_empty(),
    }
}

/// A number as it is spoken: plus, then digit by digit.
pub fn spoken(number: &E164) -> Vec<Phrase> {
    let digits = number.digits().bytes().map(|byte| Phrase::Digit(byte - b'0'));
    std::iter::once(Phrase::Plus).chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_phrase_has_a_file_of_its_own() {
        let all = Phrase::all();
        let names: BTreeSet<String> = all.iter().map(|p| p.clip().into_owned()).collect();
        assert_eq!(names.len(), all.len());
        assert_eq!(all.len(), 88);
        assert!(names.contains("digit-0") && names.contains("digit-9"));
        let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(names.iter().all(|name| name.chars().all(safe)), "{names:?}");
    }

    #[test]
    fn music_and_tones_have_no_language() {
        let neutral: Vec<Phrase> = Phrase::all().into_iter().filter(Phrase::is_neutral).collect();
        assert_eq!(neutral, [Phrase::Music, Phrase::Ringback, Phrase::Beep]);
    }

    #[test]
    fn a_number_is_spoken_with_its_plus_and_digit_by_digit() {
        let number = E164::parse("+3315500").unwrap();
        let clips: Vec<String> = spoken(&number).iter().map(|p| p.clip().into_owned()).collect();
        assert_eq!(clips.join(" "), "plus digit-3 digit-3 digit-1 digit-5 digit-5 digit-0 digit-0");
    }
}
