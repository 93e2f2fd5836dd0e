//! Rappel itself, as the scenarios start, ask and stop it.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::process::Process;

/// How long it may take to start, and to end.
const START_MAX: Duration = Duration::from_secs(20);
const END_MAX: Duration = Duration::from_secs(10);
/// From one OPTIONS to the next.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// A running `rappel serve`.
pub struct Engine {
    program: PathBuf,
    folder: PathBuf,
    process: Process,
}

impl Engine {
    /// Starts `program` in `folder`, where its `rappel.toml` is, and waits until it answers
    /// OPTIONS at `address`, asked from `friend`, which its trunk knows.
    pub fn start(program: &Path, folder: &Path, address: &str, friend: &str) -> Result<Engine> {
        let mut command = Command::new(program);
        command.args(["serve", "--config", "rappel.toml"]);
        let process = Process::start(&mut command, folder, "rappel.log")?;
        let mut engine = Engine { program: program.to_owned(), folder: folder.to_owned(), process };
        engine.wait_until_ready(address, friend)?;
        Ok(engine)
    }

    fn wait_until_ready(&mut self, address: &str, friend: &str) -> Result<()> {
        let socket = UdpSocket::bind((friend, 5070)).context("binding the address that asks")?;
        socket.set_read_timeout(Some(ASK_EVERY))?;
        let target: SocketAddr = format!("{address}:5060").parse()?;
        let until = Instant::now() + START_MAX;
        let mut buffer = [0; 2_000];
        for count in 1.. {
            if let Some(status) = self.process.ended()? {
                bail!("rappel ended at its start ({status}): see rappel.log");
            }
            ensure!(Instant::now() < until, "rappel did not answer OPTIONS in {START_MAX:?}");
            // Nobody may listen yet, which the kernel reports on the next call.
            let _ = socket.send_to(options(address, friend, count).as_bytes(), target);
            match socket.recv(&mut buffer) {
                Ok(length) if buffer[..length].starts_with(b"SIP/2.0 200") => break,
                Ok(_) => std::thread::sleep(ASK_EVERY),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                    std::thread::sleep(ASK_EVERY);
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// The states of the requests, as `rappel callback list --all --json` says them.
    pub fn requests(&self) -> Result<Vec<String>> {
        let output = Command::new(&self.program)
            .args(["callback", "list", "--all", "--json", "--config", "rappel.toml"])
            .current_dir(&self.folder)
            .output()?;
        ensure!(
            output.status.success(),
            "rappel callback list: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        std::fs::write(self.folder.join("requests.json"), &text)?;
        states(&serde_json::from_str(&text).context("rappel callback list --all --json: not JSON")?)
    }

    /// The number of its process. Dropping the engine kills that process (SIGKILL).
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Stops it; it must end by itself and without an error.
    pub fn stop(&mut self) -> Result<()> {
        match self.process.terminate(END_MAX)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("rappel ended with {status}: see rappel.log"),
            None => bail!("rappel did not end in {END_MAX:?} and was killed"),
        }
    }
}

/// The states in a list of requests; of a closed one, how it ended.
fn states(list: &Value) -> Result<Vec<String>> {
    let list = list["callbacks"].as_array().context("no list of callbacks")?;
    let state = |request: &Value| {
        let state = request["state"].as_str();
        let word = if state == Some("closed") { request["end"].as_str() } else { state };
        word.map(str::to_owned).with_context(|| format!("a request without state: {request}"))
    };
    list.iter().map(state).collect()
}

fn options(address: &str, friend: &str, count: u32) -> String {
    format!(
        "OPTIONS sip:{address}:5060 SIP/2.0\r\n\
         Via: SIP/2.0/UDP {friend}:5070;branch=z9hG4bK-ready-{count}\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:ready@{friend}>;tag=ready\r\n\
         To: <sip:{address}>\r\n\
         Call-ID: ready-{count}@{friend}\r\n\
         CSeq: {count} OPTIONS\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_from_a_list_of_requests() {
        let list = serde_json::json!({"callbacks": [
            {"request": 1, "state": "waiting", "due": null},
            {"request": 2, "state": "closed", "end": "busy", "why": "486"},
        ]});
        assert_eq!(states(&list).expect("states"), ["waiting", "busy"]);
        assert!(states(&serde_json::json!({"callbacks": [{}]})).is_err());
        assert!(states(&serde_json::json!([])).is_err());
    }
}
