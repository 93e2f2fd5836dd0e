//! How long a session lives without a sign of life, and who gives it (RFC 4028): what messages say
//! of it, and what two ends agree on. Nothing here waits or sends.

use sip_msg::Headers;

use crate::settings::SessionTimer;

/// The Min-SE of a message that has none, in seconds (RFC 4028 §5).
pub(crate) const LEAST_SECS: u32 = 90;

/// The option tag.
pub(crate) const TAG: &str = "timer";

/// Who refreshes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refresher {
    /// We do.
    Us,
    /// The peer does.
    Them,
}

/// What one message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Session-Expires, in seconds.
    pub(crate) expires: Option<u32>,
    /// The refresher, as a side of this very request: true for its sender.
    sender_refreshes: Option<bool>,
    /// Min-SE, in seconds.
    pub(crate) least: u32,
    /// The sender knows the extension.
    pub(crate) knows: bool,
}

/// What a session lives by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// Seconds from one sign of life to the end.
    pub(crate) interval: u32,
    /// The greatest Min-SE that was heard.
    pub(crate) least: u32,
    pub(crate) refresher: Refresher,
    /// The peer keeps the same time. One that does not is refreshed all the same: its silence says
    /// that it is gone.
    pub(crate) peer_knows: bool,
}

/// What our answer to a request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) agreed: Agreed,
    /// The refresher as the request's sides are called.
    pub(crate) refresher: &'static str,
}

impl Wish {
    /// Reads a message. What cannot be read is not there.
    pub(crate) fn of(headers: &Headers) -> Wish {
        let seconds = |value: &str| {
            let number = value.split(';').next().unwrap_or_default().trim();
            number.parse::<u32>().ok().filter(|&seconds| seconds > 0)
        };
        let expires = headers.get("Session-Expires");
        let refresher = expires.and_then(|value| {
            let mut params = value.split(';').skip(1).filter_map(|param| param.split_once('='));
            params.find(|(name, _)| name.trim().eq_ignore_ascii_case("refresher"))
        });
        let sender_refreshes = refresher.and_then(|(_, side)| match side.trim() {
            side if side.eq_ignore_ascii_case("uac") => Some(true),
            side if side.eq_ignore_ascii_case("uas") => Some(false),
            _ => None,
        });
        let mut tags = headers.list("Supported").chain(headers.list("Require"));
        Wish {
            expires: expires.and_then(seconds),
            sender_refreshes,
            least: headers.get("Min-SE").and_then(seconds).unwrap_or(LEAST_SECS).max(LEAST_SECS),
            knows: tags.any(|tag| tag.eq_ignore_ascii_case(TAG)),
        }
    }

    /// What we agree to as the one who was asked (RFC 4028 §9): not longer than we would, not
    /// shorter than is asked for. We refresh unless the peer insists, for we want to know whether
    /// it is still there. None when neither side asks for anything.
    pub(crate) fn answered(&self, ours: SessionTimer) -> Option<Answered> {
        let most = ours.interval_secs().max(self.least);
        let interval = match (self.expires, ours.is_off()) {
            (None, true) => return None,
            (Some(asked), true) => asked,
            (None, false) => most,
            (Some(asked), false) => asked.min(most),
        };
        let theirs = self.knows && self.sender_refreshes == Some(true);
        Some(Answered {
            agreed: Agreed {
                interval,
                least: self.least,
                refresher: if theirs { Refresher::Them } else { Refresher::Us },
                peer_knows: self.knows,
            },
            refresher: if theirs { "uac" } else { "uas" },
        })
    }

    /// What a 2xx to our request has settled (RFC 4028 §7.2): without Session-Expires the peer
    /// keeps no time, and we go by our own.
    pub(crate) fn accepted(&self, ours: SessionTimer) -> Option<Agreed> {
        let them = self.sender_of_answer_refreshes();
        match self.expires {
            // Nobody was asked for less than that (RFC 4028 §5).
            Some(interval) => Some(Agreed {
                interval: interval.max(LEAST_SECS),
                least: self.least,
                refresher: if them { Refresher::Them } else { Refresher::Us },
                peer_knows: self.knows || them,
            }),
            None if ours.is_off() => None,
            None => Some(Agreed {
                interval: ours.interval_secs(),
                least: self.least,
                refresher: Refresher::Us,
                peer_knows: false,
            }),
        }
    }

    /// In an answer `uas` is its sender.
    fn sender_of_answer_refreshes(&self) -> bool {
        self.sender_refreshes == Some(false)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wish(lines: &[(&str, &str)]) -> Wish {
        let mut headers = Headers::new();
        for (name, value) in lines {
            headers.push(name, value);
        }
        Wish::of(&headers)
    }

    fn said(lines: &[(&str, &str)]) -> (u32, &'static str, bool) {
        let answered = wish(lines).answered(SessionTimer::default()).expect("we ask for it");
        (answered.agreed.interval, answered.refresher, answered.agreed.peer_knows)
    }

    #[test]
    fn the_one_who_was_asked_decides_as_rfc_4028_says() {
        let timer = ("Supported", "100rel, timer");
        assert_eq!(said(&[]), (1_800, "uas", false));
        assert_eq!(said(&[timer]), (1_800, "uas", true));
        assert_eq!(said(&[timer, ("Session-Expires", "600")]), (600, "uas", true));
        assert_eq!(said(&[timer, ("Session-Expires", "600;refresher=uac")]), (600, "uac", true));
        assert_eq!(
            said(&[timer, ("Session-Expires", "7200; Refresher=UAS")]),
            (1_800, "uas", true)
        );
        // A proxy may ask on behalf of a caller who does not know: then it must be us.
        assert_eq!(said(&[("Session-Expires", "600;refresher=uac")]), (600, "uas", false));
        // Nobody may go below what somebody on the way needs.
        let high = ("Min-SE", "3600");
        assert_eq!(said(&[timer, ("Session-Expires", "7200"), high]), (3_600, "uas", true));
        assert_eq!(said(&[timer, high]), (3_600, "uas", true));
    }

    #[test]
    fn whoever_turned_it_off_still_honours_it() {
        let off = SessionTimer { interval: std::time::Duration::ZERO, ..SessionTimer::default() };
        assert_eq!(wish(&[("Supported", "timer")]).answered(off), None);
        assert_eq!(wish(&[]).accepted(off), None);
        let asked = wish(&[("Session-Expires", "600;refresher=uas"), ("Require", "timer")]);
        assert_eq!(asked.answered(off).map(|answered| answered.agreed.interval), Some(600));
        let agreed = asked.accepted(off).expect("the peer refreshes");
        assert_eq!((agreed.refresher, agreed.peer_knows), (Refresher::Them, true));
    }

    proptest! {
        #[test]
        fn any_value_is_read_or_is_not_there(value in ".{0,40}", least in ".{0,20}") {
            let wish = wish(&[("Session-Expires", &value), ("Min-SE", &least)]);
            prop_assert!(wish.least >= LEAST_SECS && wish.expires != Some(0));
        }
    }
}
