//! The story: Ada calls, asks to be called back, hangs up; Ben comes and calls her.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use model::{AgentName, Key, RequestId};
use phone::{Answering, CallHandle, CallTo, KeyPress, PhoneEvent, Voice};
use server::control::{LadderOf, Presence, Request, Response};
use tokio::time::sleep;

use super::process::{EngineProcess, configuration, sip_port};
use super::verdict;
use crate::cli::Demo;
use crate::handset::{FarClock, Handset};
use crate::{robot, serve};

/// Ada's number.
pub(crate) const ADA: &str = "+33612345678";
/// The number that she dials.
const LINE: &str = "+33123456789";
/// The number that she is called from.
pub(crate) const OUTBOUND: &str = "+33187654321";
/// What Ada hums on the callback, in hertz, so that Ben's diary can tell that it is she.
pub(crate) const ADA_HUMS: f64 = 440.0;
/// No step of the story takes longer than this.
const PATIENCE: Duration = Duration::from_secs(40);

/// How long the people of the story listen before they act.
struct Pace {
    greeting: Duration,
    menu: Duration,
    agent: Duration,
    talk: Duration,
}

impl Pace {
    fn of(how: &Demo) -> Pace {
        let millis = Duration::from_millis;
        if how.fast {
            Pace {
                greeting: millis(400),
                menu: millis(400),
                agent: millis(400),
                talk: millis(3_000),
            }
        } else {
            let (greeting, menu) = (millis(6_500), millis(5_000));
            Pace { greeting, menu, agent: millis(5_000), talk: millis(6_000) }
        }
    }
}

/// Tells one line of the story with its time, above a turning wheel.
struct Teller {
    began: Instant,
    wheel: ProgressBar,
}

impl Teller {
    fn new() -> Teller {
        let wheel = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            wheel.set_style(style);
        }
        wheel.enable_steady_tick(Duration::from_millis(120));
        Teller { began: Instant::now(), wheel }
    }

    fn say(&self, line: &str) {
        let line = format!("{:6.1} s  {line}", self.began.elapsed().as_secs_f64());
        if std::io::stderr().is_terminal() {
            self.wheel.suspend(|| println!("{line}"));
        } else {
            println!("{line}");
        }
    }

    fn waits_for(&self, what: &str) {
        self.wheel.set_message(what.to_owned());
    }
}

/// The people, the engine, and what they are told.
struct Stage<'a> {
    how: &'a Demo,
    pace: Pace,
    teller: Teller,
    engine: EngineProcess,
    ada: Handset,
    ben: Handset,
}

pub(super) async fn tell(how: &Demo) -> Result<ExitCode> {
    let directory = tempfile::tempdir().context("no temporary directory can be made")?;
    let mut stage = Stage::set(how, directory.path()).await?;
    let request = stage.ada_asks().await?;
    if how.kill {
        stage.engine_dies().await?;
    }
    stage.ben_calls_back().await?;
    stage.show_ladder(LadderOf::Request(request))?;
    let good = stage.judge().await?;
    if how.fast {
        stage.engine.stop().await?;
    } else {
        stage.stay().await?;
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl<'a> Stage<'a> {
    async fn set(how: &'a Demo, directory: &Path) -> Result<Stage<'a>> {
        let clock = FarClock::start();
        let open = |name, host: [u8; 4]| (name, SocketAddr::from((host, 0)));
        let (name, address) = open("ada", [127, 0, 0, 2]);
        let ada = Handset::open(name, ADA, address, clock, |settings| {
            settings.answering = Answering::after_secs(2);
        });
        let ada = ada.await.context("no port is free for Ada's phone")?;
        let sentence = serve::bundled_sentence();
        let (name, address) = open("ben", [127, 0, 0, 3]);
        let ben = Handset::open(name, "ben", address, clock, |settings| {
            settings.answering = Answering::after_secs(1);
            settings.voice = robot::voice(&sentence);
        });
        let ben = ben.await.context("no port is free for Ben's phone")?;
        // For a softphone the port that everybody knows; a story of its own needs none of it, and
        // several may be told at a time.
        let port = sip_port(if how.fast { 0 } else { 5060 })?;
        let text = configuration(port, ada.sip, ben.sip);
        let engine = EngineProcess::start(directory, &text).await?;
        let stage = Stage { how, pace: Pace::of(how), teller: Teller::new(), engine, ada, ben };
        let (sip, process) = stage.engine.place()?;
        stage.teller.say(&format!("the engine listens on {sip}, process {process}"));
        Ok(stage)
    }

    /// Ada calls, presses 2 and 1, hears the promise; the engine hangs up.
    async fn ada_asks(&mut self) -> Result<RequestId> {
        let (sip, _) = self.engine.place()?;
        let mut to = CallTo::new(format!("sip:{LINE}@{sip}"), sip);
        to.asserted = Some(format!("sip:{ADA}@{}", self.ada.sip.ip()));
        self.teller.say(&format!("Ada ({ADA}) calls {LINE}; no agent is there"));
        let call = self.ada.ask(move |phone, now| phone.call(now, to)).await;
        let call = call.context("Ada's phone is gone")?;
        let call = call.map_err(|_| anyhow::anyhow!("Ada's phone has too many calls"))?;
        self.answered(call).await?;
        self.teller.say("Ada hears the greeting, then music and \"press 2 to be called back\"");
        self.listen("the greeting", self.pace.greeting).await;
        self.press(call, '2').await?;
        self.teller.say("Ada presses 2: the music stops, the menu begins");
        self.listen("the menu", self.pace.menu).await;
        self.press(call, '1').await?;
        self.teller.say("Ada presses 1: call me on the number I am calling from");
        self.teller.waits_for("the request is written, then promised");
        let over = self.ada.wait_for(PATIENCE, |event| ended(event, call)).await;
        over.context("the engine did not end Ada's call after the promise")?;
        self.teller.say("Ada hears \"we will call you back\", and the engine says BYE");
        let request = self.show_waiting()?;
        Ok(request)
    }

    async fn engine_dies(&mut self) -> Result<()> {
        let last = match self.engine.ask(&Request::Calls)? {
            Response::Calls { calls } => calls.last().map(|call| call.call),
            _ => None,
        };
        if let Some(call) = last {
            self.show_ladder(LadderOf::Call(call))?;
        }
        let process = self.engine.kill()?;
        self.teller.say(&format!("the engine is killed: SIGKILL to process {process}"));
        self.engine.start_again().await?;
        let (_, process) = self.engine.place()?;
        self.teller.say(&format!("the engine is started again, process {process}"));
        self.show_waiting().map(drop)
    }

    /// Ben comes, accepts, and is joined with Ada.
    async fn ben_calls_back(&mut self) -> Result<()> {
        let online = Request::SetStatus {
            agent: AgentName::from("ben"),
            status: Presence::Online,
            reason: None,
        };
        self.engine.ask(&online)?;
        self.teller.say("Ben comes to work; the engine rings him");
        self.teller.waits_for("Ben's phone");
        let call = self.ben.wait_for(PATIENCE, |event| match event {
            PhoneEvent::Answered { call } => Some(*call),
            _ => None,
        });
        let ben = call.await.context("the engine did not ring Ben")?;
        self.teller.say("Ben answers: \"callback for plus three three …, press 1 to accept\"");
        self.listen("the announcement", self.pace.agent).await;
        press(&self.ben, ben, '1').await?;
        self.teller.say("Ben presses 1; the dial is written, then Ada's phone rings");
        self.teller.waits_for("Ada's phone");
        let call = self.ada.wait_for(PATIENCE, |event| match event {
            PhoneEvent::Answered { call } => Some(*call),
            _ => None,
        });
        let ada = call.await.context("the engine did not call Ada back")?;
        self.ada.act(move |phone, now| phone.speak(now, ada, Voice::Tone(ADA_HUMS)));
        self.teller.say(&format!("Ada sees {OUTBOUND} and answers: they hear each other"));
        self.listen("Ada and Ben talk", self.pace.talk).await;
        self.ben.act(move |phone, now| phone.hang_up(now, ben));
        let over = self.ada.wait_for(PATIENCE, |event| ended(event, ada)).await;
        over.context("the engine did not end Ada's leg after Ben's BYE")?;
        let over = self.ben.wait_for(PATIENCE, |event| ended(event, ben)).await;
        over.context("the engine did not answer Ben's BYE")?;
        self.teller.say("Ben hangs up; the engine says BYE to Ada");
        Ok(())
    }

    /// What the far end's own diaries say.
    async fn judge(&mut self) -> Result<bool> {
        self.teller.wheel.finish_and_clear();
        let ada = self.ada.ask(|phone, _| verdict::ada(phone.diary())).await;
        let ben = self.ben.ask(|phone, _| verdict::ben(phone.diary())).await;
        let (Some(ada), Some(ben)) = (ada, ben) else { bail!("a phone is gone") };
        std::fs::write(&self.how.wav, &ada.wav)
            .with_context(|| format!("{} cannot be written", self.how.wav.display()))?;
        println!("\nWhat the phones themselves recorded, and what the engine's log says:");
        let mut good = true;
        let log = verdict::log(&self.engine.log()?);
        for (holds, what) in ada.findings.iter().chain(&ben).chain(&log) {
            println!("  {} {what}", if *holds { "yes" } else { "NO " });
            good &= holds;
        }
        println!("  listen: {} (left: Ada heard, right: Ada said)", self.how.wav.display());
        Ok(good)
    }

    /// Leaves the engine running for a softphone, with Ben as robot.
    async fn stay(self) -> Result<()> {
        let (sip, _) = self.engine.place()?;
        println!(
            "\nThe engine stays. From a softphone on this machine dial sip:anything@{sip},\n\
             press 2, then 2, a number such as 0033612345678 and #; Ben calls you back.\n\
             Ctrl-C ends it."
        );
        self.ben.act(|phone, _| phone.set_answering(robot::DECIDES));
        tokio::spawn(robot::work(self.ben));
        tokio::signal::ctrl_c().await.context("Ctrl-C cannot be waited for")?;
        println!();
        self.engine.stop().await
    }

    fn show_waiting(&self) -> Result<RequestId> {
        match self.engine.ask(&Request::Callbacks { all: false, reveal: false, origin: None })? {
            Response::Callbacks(list) => match list.callbacks.as_slice() {
                [one] => {
                    let number = one.number.as_deref().unwrap_or("erased");
                    self.teller.say(&format!("{} ({number}) waits in its place", one.request));
                    Ok(one.request)
                }
                other => bail!("one callback should wait, and {} do", other.len()),
            },
            _ => bail!("the engine did not say who waits"),
        }
    }

    fn show_ladder(&self, of: LadderOf) -> Result<()> {
        if let Response::Ladder { text } = self.engine.ask(&Request::Ladder { of })? {
            self.teller.wheel.suspend(|| println!("\n{text}"));
        }
        Ok(())
    }

    async fn answered(&mut self, call: CallHandle) -> Result<()> {
        self.teller.waits_for("the engine answers");
        let answered = self.ada.wait_for(PATIENCE, |event| match event {
            PhoneEvent::Answered { call: answered } if *answered == call => Some(Ok(())),
            PhoneEvent::Ended { call: over, how } if *over == call => Some(Err(*how)),
            _ => None,
        });
        match answered.await {
            Some(Ok(())) => Ok(()),
            Some(Err(how)) => bail!("the engine refused Ada's call: {how:?}"),
            None => bail!("the engine did not answer Ada's call"),
        }
    }

    async fn listen(&self, to: &str, long: Duration) {
        self.teller.waits_for(to);
        sleep(long).await;
    }

    async fn press(&self, call: CallHandle, key: char) -> Result<()> {
        press(&self.ada, call, key).await
    }
}

async fn press(handset: &Handset, call: CallHandle, key: char) -> Result<()> {
    let key = Key::from_char(key).context("no such key")?;
    let pressed = handset.ask(move |phone, now| phone.press(now, call, KeyPress::new(key))).await;
    match pressed {
        Some(true) => Ok(()),
        _ => bail!("the key {key} could not be pressed"),
    }
}

fn ended(event: &PhoneEvent, call: CallHandle) -> Option<()> {
    matches!(event, PhoneEvent::Ended { call: over, .. } if *over == call).then_some(())
}
