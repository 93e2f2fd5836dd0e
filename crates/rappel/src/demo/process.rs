//! The engine of the demo as a process of its own: started, asked, killed, started again.

use std::fs::{self, File};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use server::control::{self, Request, Response};
use tokio::time::sleep;

/// RTP ports of one demo.
const PORTS: u16 = 64;
/// How long the engine may take to start.
const START_TIME: Duration = Duration::from_secs(20);
/// How long it may take to drain before it is killed.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// Where the engine writes its log.
const LOG: &str = "engine.log";

/// See the module. Dropping it kills the process.
pub(crate) struct EngineProcess {
    directory: PathBuf,
    child: Child,
}

/// A free port of loopback: `wanted` if it can be had, else one that the system gives.
pub(crate) fn sip_port(wanted: u16) -> Result<u16> {
    let socket = UdpSocket::bind(("127.0.0.1", wanted))
        .or_else(|_| UdpSocket::bind(("127.0.0.1", 0)))
        .context("no port of this machine is free for SIP")?;
    Ok(socket.local_addr()?.port())
}

/// A configuration with a trunk of the demo's own, behind which Ada is, and a trunk for any
/// softphone of this machine.
pub(crate) fn configuration(port: u16, ada: SocketAddr, ben: SocketAddr) -> String {
    // Several demos may run on one machine: each has ports of its own, as far as its id tells.
    let own = u16::try_from(std::process::id() % 200).unwrap_or(0);
    let first_port = 16_384 + own * PORTS;
    format!(
        r#"[sip]
listen = "127.0.0.1:{port}"

[media]
address = "127.0.0.1"
ports = "{}-{}"

[[trunk]]                          # Ada's carrier
name = "carrier"
address = "{ada}"
sources = ["{}"]
trusted = true

[[trunk]]                          # softphones of this machine: called back where they are
name = "softphones"
address = "127.0.0.1:5099"
sources = ["127.0.0.0/8"]
callback_to = "contact"

[[queue]]
name = "support"
decline_pause = "5s"

[[line]]
name = "support"
number = "+33123456789"
outbound_number = "+33187654321"
trunk = "carrier"
queue = "support"

[[line]]
name = "softphones"
numbers = ["*"]
outbound_number = "+33187654321"
trunk = "softphones"
queue = "support"

[[agent]]
name = "ben"
uri = "sip:ben@{ben}"
wrap_up = "2s"
online = false
"#,
        first_port,
        first_port + PORTS - 1,
        ada.ip()
    )
}

impl EngineProcess {
    /// Writes the configuration into `directory` and starts the engine there.
    pub(crate) async fn start(directory: &Path, configuration: &str) -> Result<EngineProcess> {
        fs::write(directory.join("rappel.toml"), configuration)?;
        let child = spawn(directory)?;
        let mut engine = EngineProcess { directory: directory.to_path_buf(), child };
        engine.wait_until_ready().await?;
        Ok(engine)
    }

    /// SIGKILL: no farewell, no last write.
    pub(crate) fn kill(&mut self) -> Result<u32> {
        let id = self.child.id();
        self.child.kill().context("the engine could not be killed")?;
        self.child.wait().context("the engine did not end")?;
        Ok(id)
    }

    /// Starts it again on the same journal.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        self.child = spawn(&self.directory)?;
        self.wait_until_ready().await
    }

    /// Asks the engine something.
    pub(crate) fn ask(&self, request: &Request) -> Result<Response> {
        let response = control::ask(&self.directory.join("rappel.sock"), request)?;
        match response {
            Response::Error { error, .. } => bail!("{error}"),
            response => Ok(response),
        }
    }

    /// Where it listens, and which process it is.
    pub(crate) fn place(&self) -> Result<(SocketAddr, u32)> {
        match self.ask(&Request::Status)? {
            Response::Status(status) => Ok((status.sip.parse()?, status.process)),
            _ => bail!("the engine did not say how it is"),
        }
    }

    /// What the engine has written to its log, over all its starts.
    pub(crate) fn log(&self) -> Result<String> {
        fs::read_to_string(self.directory.join(LOG)).context("the engine's log cannot be read")
    }

    /// Lets calls end, then the engine.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let _ = self.ask(&Request::Drain { cut_after: None });
        let limit = Instant::now() + DRAIN_TIME;
        while Instant::now() < limit {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        self.kill().map(drop)
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let limit = Instant::now() + START_TIME;
        while Instant::now() < limit {
            if self.ask(&Request::Status).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the engine ended at its start ({status}):\n{}", self.log()?);
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("the engine did not start within {} s", START_TIME.as_secs())
    }
}

impl Drop for EngineProcess {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(directory: &Path) -> Result<Child> {
    let program = std::env::current_exe().context("this program cannot be found again")?;
    let log = File::options().create(true).append(true).open(directory.join(LOG))?;
    Command::new(program)
        .args(["serve", "--config", "rappel.toml"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("the engine could not be started")
}
