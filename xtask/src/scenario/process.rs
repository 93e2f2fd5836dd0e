//! Child processes that are ended by their number and by nothing else, and never outlive us.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How often a child is looked at.
pub const LOOK: Duration = Duration::from_millis(20);

/// A child process whose output goes to a file.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts `command` in `folder`.
    pub fn start(command: &mut Command, folder: &Path, output: &str) -> Result<Process> {
        let output = File::create(folder.join(output))?;
        let errors = output.try_clone()?;
        command.current_dir(folder).stdin(Stdio::null()).stdout(output).stderr(errors);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("starting {program}"))?;
        Ok(Process { child })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for its end until `until`.
    pub fn wait_until(&mut self, until: Instant) -> Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Asks it to end (SIGTERM) and says how it did; after `patience` it is killed: `None`.
    pub fn terminate(&mut self, patience: Duration) -> Result<Option<ExitStatus>> {
        if let Some(status) = self.ended()? {
            return Ok(Some(status));
        }
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().context("running kill")?;
        let ended = self.wait_until(Instant::now() + patience)?;
        if ended.is_none() {
            self.child.kill()?;
            self.child.wait()?;
        }
        Ok(ended)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Process {
        let folder = std::env::temp_dir();
        let name = format!("xtask-{}-{}", std::process::id(), script.len());
        Process::start(Command::new("sh").args(["-c", script]), &folder, &name).expect("a shell")
    }

    #[test]
    fn a_process_ends_when_asked() {
        let mut process = shell("exec sleep 60");
        assert!(process.ended().expect("asked").is_none());
        let status = process.terminate(Duration::from_secs(5)).expect("asked");
        assert!(status.is_some_and(|status| !status.success()));
    }

    #[test]
    fn a_process_that_does_not_listen_is_killed() {
        let mut process = shell("trap '' TERM; echo on; while :; do :; done");
        let file = std::env::temp_dir().join(format!("xtask-{}-42", std::process::id()));
        while std::fs::read_to_string(&file).unwrap_or_default().is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(process.terminate(Duration::from_millis(50)).expect("asked"), None);
    }
}
