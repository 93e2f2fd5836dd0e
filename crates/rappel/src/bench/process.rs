//! The engine's process: ended by its number and by nothing else, and it never outlives us.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A child process whose words go to a file.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` in `folder`.
    pub fn start(command: &mut Command, folder: &Path) -> Result<Process> {
        let log = folder.join("engine.log");
        let output = File::create(&log)?;
        let errors = output.try_clone()?;
        command.current_dir(folder).stdin(Stdio::null()).stdout(output).stderr(errors);
        Ok(Process { child: command.spawn().context("starting the engine")?, log })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// What it has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to end and to cut its calls, and says how it did; after `patience` it is killed:
    /// `None`.
    pub fn terminate(&mut self, patience: Duration) -> Result<Option<ExitStatus>> {
        let pid = self.child.id().to_string();
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            if Instant::now() >= until {
                self.child.kill()?;
                self.child.wait()?;
                return Ok(None);
            }
            // A second signal cuts what the first waits for.
            Command::new("kill").args(["-TERM", &pid]).status().context("running kill")?;
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
