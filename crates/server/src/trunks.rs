//! Our registrations with trunks, as operators see them.

use sip::UpstreamState;

/// How a registration stands.
pub(crate) fn in_words(state: UpstreamState) -> String {
    match state {
        UpstreamState::Asking => "asked for".into(),
        UpstreamState::Registered => "registered".into(),
        UpstreamState::Refused { status } => format!("refused with {status}, will be tried again"),
        UpstreamState::Silent => "no answer, will be tried again".into(),
        UpstreamState::Left => "taken back".into(),
    }
}
