//! One of every fact, with every word its enums know.

use ledger::{
    Because, CallEnd, Chosen, DialOutcome, Fact, Held, Holder, Need, NotRecorded, OfferEnd, Origin,
    Passed, PassedBy, RecordingEnd, RequestEnd, Said, Settled, Terms, Untaken, Withheld,
};
use model::{
    AgentName, AttemptId, CallId, LanguageTag, LineName, OfferId, PersonId, QueueName, RecordingId,
    RequestId, TrunkName, Wall,
};

pub fn wall(secs: i64) -> Wall {
    Wall::from_unix_millis(1_795_255_200_000 + secs * 1_000)
}

pub const REQUEST: RequestId = RequestId(17);

pub fn attempt(number: u16) -> AttemptId {
    AttemptId { request: REQUEST, number }
}

pub fn requested() -> Fact {
    Fact::CallbackRequested {
        request: REQUEST,
        call: Some(CallId(4_294_967_297)),
        queue: QueueName::from("desk"),
        line: LineName::from("main"),
        person: PersonId(9),
        arrived: wall(0),
        expires: wall(3_600),
        language: LanguageTag::from("en"),
        terms: Box::default(),
    }
}

/// Asked for by an agent, with all that can be said.
pub fn asked_for() -> Fact {
    let Fact::CallbackRequested {
        request, queue, line, person, arrived, expires, language, ..
    } = requested()
    else {
        unreachable!("it is a request");
    };
    let terms = Box::new(Terms {
        origin: Origin::Agent,
        due: Some(wall(600)),
        slot: Some(wall(0)),
        owner: Some(AgentName::from("ann")),
        script: Some("Winter tyres".into()),
        tags: vec!["gold".into(), "second".into()],
        key: Some("5d1f".into()),
        unrecorded: true,
        ..Terms::default()
    });
    let call = None;
    Fact::CallbackRequested {
        request,
        call,
        queue,
        line,
        person,
        arrived,
        expires,
        language,
        terms,
    }
}

pub fn offered() -> Fact {
    Fact::Offered {
        offer: OfferId(3),
        agent: AgentName::from("ann"),
        request: Some(REQUEST),
        call: None,
        because: Box::default(),
    }
}

pub fn offer_ended(end: OfferEnd) -> Fact {
    Fact::OfferEnded { offer: OfferId(3), end }
}

pub fn dial_started(number: u16) -> Fact {
    Fact::DialStarted {
        attempt: attempt(number),
        agent: AgentName::from("ann"),
        trunk: TrunkName::from("carrier"),
        sip_call_id: format!("call-id-{number}"),
    }
}

pub fn dial_ended(number: u16, outcome: DialOutcome, retry_at: Option<Wall>) -> Fact {
    Fact::DialEnded { attempt: attempt(number), outcome, said: None, retry_at }
}

pub fn bridged(number: u16) -> Fact {
    Fact::Bridged { agent: AgentName::from("ann"), attempt: Some(attempt(number)), call: None }
}

pub fn closed(end: RequestEnd) -> Fact {
    Fact::RequestClosed { request: REQUEST, end, why: "a \"why\" with quotes".to_owned() }
}

fn arrived(call: CallId, needs: Vec<Need>, priority: u8) -> Fact {
    let (line, queue) = (LineName::from("main"), QueueName::from("desk"));
    Fact::CallArrived { call, line, queue, needs, priority }
}

/// Everything that the format can say, once.
pub fn every_fact() -> Vec<Fact> {
    let call = CallId(4_294_967_297);
    let mut facts = vec![Fact::EngineStarted { epoch: 2 }, arrived(call, Vec::new(), 0)];
    facts.extend(CallEnd::ALL.map(|end| Fact::CallEnded { call, end }));
    facts.extend([requested(), offered()]);
    facts.push(Fact::Offered {
        offer: OfferId(4),
        agent: AgentName::from("bob"),
        request: None,
        call: Some(call),
        because: Box::default(),
    });
    facts.extend(OfferEnd::ALL.map(offer_ended));
    facts.push(dial_started(1));
    facts.extend(DialOutcome::ALL.map(|outcome| dial_ended(1, outcome, None)));
    facts.push(dial_ended(1, DialOutcome::Busy, Some(wall(300))));
    facts.push(bridged(2));
    facts.push(Fact::Bridged { agent: AgentName::from("bob"), attempt: None, call: Some(call) });
    facts.extend(RequestEnd::ALL.map(closed));
    facts.push(Fact::FoundUncertain { attempt: attempt(2) });
    facts.extend(
        [Settled::Command, Settled::Policy].map(|by| Fact::Settled { attempt: attempt(2), by }),
    );
    facts.push(Fact::Transferred {
        agent: AgentName::from("ann"),
        to: Some(AgentName::from("bob")),
        attempt: Some(attempt(2)),
        call: None,
    });
    facts.push(Fact::Transferred {
        agent: AgentName::from("bob"),
        to: None,
        attempt: None,
        call: Some(call),
    });
    facts.extend([Some(34), None].map(|cause| Fact::DialEnded {
        attempt: attempt(1),
        outcome: DialOutcome::Failed,
        said: Some(Said { status: 503, cause }),
        retry_at: None,
    }));
    let request = attempt(1).request;
    facts.extend([Some(wall(300)), None].map(|retry_at| Fact::AttemptMissed { request, retry_at }));
    facts.extend([None, Some(call)].map(|call| Fact::TicketWanted {
        request,
        call,
        subject: "Rappel".into(),
        text: "an agent calls the customer back".into(),
    }));
    facts.push(Fact::TicketComment { request, internal: true, text: "nobody answered".into() });
    facts.push(asked_for());
    facts.extend(places(call, request));
    facts.push(Fact::Moved { request, due: wall(900), expires: wall(4_500) });
    facts.push(Fact::CameDue { request, arrived: wall(900) });
    facts.push(Fact::Hastened { request });
    facts.push(Fact::Held { request, until: wall(900), why: Held::OutsideHours });
    let why = Held::Capped { cap: "dials".into() };
    facts.push(Fact::Held { request, until: wall(900), why });
    facts.extend(recording_facts(call, request));
    facts.extend(reasons(call, request));
    facts
}

/// Callers who have an older place than their own.
fn places(call: CallId, request: RequestId) -> [Fact; 4] {
    let taken = |of, offer| Fact::PlaceTaken { call, of, arrived: wall(0), offer };
    [
        taken(Holder::Request(request), None),
        taken(Holder::Request(request), Some(OfferId(3))),
        taken(Holder::Call(CallId(4_294_967_296)), None),
        Fact::PlaceReturned { request, call },
    ]
}

/// Why somebody was passed over, not offered a callback, or not promised one.
fn reasons(call: CallId, request: RequestId) -> Vec<Fact> {
    let bob = || AgentName::from("bob");
    let passed = [
        PassedBy::DueLater { at: wall(300) },
        PassedBy::InDoubt,
        PassedBy::BeingWritten,
        PassedBy::LineGone,
        PassedBy::KeptFor { agent: bob() },
        PassedBy::OwnedBy { agent: bob() },
        PassedBy::Rests { until: wall(60) },
        PassedBy::NoChannel { trunk: TrunkName::from("carrier") },
        PassedBy::JournalDown,
        PassedBy::Draining,
    ];
    let rules = [Chosen::Wanted, Chosen::Owner, Chosen::RingsAlong];
    let because = |rule: Chosen, passed: &[PassedBy]| {
        let who = Holder::Request(request);
        let passed = passed.iter().map(|why| Passed { who, why: why.clone() }).collect();
        Box::new(Because { rule, passed, beyond: 0 })
    };
    let offered = |because: Box<Because>| Fact::Offered {
        offer: OfferId(5),
        agent: AgentName::from("ann"),
        request: None,
        call: Some(call),
        because,
    };
    let mut facts = vec![offered(because(Chosen::Oldest, &passed))];
    facts.extend(rules.map(|rule| offered(because(rule, &[]))));
    let beyond = Because { beyond: 70, ..Because::default() };
    facts.push(offered(Box::new(beyond)));
    let withheld = [
        Withheld::SwitchedOff,
        Withheld::NoOutboundNumber,
        Withheld::NobodyThere,
        Withheld::Closed,
        Withheld::NearHead { place: 1, over: 2 },
        Withheld::TooManyPending { pending: 50, most: 50 },
        Withheld::WaitTooLong { wait_secs: Some(7_200), most_secs: 3_600 },
        Withheld::WaitTooLong { wait_secs: None, most_secs: 3_600 },
        Withheld::NotInShare { percent: 30 },
        Withheld::NoOverflow {
            waiting: 3,
            waiting_over: Some(5),
            wait_secs: Some(40),
            wait_over_secs: Some(120),
        },
    ];
    facts.extend(withheld.map(|why| Fact::OfferWithheld { call, why }));
    facts.push(Fact::OfferAllowed { call });
    let untaken = [
        Untaken::AlreadyWaiting { request, place: Some(2) },
        Untaken::AlreadyWaiting { request, place: None },
        Untaken::JournalDown,
        Untaken::Full,
        Untaken::NotWaiting,
        Untaken::NotToBeHad { why: "no slot begins then".into() },
    ];
    facts.extend(untaken.map(|why| Fact::RequestUntaken { call, why }));
    facts.extend(asking_for_skills(call, request));
    facts
}

/// What asks for skills, and stands before others.
fn asking_for_skills(call: CallId, request: RequestId) -> Vec<Fact> {
    let need = Need { skill: "french".into(), level: 2 };
    let Fact::CallbackRequested { queue, line, person, arrived: at, expires, language, .. } =
        requested()
    else {
        unreachable!("it is a request");
    };
    let terms = Terms { needs: vec![need.clone()], priority: 5, ..Terms::default() };
    let (call_of, terms) = (Some(call), Box::new(terms));
    let asked = Fact::CallbackRequested {
        request,
        call: call_of,
        queue,
        line,
        person,
        arrived: at,
        expires,
        language,
        terms,
    };
    let who = Holder::Request(request);
    let why = PassedBy::LacksSkill { need: need.clone(), has: 1 };
    let because = Because { passed: vec![Passed { who, why }], ..Because::default() };
    let offered = Fact::Offered {
        offer: OfferId(6),
        agent: AgentName::from("ann"),
        request: None,
        call: Some(call),
        because: Box::new(because),
    };
    vec![arrived(call, vec![need], 5), asked, offered]
}

/// What the recordings of a call and of a callback leave in the journal.
fn recording_facts(call: CallId, request: RequestId) -> Vec<Fact> {
    let recording = RecordingId(6);
    let file = "20261121-090003-call-5.wav".to_owned();
    let mut facts = vec![Fact::RecordingBegan { recording, call, request: Some(request), file }];
    let ends = [
        RecordingEnd::Over,
        RecordingEnd::TooLong,
        RecordingEnd::DiskFull,
        RecordingEnd::Failed,
        RecordingEnd::Erased,
    ];
    facts.extend(ends.map(|end| Fact::RecordingEnded {
        recording,
        call,
        request: None,
        millis: 61_500,
        gaps: 3,
        end,
    }));
    let reasons =
        [NotRecorded::Ratio, NotRecorded::Declined, NotRecorded::DiskFull, NotRecorded::Failed];
    facts.extend(reasons.map(|why| Fact::NotRecorded { call, request: None, why }));
    let (line, file) = (LineName::from("main"), "20261121-090003-call-5-message.wav".to_owned());
    facts.push(Fact::MessageLeft { recording, call, line, file });
    let line = LineName::from("main");
    facts.push(Fact::CallLed { call, line, end: CallEnd::Finished });
    facts.push(Fact::RecordingDeclined { call: Some(call), request: Some(request) });
    facts.extend(of_agents());
    facts
}

fn of_agents() -> Vec<Fact> {
    use ledger::{AgentStatus, SaidBy};
    let agent = AgentName::from("anna");
    let wishes = [
        (AgentStatus::Online, None, SaidBy::Command),
        (AgentStatus::Away, Some("lunch"), SaidBy::FeatureCode),
        (AgentStatus::TransferOnly, None, SaidBy::Command),
        (AgentStatus::Offline, None, SaidBy::FeatureCode),
        (AgentStatus::Away, None, SaidBy::Engine),
    ];
    let said = wishes.map(|(status, reason, by)| Fact::StatusSet {
        agent: agent.clone(),
        status,
        reason: reason.map(str::to_owned),
        by,
    });
    let off = |switch, of, on| Fact::Switched { switch, of, on };
    let switched = [
        off(ledger::Switch::Registering, ledger::Part::Line("main".into()), false),
        off(ledger::Switch::Processing, ledger::Part::Queue("desk".into()), true),
        off(ledger::Switch::Processing, ledger::Part::Engine, false),
    ];
    let ended = Fact::WrapUpEnded { agent: agent.clone(), by: SaidBy::FeatureCode };
    let missed = Fact::StatusSet {
        agent,
        status: AgentStatus::Away,
        reason: Some("missed 3 calls in a row".into()),
        by: SaidBy::Engine,
    };
    said.into_iter().chain([ended]).chain(switched).chain(while_off()).chain([missed]).collect()
}

/// What is said while something is switched off.
fn while_off() -> Vec<Fact> {
    let call = CallId(4_294_967_297);
    let withheld = |by| Fact::OfferWithheld { call, why: Withheld::RegisteringOff { by } };
    let why = PassedBy::ProcessingOff { by: ledger::OffBy::Queue };
    let passed = vec![Passed { who: Holder::Request(REQUEST), why }];
    let because = Box::new(Because { passed, ..Because::default() });
    let (offer, agent) = (OfferId(5), AgentName::from("ann"));
    let offered = Fact::Offered { offer, agent, request: None, call: Some(call), because };
    let why = Withheld::EnoughAgents { waiting: 4, agents: 2, over: 2 };
    let enough = Fact::OfferWithheld { call, why };
    vec![withheld(ledger::OffBy::Line), withheld(ledger::OffBy::Engine), offered, enough]
}
