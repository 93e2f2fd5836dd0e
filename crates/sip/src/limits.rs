//! Every limit of the stack by its name. What is set by the operator (`sessions_max`,
//! `transactions_max`, `ring_max`) is in [`crate::Settings`].

use std::time::Duration;

/// Longest time from an INVITE's 100 to our final answer; then the stack itself answers 480 and the
/// session ends as [`crate::Ended::ByUs`]. An Expires of the INVITE may shorten it: then it is 487
/// and [`crate::Ended::Cancelled`].
pub const ANSWER_MAX: Duration = Duration::from_secs(180);

/// A standing 180 is repeated this often, so that no proxy on the way runs out of patience
/// (RFC 3261 §13.3.1.1).
pub const RING_AGAIN: Duration = Duration::from_secs(60);

/// Longest time that a re-INVITE or UPDATE waits for [`crate::Stack::answer`]; then it is refused.
/// Shorter than timer F of the peer, who must hear a final answer (RFC 4320 §4.2).
pub const OFFER_MAX: Duration = Duration::from_secs(10);

/// How often one offer of ours is made while the peer refuses it for the moment (491, or 500 and
/// 503 with Retry-After).
pub const OFFER_TRIES_MAX: u32 = 5;

/// Longest Retry-After that an offer of ours waits for; a longer one is a refusal.
pub const OFFER_PAUSE_MAX: Duration = Duration::from_secs(60);

/// The pause after a 491, least and most, when the Call-ID is ours (RFC 3261 §14.1).
pub const GLARE_OWNER: (Duration, Duration) =
    (Duration::from_millis(2_100), Duration::from_secs(4));

/// The same when the Call-ID is the peer's.
pub const GLARE_OTHER: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(2));

/// The pause before a refresh that was refused, or could not be sent, is tried again.
pub const REFRESH_AGAIN: Duration = Duration::from_secs(10);

/// Longest time by which a session that nobody refreshed ends early (RFC 4028 §10).
pub const EXPIRY_MARGIN_MAX: Duration = Duration::from_secs(32);

/// Retry-After of a 503, in seconds.
pub const RETRY_AFTER_SECS: u32 = 10;

/// Largest Retry-After of a 500 to an overlapping offer, in seconds (RFC 3261 §14.2).
pub const OVERLAP_RETRY_SECS_MAX: u64 = 10;

/// Early dialogs, and different accepting branches, that one INVITE of ours may bring. A further
/// branch is neither remembered nor acknowledged; its callee gives up by itself.
pub const FORKS_MAX: usize = 16;

/// Provisional answers that are acknowledged in one early dialog.
pub const PRACKS_MAX: u32 = 64;

/// Route entries that one dialog keeps; a longer Record-Route is refused with 400.
pub const ROUTES_MAX: usize = 16;

/// Diversions of one INVITE that are kept, the first diverters before the later ones.
pub const DIVERSIONS_MAX: usize = 8;

/// Outputs waiting to be polled. Beyond it datagrams and wire lines are lost, and counted, as a
/// full socket would lose them; events are never lost.
pub const OUTPUTS_MAX: usize = 8_192;

/// Timers carried out by one [`crate::Stack::handle_timeout`]; the next deadline is then already
/// due, so that other inputs get their turn.
pub const TIMERS_PER_TURN_MAX: usize = 256;

/// Transactions that requests within a dialog, and CANCEL, may use beyond `transactions_max`: a
/// flood of new requests must not keep a caller from hanging up.
pub const TRANSACTIONS_RESERVE: usize = 256;

/// Ended dialogs that are remembered; a BYE in an older one from nobody we know is not answered.
pub const ENDED_MAX: usize = 1_024;

/// How often one request of ours is sent again with credentials: two challenges (a proxy's and the
/// trunk's) and, of each, a stale nonce.
pub const LOGINS_MAX: usize = 4;

/// Realms that one session answers.
pub const REALMS_MAX: usize = 4;

/// Challenges of each kind that are looked at in one answer.
pub const CHALLENGES_MAX: usize = 8;

/// Longest challenge that is answered, in bytes: our request repeats most of it.
pub const CHALLENGE_LENGTH_MAX: usize = 1_024;

/// Length of the client nonces that we draw: 80 random bits.
pub const CNONCE_LENGTH: usize = 16;

/// Fallbacks of one INVITE; further ones are left out.
pub const FALLBACKS_MAX: usize = 16;

/// OPTIONS outside dialogs that wait for their answers; a further one is not sent.
pub const ALIVE_MAX: usize = 2_048;

/// Places that one INVITE of ours goes on to after a 3xx; then the last refusal stands.
pub const REDIRECTS_MAX: usize = 5;

/// Contacts of one 3xx that are looked at.
pub const REDIRECT_CONTACTS_MAX: usize = 10;

/// How long whoever asked by REFER is told what comes of it, in seconds: longer than any ring time.
pub const REFER_SECS_MAX: u32 = 300;

/// Longest Referred-By that is passed on, in bytes.
pub const REFERRED_BY_LENGTH_MAX: usize = 512;

/// Longest Replaces that is read, in bytes.
pub const REPLACES_LENGTH_MAX: usize = 512;

/// Max-Forwards of our requests (RFC 3261 §8.1.1.6).
pub const MAX_FORWARDS: u32 = 70;

/// Characters of a method that a [`crate::Wire`] label shows.
pub const METHOD_LABEL_MAX: usize = 24;

/// Length of the tags that we draw: 80 random bits.
pub const TAG_LENGTH: usize = 16;

/// Length of the branches that we draw behind the magic cookie: 100 random bits.
pub const BRANCH_LENGTH: usize = 20;

/// How long a nonce of ours is good; then the phone is asked anew (`stale=true`).
pub const NONCE_LIFE: Duration = Duration::from_secs(300);

/// Nonces whose count is remembered. Beyond it the oldest is forgotten, and is stale from then on.
pub const NONCES_MAX: usize = 4_096;

/// Hexadecimal digits of a nonce's seal: 64 bits.
pub const NONCE_SEAL_LENGTH: usize = 16;

/// Wrong credentials that one source may send within [`FAILED_LOGINS_WINDOW`]; further ones are
/// not looked at and not answered. A source is an IPv4 address or an IPv6 network of 64 bits.
pub const FAILED_LOGINS_MAX: u32 = 30;

/// See [`FAILED_LOGINS_MAX`].
pub const FAILED_LOGINS_WINDOW: Duration = Duration::from_secs(60);

/// Sources whose wrong credentials are counted; beyond it the oldest count begins anew.
pub const FAILED_SOURCES_MAX: usize = 1_024;

/// From a failed REGISTER to a trunk to the next; doubled with each further failure.
pub const REGISTER_RETRY: Duration = Duration::from_secs(30);

/// Longest time from a failed REGISTER to the next, whatever a Retry-After says.
pub const REGISTER_RETRY_MAX: Duration = Duration::from_secs(900);

/// A registration with a trunk is renewed so long before its end, or a fifth of its time if that
/// is more, or half of it if that is less: longer than timer F, so that a lost one can be repeated.
pub const REGISTER_MARGIN: Duration = Duration::from_secs(40);

/// Longest registration with a trunk that we ask for or believe in.
pub const REGISTER_EXPIRES_MAX: Duration = Duration::from_secs(86_400);

/// How often one REGISTER to a trunk is sent again as the trunk wants it (401, 407, 423).
pub const REGISTER_ROUNDS_MAX: usize = 5;

/// Characters of a Warning of ours (RFC 3261 §20.43); what is longer is cut.
pub const WARNING_MAX: usize = 256;
/// Contacts that one agent may register; a REGISTER that would make more gets 403.
pub const CONTACTS_MAX: usize = 8;

/// Bindings of all agents together; a REGISTER that would make more gets 503.
pub const BINDINGS_MAX: usize = 4_096;

/// Longest Contact that is registered, in bytes: each answer to a REGISTER repeats it.
pub const CONTACT_LENGTH_MAX: usize = 256;

/// Most bytes of a request in a datagram when a stream can carry it (RFC 3261 §18.1.1).
pub const DATAGRAM_REQUEST_BYTES_MAX: usize = 1_300;

/// Hosts from which the requests of one trunk come as the DNS says.
pub const LOCATED_MAX: usize = 64;
