//! An engine in a process of its own, on free ports, with a directory of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Engine {
    pub child: Child,
    directory: tempfile::TempDir,
    pub text: String,
}

impl Engine {
    pub fn serve() -> Engine {
        Engine::told_to("")
    }

    /// One that tells systemd's socket of this name in its directory how it is.
    pub fn told_to(socket: &str) -> Engine {
        let directory = tempfile::tempdir().expect("a directory");
        let free = || UdpSocket::bind("127.0.0.1:0").expect("binds");
        let (sip, trunk, agent) = (free(), free(), free());
        let at = |socket: &UdpSocket| socket.local_addr().expect("an address").to_string();
        let text = config::MINIMAL
            .replace("[media]", &format!("[sip]\nlisten = \"{}\"\n[media]", at(&sip)))
            .replace("address = \"203.0.113.5\"", "address = \"127.0.0.1\"")
            .replace("198.51.100.7:5060", &at(&trunk))
            .replace("192.0.2.5:5060", &at(&agent));
        drop(sip);
        fs::write(directory.path().join("rappel.toml"), &text).expect("written");
        let log = fs::File::create(directory.path().join("engine.log")).expect("a log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_rappel"))
            .args(["serve", "--config", "rappel.toml"])
            .current_dir(directory.path())
            .env("NOTIFY_SOCKET", socket)
            .env("WATCHDOG_USEC", "100000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().expect("piped"));
        said.read_line(&mut line).expect("it says that it serves");
        assert!(line.starts_with("rappel serves rappel.toml"), "{line}");
        Engine { child, directory, text }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn run(&self, arguments: &[&str]) -> (String, bool) {
        let binary = env!("CARGO_BIN_EXE_rappel");
        let output: Output = Command::new(binary)
            .args(arguments)
            .current_dir(self.path())
            .output()
            .expect("the program runs");
        let said = [output.stdout, output.stderr].concat();
        (String::from_utf8_lossy(&said).into_owned(), output.status.success())
    }

    /// The file with these lines behind it.
    pub fn write(&self, more: &str) {
        let text = format!("{}\n{more}", self.text);
        fs::write(self.path().join("rappel.toml"), text).expect("written");
    }

    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), signal).expect("it is there");
    }

    /// Waits until the log holds this.
    pub fn logs(&self, wanted: &str) {
        let begun = Instant::now();
        loop {
            let log = fs::read_to_string(self.path().join("engine.log")).unwrap_or_default();
            if log.contains(wanted) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{wanted:?} is not in\n{log}");
            std::thread::yield_now();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
