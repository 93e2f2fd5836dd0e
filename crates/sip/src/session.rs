//! What the stack remembers of one INVITE session.
//!
//! ```text
//! Invited --accept--> Standing --hang_up--> Leaving --answer to BYE--> gone
//!    | reject, CANCEL, BYE  | BYE                                        ^
//!    '----------------------+--------------------------------------------+
//! Calling --2xx--> Standing                                              |
//!    '-----refusal, no answer, timer B-----------------------------------'
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sip_msg::{Request, Uri};

use crate::dialog::{Dialog, DialogId};
use crate::digest::Login;
use crate::expiry::Agreed;
use crate::redirect::{Redirects, Target};
use crate::transaction::{ClientId, ServerId};
use crate::{Cause, Ended, Hop, Source};

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) phase: Phase,
    /// The dialog; absent while our INVITE has not been accepted.
    pub(crate) dialog: Option<Box<Dialog>>,
    /// Our 200 to an INVITE that waits for its ACK.
    pub(crate) unacked: Option<Unacked>,
    /// Our provisional answers, when the peer requires that they arrive (RFC 3262).
    pub(crate) reliable: Option<Box<Reliable>>,
    /// The peer's re-INVITE or UPDATE that waits for our answer.
    pub(crate) offered: Option<Offered>,
    /// Our own offer within the standing session, until it is accepted or refused.
    pub(crate) ours: Option<Box<OurOffer>>,
    /// Our description as the peer knows it: a refresh by re-INVITE offers it again.
    pub(crate) described: Body,
    /// How long the session lives without a sign of life.
    pub(crate) timer: Option<Agreed>,
    /// The peer takes UPDATE.
    pub(crate) peer_updates: bool,
    /// We asked whether the peer still has the call, and wait for the answer.
    pub(crate) probing: bool,
    /// True when the INVITE was ours: the Call-ID is then our choice.
    pub(crate) we_called: bool,
    /// The peer's REFER: its answer, or what we still owe it.
    pub(crate) subscription: Option<Subscription>,
    /// How often the peer has sent REFER.
    pub(crate) refers: u32,
    /// We want to hang up, but must not send BYE before the ACK of our 200 (RFC 3261 §15).
    pub(crate) hang_up: bool,
    /// The call goes on at another phone: our CANCEL or BYE says so.
    pub(crate) elsewhere: bool,
    /// Why the peer ended it, as it said with its last word.
    pub(crate) cause: Option<Cause>,
    /// Our credentials and the challenges that they answered, when the session has any.
    pub(crate) login: Option<Box<Login>>,
}

impl Session {
    /// True while an offer of ours is on its way or being answered.
    pub(crate) fn offer_is_asked(&self) -> bool {
        self.ours.as_ref().is_some_and(|ours| matches!(ours.step, OurStep::Asked(_)))
    }

    /// A session that has just begun.
    pub(crate) fn new(phase: Phase, we_called: bool) -> Session {
        Session {
            phase,
            dialog: None,
            unacked: None,
            reliable: None,
            offered: None,
            ours: None,
            described: Body::default(),
            timer: None,
            peer_updates: false,
            probing: false,
            we_called,
            subscription: None,
            refers: 0,
            hang_up: false,
            elsewhere: false,
            cause: None,
            login: None,
        }
    }
}

/// Where a session stands: what it waits for.
#[derive(Debug)]
pub(crate) enum Phase {
    /// The peer's INVITE waits for our final answer.
    Invited {
        /// Its transaction.
        server: ServerId,
        /// Its CSeq. The dialog's counter may be ahead of it: INFO and UPDATE come early.
        cseq: u32,
        /// True when it carried no offer: our 200 does.
        offerless: bool,
        /// True when a 180 has been sent.
        ringing: bool,
        /// True when the INVITE said how long it is good for (Expires), and that is less than
        /// [`crate::limits::ANSWER_MAX`].
        expires: bool,
    },
    /// Our INVITE waits for its final answer.
    Calling(Box<Calling>),
    /// The dialog is confirmed, or waits only for the ACK of our 200.
    Standing,
    /// Our BYE waits for its answer; then the session ends so.
    Leaving(Ended),
}

/// Our INVITE before its final answer.
#[derive(Debug)]
pub(crate) struct Calling {
    pub(crate) client: ClientId,
    /// The early dialogs, at most [`crate::limits::FORKS_MAX`].
    pub(crate) branches: Vec<Branch>,
    /// A provisional answer came: a CANCEL may be sent (RFC 3261 §9.1).
    pub(crate) heard: bool,
    /// The call is no longer wanted, and will end so.
    pub(crate) quit: Option<Ended>,
    /// The CANCEL has been sent.
    pub(crate) cancelled: bool,
    /// What another try needs.
    pub(crate) again: Box<Again>,
}

/// Our INVITE as it is sent again.
#[derive(Debug)]
pub(crate) struct Again {
    /// Without Via, User-Agent and credentials.
    pub(crate) invite: Box<Request>,
    /// Absent when no redirection is followed.
    pub(crate) redirects: Option<Redirects>,
    /// The places that are left when the present one does not take it.
    pub(crate) fallbacks: VecDeque<(Uri, Hop)>,
}

impl Again {
    /// The first try is `invite`, sent to `next_hop`; a 3xx may lead to `redirects_to`.
    pub(crate) fn new(invite: &Request, next_hop: Hop, redirects_to: Arc<[Source]>) -> Again {
        let first = Target { uri: invite.uri.clone(), proxy: None, next_hop };
        let redirects = !redirects_to.is_empty();
        Again {
            invite: Box::new(invite.clone()),
            redirects: redirects.then(|| Redirects::new(redirects_to, first)),
            fallbacks: VecDeque::new(),
        }
    }
}

/// One early dialog of our INVITE.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) id: DialogId,
    /// The last provisional answer: its status, and whether it had a description.
    pub(crate) last: (u16, bool),
    /// The CSeq of the peer's last request in it.
    pub(crate) remote_cseq: Option<u32>,
    /// The dialog, once a request of ours needs it.
    pub(crate) dialog: Option<Box<Dialog>>,
    /// The first description that came: the answer, should the 200 have none.
    pub(crate) answer: Option<Body>,
    /// The RSeq of the last answer that we acknowledged.
    pub(crate) rseq: Option<u32>,
    /// How many were acknowledged, at most [`crate::limits::PRACKS_MAX`].
    pub(crate) pracks: u32,
}

/// Our provisional answers to an INVITE that requires 100rel.
#[derive(Debug)]
pub(crate) struct Reliable {
    /// The RSeq of the last one.
    pub(crate) rseq: u32,
    /// The CSeq of the INVITE.
    pub(crate) cseq: u32,
    /// The last one, until its PRACK.
    pub(crate) pending: Option<Unpracked>,
}

/// A provisional answer of ours, repeated until its PRACK.
#[derive(Debug)]
pub(crate) struct Unpracked {
    pub(crate) bytes: Vec<u8>,
    pub(crate) to: Hop,
    pub(crate) interval: Duration,
}

/// A 200 of ours, repeated until its ACK (RFC 3261 §13.3.1.4).
#[derive(Debug)]
pub(crate) struct Unacked {
    /// The CSeq of the INVITE and of its ACK.
    pub(crate) cseq: u32,
    pub(crate) bytes: Vec<u8>,
    /// True when it carries a session description.
    pub(crate) sdp: bool,
    pub(crate) to: Hop,
    /// Where it goes when the connection of the INVITE is gone.
    pub(crate) otherwise: Option<Hop>,
    pub(crate) interval: Duration,
    /// True when it carries our offer: the ACK brings the answer.
    pub(crate) offer: bool,
    /// True for the INVITE that opened the session.
    pub(crate) first: bool,
}

/// A session description that is kept. `Debug` shows it as text.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Body(Box<[u8]>);

impl Body {
    pub(crate) fn new(sdp: &[u8]) -> Body {
        Body(sdp.into())
    }

    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.0.to_vec()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// An offer of ours within the standing session.
#[derive(Debug)]
pub(crate) struct OurOffer {
    pub(crate) sdp: Body,
    pub(crate) step: OurStep,
    /// How often it has been sent, challenges apart.
    pub(crate) tries: u32,
    /// True when it only keeps the session alive, and nothing is told of it.
    pub(crate) refresh: bool,
}

/// What our offer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OurStep {
    /// The end of what the peer has under way.
    Held,
    /// The end of the pause after a refusal.
    Pausing,
    /// Its answer.
    Asked(ClientId),
}

/// A REFER of the peer (RFC 3515).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscription {
    pub(crate) server: ServerId,
    /// False when nobody is to be notified.
    pub(crate) subscribes: bool,
    /// The `id` of its Event, for all but the first of a dialog.
    pub(crate) name: Option<u32>,
    /// The status of the last NOTIFY; 0 while the REFER waits for its answer.
    pub(crate) told: u16,
}

/// A re-INVITE or UPDATE with an offer, or a re-INVITE that asks for ours.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) server: ServerId,
    pub(crate) invite: bool,
    pub(crate) offerless: bool,
    pub(crate) cseq: u32,
    /// The Contact that becomes the target when we accept.
    pub(crate) target: Option<Uri>,
}
