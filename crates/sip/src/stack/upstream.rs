//! REGISTER to trunks: we are their phone (RFC 3261 §10.2).
//!
//! ```text
//! Asking ── 200 ──▶ Resting until most of the granted time is over ──▶ Asking …
//!    │── 401, 407, 423 ──▶ Asking, as they want it
//!    '── refusal, silence ──▶ Resting, each time longer ──▶ Asking …
//! leaving: Asking with Expires 0 ── any answer, or none ──▶ gone
//! ```
//! Each trunk gets a Contact whose user part is drawn at the start: an INVITE to it comes from that
//! trunk, whatever address it comes from, for nobody else was told. What was dialled stands in its
//! To then.

use std::time::Duration;

use model::{Mono, Now, TrunkName};
use sip_msg::{Method, NameAddr, Request, Response, Uri};

use super::Stack;
use crate::digest::Login;
use crate::message::{self, put};
use crate::timer::Key;
use crate::transaction::{ClientId, Purpose};
use crate::{Hop, Output, TrunkRegistration, Upstream, UpstreamState, limits};

/// What the stack remembers of its registration with one trunk.
#[derive(Debug)]
pub(super) struct Registering {
    settings: Upstream,
    call_id: String,
    tag: String,
    /// The user part of our Contact.
    contact_user: String,
    cseq: u32,
    login: Option<Login>,
    /// What is asked for; 423 may make it longer.
    expires: Duration,
    /// The transaction that is under way.
    client: Option<ClientId>,
    /// How often this registration was sent again as the trunk wants it.
    rounds: usize,
    /// Failures since the last success.
    failures: u32,
    leaving: bool,
    pub(super) state: UpstreamState,
}

impl Stack {
    /// Registers with every trunk that wants it, until [`Stack::unregister`]. Done once.
    pub fn register(&mut self, now: Now) {
        if !self.upstreams.is_empty() {
            return;
        }
        for settings in self.settings.upstreams.clone() {
            self.new_upstream(settings);
        }
        for place in 0..self.upstreams.len() {
            self.send_register(now.mono, place);
        }
    }

    /// Takes every registration with a trunk back, once. Its answers are awaited, not required.
    pub fn unregister(&mut self, now: Now) {
        for place in 0..self.upstreams.len() {
            self.leave_upstream(now.mono, place);
        }
    }

    pub(super) fn leave_upstream(&mut self, now: Mono, place: usize) {
        let upstream = &mut self.upstreams[place];
        if upstream.leaving {
            return;
        }
        let stands = upstream.state == UpstreamState::Registered;
        upstream.leaving = true;
        self.timers.stop(Key::Upstream(place));
        match stands {
            true => self.renew_register(now, place),
            false => self.set_upstream(place, UpstreamState::Left),
        }
    }

    /// A registration of which nothing has been asked yet, in a place that is free.
    pub(super) fn new_upstream(&mut self, settings: Upstream) -> usize {
        let registering = Registering {
            call_id: self.entropy.token(limits::BRANCH_LENGTH),
            tag: self.entropy.token(limits::TAG_LENGTH),
            contact_user: self.entropy.token(limits::TAG_LENGTH),
            cseq: 0,
            login: settings.credentials.clone().map(Login::new),
            expires: settings.expires,
            client: None,
            rounds: 0,
            failures: 0,
            leaving: false,
            state: UpstreamState::Asking,
            settings,
        };
        let free = self.upstreams.iter().position(|it| it.leaving && it.client.is_none());
        match free {
            Some(place) => self.upstreams[place] = registering,
            None => self.upstreams.push(registering),
        }
        free.unwrap_or(self.upstreams.len() - 1)
    }

    /// How each registration with a trunk stands.
    pub fn upstreams(&self) -> impl Iterator<Item = (&TrunkName, UpstreamState)> {
        let present = self.upstreams.iter().enumerate();
        let present = present.filter(|(place, _)| !self.is_replaced(*place));
        present.map(|(_, it)| (&it.settings.trunk, it.state))
    }

    /// True while the answer to a registration that we take back is awaited.
    pub fn is_leaving(&self) -> bool {
        self.upstreams.iter().any(|it| it.leaving && it.client.is_some())
    }

    /// The trunk whose Contact a request names.
    pub(super) fn upstream_of(&self, request: &Request) -> Option<&TrunkName> {
        let user = request.uri.sip()?.user.as_deref()?;
        let named = |it: &&Registering| it.contact_user == user;
        self.upstreams.iter().find(named).map(|it| &it.settings.trunk)
    }

    /// A registration whose time has come: of being renewed, or of being tried again.
    pub(super) fn renew_register(&mut self, now: Mono, place: usize) {
        let Some(upstream) = self.upstreams.get_mut(place) else { return };
        upstream.rounds = 0;
        if let Some(login) = &mut upstream.login {
            login.next_request();
        }
        self.send_register(now, place);
    }

    pub(super) fn send_register(&mut self, now: Mono, place: usize) {
        let Some(to) = self.upstreams[place].settings.next_hop else { return };
        let (branch, cnonce) = (self.branch(), self.entropy.token(limits::CNONCE_LENGTH));
        let local = self.contact(to.listener, false);
        let upstream = &mut self.upstreams[place];
        upstream.cseq += 1;
        let Some(mut request) = upstream.request(&local) else {
            return self.set_upstream(place, UpstreamState::Refused { status: 400 });
        };
        if let Some(login) = &mut upstream.login {
            login.sign(&mut request, &cnonce);
        }
        self.finish_request(&mut request, &branch, to.listener);
        let client = self.send_request(now, request, branch, to, Purpose::Register, None);
        self.upstreams[place].client = Some(client);
    }

    fn upstream_with(&self, client: ClientId) -> Option<usize> {
        self.upstreams.iter().position(|it| it.client == Some(client))
    }

    /// A final answer to one of our REGISTER.
    pub(super) fn register_answered(&mut self, now: Mono, client: ClientId, response: &Response) {
        let Some(place) = self.upstream_with(client) else { return };
        let upstream = &mut self.upstreams[place];
        upstream.client = None;
        upstream.rounds += 1;
        let more = upstream.rounds <= limits::REGISTER_ROUNDS_MAX;
        match response.status {
            200..=299 if upstream.leaving => self.set_upstream(place, UpstreamState::Left),
            200..=299 => self.granted(now, place, response),
            401 | 407 if more && upstream.login.as_mut().is_some_and(|it| it.takes(response)) => {
                self.send_register(now, place);
            }
            423 if more && upstream.lengthens(response) => self.send_register(now, place),
            status => {
                let asked = retry_after(response);
                self.register_failed(now, place, UpstreamState::Refused { status }, asked);
            }
        }
    }

    /// A request that belongs to no session had no answer: a REGISTER, or the question whether a
    /// place lives.
    pub(super) fn sessionless_unanswered(&mut self, now: Mono, client: ClientId) {
        self.register_unanswered(now, client);
        self.nobody_lives(client);
    }

    /// None came, or none could.
    fn register_unanswered(&mut self, now: Mono, client: ClientId) {
        let Some(place) = self.upstream_with(client) else { return };
        self.upstreams[place].client = None;
        self.register_failed(now, place, UpstreamState::Silent, None);
    }

    fn granted(&mut self, now: Mono, place: usize, response: &Response) {
        let upstream = &mut self.upstreams[place];
        upstream.failures = 0;
        let time = upstream.granted(response);
        let wait = time - (time / 5).max(limits::REGISTER_MARGIN).min(time / 2);
        self.timers.set(Key::Upstream(place), now + wait);
        self.set_upstream(place, UpstreamState::Registered);
    }

    fn register_failed(
        &mut self,
        now: Mono,
        place: usize,
        state: UpstreamState,
        asked: Option<Duration>,
    ) {
        let upstream = &mut self.upstreams[place];
        if upstream.leaving {
            return self.set_upstream(place, UpstreamState::Left);
        }
        let doubled = limits::REGISTER_RETRY * 2_u32.pow(upstream.failures.min(16));
        upstream.failures = upstream.failures.saturating_add(1);
        let wait = asked.unwrap_or(doubled).min(limits::REGISTER_RETRY_MAX);
        self.timers.set(Key::Upstream(place), now + wait.max(limits::REGISTER_RETRY));
        self.set_upstream(place, state);
    }

    fn set_upstream(&mut self, place: usize, state: UpstreamState) {
        let upstream = &mut self.upstreams[place];
        if upstream.state != state {
            upstream.state = state;
            let trunk = upstream.settings.trunk.clone();
            if self.is_replaced(place) {
                return;
            }
            self.outputs.push_back(Output::Upstream(TrunkRegistration { trunk, state }));
        }
    }
}

impl Registering {
    pub(super) fn trunk(&self) -> &TrunkName {
        &self.settings.trunk
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// True for a registration as these settings want it, that is not being taken back.
    pub(super) fn is_by(&self, wanted: &Upstream) -> bool {
        let next_hop = wanted.next_hop.or(self.settings.next_hop);
        let wanted = Upstream { next_hop, ..wanted.clone() };
        !self.leaving && self.settings == wanted
    }

    pub(super) fn is_with(&self, trunk: &TrunkName) -> bool {
        self.settings.trunk == *trunk
    }

    /// Goes to one of these from now on. True when it could not go anywhere before, and is still
    /// wanted.
    pub(super) fn goes_to(&mut self, hops: &[Hop]) -> bool {
        let Some(first) = hops.first() else { return false };
        let before = self.settings.next_hop;
        let stays = before.filter(|hop| hops.contains(hop));
        self.settings.next_hop = stays.or(Some(*first));
        before.is_none() && !self.leaving
    }

    /// The REGISTER without Via; none when one of its URIs cannot be read.
    fn request(&self, local: &str) -> Option<Request> {
        let registrar = Uri::parse(&self.settings.registrar).ok()?;
        let mut from = NameAddr::new(Uri::parse(&self.settings.address_of_record).ok()?);
        let to = from.to_string();
        from.params.set("tag", Some(&self.tag));
        let contact = local.replacen("<sip:", &format!("<sip:{}@", self.contact_user), 1);
        let seconds = if self.leaving { 0 } else { self.expires.as_secs() };
        let mut request = Request::new(Method::Register, registrar);
        let headers = &mut request.headers;
        put(headers, "Max-Forwards", &limits::MAX_FORWARDS.to_string());
        put(headers, "From", &from.to_string());
        put(headers, "To", &to);
        put(headers, "Call-ID", &self.call_id);
        put(headers, "CSeq", &format!("{} REGISTER", self.cseq));
        put(headers, "Contact", &format!("{contact};expires={seconds}"));
        put(headers, "Expires", &seconds.to_string());
        put(headers, "Allow", message::ALLOW);
        Some(request)
    }

    /// Asks for as long as a 423 wants, when that is more than was asked and not absurd.
    fn lengthens(&mut self, response: &Response) -> bool {
        let least = response.headers.get("Min-Expires").and_then(|text| text.trim().parse().ok());
        let least = least.map(Duration::from_secs);
        let longer = least.filter(|it| *it > self.expires && *it <= limits::REGISTER_EXPIRES_MAX);
        self.expires = longer.unwrap_or(self.expires);
        longer.is_some()
    }

    /// How long a 200 registers us: by our Contact in it, else by its Expires, else as asked.
    fn granted(&self, response: &Response) -> Duration {
        let contacts = response.headers.contacts().unwrap_or_default();
        let ours =
            |it: &&NameAddr| it.uri.sip().is_some_and(|uri| self.is_ours(uri.user.as_deref()));
        let own = contacts.iter().find(ours).and_then(|it| it.params.get("expires")?.parse().ok());
        let secs: Option<u32> = own.or(response.headers.expires().ok().flatten());
        let time = secs.map_or(self.expires, |secs| Duration::from_secs(secs.into()));
        time.clamp(limits::REGISTER_RETRY, limits::REGISTER_EXPIRES_MAX)
    }

    fn is_ours(&self, user: Option<&str>) -> bool {
        user == Some(self.contact_user.as_str())
    }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers.get("Retry-After")?;
    let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().map(Duration::from_secs)
}
