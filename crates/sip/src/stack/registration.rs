//! REGISTER from phones: who may register, what they are told, and when bindings end
//! (RFC 3261 §10.3, §22).
//!
//! A stranger's REGISTER leaves nothing behind, and its answer is never longer than the question:
//! whoever writes another's address into a datagram cannot aim more at it than was sent.

use model::{AgentName, Mono};
use sip_msg::{Method, Request, Response, Uri};

use super::receive::Call;
use super::{Stack, receive};
use crate::digest::{Guard, Verdict};
use crate::message::{self, Identity, put};
use crate::registrar::{Asker, Binding, Refusal, Registrar, Registration};
use crate::timer::{Duty, Key};
use crate::transaction::{Merged, ServerId};
use crate::{Hop, Output, RegistrarSettings, Settings, Transport, secure};

/// A keep-alive to a phone: a phone reads over it, and the address translator in between keeps the
/// way open (RFC 5626 §3.5.1 has it the other way round).
const KEEP_ALIVE: &[u8] = b"\r\n\r\n";

/// What a phone may show to an agent who dials (RFC 3261 §20.43).
const NO_CALLS: &str = "399 rappel \"Phones of agents are rung here and place no calls\"";

/// What serves the phones that register with us.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) settings: RegistrarSettings,
    pub(super) guard: Guard,
    pub(super) registrar: Registrar,
}

/// One REGISTER that has just come.
pub(super) struct Register {
    pub(super) source: Hop,
    /// Where its answers go.
    pub(super) to: Hop,
    pub(super) identity: Identity,
    pub(super) request: Request,
    /// Its length as it came, in bytes.
    pub(super) length: usize,
}

impl Stack {
    /// The phones of an agent, the one to be preferred first.
    pub fn bindings(&self, agent: &AgentName) -> Vec<Binding> {
        self.office.as_ref().map(|office| office.registrar.of(agent)).unwrap_or_default()
    }

    /// Opens the office when somebody may register.
    pub(super) fn open_office(&mut self) {
        self.office = self.settings.registrar.clone().map(|settings| {
            let mut entropy = self.entropy.branch("registrar");
            let guard = Guard::new(&settings.realm, &settings.accounts, &mut entropy);
            Box::new(Office { settings, guard, registrar: Registrar::new() })
        });
    }

    /// The agent whose phone is at `source`.
    pub(super) fn agent_at(&self, source: Hop) -> Option<&AgentName> {
        self.office.as_ref()?.registrar.agent_at(source)
    }

    /// A REGISTER outside the transactions that we know.
    pub(super) fn register_came(&mut self, now: Mono, register: Register) {
        let Some(office) = &mut self.office else { return };
        let verdict = office.guard.judge(now, register.source.peer.ip(), &register.request);
        let knocks = office.guard.knocks;
        self.counters.failed_logins = knocks.failed;
        self.counters.unheard_logins = knocks.unheard;
        match verdict {
            Verdict::Welcome(agent, user) => self.register_of(now, register, &agent, &user),
            Verdict::Challenge { stale } => self.challenge(now, &register, stale),
            Verdict::Tired => {}
        }
    }

    /// A request outside a dialog from the phone of an agent who is no trunk's: it may ask what we
    /// can do, and calls nobody.
    pub(super) fn agents_request(
        &mut self,
        now: Mono,
        to: Hop,
        identity: &Identity,
        request: Request,
    ) {
        let transport = self.settings.listener(to.listener).transport;
        let refusal = secure::refusal(&request, transport)
            .map(receive::Refusal::Plain)
            .or_else(|| receive::refusal(&request, identity.to_tag.is_some(), false));
        let options = request.method == Method::Options;
        let tag = self.tag();
        let Some(id) = self.admit(to, identity, request, tag, None) else { return };
        match refusal {
            Some(receive::Refusal::Plain(status)) => self.reply(now, id, status),
            Some(receive::Refusal::With(status, name, value)) => {
                self.reply_with(now, id, status, name, &value);
            }
            None if options => self.options(now, id, false),
            None => self.reply_with(now, id, 403, "Warning", NO_CALLS),
        }
    }

    /// An INVITE from where a phone has registered: its agent dials once the password is right.
    pub(super) fn agent_dials(&mut self, now: Mono, call: Call) {
        let Some(office) = &mut self.office else { return };
        let verdict = office.guard.judge(now, call.source.peer.ip(), &call.request);
        let knocks = office.guard.knocks;
        self.counters.failed_logins = knocks.failed;
        self.counters.unheard_logins = knocks.unheard;
        match verdict {
            Verdict::Welcome(agent, _) => self.let_in(now, call, None, Some(agent)),
            Verdict::Challenge { stale } => self.challenge_call(now, call, stale),
            Verdict::Tired => {}
        }
    }

    /// 401 to an INVITE (RFC 3261 §22.2). It goes to a phone that has registered, and has a
    /// transaction, since its ACK comes.
    fn challenge_call(&mut self, now: Mono, call: Call, stale: bool) {
        let Call { source, to, identity, request } = call;
        let Some(office) = &mut self.office else { return };
        let asked = office.guard.challenges(now, source.peer.ip(), stale);
        let tag = self.tag();
        let Some(id) = self.admit(to, &identity, request, tag, None) else { return };
        let Some(mut response) = self.response(id, 401) else { return };
        for value in &asked {
            put(&mut response.headers, "WWW-Authenticate", value);
        }
        self.send_answer(now, id, response, false);
    }

    /// 401 without state, with as much as fits into the length of the question: what is left out
    /// first is our name, then the algorithm that fewer phones know.
    fn challenge(&mut self, now: Mono, register: &Register, stale: bool) {
        let Some(office) = &mut self.office else { return };
        let asked = office.guard.challenges(now, register.source.peer.ip(), stale);
        let bare = (0..asked.len()).map(|skipped| (false, skipped));
        for (named, skipped) in [(true, 0)].into_iter().chain(bare) {
            let mut response = Response::to(&register.request, 401);
            for value in asked.iter().skip(skipped) {
                put(&mut response.headers, "WWW-Authenticate", value);
            }
            let bytes = self.stateless(response, named);
            if bytes.len() <= register.length {
                return self.give(Output::Datagram { to: register.to, bytes });
            }
        }
        self.counters.short_registers += 1;
    }

    /// A REGISTER whose credentials are right.
    fn register_of(&mut self, now: Mono, register: Register, agent: &AgentName, user: &str) {
        let Register { source, to, identity, request, .. } = register;
        let merged: Merged = (
            identity.call_id.clone(),
            identity.from_tag.clone(),
            identity.cseq,
            request.method.as_str().to_string(),
        );
        let is_merged = self.merged.contains_key(&merged);
        let tag = self.tag();
        let kept = request.clone();
        let Some(id) = self.admit(to, &identity, kept, tag, Some(merged)) else { return };
        let transport = self.settings.listener(source.listener).transport;
        let refusal = secure::refusal(&request, transport)
            .map(Refusal::from)
            .or_else(|| refusal(&request, user, is_merged));
        if let Some(Refusal(status, header)) = refusal {
            return self.refuse_register(now, id, status, header);
        }
        let (call_id, cseq) = (identity.call_id.as_str(), identity.cseq);
        let settings = &self.settings;
        // Over TLS a phone is who it was when it opened the connection; one that we open to its
        // Contact would ask for a certificate that phones do not have (RFC 5923 §4).
        let named = |contact: &Uri| {
            let hop = settings.hop_of(contact, source.listener);
            hop.filter(|hop| transport != Transport::Tls || *hop == source)
        };
        let asker = Asker { agent, source, named: &named, call_id, cseq };
        let Some(office) = &mut self.office else { return };
        match office.registrar.register(now, &office.settings, &asker, &request) {
            Ok(told) => {
                self.tell_registrations(told);
                self.watch_bindings(now);
                self.registered(now, id, agent);
            }
            Err(Refusal(status, header)) => self.refuse_register(now, id, status, header),
        }
    }

    fn refuse_register(
        &mut self,
        now: Mono,
        id: ServerId,
        status: u16,
        header: Option<(&'static str, String)>,
    ) {
        match header {
            Some((name, value)) => self.reply_with(now, id, status, name, &value),
            None => self.reply(now, id, status),
        }
    }

    /// 200 with every binding of the agent (RFC 3261 §10.3, step 8).
    fn registered(&mut self, now: Mono, id: ServerId, agent: &AgentName) {
        let bindings = self.bindings(agent);
        let Some(mut response) = self.response(id, 200) else { return };
        for Binding { contact, expires, q, .. } in &bindings {
            let left = expires.since(now).as_millis().div_ceil(1_000);
            let q = match q {
                1_000 => String::new(),
                q => format!(";q=0.{q:03}"),
            };
            put(&mut response.headers, "Contact", &format!("<{contact}>{q};expires={left}"));
        }
        self.send_answer(now, id, response, false);
    }

    pub(super) fn tell_registrations(&mut self, told: Vec<Registration>) {
        self.outputs.extend(told.into_iter().map(Output::Registration));
    }

    /// Sets the timers of the bindings that there are.
    pub(super) fn watch_bindings(&mut self, now: Mono) {
        let Some(office) = &self.office else {
            self.timers.stop(Key::Office(Duty::Expire));
            return self.timers.stop(Key::Office(Duty::KeepAlive));
        };
        match office.registrar.next_expiry() {
            Some(at) => self.timers.set(Key::Office(Duty::Expire), at),
            None => self.timers.stop(Key::Office(Duty::Expire)),
        }
        let every = office.settings.keep_alive;
        let needed = !every.is_zero() && sleepy(&self.settings, &office.registrar).next().is_some();
        match (needed, self.timers.is_set(Key::Office(Duty::KeepAlive))) {
            (true, false) => self.timers.set(Key::Office(Duty::KeepAlive), now + every),
            (false, true) => self.timers.stop(Key::Office(Duty::KeepAlive)),
            (true, true) | (false, false) => {}
        }
    }

    pub(super) fn office_fired(&mut self, now: Mono, duty: Duty) {
        let Some(office) = &mut self.office else { return };
        match duty {
            Duty::Expire => {
                let told = office.registrar.expire(now);
                self.tell_registrations(told);
            }
            Duty::KeepAlive => {
                let phones: Vec<Hop> = sleepy(&self.settings, &office.registrar).collect();
                for to in phones {
                    self.give(Output::Datagram { to, bytes: KEEP_ALIVE.to_vec() });
                }
            }
        }
        self.watch_bindings(now);
    }
}

/// The phones whose address translators forget them unless something is sent. On a stream the
/// phone keeps its connection.
fn sleepy<'a>(settings: &'a Settings, registrar: &'a Registrar) -> impl Iterator<Item = Hop> + 'a {
    let udp = |hop: &Hop| settings.listener(hop.listener).transport == Transport::Udp;
    registrar.translated().filter(udp)
}

/// The checks of RFC 3261 §10.3, steps 1 to 5, of a user who is known.
fn refusal(request: &Request, user: &str, is_merged: bool) -> Option<Refusal> {
    match &request.uri {
        Uri::Sip(_) => {}
        Uri::Tel(_) | Uri::Other(_) => return Some(416.into()),
    }
    if is_merged {
        return Some(482.into());
    }
    if let Some(tags) = message::unsupported(&request.headers) {
        return Some(Refusal(420, Some(("Unsupported", tags))));
    }
    debug_assert!(request.method == Method::Register, "only REGISTER comes here");
    // Everybody registers only themselves, in whatever domain their phone writes.
    let to = request.headers.to().ok().flatten();
    let named = to.as_ref().and_then(|to| to.uri.user_unescaped());
    (named.as_deref() != Some(user)).then(|| 403.into())
}
