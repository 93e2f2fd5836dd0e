//! What the roof asks of the operating system besides sockets and files.

use model::Entropy;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::rand::{GetRandomFlags, getrandom};

/// A fresh root for the tree of generators.
///
/// # Errors
/// When the kernel gives no randomness (before Linux 3.17, or in a broken sandbox).
pub fn entropy() -> std::io::Result<Entropy> {
    let mut seed = [0; 32];
    let mut filled = 0;
    while filled < seed.len() {
        filled += getrandom(&mut seed[filled..], GetRandomFlags::empty())?;
    }
    Ok(Entropy::from_seed(seed))
}

/// Raises the limit of open files to what the administrator allows, and says what it is now: each
/// media port is one open file.
pub fn raise_open_files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    if current != maximum && setrlimit(Resource::Nofile, raised).is_ok() {
        return maximum.unwrap_or(u64::MAX);
    }
    current.unwrap_or(u64::MAX)
}
