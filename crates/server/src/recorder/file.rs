//! One file of a recording, and the directory of all.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use media::Tape;

/// Bytes before the first sample.
const HEADER_BYTES: u64 = audio::growing::HEADER_BYTES as u64;

/// A file that can be played at any moment.
#[derive(Debug)]
pub(crate) struct SoundFile {
    file: File,
    path: PathBuf,
    /// Bytes of sound that the header tells of.
    sound: u64,
}

impl SoundFile {
    /// A new file for its owner only; one that is there already is not touched.
    pub(crate) fn make(path: PathBuf, tape: &Tape) -> io::Result<SoundFile> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let made = SoundFile { file, path, sound: 0 };
        made.file.write_all_at(&tape.header(), 0)?;
        Ok(made)
    }

    /// Writes sound, and then the header that tells of it.
    pub(crate) fn add(&mut self, sound: &[u8], tape: &Tape) -> io::Result<()> {
        if sound.is_empty() {
            return Ok(());
        }
        self.file.write_all_at(sound, HEADER_BYTES + self.sound)?;
        self.tell(sound, tape)
    }

    /// As [`SoundFile::add`], for the end: the sound is on the disk before the header tells of it,
    /// and the header before anybody hears of the recording. What a power cut leaves can be played.
    pub(crate) fn finish(&mut self, sound: &[u8], tape: &Tape) -> io::Result<()> {
        self.file.write_all_at(sound, HEADER_BYTES + self.sound)?;
        self.file.sync_data()?;
        self.tell(sound, tape)?;
        self.file.sync_data()
    }

    /// The header tells of this sound too.
    fn tell(&mut self, sound: &[u8], tape: &Tape) -> io::Result<()> {
        self.file.write_all_at(&tape.header(), 0)?;
        self.sound += sound.len() as u64;
        Ok(())
    }

    /// Cuts off what a header does not tell of, after a failure.
    pub(crate) fn cut(&self) {
        // It can be played as it is; without this it is only longer than it says.
        let _ = self.file.set_len(HEADER_BYTES + self.sound);
    }

    /// Bytes of sound in it.
    pub(crate) fn sound(&self) -> u64 {
        self.sound
    }

    /// Removes the file.
    pub(crate) fn erase(&self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }

    #[cfg(test)]
    pub(crate) fn of(file: File) -> SoundFile {
        SoundFile { file, path: PathBuf::new(), sound: 0 }
    }
}

/// Makes the directory of recordings for its owner only. One that is there stays as it is; when
/// others may look into it, that is said.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(
            "others may look into the directory of recordings {}: chmod 700 it",
            path.display()
        );
    }
    Ok(())
}

/// Bytes that are free for us on the disk of a directory.
pub(crate) fn free(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn files_and_directory_are_for_their_owner_only_and_nothing_is_overwritten() {
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("deep/recordings");
        make_directory(&path).expect("made");
        make_directory(&path).expect("there already");
        let mode =
            |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        let tape = Tape::new(true, false);
        SoundFile::make(path.join("a.wav"), &tape).expect("made");
        assert_eq!((mode(&path), mode(&path.join("a.wav"))), (0o700, 0o600));
        let again = SoundFile::make(path.join("a.wav"), &tape).expect_err("refused");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert!(free(&path).expect("known") > 0);
    }
}
