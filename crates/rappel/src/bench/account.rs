//! What the operating system says that a process has used.

use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Clock ticks of `/proc` in a second: USER_HZ, the same on every Linux that Rust runs on.
const TICKS: u64 = 100;

/// User and system time of a process, all its threads together; whole hundredths of a second.
pub fn cpu(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let ticks = ticks(&stat).context("reading /proc/PID/stat")?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS))
}

/// Fields 14 and 15; the name before them may hold spaces.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// Resident memory of a process in kB: what the kernel keeps for its sockets is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resident {
    /// All of it.
    pub all: u64,
    /// What no file stands behind: heap and stacks, and not the program itself.
    pub anonymous: u64,
}

/// Resident memory of a process.
pub fn resident(pid: u32) -> Result<Resident> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let read = |name| kilobytes(&status, name).with_context(|| format!("no {name} of {pid}"));
    Ok(Resident { all: read("VmRSS:")?, anonymous: read("RssAnon:")? })
}

fn kilobytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The load average of the last minute: how much others disturb the figures of the clock.
pub fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}

/// Processors and kernel.
pub fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let model = model.unwrap_or("processor unknown");
    format!("{processors} processors ({model}), Linux {}", kernel.trim())
}

/// Each caller is an open file.
pub fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // When it is refused, opening the sockets says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// The value that so many hundredths of the sorted `values` do not exceed.
pub fn percentile<T: Copy + Default>(values: &[T], hundredths: usize) -> T {
    let place = (values.len() * hundredths).div_ceil(100).saturating_sub(1);
    values.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_of_the_kernel_are_read() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 110 0 0 0 250 31 4 5 20 0 1 0 100 1 1";
        assert_eq!(ticks(stat), Some(281));
        let status = "Name:\tx\nVmRSS:\t    5432 kB\nRssAnon:\t 120 kB\n";
        assert_eq!(kilobytes(status, "VmRSS:"), Some(5_432));
        assert_eq!(kilobytes(status, "RssAnon:"), Some(120));
        assert_eq!((ticks("7 (a)"), kilobytes("VmRSS: many", "VmRSS:")), (None, None));
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<u32> = (1..=200).collect();
        assert_eq!([50, 99, 100].map(|p| percentile(&values, p)), [100, 198, 200]);
        assert_eq!(percentile(&[5], 50), 5);
        assert_eq!(percentile::<u32>(&[], 50), 0);
    }
}
