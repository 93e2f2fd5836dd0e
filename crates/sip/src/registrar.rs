//! The registrar (RFC 3261 §10.3): which phones of which agent can be reached where, until when.
//!
//! It is told who registers what once that is known to be theirs; it knows no messages beyond the
//! headers of a REGISTER, and no media, queue or call. Bindings live in memory only: after a
//! restart each phone registers anew, within the longest expiry that it was granted.
//!
//! It obeys RFC 3261 §10.3 (order by Call-ID and CSeq, `*`, `expires`, Min-Expires, `q`) and
//! §19.1.4 (which Contacts are one). It has no GRUU, and no Path (RFC 3327): a proxy that needs one
//! says `Require: path` and is refused, one that does not is ignored (RFC 3327 §5.3).

use std::collections::BTreeMap;
use std::time::Duration;

use model::{AgentName, Mono};
use sip_msg::{NameAddr, Request, SipUri, Uri};

use crate::{Hop, RegistrarSettings, limits};

/// One phone of an agent, as it can be called now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The Contact URI: the Request-URI of calls to it.
    pub contact: String,
    /// Where those calls go.
    pub hop: Hop,
    /// True when that is not where the Contact says: the phone is behind an address translator, or
    /// gave a name.
    pub translated: bool,
    /// When it ends unless the phone registers again.
    pub expires: Mono,
    /// Preference in thousandths: 0 to 1,000.
    pub q: u16,
}

/// What happened to a binding of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Whose.
    pub agent: AgentName,
    /// What.
    pub change: BindingChange,
    /// How many bindings the agent has after this change and those told before it.
    pub bindings: usize,
}

/// See [`Registration`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingChange {
    /// A phone registered that was not.
    Registered,
    /// A registered phone is reached at another address from now on.
    Moved,
    /// A phone took its registration back.
    Unregistered,
    /// A phone has not registered again in time.
    Expired,
    /// New settings do not let it register.
    Withdrawn,
}

/// Why a REGISTER is refused: the status and one more header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) u16, pub(crate) Option<(&'static str, String)>);

impl From<u16> for Refusal {
    fn from(status: u16) -> Refusal {
        Refusal(status, None)
    }
}

/// What a REGISTER wants.
#[derive(Debug)]
enum Wanted {
    /// To hear what is registered.
    Query,
    /// `*`: nothing registered any more.
    Nothing,
    Contacts(Vec<Wish>),
}

#[derive(Debug)]
struct Wish {
    uri: SipUri,
    /// Zero takes the binding back.
    lifetime: Duration,
    q: u16,
}

/// The bindings of all agents. See the module.
#[derive(Debug)]
pub(crate) struct Registrar {
    bindings: BTreeMap<AgentName, Vec<Bound>>,
    /// Counts REGISTER requests that were carried out.
    turns: u64,
}

#[derive(Debug)]
struct Bound {
    binding: Binding,
    uri: SipUri,
    source: Hop,
    call_id: String,
    cseq: u32,
    /// Greater means registered later.
    turn: u64,
}

/// Who asks, from where, and in which place of their order.
pub(crate) struct Asker<'a> {
    pub(crate) agent: &'a AgentName,
    pub(crate) source: Hop,
    /// Where a Contact says that calls go, when it is an address that we can reach.
    pub(crate) named: &'a dyn Fn(&Uri) -> Option<Hop>,
    pub(crate) call_id: &'a str,
    pub(crate) cseq: u32,
}

impl Registrar {
    pub(crate) fn new() -> Registrar {
        Registrar { bindings: BTreeMap::new(), turns: 0 }
    }

    /// Carries out a REGISTER wholly or not at all (RFC 3261 §10.3, step 7).
    pub(crate) fn register(
        &mut self,
        now: Mono,
        settings: &RegistrarSettings,
        asker: &Asker<'_>,
        request: &Request,
    ) -> Result<Vec<Registration>, Refusal> {
        let wanted = Wanted::read(settings, request)?;
        let present = self.bindings.get(asker.agent).map_or(&[][..], Vec::as_slice);
        let in_order = |bound: &Bound| bound.call_id != asker.call_id || bound.cseq < asker.cseq;
        match wanted {
            Wanted::Query => Ok(Vec::new()),
            Wanted::Nothing if !present.iter().all(in_order) => Err(500.into()),
            Wanted::Nothing => {
                let gone = self.bindings.remove(asker.agent).unwrap_or_default().len();
                let told = |left| Registration {
                    agent: asker.agent.clone(),
                    change: BindingChange::Unregistered,
                    bindings: left,
                };
                Ok((0..gone).rev().map(told).collect())
            }
            Wanted::Contacts(wishes) => {
                let meant =
                    |bound: &&Bound| wishes.iter().any(|wish| is_one(&wish.uri, &bound.uri));
                if !present.iter().filter(meant).all(in_order) {
                    return Err(500.into());
                }
                self.check_room(present, &wishes)?;
                self.turns += 1;
                let told = wishes.into_iter().filter_map(|it| self.grant(now, settings, asker, it));
                Ok(told.collect())
            }
        }
    }

    fn check_room(&self, present: &[Bound], wishes: &[Wish]) -> Result<(), Refusal> {
        let is_new = |wish: &&Wish| {
            !wish.lifetime.is_zero() && !present.iter().any(|bound| is_one(&wish.uri, &bound.uri))
        };
        let is_gone = |bound: &&Bound| {
            let back = |wish: &Wish| wish.lifetime.is_zero() && is_one(&wish.uri, &bound.uri);
            wishes.iter().any(back)
        };
        let new = wishes.iter().filter(is_new).count();
        let gone = present.iter().filter(is_gone).count();
        if present.len() + new > limits::CONTACTS_MAX + gone {
            return Err(403.into());
        }
        if self.len() + new > limits::BINDINGS_MAX + gone {
            let seconds = limits::RETRY_AFTER_SECS.to_string();
            return Err(Refusal(503, Some(("Retry-After", seconds))));
        }
        Ok(())
    }

    /// Carries out one Contact; none when nobody needs to hear of it.
    fn grant(
        &mut self,
        now: Mono,
        settings: &RegistrarSettings,
        asker: &Asker<'_>,
        wish: Wish,
    ) -> Option<Registration> {
        let bindings = self.bindings.entry(asker.agent.clone()).or_default();
        let place = bindings.iter().position(|bound| is_one(&bound.uri, &wish.uri));
        let change = if wish.lifetime.is_zero() {
            place.map(|place| bindings.remove(place)).map(|_| BindingChange::Unregistered)
        } else {
            let bound = bound(now, settings, asker, wish, self.turns);
            match place {
                Some(place) => {
                    let before = std::mem::replace(&mut bindings[place], bound);
                    let moved = before.binding.hop != bindings[place].binding.hop;
                    moved.then_some(BindingChange::Moved)
                }
                None => {
                    bindings.push(bound);
                    Some(BindingChange::Registered)
                }
            }
        };
        let count = bindings.len();
        if count == 0 {
            self.bindings.remove(asker.agent);
        }
        change.map(|change| Registration { agent: asker.agent.clone(), change, bindings: count })
    }

    /// Forgets the bindings of everybody but these.
    pub(crate) fn forget_others(&mut self, agents: &[AgentName]) -> Vec<Registration> {
        let gone = self.bindings.extract_if(.., |agent, _| !agents.contains(agent));
        let told = |(agent, bound): (AgentName, Vec<Bound>)| {
            let change = BindingChange::Withdrawn;
            let left = (0..bound.len()).rev();
            left.map(move |bindings| Registration { agent: agent.clone(), change, bindings })
        };
        gone.flat_map(told).collect()
    }

    /// Forgets the bindings whose time is over.
    pub(crate) fn expire(&mut self, now: Mono) -> Vec<Registration> {
        let mut told = Vec::new();
        for (agent, bindings) in &mut self.bindings {
            let mut left = bindings.len();
            bindings.retain(|bound| {
                let stays = bound.binding.expires > now;
                if !stays {
                    left -= 1;
                    let change = BindingChange::Expired;
                    told.push(Registration { agent: agent.clone(), change, bindings: left });
                }
                stays
            });
        }
        self.bindings.retain(|_, bindings| !bindings.is_empty());
        told
    }

    /// When the first binding ends.
    pub(crate) fn next_expiry(&self) -> Option<Mono> {
        self.all().map(|bound| bound.binding.expires).min()
    }

    /// The bindings of an agent: greatest preference first, then the last registered.
    pub(crate) fn of(&self, agent: &AgentName) -> Vec<Binding> {
        let mut bound: Vec<&Bound> = self.bindings.get(agent).into_iter().flatten().collect();
        bound.sort_by_key(|bound| std::cmp::Reverse((bound.binding.q, bound.turn)));
        bound.into_iter().map(|bound| bound.binding.clone()).collect()
    }

    /// Whose phone registered from there.
    pub(crate) fn agent_at(&self, source: Hop) -> Option<&AgentName> {
        let here = |bound: &Bound| bound.source == source || bound.binding.hop == source;
        self.bindings.iter().find(|(_, all)| all.iter().any(here)).map(|(agent, _)| agent)
    }

    /// Where phones behind an address translator are reached.
    pub(crate) fn translated(&self) -> impl Iterator<Item = Hop> {
        self.all().filter(|bound| bound.binding.translated).map(|bound| bound.binding.hop)
    }

    fn len(&self) -> usize {
        self.bindings.values().map(Vec::len).sum()
    }

    fn all(&self) -> impl Iterator<Item = &Bound> {
        self.bindings.values().flatten()
    }
}

fn bound(
    now: Mono,
    settings: &RegistrarSettings,
    asker: &Asker<'_>,
    wish: Wish,
    turn: u64,
) -> Bound {
    let Wish { uri, lifetime, q } = wish;
    let target = Uri::Sip(uri.clone());
    let named = (asker.named)(&target);
    let hop = named.filter(|_| !settings.at_source).unwrap_or(asker.source);
    let translated = named != Some(hop);
    let contact = target.to_string();
    let binding = Binding { contact, hop, translated, expires: now + lifetime, q };
    let (source, cseq) = (asker.source, asker.cseq);
    Bound { binding, uri, source, call_id: asker.call_id.to_string(), cseq, turn }
}

impl Wanted {
    fn read(settings: &RegistrarSettings, request: &Request) -> Result<Wanted, Refusal> {
        let headers = &request.headers;
        let expires = headers.expires().map_err(|_| 400)?;
        if headers.contact_is_star() {
            return match expires {
                Some(0) => Ok(Wanted::Nothing),
                Some(_) | None => Err(400.into()),
            };
        }
        let contacts = headers.contacts().map_err(|_| 400)?;
        if contacts.is_empty() {
            return Ok(Wanted::Query);
        }
        if contacts.len() > limits::CONTACTS_MAX {
            return Err(403.into());
        }
        let wishes = contacts.into_iter().map(|it| Wish::read(settings, it, expires));
        wishes.collect::<Result<_, _>>().map(Wanted::Contacts)
    }
}

impl Wish {
    fn read(
        settings: &RegistrarSettings,
        contact: NameAddr,
        expires: Option<u32>,
    ) -> Result<Wish, Refusal> {
        let Uri::Sip(uri) = contact.uri else { return Err(400.into()) };
        if uri.to_string().len() > limits::CONTACT_LENGTH_MAX {
            return Err(400.into());
        }
        // What cannot be read counts as not written (RFC 3261 §10.2.1.1, §20.10).
        let own = contact.params.get("expires").and_then(|text| text.parse::<u32>().ok());
        let asked = own.or(expires).map(|secs| Duration::from_secs(secs.into()));
        let lifetime = asked.unwrap_or(settings.expires_default).min(settings.expires_max);
        if !lifetime.is_zero() && lifetime < settings.expires_min {
            let seconds = settings.expires_min.as_secs().to_string();
            return Err(Refusal(423, Some(("Min-Expires", seconds))));
        }
        let q = contact.params.get("q").map_or(Some(1_000), thousandths).unwrap_or(1_000);
        Ok(Wish { uri, lifetime, q })
    }
}

/// `0`, `0.7`, `1.000` (RFC 3261 §25.1, qvalue).
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" => Some(1_000),
        _ => None,
    }
}

/// True when two Contacts are one (RFC 3261 §19.1.4).
fn is_one(one: &SipUri, other: &SipUri) -> bool {
    let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    // These must be the same in both; others only where both write them.
    let telling = ["transport", "user", "ttl", "method", "maddr"];
    let agree = |name: &str| same(one.params.get(name), other.params.get(name));
    one.secure == other.secure
        && one.user == other.user
        && one.password == other.password
        && one.host.eq_ignore_ascii_case(&other.host)
        && one.port == other.port
        && one.headers == other.headers
        && telling.into_iter().all(agree)
        && one.params.iter().all(|(name, _)| !other.params.has(name) || agree(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_one_of(one: &str, other: &str) -> bool {
        let read = |text: &str| match Uri::parse(text) {
            Ok(Uri::Sip(uri)) => uri,
            other => panic!("a test writes SIP URIs, not {other:?}"),
        };
        is_one(&read(one), &read(other))
    }

    #[test]
    fn contacts_are_one_as_rfc_3261_compares_them() {
        assert!(is_one_of("sip:anna@Phone.Example:5060", "sip:anna@phone.example:5060"));
        assert!(is_one_of("sip:a@h;ob", "sip:a@h"));
        assert!(is_one_of("sip:a@h;transport=UDP", "sip:a@h;transport=udp"));
        for (one, other) in [
            ("sip:anna@h", "sip:Anna@h"),
            ("sip:a@h", "sip:a@h:5060"),
            ("sip:a@h", "sips:a@h"),
            ("sip:a@h;transport=udp", "sip:a@h"),
            ("sip:a@h;x=1", "sip:a@h;x=2"),
        ] {
            assert!(!is_one_of(one, other), "{one} {other}");
        }
    }

    fn settings() -> RegistrarSettings {
        RegistrarSettings {
            realm: "rappel".into(),
            accounts: Vec::new(),
            expires_min: Duration::from_secs(60),
            expires_max: Duration::from_secs(300),
            expires_default: Duration::from_secs(120),
            at_source: true,
            keep_alive: Duration::ZERO,
        }
    }

    /// What comes of a REGISTER with these Contacts: the refusal, or how many changes are told.
    fn register(registrar: &mut Registrar, agent: &str, contacts: &[String]) -> Result<usize, u16> {
        let source = Hop::first("192.0.2.10:5060".parse().expect("an address"));
        let (agent, cseq) = (AgentName::from(agent), 1);
        let call_id = &contacts.concat();
        let asker = Asker { agent: &agent, source, named: &|_| None, call_id, cseq };
        let uri = Uri::parse("sip:rappel").expect("a URI");
        let mut request = Request::new(sip_msg::Method::Register, uri);
        for contact in contacts {
            request.headers.push("Contact", contact);
        }
        let done = registrar.register(Mono::ZERO, &settings(), &asker, &request);
        done.map(|told| told.len()).map_err(|refusal| refusal.0)
    }

    fn contacts(numbers: std::ops::Range<usize>) -> Vec<String> {
        numbers.map(|n| format!("<sip:p{n}@h>")).collect()
    }

    #[test]
    fn an_agent_has_a_limited_number_of_phones_and_may_exchange_them() {
        let mut registrar = Registrar::new();
        let most = limits::CONTACTS_MAX;
        assert_eq!(register(&mut registrar, "anna", &contacts(0..most + 1)), Err(403));
        assert_eq!(register(&mut registrar, "anna", &contacts(0..most)), Ok(most));
        assert_eq!(register(&mut registrar, "anna", &contacts(most..most + 1)), Err(403));
        let exchange = ["<sip:p0@h>;expires=0".to_string(), "<sip:new@h>".to_string()];
        assert_eq!(register(&mut registrar, "anna", &exchange), Ok(2));
        assert_eq!(registrar.of(&AgentName::from("anna")).len(), most);
    }

    #[test]
    fn all_agents_together_have_a_limited_number_of_phones() {
        let mut registrar = Registrar::new();
        for agent in 0..limits::BINDINGS_MAX / limits::CONTACTS_MAX {
            let done = register(&mut registrar, &format!("a{agent}"), &contacts(0..8));
            assert_eq!(done, Ok(limits::CONTACTS_MAX));
        }
        assert_eq!(register(&mut registrar, "one-more", &contacts(0..1)), Err(503));
        let gone = registrar.expire(Mono::ZERO + Duration::from_secs(120));
        assert_eq!((gone.len(), registrar.len()), (limits::BINDINGS_MAX, 0));
    }

    #[test]
    fn a_contact_that_is_too_long_is_not_repeated_in_every_answer() {
        let mut registrar = Registrar::new();
        let long = |length| vec![format!("<sip:{}@h>", "a".repeat(length - "sip:@h".len()))];
        let most = limits::CONTACT_LENGTH_MAX;
        assert_eq!(register(&mut registrar, "anna", &long(most)), Ok(1));
        assert_eq!(register(&mut registrar, "anna", &long(most + 1)), Err(400));
    }

    #[test]
    fn preferences_are_thousandths() {
        let read = ["0", "0.7", "0.05", "1", "1.000"].map(thousandths);
        assert_eq!(read, [0, 700, 50, 1_000, 1_000].map(Some));
        assert_eq!(["", "2", "0.1234", "0.x", "-1"].map(thousandths), [None; 5]);
    }
}
