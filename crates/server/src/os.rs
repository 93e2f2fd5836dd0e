//! What the roof asks of the operating system besides sockets and files.

use std::ops::RangeInclusive;

use engine::Settings;
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
/// media port is two open files, for RTP and for RTCP.
fn raise_open_files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    if current != maximum && setrlimit(Resource::Nofile, raised).is_ok() {
        return maximum.unwrap_or(u64::MAX);
    }
    current.unwrap_or(u64::MAX)
}

/// Open files besides ports and connections: listeners, journal, log, what the threads wait on.
const OTHER_FILES: u64 = 128;

/// Raises the limit of open files, and says so when the calls that the settings allow need more.
pub fn check_files(settings: &Settings) {
    if let Some(words) = files_missing(settings) {
        tracing::warn!("{words}");
    }
}

/// Raises the limit of open files; what is wrong when it is still too low, and the remedy.
pub fn files_missing(settings: &Settings) -> Option<String> {
    too_few_files(raise_open_files(), &settings.media.ports)
}

/// What is wrong when only so many files may be open, and the remedy; `None` when they suffice.
fn too_few_files(allowed: u64, ports: &RangeInclusive<u16>) -> Option<String> {
    let ports = 2 * engine::rtp_ports(ports).count() as u64;
    let others = crate::wire::CONNECTIONS_MAX as u64 + OTHER_FILES;
    let needed = ports + others;
    tracing::debug!("{allowed} files may be open; {needed} may be needed");
    (allowed < needed).then(|| {
        let left = allowed.saturating_sub(others);
        format!(
            "only {allowed} files may be open, which is enough for {left} media ports of {ports} \
             (RTP and RTCP): raise the limit (`LimitNOFILE={needed}` in the service, or \
             `ulimit -n`), or give [media] fewer ports"
        )
    })
}

/// Says so when the system gives ports of ours to others.
pub fn check_ports(settings: &Settings) {
    if let Some(words) = taken_ports(settings) {
        tracing::warn!("{words}");
    }
}

/// What is wrong with media ports that this machine's system gives to others too, and the remedy;
/// `None` when it gives others.
pub fn taken_ports(settings: &Settings) -> Option<String> {
    let ours = &settings.media.ports;
    let taken = ephemeral_ports().filter(|taken| overlaps(taken, ours))?;
    Some(format!(
        "the system gives ports {} to {} to any program that asks for one, and the ports of \
         [media] are {} to {}: a call may find its port taken. Choose ports below {}, or change \
         net.ipv4.ip_local_port_range",
        taken.start(),
        taken.end(),
        ours.start(),
        ours.end(),
        taken.start()
    ))
}

/// The ports that the system gives to whoever asks for any (`ip_local_port_range`).
fn ephemeral_ports() -> Option<RangeInclusive<u16>> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut numbers = text.split_whitespace().map_while(|word| word.parse().ok());
    Some(numbers.next()?..=numbers.next()?)
}

/// Whether two ranges of ports have one in common.
fn overlaps(one: &RangeInclusive<u16>, other: &RangeInclusive<u16>) -> bool {
    one.start() <= other.end() && other.start() <= one.end()
}

/// One thread less than there are processors, for the engine has one of its own.
pub fn media_threads() -> usize {
    threads_beside(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

fn threads_beside(processors: usize) -> usize {
    processors.saturating_sub(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ports_that_touch_overlap() {
        assert!(overlaps(&(32_768..=60_999), &(16_384..=32_768)));
        assert!(overlaps(&(32_768..=60_999), &(40_000..=40_010)));
        assert!(!overlaps(&(32_768..=60_999), &(16_384..=32_767)));
    }

    #[test]
    fn so_many_ports_fit_the_open_files() {
        let others = crate::wire::CONNECTIONS_MAX as u64 + OTHER_FILES;
        assert_eq!(too_few_files(others + 16, &(20_000..=20_015)), None);
        let words = too_few_files(others + 15, &(20_000..=20_015)).expect("one file is missing");
        assert!(words.contains("enough for 15 media ports of 16"), "{words}");
        assert!(words.contains(&format!("LimitNOFILE={}", others + 16)), "{words}");
    }

    #[test]
    fn the_limit_of_open_files_is_raised_to_what_is_allowed() {
        let allowed = raise_open_files();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!((current, current.unwrap_or(u64::MAX)), (maximum, allowed));
    }

    #[test]
    fn one_thread_less_than_processors_and_never_none() {
        assert_eq!([1, 2, 3, 64].map(threads_beside), [1, 1, 2, 63]);
    }
}
