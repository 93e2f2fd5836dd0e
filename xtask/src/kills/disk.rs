//! A disk that is full, and one that is read-only: the engine refuses to promise, says why, and
//! promises again when it can.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::Checks;
use super::ear::{Aim, Ear, Heard};
use super::field::{Field, wait};
use super::judge::{Settled, complaints};
use super::record::Record;
use super::storm::all;
use crate::scenario::process::Process;

/// The size of the disk: room for a journal and a few calls.
const DISK: &str = "size=1m";
/// How long the engine may take to notice, either way.
const NOTICE_MAX: Duration = Duration::from_secs(15);
/// How long a caller stays at most.
const CALL_MAX: Duration = Duration::from_secs(20);

/// A small disk of its own, gone when dropped.
struct Disk {
    folder: PathBuf,
}

impl Disk {
    fn mount(folder: &Path) -> Result<Disk> {
        std::fs::create_dir_all(folder)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", DISK, "none"]).arg(folder);
        let output = mount.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(Disk { folder: folder.to_owned() })
    }

    fn remount(&self, how: &str) -> Result<()> {
        // Of this mount only: that is allowed in a user namespace, too.
        let how = format!("remount,bind,{how}");
        let status = Command::new("mount").args(["-o", &how]).arg(&self.folder).status()?;
        ensure!(status.success(), "mount -o {how}: {status}");
        Ok(())
    }

    /// Takes all the room that is left.
    fn fill(&self) -> Result<()> {
        use std::io::Write;
        let mut ballast = std::fs::File::create(self.folder.join("ballast"))?;
        while ballast.write(&[0; 512]).is_ok_and(|written| written > 0) {}
        Ok(())
    }

    fn empty(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.folder.join("ballast"))?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.folder).status();
    }
}

/// A full disk, then a read-only one.
pub fn run(root: &Path, program: &Path, network: &str, checks: &mut Checks) -> Result<()> {
    let network = format!("{network}201.");
    clear(&root.join("target/kills/disk/disk"));
    let field = Field::prepare(root, program, &network, "disk", "disk/rappel.journal")?;
    let disk = match Disk::mount(&field.folder.join("disk")) {
        Ok(disk) => disk,
        Err(error) => {
            checks
                .skip("a full and a read-only disk", &format!("no disk can be mounted: {error:#}"));
            return Ok(());
        }
    };
    let ear = Ear::listen(&network)?;
    let mut stage = Stage::new(&field, &ear)?;
    let mut engine = field.engine()?;
    let mut complaints = Vec::new();
    complaints.extend(stage.expect(true, "before")?);
    // The disk is full at the very write that would permit: nobody knows it before.
    let at = Aim::CallerOpensMenu;
    complaints.extend(stage.filled_at(&disk, at, false, "on a disk full at the key 1")?);
    complaints.extend(down(&field, "full")?);
    complaints.extend(stage.expect(false, "on a disk that is still full")?);
    disk.empty()?;
    complaints.extend(up(&field)?);
    complaints.extend(stage.expect(true, "with room again")?);
    complaints.extend(stage.worked_off()?);
    let at = Aim::AgentAnswers;
    complaints.extend(stage.filled_at(
        &disk,
        at,
        true,
        "before a disk that is full at the dial",
    )?);
    complaints.extend(down(&field, "full")?);
    disk.empty()?;
    complaints.extend(up(&field)?);
    complaints.extend(stage.worked_off()?);
    engine.stop()?;
    complaints.extend(stage.judged()?);
    checks.add("a full disk: nothing is promised, status says why, and it passes", complaints);

    let mut complaints = Vec::new();
    disk.remount("ro")?;
    complaints.extend(refused(&field, program)?);
    disk.remount("rw")?;
    let mut engine = field.engine()?;
    complaints.extend(stage.expect(true, "after the read-only start")?);
    complaints.extend(stage.worked_off()?);
    engine.stop()?;
    checks.add("a read-only disk: the engine does not start, and says why", complaints);
    ear.stop();
    Ok(())
}

/// A journal that may not be written any more while the engine runs on it.
pub fn forbidden(root: &Path, program: &Path, network: &str, checks: &mut Checks) -> Result<()> {
    let network = format!("{network}202.");
    clear(&root.join("target/kills/forbidden"));
    let field = Field::prepare(root, program, &network, "forbidden", "rappel.journal")?;
    if !forbids(&field.folder)? {
        checks.skip("a journal that turns read-only", "no file can be made immutable here");
        return Ok(());
    }
    let ear = Ear::listen(&network)?;
    let mut stage = Stage::new(&field, &ear)?;
    let mut engine = field.engine()?;
    let mut complaints = Vec::new();
    complaints.extend(stage.expect(true, "before")?);
    let journal = Immutable::make(&field.folder, &["rappel.journal", "rappel.journal-wal"])?;
    complaints.extend(stage.expect(false, "on a journal that may not be written")?);
    complaints.extend(down(&field, "journal")?);
    drop(journal);
    complaints.extend(up(&field)?);
    complaints.extend(stage.expect(true, "when it may be written again")?);
    complaints.extend(stage.worked_off()?);
    engine.stop()?;
    complaints.extend(stage.judged()?);
    let what = "a journal that turns read-only: nothing is promised, status says why, it passes";
    checks.add(what, complaints);
    ear.stop();
    Ok(())
}

struct Stage<'a> {
    field: &'a Field,
    ear: &'a Ear,
    calls: usize,
    /// Agents and customers, who take every callback.
    _far_ends: [Process; 2],
}

impl<'a> Stage<'a> {
    fn new(field: &'a Field, ear: &'a Ear) -> Result<Stage<'a>> {
        let far_ends = [field.answers("agent")?, field.answers("customer")?];
        Ok(Stage { field, ear, calls: 0, _far_ends: far_ends })
    }

    /// As `expect`, with a disk that is filled when `aim` passes.
    fn filled_at(
        &mut self,
        disk: &Disk,
        aim: Aim,
        promise: bool,
        when: &str,
    ) -> Result<Option<String>> {
        let moment = self.ear.arm(aim, 0);
        std::thread::scope(|scope| {
            let filler = scope.spawn(move || {
                moment.recv_timeout(CALL_MAX).context("the moment did not come")?;
                disk.fill()
            });
            let found = self.expect(promise, when);
            filler.join().expect("the filler does not panic")?;
            found
        })
    }

    /// Every promise must be kept in the end.
    fn worked_off(&self) -> Result<Option<String>> {
        let done = wait("every request is closed", NOTICE_MAX * 2, || {
            Ok((self.field.ask(&["status"])?.0["requests"] == 0).then_some(()))
        });
        Ok(done.err().map(|error| error.to_string()))
    }

    /// What the far ends wrote down, held against the journal at rest.
    fn judged(&self) -> Result<Vec<String>> {
        let record = Record::read(&self.field.folder)?;
        let journal = all(self.field)?;
        Ok(complaints(&record, &Heard::default(), &journal, &Settled::default()))
    }

    /// One caller asks for a callback, and must hear the promise or that there is none; the
    /// journal must say the same.
    fn expect(&mut self, promise: bool, when: &str) -> Result<Option<String>> {
        let mut caller = self.field.callers(1, 100, self.calls)?;
        self.calls += 1;
        if caller.wait_until(Instant::now() + CALL_MAX)?.is_none() {
            bail!("the caller did not come to an end");
        }
        let number = format!("+331990{:05}", self.calls - 1);
        let record = Record::read(&self.field.folder)?;
        let port = record.ports.get(&number).context("the caller did not call")?;
        let heard = self.ear.heard();
        let found = (
            heard.promised(*port),
            heard.refused(*port),
            all(self.field)?.iter().any(|request| request.number == number),
        );
        // One port serves one call of each SIPp: the next caller has the same again.
        self.ear.forget();
        let wanted = (promise, !promise, promise);
        Ok((found != wanted).then(|| {
            format!(
                "{when}: the caller (heard the promise, heard of none, has a request) is \
                 {found:?}, not {wanted:?}"
            )
        }))
    }
}

/// `rappel status` must fail and say `word`.
fn down(field: &Field, word: &str) -> Result<Option<String>> {
    let told = wait("status tells of the journal", NOTICE_MAX, || {
        let (status, good) = field.ask(&["status"])?;
        Ok((!good).then(|| status["journal_down"].as_str().unwrap_or_default().to_owned()))
    });
    Ok(match told {
        Ok(why) if !why.is_empty() && why.contains(word) => None,
        Ok(why) => Some(format!("status says \"{why}\", without \"{word}\"")),
        Err(error) => Some(error.to_string()),
    })
}

fn up(field: &Field) -> Result<Option<String>> {
    let good =
        wait("status is good again", NOTICE_MAX, || Ok(field.ask(&["status"])?.1.then_some(())));
    Ok(good.err().map(|error| error.to_string()))
}

/// An engine on a read-only disk must end by itself, with the reason.
fn refused(field: &Field, program: &Path) -> Result<Option<String>> {
    let mut command = Command::new(program);
    command.args(["serve", "--config", "rappel.toml"]);
    let mut process = Process::start(&mut command, &field.folder, "read-only.log")?;
    let status = process.wait_until(Instant::now() + NOTICE_MAX)?;
    let said = std::fs::read_to_string(field.folder.join("read-only.log"))?;
    let good =
        status.is_some_and(|status| !status.success()) && said.to_lowercase().contains("read-only");
    Ok((!good).then(|| format!("on a read-only disk it ended with {status:?} and said: {said}")))
}

/// Files that nobody may write, not even through what is open already; until dropped.
struct Immutable {
    files: Vec<PathBuf>,
}

impl Immutable {
    fn make(folder: &Path, names: &[&str]) -> Result<Immutable> {
        let made = Immutable { files: names.iter().map(|name| folder.join(name)).collect() };
        let output = Command::new("chattr").arg("+i").args(&made.files).output()?;
        ensure!(output.status.success(), "chattr +i: {}", output.status);
        Ok(made)
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg("-i").args(&self.files).output();
    }
}

/// Undoes what a run that was cut off may have left: a mounted disk, files that cannot be removed.
fn clear(folder: &Path) {
    if folder.is_dir() {
        let _ = Command::new("umount").arg(folder).output();
        let _ = Command::new("chattr").args(["-R", "-i"]).arg(folder).output();
    }
}

/// Whether the disk under `folder` can forbid writing to a file that is open.
fn forbids(folder: &Path) -> Result<bool> {
    use std::io::Write;
    let mut open = std::fs::File::create(folder.join("probe"))?;
    let Ok(_forbidden) = Immutable::make(folder, &["probe"]) else { return Ok(false) };
    Ok(open.write(b"x").is_err())
}
