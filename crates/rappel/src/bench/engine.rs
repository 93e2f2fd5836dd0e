//! `rappel serve` in a process of its own, with no agent who takes calls: whoever
//! calls waits and hears the prompts and the music.

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::far_end::HERE;
use super::process::Process;
use super::sip::{self, Call};

/// Where the engine listens.
pub const ENGINE: &str = "127.9.0.1";
const START_MAX: Duration = Duration::from_secs(20);
const ANSWER_MAX: Duration = Duration::from_secs(10);
const END_MAX: Duration = Duration::from_secs(10);

const CONFIG: &str = r#"
[sip]
listen = "127.9.0.1:5060"
sessions_max = 20000
transactions_max = 1000000

[media]
address = "127.9.0.1"
ports = "16384-65534"

[log]
level = "warn"

[limits]
entries_max = 100000

[[trunk]]
name = "carrier"
address = "127.9.0.2:5060"
sources = ["127.9.0.2"]
trusted = true
number_format = "e164"

[[queue]]
name = "support"

[[line]]
name = "support"
number = "+33199001000"
outbound_number = "+33199001000"

[[agent]]
name = "anna"
uri = "sip:anna@127.9.0.4:5060"
online = false
"#;

/// Added to it, everybody who calls leaves a message: what they say is recorded.
const RECORDED: &str = r#"
[recording]
enabled = true
directory = "recordings"
free_min_mb = 0

[ivr]
message_max = "10m"
message_silence = "10m"

[[flow]]
name = "message"
steps = [{ message = true }, { hang_up = true }]
"#;

/// A running engine, and the trunk's signalling socket.
pub struct Engine {
    process: Process,
    /// Configuration, journal and log; it is removed at the end.
    folder: tempfile::TempDir,
    /// The trunk's socket, which sends to the engine.
    pub trunk: UdpSocket,
}

impl Engine {
    /// Starts the engine with an empty journal in a folder of its own, and waits until it answers.
    pub fn start() -> Result<Engine> {
        Engine::configured(CONFIG)
    }

    /// The same, where all that callers say is recorded.
    pub fn start_recording() -> Result<Engine> {
        let line = "name = \"support\"\nnumber";
        let led = CONFIG.replace(line, "name = \"support\"\nflow = \"message\"\nnumber");
        Engine::configured(&format!("{led}{RECORDED}"))
    }

    fn configured(config: &str) -> Result<Engine> {
        let folder = tempfile::tempdir().context("making a folder for the engine")?;
        std::fs::write(folder.path().join("rappel.toml"), config)?;
        let trunk = UdpSocket::bind((HERE, 5060)).context("binding the trunk's address")?;
        trunk.set_read_timeout(Some(Duration::from_millis(200)))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--config", "rappel.toml"]);
        let process = Process::start(&mut command, folder.path())?;
        let mut engine = Engine { process, folder, trunk };
        engine.wait_until_ready()?;
        Ok(engine)
    }

    /// The bytes of all recordings, and how many there are.
    pub fn recorded(&self) -> Result<(u64, usize)> {
        let mut all = (0, 0);
        for file in std::fs::read_dir(self.folder.path().join("recordings"))? {
            all = (all.0 + file?.metadata()?.len(), all.1 + 1);
        }
        Ok(all)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks for a call, and waits until it is answered. Gives the engine's RTP address.
    pub fn call(&self, call: &mut Call) -> Result<SocketAddr> {
        self.say(&call.invite())?;
        let answer = self.hear_about("INVITE")?;
        let media = call.answered(&answer).context("a 200 without an address for the media")?;
        self.say(&call.ack())?;
        Ok(media)
    }

    /// Ends a call.
    pub fn hang_up(&self, call: &Call) -> Result<()> {
        self.say(&call.bye())?;
        self.hear_about("BYE").map(|_| ())
    }

    /// Ends the engine, which must end well.
    pub fn stop(mut self) -> Result<()> {
        match self.process.terminate(END_MAX)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => {
                bail!("the engine ended with {status}; its log:\n{}", self.process.log())
            }
            None => bail!("the engine did not end in {END_MAX:?} and was killed"),
        }
    }

    /// Sends a message to the engine.
    pub fn say(&self, message: &str) -> Result<()> {
        let to: SocketAddr = SocketAddr::new(ENGINE.parse()?, 5060);
        self.trunk.send_to(message.as_bytes(), to)?;
        Ok(())
    }

    /// Waits for the final answer to the one request that is under way.
    fn hear_about(&self, wanted: &str) -> Result<String> {
        let until = Instant::now() + ANSWER_MAX;
        let mut bytes = [0; 4_096];
        while Instant::now() < until {
            let Ok(length) = self.trunk.recv(&mut bytes) else { continue };
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            match sip::answer(&text) {
                Some((200, _, method)) if method == wanted => return Ok(text),
                Some((300.., _, method)) if method == wanted => bail!("refused:\n{text}"),
                _ => {}
            }
        }
        bail!("no answer to {wanted} in {ANSWER_MAX:?}")
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let until = Instant::now() + START_MAX;
        for count in 1.. {
            ensure!(Instant::now() < until, "the engine did not answer OPTIONS in {START_MAX:?}");
            let _ = self.say(&format!(
                "OPTIONS sip:{ENGINE} SIP/2.0\r\n\
                 Via: SIP/2.0/UDP {HERE}:5060;branch=z9hG4bK-ready-{count}\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:ready@{HERE}>;tag=ready\r\n\
                 To: <sip:{ENGINE}>\r\nCall-ID: 0@bench\r\nCSeq: {count} OPTIONS\r\n\
                 Content-Length: 0\r\n\r\n"
            ));
            let is_answered = self.trunk.recv(&mut [0; 2_000]).is_ok();
            std::thread::sleep(Duration::from_millis(50));
            // Asked last: an engine that was left from before may have answered.
            if let Some(status) = self.process.ended()? {
                bail!("the engine ended at its start ({status}):\n{}", self.process.log());
            }
            if is_answered {
                return Ok(());
            }
        }
        Ok(())
    }
}
