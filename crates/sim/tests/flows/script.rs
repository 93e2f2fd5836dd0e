//! The upper half of a ladder: who does what, when.

use std::time::Duration;

use model::{Key, Mono};

/// One line of the script.
#[derive(Debug, Clone)]
pub struct Step {
    pub at: Mono,
    pub who: String,
    pub act: Act,
}

/// What somebody does.
#[derive(Debug, Clone)]
pub enum Act {
    /// Calls the line: from this user, with this in the offer, this line.
    Call {
        from: Option<String>,
        asserted: Option<String>,
        offer: phone::Offer,
        line: String,
        headers: Vec<(String, String)>,
    },
    /// Presses keys, half a second apart.
    Press(Vec<Key>),
    HangUp,
    /// A re-INVITE without an offer, and an ACK without an answer.
    AskForOffer,
    /// The phone is cut off, and does not know.
    CutOff,
    /// It can be reached again.
    Back,
    /// The media threads lose an order for the port that speaks with this phone.
    MediaLost,
    /// Re-INVITEs: `sendonly`, and `sendrecv` again.
    Hold,
    Resume,
    /// An address translator binds the SIP or the RTP of a phone anew.
    Rebind {
        rtp: bool,
    },
    /// The wall clock steps by so many seconds.
    ClockSteps(i64),
    /// The world begins at this time of the wall, in seconds.
    Begins(i64),
    /// Every RTP packet is simulated.
    Packets,
    /// Every datagram takes so many milliseconds.
    Delay(u64),
    /// Asks us to call somebody else in its place; without being told what comes of it when false.
    HandOn {
        to: String,
        told: bool,
    },
    /// Calls somebody's phone beside the call under way.
    Consult(String),
    /// Hands the call on to whoever was consulted.
    HandOnConsulted,
    /// Calls the engine to take this person's place in a call.
    TakeOver {
        from: String,
        early_only: bool,
    },
    /// Agents may hand on to numbers that begin so.
    Numbers(String),
    /// How the phone answers from now on.
    Answers(phone::Answering),
    Status(queue::AgentStatus),
    /// The phone speaks SRTP and nothing else, from the beginning.
    SpeaksSrtp,
    /// The phone has no telephone-event: its keys are tones in the voice.
    SpeaksTones,
    /// How keys come from the trunk, by the settings.
    TrunkKeys(engine::KeyWay),
    /// SRTP with the trunk, or with the agents' phones, by the settings.
    TrunkSrtp(engine::Srtp),
    AgentsSrtp(engine::Srtp),
    JournalFails,
    JournalMends,
    Crash(Duration),
    Cancel(u64),
    Resolve(u64, bool),
    Drain,
    /// Registering or processing is switched on, or off, everywhere.
    Switch(queue::Switch, bool),
    /// The place of who hung up is kept so long.
    KeepsPlaces(Duration),
    /// The line speaks its offer so often.
    OffersEvery(Duration),
    /// Agents who miss so many calls in a row are away.
    AwayAfterMissed(u16),
    HangUpAll,
    /// Agents may dial feature codes, by the settings.
    FeatureCodes,
    /// The phone dials a feature code; the password of this agent answers a question for it.
    Dial {
        code: String,
        login: Option<u8>,
    },
    /// The phone registers as this agent.
    Register(u8),
    Unregister,
    RegisterAgain,
    /// An address translator gives the phone another port.
    Moved,
    NoOutbound,
    /// Callbacks hide the line's number.
    Withholds,
    /// Callers of lines are led by the bundled flow with a change.
    LedBy(std::sync::Arc<ivr::flow::Flow>),
    /// The trunk's Diversion names the line.
    ByDiversion,
    /// The trunk carries so many calls at once.
    Channels(u32),
    /// The agent has this telephone, behind the trunk, instead of a phone of ours.
    Telephone(String),
    /// The trunk's first target is another one, and this is wrong with it.
    FirstTarget(sim::Trouble),
    /// Nothing is wrong with it any more.
    TargetMends,
    /// The trunk's targets are asked so often whether they live.
    Probes(Duration),
    /// The trunk is a name, which the DNS knows.
    Named,
    /// An agent who declined or failed may be offered the same at once.
    NoPause,
    /// So many media ports are all there are.
    Ports(u16),
    /// The record says what this phone heard.
    Listens,
    /// Who answered first hears music until the other answers.
    MusicMeanwhile,
    /// Nobody hears music while the other side holds.
    NoHoldMusic,
    /// The line whispers to both sides.
    Whispers,
    /// What the phone says once it has answered: a greeting, a machine's, or a tone.
    Greets(Greeting),
    /// Callbacks that machines take are hung up on.
    HangsUpOnMachines,
    /// They are left a message.
    LeavesMessages,
    /// What is pressed after an answer: of agents' phones, or of the trunk.
    AgentDigits(String),
    TrunkDigits(String),
    /// So many dials for one request, so far apart.
    Attempts(u16, Duration),
    /// So many dials for one number in a day.
    DialsPerNumber(u32),
    /// Callers are told how long they wait; a call is taken to last so many seconds.
    TellsWait(u64),
    /// They are told their place, and waits of up to four hours.
    TellsPlace,
    /// Customers are called between these hours of their day.
    CallingHours(u16, u16),
}

/// What a phone says when it has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// "Hello", and waits.
    Shortly,
    /// A sentence after the other, a machine's.
    AtLength,
    /// A machine's greeting, its beep, and then nothing.
    ThenBeeps,
    /// The busy tone.
    Busily,
    /// The busy tone of America: two pitches at once.
    BusilyInAmerica,
    /// The three tones before an announcement, and the announcement.
    OutOfService,
    /// The dial tone of America.
    DialTone,
    /// Nothing.
    Silently,
}

/// Reads a script; a line that cannot be read is a mistake of the test.
pub fn read(text: &str) -> Vec<Step> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(step).collect()
}

fn step(line: &str) -> Step {
    let mut words = line.split_whitespace();
    let at = words.next().and_then(|word| word.parse::<f64>().ok());
    let (Some(at), Some(who)) = (at, words.next()) else { panic!("not a step: {line}") };
    let rest: Vec<&str> = words.collect();
    let act = act(&rest).unwrap_or_else(|| panic!("not a step: {line}"));
    Step { at: Mono::ZERO + Duration::from_secs_f64(at), who: who.to_owned(), act }
}

fn seconds(text: &str) -> Option<Duration> {
    Some(Duration::from_secs(number(text)?))
}

fn dial(code: &str, login: &[&str]) -> Option<Act> {
    let login = match login {
        ["as", agent] => Some(agent.strip_prefix("agent-")?.parse().ok()?),
        [] => None,
        _ => return None,
    };
    Some(Act::Dial { code: code.to_owned(), login })
}

fn act(words: &[&str]) -> Option<Act> {
    Some(match words {
        ["calls", "within", from, to] => Act::CallingHours(from.parse().ok()?, to.parse().ok()?),
        ["calls", how @ ..] => call(how)?,
        ["takes", "feature", "codes"] => Act::FeatureCodes,
        ["dials", code, login @ ..] if code.starts_with('*') => dial(code, login)?,
        ["presses", keys] => Act::Press(keys.chars().map(Key::from_char).collect::<Option<_>>()?),
        ["hangs", "up"] => Act::HangUp,
        ["asks", "for", "an", "offer"] => Act::AskForOffer,
        ["is", "cut", "off"] => Act::CutOff,
        ["is", "back"] => Act::Back,
        ["loses", "our", "media"] => Act::MediaLost,
        ["holds"] => Act::Hold,
        ["resumes"] => Act::Resume,
        ["signals", "from", "another", "port"] => Act::Rebind { rtp: false },
        ["speaks", "from", "another", "port"] => Act::Rebind { rtp: true },
        ["steps", "by", secs] => Act::ClockSteps(secs.parse().ok()?),
        ["begins", "at", secs] => Act::Begins(secs.parse().ok()?),
        ["carries", "every", "packet"] => Act::Packets,
        ["delays", millis] => Act::Delay(number(millis)?),
        ["answers", "with", "early", "media", "after", secs] => {
            Act::Answers(phone::Answering::EarlyMedia { ring_for: seconds(secs)? })
        }
        ["answers", "reliably", "after", secs] => {
            Act::Answers(phone::Answering::Reliable { ring_for: seconds(secs)? })
        }
        ["answers", "after", secs] => Act::Answers(phone::Answering::after_secs(number(secs)?)),
        ["answers", status] => Act::Answers(phone::Answering::status(status.parse().ok()?)),
        ["is", "forwarded", "to", whom] => {
            let to = crate::stage::address_of(whom);
            Act::Answers(phone::Answering::Redirect { ring_for: Duration::from_secs(1), to })
        }
        ["never", "answers"] => Act::Answers(phone::Answering::NeverAnswer),
        ["is", "dead"] => Act::Answers(phone::Answering::Ignore),
        ["is", "online"] => Act::Status(queue::AgentStatus::Online),
        ["is", "away"] => Act::Status(queue::AgentStatus::Away),
        ["is", "offline"] => Act::Status(queue::AgentStatus::Offline),
        ["cannot", "be", "written"] => Act::JournalFails,
        ["can", "be", "written"] => Act::JournalMends,
        ["is", "killed", "for", secs] => Act::Crash(Duration::from_secs(number(secs)?)),
        ["cancels", request] => Act::Cancel(request.strip_prefix("cb-")?.parse().ok()?),
        ["resolves", request, how] => {
            let reached = *how == "reached";
            Act::Resolve(request.strip_prefix("cb-")?.parse().ok()?, reached)
        }
        ["drains"] => Act::Drain,
        ["hangs", "everybody", "up"] => Act::HangUpAll,
        ["registers", "as", agent] => Act::Register(agent.strip_prefix("agent-")?.parse().ok()?),
        ["unregisters"] => Act::Unregister,
        ["registers", "again"] => Act::RegisterAgain,
        ["gets", "another", "port"] => Act::Moved,
        ["has", "a", "first", "target", "that", "refuses"] => {
            Act::FirstTarget(sim::Trouble::Refuses(60))
        }
        ["has", "a", "first", "target", "that", "is", "silent"] => {
            Act::FirstTarget(sim::Trouble::Silent)
        }
        ["mends"] => Act::TargetMends,
        ["asks", "every", secs] => Act::Probes(Duration::from_secs(number(secs)?)),
        ["is", "a", "name"] => Act::Named,
        ["rests", "nobody"] => Act::NoPause,
        ["has", ports, "port" | "ports"] => Act::Ports(ports.parse().ok()?),
        ["dials", times, "times", "every", secs] => {
            Act::Attempts(times.parse().ok()?, Duration::from_secs(number(secs)?))
        }
        ["tells", "the", "wait", "by", "calls", "of", secs] => Act::TellsWait(number(secs)?),
        ["dials", "a", "number", times, "a", "day"] => Act::DialsPerNumber(times.parse().ok()?),
        _ => return handed_on(words).or_else(|| settled(words)),
    })
}

/// Transfers.
fn handed_on(words: &[&str]) -> Option<Act> {
    Some(match words {
        ["hands", "on", "to", "numbers", prefix] => Act::Numbers((*prefix).to_owned()),
        ["hands", "on", "to", "the", "other"] => Act::HandOnConsulted,
        ["hands", "on", "to", whom] => Act::HandOn { to: (*whom).to_owned(), told: true },
        ["hands", "on", "untold", "to", whom] => {
            Act::HandOn { to: (*whom).to_owned(), told: false }
        }
        ["consults", whom] => Act::Consult((*whom).to_owned()),
        ["takes", "over", "from", whom] => {
            Act::TakeOver { from: (*whom).to_owned(), early_only: false }
        }
        ["picks", "up", "from", whom] => {
            Act::TakeOver { from: (*whom).to_owned(), early_only: true }
        }
        _ => return None,
    })
}

/// What the engine is set to.
fn settled(words: &[&str]) -> Option<Act> {
    Some(match words {
        ["offers", "on", "its", "line", "every", secs] => Act::OffersEvery(seconds(secs)?),
        ["has", "who", "misses", times, "away"] => Act::AwayAfterMissed(times.parse().ok()?),
        ["keeps", "places", "for", secs] => Act::KeepsPlaces(seconds(secs)?),
        ["switches", "registering", to] => Act::Switch(queue::Switch::Registering, *to == "on"),
        ["switches", "processing", to] => Act::Switch(queue::Switch::Processing, *to == "on"),
        ["speaks", "srtp"] => Act::SpeaksSrtp,
        ["has", "no", "telephone-event"] => Act::SpeaksTones,
        ["listens"] => Act::Listens,
        ["says", "hello"] => Act::Greets(Greeting::Shortly),
        ["is", "a", "machine"] => Act::Greets(Greeting::AtLength),
        ["sounds", "busy"] => Act::Greets(Greeting::Busily),
        ["sounds", "busy", "in", "america"] => Act::Greets(Greeting::BusilyInAmerica),
        ["sounds", "out", "of", "service"] => Act::Greets(Greeting::OutOfService),
        ["sounds", "a", "dial", "tone"] => Act::Greets(Greeting::DialTone),
        ["is", "a", "machine", "that", "listens"] => Act::Greets(Greeting::ThenBeeps),
        ["says", "nothing"] => Act::Greets(Greeting::Silently),
        ["hangs", "up", "on", "machines"] => Act::HangsUpOnMachines,
        ["leaves", "messages", "on", "machines"] => Act::LeavesMessages,
        ["presses", digits, "after", "an", "agent's", "answer"] => {
            Act::AgentDigits((*digits).to_owned())
        }
        ["presses", digits, "after", "an", "answer", "of", "the", "trunk"] => {
            Act::TrunkDigits((*digits).to_owned())
        }
        ["plays", "music", "meanwhile"] => Act::MusicMeanwhile,
        ["plays", "no", "music", "on", "hold"] => Act::NoHoldMusic,
        ["whispers"] => Act::Whispers,
        ["takes", "keys", "by", "info"] => Act::TrunkKeys(engine::KeyWay::Info),
        ["takes", "keys", "in", "the", "voice"] => Act::TrunkKeys(engine::KeyWay::Tones),
        ["offers", "the", "trunk", "srtp"] => Act::TrunkSrtp(engine::Srtp::Offered),
        ["requires", "srtp", "of", "the", "trunk"] => Act::TrunkSrtp(engine::Srtp::Required),
        ["offers", "agents", "srtp"] => Act::AgentsSrtp(engine::Srtp::Offered),
        ["requires", "srtp", "of", "agents"] => Act::AgentsSrtp(engine::Srtp::Required),
        ["has", "no", "outbound", "number"] => Act::NoOutbound,
        ["withholds", "its", "number"] => Act::Withholds,
        ["tells", "the", "place"] => Act::TellsPlace,
        ["leads", "by", name] => Act::LedBy(crate::led::by(name)?),
        ["finds", "lines", "by", "diversion"] => Act::ByDiversion,
        ["is", "at", "the", "telephone", number] => Act::Telephone((*number).to_owned()),
        ["carries", calls, "call" | "calls"] => Act::Channels(calls.parse().ok()?),
        _ => return None,
    })
}

fn call(words: &[&str]) -> Option<Act> {
    let (mut from, mut asserted) = (None, None);
    let mut offer = phone::Offer::Usual;
    let mut line = sim::lab::LINE.to_owned();
    let mut headers = Vec::new();
    for pair in words.chunks(2) {
        match pair {
            ["from", user] => from = Some((*user).to_owned()),
            ["asserting", user] => asserted = Some((*user).to_owned()),
            ["offering", "g729"] => offer = phone::Offer::BadCodec,
            ["offering", "video"] => offer = phone::Offer::VideoFirst,
            ["offering", "nothing"] => offer = phone::Offer::Late,
            ["dialling", user] => line = (*user).to_owned(),
            ["wanting", privacy] => headers.push(("Privacy".into(), (*privacy).to_owned())),
            ["diverted-by", user] => {
                let value = format!("<sip:{user}@192.0.2.200>;reason=unconditional");
                headers.push(("Diversion".into(), value));
            }
            _ => return None,
        }
    }
    Some(Act::Call { from, asserted, offer, line, headers })
}

fn number(word: &str) -> Option<u64> {
    word.parse().ok()
}
