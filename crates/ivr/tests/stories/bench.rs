//! A caller at a virtual clock: one script, prompts of one second per phrase, and a text of what
//! was heard and pressed.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ivr::flow::{Flow, FlowScript};
use ivr::{Ask, Caller, NoNumber, Output, Phrase, Reply, Settings};
use model::{E164, Key, Mono};

/// How long each phrase of the bench sounds: fifty frames of 20 ms.
pub const PHRASE: Duration = Duration::from_secs(1);

pub const OWN: &str = "+33612345678";

/// The one international number that nobody calls.
pub const NOT_CALLED: &str = "+33891123456";

pub fn caller() -> Caller {
    Caller::new(Some(E164::parse(OWN).unwrap()))
}

pub fn anonymous() -> Caller {
    Caller { own_number: None, ..caller() }
}

/// What a bench hears at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub at: Duration,
    pub output: Output,
}

pub struct Bench {
    pub script: FlowScript,
    pub now: Mono,
    /// When the prompt that plays ends.
    pub ends: Option<Mono>,
    /// Something plays, with an end or without.
    pub plays: bool,
    pub heard: Vec<Heard>,
    /// The caller waits from the first word on: that is not written down.
    waits_at_once: bool,
    story: String,
}

impl Bench {
    pub fn new(caller: Caller) -> Bench {
        Bench::with(Settings::default(), caller)
    }

    pub fn with(settings: Settings, caller: Caller) -> Bench {
        Bench::leading(settings, config::usual_flow(), caller)
    }

    pub fn in_flow(flow: Flow, caller: Caller) -> Bench {
        Bench::leading(Settings::default(), Arc::new(flow), caller)
    }

    fn leading(settings: Settings, flow: Arc<Flow>, caller: Caller) -> Bench {
        let now = Mono::from_nanos(1);
        let usual = config::usual_flow();
        let waits_at_once = flow == usual;
        let flows = if waits_at_once { (Arc::clone(&usual), usual) } else { (flow, usual) };
        let mut bench = Bench {
            script: FlowScript::new(settings, flows, caller, "main", "en", now),
            now,
            ends: None,
            plays: false,
            heard: vec![],
            waits_at_once,
            story: String::from("\n"),
        };
        bench.drain();
        bench
    }

    /// Lets time pass: prompts end and deadlines come at their moments.
    pub fn wait(&mut self, time: Duration) -> &mut Bench {
        let until = self.now + time;
        loop {
            let deadline = self.script.deadline().map(|deadline| deadline.at);
            let next = match (self.ends, deadline) {
                (Some(one), Some(other)) => one.min(other),
                (one, other) => match one.or(other) {
                    Some(at) => at,
                    None => break,
                },
            };
            if next > until {
                break;
            }
            self.now = next.max(self.now);
            if self.ends == Some(next) {
                self.ends = None;
                self.script.handle_played(self.now);
            } else {
                let why = self.script.deadline().expect("it came").why;
                self.write(&format!("({why})"));
                self.script.handle_timeout(self.now);
            }
            self.drain();
        }
        self.now = until;
        self
    }

    pub fn seconds(&mut self, seconds: u64) -> &mut Bench {
        self.wait(Duration::from_secs(seconds))
    }

    /// Presses keys, one right after the other.
    pub fn keys(&mut self, keys: &str) -> &mut Bench {
        for c in keys.chars() {
            self.write_key(c);
            self.script.handle_key(self.now, Key::from_char(c).unwrap());
            self.drain();
        }
        self
    }

    pub fn reply(&mut self, reply: Reply) -> &mut Bench {
        self.write(&format!("        reply {reply:?}"));
        self.script.handle_reply(self.now, reply);
        self.drain();
        self
    }

    /// So long the caller will wait, as the queue says before each input.
    pub fn wait_is(&mut self, minutes: Option<(u64, u64)>) -> &mut Bench {
        self.write(&format!("        wait {minutes:?}"));
        self.script.set_wait(minutes);
        self
    }

    /// Nothing has been said for as long as ends a message.
    pub fn quiet(&mut self, spoke: bool) -> &mut Bench {
        self.write("        quiet");
        self.script.handle_quiet(self.now, spoke);
        self.drain();
        self
    }

    pub fn story(&self) -> &str {
        &self.story
    }

    pub fn at(&self) -> Duration {
        self.now.since(Mono::from_nanos(1))
    }

    /// The numbers of the promises that were asked for.
    pub fn promises(&self) -> Vec<String> {
        let asked = self.heard.iter().filter_map(|heard| match heard.output {
            Output::Ask(Ask::Promise { number }) => Some(number.reveal()),
            _ => None,
        });
        asked.collect()
    }

    fn drain(&mut self) {
        while let Some(output) = self.script.poll() {
            if self.waits_at_once && output == Output::Ask(Ask::Wait) {
                continue;
            }
            if let Output::Ask(Ask::Read { typed }) = &output {
                let number = match E164::from_keys(typed) {
                    Ok(number) if number.reveal() == NOT_CALLED => Err(NoNumber::NotCalled),
                    Ok(number) => Ok(number),
                    Err(_) => Err(NoNumber::NotANumber),
                };
                self.script.handle_number(self.now, number);
                continue;
            }
            let line = match &output {
                Output::Play { phrases, repeat } => {
                    let length = PHRASE * u32::try_from(phrases.len()).unwrap();
                    self.ends = (!repeat).then(|| self.now + length);
                    self.plays = true;
                    format!("{}{}", words(phrases), if *repeat { " ..." } else { "" })
                }
                Output::Stop => {
                    assert!(self.plays, "a stop of nothing");
                    self.plays = false;
                    self.ends = None;
                    "(silent)".into()
                }
                Output::Ask(Ask::Read { .. }) => continue,
                Output::Ask(Ask::Promise { number }) => format!("PROMISE {}?", number.reveal()),
                Output::Ask(Ask::Wait) => "WAIT".into(),
                Output::Ask(Ask::Record { call_back: None }) => "RECORD".into(),
                Output::Ask(Ask::Record { call_back: Some(number) }) => {
                    format!("RECORD, then call {}", number.reveal())
                }
                Output::Ask(Ask::RecordEnd { kept: true }) => "RECORDED".into(),
                Output::Ask(Ask::RecordEnd { kept: false }) => "NOTHING RECORDED".into(),
                Output::Ask(Ask::Transfer { to }) => format!("PUT THROUGH to {to}"),
                Output::Ask(Ask::Recording { on: true }) => "TO BE RECORDED".into(),
                Output::Ask(Ask::Recording { on: false }) => "NOT TO BE RECORDED".into(),
                Output::Ask(Ask::Asks(asks)) => format!("ASKS FOR {asks:?}"),
                Output::Ask(Ask::HangUp) => "HANG UP".into(),
            };
            self.write(&line);
            self.heard.push(Heard { at: self.at(), output });
        }
    }

    /// Keys that came together and changed nothing in between stand in one line.
    fn write_key(&mut self, key: char) {
        let last = self.story.lines().last().unwrap_or_default();
        if last.starts_with(&format!("{}         key", self.clock())) {
            self.story.pop();
            writeln!(self.story, "{key}").unwrap();
        } else {
            self.write(&format!("        key {key}"));
        }
    }

    fn write(&mut self, line: &str) {
        let clock = self.clock();
        writeln!(self.story, "{clock} {line}").unwrap();
    }

    fn clock(&self) -> String {
        let at = self.at();
        format!("{}:{:05.2}", at.as_secs() / 60, at.as_secs_f64() % 60.0)
    }
}

/// Phrases as a story writes them: file names, and digits as digits.
pub fn words(phrases: &[Phrase]) -> String {
    let words: Vec<String> = phrases
        .iter()
        .map(|phrase| match phrase {
            Phrase::Digit(digit) => digit.to_string(),
            other => other.clip().into_owned(),
        })
        .collect();
    words.join(" ")
}
