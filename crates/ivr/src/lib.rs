//! Menus, digit collection and spoken numbers: pure scripts.
//!
//! A script is told of keys, of the end of what it had played, and of time; it says what to play
//! and what it wants. It knows neither SIP nor the queue nor which voice speaks.

mod phrase;
mod settings;

pub use phrase::Phrase;
pub use settings::Settings;
