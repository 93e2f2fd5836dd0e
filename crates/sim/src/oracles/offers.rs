//! Offers: the rules of RFC 3264 over every description of the engine.
//!
//! * an answer has the m= lines of its offer in their order, refused ones at port 0, no codec that
//!   was not offered, a direction that fits, and the offer's t= (§6, §6.1);
//! * o= stays through a session but for its version, which counts each change by one and nothing
//!   else (§8, RFC 4028 §7.4);
//! * nobody offers, or accepts an offer, while one waits for its answer (§4, RFC 3261 §14);
//! * a 2xx answers the offer of its INVITE or makes one; the ACK answers the one of a 2xx
//!   (RFC 3261 §13.2.1).

use engine::{Input, Output};
use model::Now;

use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::oracles::talks::Talks;
use crate::oracles::text::Text;
use crate::world::World;

const NAME: &str = "offers";

/// See the module.
#[derive(Debug, Default)]
pub struct Offers {
    talks: Talks,
    found: Found,
}

impl Oracle for Offers {
    fn see(&mut self, _: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Input(Input::Datagram { bytes, .. }) => {
                if let Some(text) = Text::read(bytes) {
                    self.talks.hear(&text);
                }
            }
            Seen::Output(Output::Datagram { bytes, .. }) => {
                let Some(text) = Text::read(bytes) else { return };
                for wrong in self.talks.say(&text) {
                    let what = format!("{}: {wrong}", text.first);
                    self.found.add(Verdict::of_call(NAME, text.call_id(), what));
                }
            }
            Seen::Crash => self.talks = Talks::default(),
            _ => {}
        }
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        self.found.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracles::forge;

    /// What is said of the last of these messages; each begins with `<` (heard) or `>` (said), and
    /// has a start line, a CSeq and a description.
    fn judged(messages: &[(&str, &str, &str)]) -> String {
        let mut talks = Talks::default();
        let mut wrong = Vec::new();
        for (start, cseq, body) in messages {
            let (way, first) = start.split_at(1);
            let bytes = forge::described(first, cseq, body);
            let text = Text::read(&bytes).expect("a message");
            match way {
                "<" => talks.hear(&text),
                _ => wrong = talks.say(&text),
            }
        }
        wrong.join("; ")
    }

    const OFFER: &str =
        "1|audio 9 RTP/AVP 8 0 101;rtpmap:101 telephone-event/8000|video 8 RTP/AVP 31";
    const INVITE: (&str, &str, &str) = ("<INVITE sip:x SIP/2.0", "1 INVITE", OFFER);
    const OK: &str = ">SIP/2.0 200 OK";

    fn answered(answer: &str) -> String {
        judged(&[INVITE, (OK, "1 INVITE", answer)])
    }

    #[test]
    fn an_answer_that_does_not_fit_its_offer_is_noticed() {
        let map = "rtpmap:101 telephone-event/8000";
        let fine = format!("1|audio 9 RTP/AVP 8 101;{map}|video 0 RTP/AVP 31");
        assert_eq!(answered(&fine), "");
        assert!(answered("1|audio 9 RTP/AVP 8").contains("as many m= lines"));
        let swapped = "1|video 0 RTP/AVP 31|audio 9 RTP/AVP 8";
        assert!(answered(swapped).contains("order of m= lines"));
        let foreign = "1|audio 9 RTP/AVP 18|video 0 RTP/AVP 31";
        assert!(answered(foreign).contains("codec that was not offered"));
        assert!(answered("").contains("leaves an offer open"));
        let muted = OFFER.replace(";rtpmap", ";recvonly;rtpmap");
        let (first, second) = (("<INVITE sip:x SIP/2.0", "1 INVITE", &*muted), &*fine);
        let what = judged(&[first, (OK, "1 INVITE", second)]);
        assert!(what.contains("direction"), "{what}");
        let refused = "1|audio 9 RTP/AVP 8|video 0 RTP/AVP 31";
        let accepted = "1|audio 9 RTP/AVP 8|video 7 RTP/AVP 31";
        let again = ("<INVITE sip:x SIP/2.0", "1 INVITE", refused);
        assert!(judged(&[again, (OK, "1 INVITE", accepted)]).contains("not offered"));
    }

    #[test]
    fn a_version_that_does_not_count_changes_is_noticed() {
        let first = "1|audio 9 RTP/AVP 8|video 0 RTP/AVP 31";
        let further = |answer: &str| {
            let second = ("<INVITE sip:x SIP/2.0", "2 INVITE", OFFER);
            judged(&[INVITE, (OK, "1 INVITE", first), second, (OK, "2 INVITE", answer)])
        };
        assert_eq!(further(first), "");
        assert_eq!(further("2|audio 7 RTP/AVP 8|video 0 RTP/AVP 31"), "");
        assert!(
            further("1|audio 7 RTP/AVP 8|video 0 RTP/AVP 31").contains("without a new version")
        );
        assert!(further("2|audio 9 RTP/AVP 8|video 0 RTP/AVP 31").contains("says the same"));
        assert!(further("3|audio 7 RTP/AVP 8|video 0 RTP/AVP 31").contains("count its version"));
    }

    #[test]
    fn a_further_offer_that_does_not_keep_its_lines_is_noticed() {
        let first = "1|video 0 RTP/AVP 31|audio 9 RTP/AVP 8 96;rtpmap:96 telephone-event/8000";
        let offer = first.replace("video 0", "video 8");
        let further = |again: &str| {
            let invite = ("<INVITE sip:x SIP/2.0", "1 INVITE", &*offer);
            let bare = ("<INVITE sip:x SIP/2.0", "2 INVITE", "");
            judged(&[invite, (OK, "1 INVITE", first), bare, (OK, "2 INVITE", again)])
        };
        assert_eq!(further(first), "");
        let more = "2|video 0 RTP/AVP 31|audio 9 RTP/AVP 8 0 96;rtpmap:96 telephone-event/8000";
        assert_eq!(further(more), "");
        assert!(further("2|audio 9 RTP/AVP 8").contains("leaves out m= lines"));
        let moved = "2|audio 9 RTP/AVP 8|video 0 RTP/AVP 31";
        assert!(further(moved).contains("another m= line"));
        let changed = "2|video 0 RTP/AVP 31|audio 9 RTP/AVP 8 96;rtpmap:96 opus/48000";
        assert!(further(changed).contains("another meaning"));
    }

    #[test]
    fn a_second_offer_at_a_time_and_an_ack_without_its_answer_are_noticed() {
        let (ours, theirs) = (">INVITE sip:x SIP/2.0", "<INVITE sip:x SIP/2.0");
        let offer = "1|audio 9 RTP/AVP 8";
        let update = (">UPDATE sip:x SIP/2.0", "2 UPDATE", "2|audio 7 RTP/AVP 8");
        assert!(judged(&[(ours, "1 INVITE", offer), update]).contains("its own offer waits"));
        assert!(judged(&[INVITE, update]).contains("the far end waits"));
        let crossing = [(ours, "1 INVITE", offer), (theirs, "1 INVITE", offer)];
        let accepts = (OK, "1 INVITE", "2|audio 9 RTP/AVP 8;sendrecv");
        assert!(judged(&[&crossing[..], &[accepts]].concat()).contains("accepts an offer while"));
        let refuses = (">SIP/2.0 491 Request Pending", "1 INVITE", "");
        assert_eq!(judged(&[&crossing[..], &[refuses]].concat()), "");
        let late = [(ours, "1 INVITE", ""), ("<SIP/2.0 200 OK", "1 INVITE", offer)];
        let ack = |body| (">ACK sip:x SIP/2.0", "1 ACK", body);
        assert_eq!(judged(&[&late[..], &[ack(offer)]].concat()), "");
        assert!(judged(&[&late[..], &[ack("")]].concat()).contains("offer of the 2xx open"));
        assert!(
            judged(&[(theirs, "1 INVITE", ""), (OK, "1 INVITE", "")]).contains("makes no offer")
        );
    }
}
