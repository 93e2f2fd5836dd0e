//! What of this machine could keep an engine from serving, said before it is started, each with
//! the next thing to do. Nothing is changed.

use std::collections::BTreeSet;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;

use engine::Settings;
use model::{Entropy, Wall};
use serde::Serialize;
use sip::locate::{Locator, Target};

use crate::clock::{Clock, wall};
use crate::dns::Dns;
use crate::start::{SIP_BUFFER_BYTES, bind_once};
use crate::{Bind, os};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Good,
    /// Calls are served, and it will be felt.
    Doubtful,
    /// Calls are not served.
    Bad,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sign {
    /// What: `clock`, `SIP port`, …
    pub what: String,
    /// How it is.
    pub health: Health,
    /// What was seen.
    pub seen: String,
    /// What to do about it; absent when there is nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Sign {
    /// As it should be.
    pub fn good(what: &str, seen: impl Into<String>) -> Sign {
        Sign { what: what.to_owned(), health: Health::Good, seen: seen.into(), remedy: None }
    }

    /// Doubtful, in words that say what to do as well.
    fn told(what: &str, seen: String) -> Sign {
        Sign { health: Health::Doubtful, ..Sign::good(what, seen) }
    }

    /// Not as it should be, and what to do.
    pub fn ill(
        what: &str,
        health: Health,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Sign {
        let remedy = Some(remedy.into());
        Sign { what: what.to_owned(), health, seen: seen.into(), remedy }
    }
}

/// Each listener: whether its port can be had. Only for an engine that does not run.
pub fn listeners(binds: &[Bind], settings: &Settings) -> Vec<Sign> {
    let listeners = settings.sip.listeners.iter();
    let sign = |(bind, listener): (&Bind, &sip::Listener)| {
        let at = format!("{} {}", listener.transport.token(), bind.address);
        match bind_once(bind, listener.transport) {
            Ok(()) => Sign::good("SIP port", format!("{at} is free")),
            Err((error, remedy)) => {
                Sign::ill("SIP port", Health::Bad, format!("{at}: {error}"), remedy)
            }
        }
    };
    binds.iter().zip(listeners).map(sign).collect()
}

/// The ports of media: whether the first of them can be had, whether the system gives them to
/// others, and whether there may be enough open files.
pub fn media(settings: &Settings) -> Vec<Sign> {
    let media = &settings.media;
    let (first, last) = (*media.ports.start(), *media.ports.end());
    let mut signs = Vec::new();
    let here = format!("{} ports {first} to {last}", media.address);
    signs.push(match UdpSocket::bind((media.address, 0)) {
        Ok(_) => Sign::good("media ports", here),
        Err(error) => Sign::ill(
            "media ports",
            Health::Bad,
            format!("{here}: {error}"),
            "set [media] address to one of `ip address`",
        ),
    });
    if let Some(seen) = os::taken_ports(settings) {
        signs.push(Sign::told("media ports", seen));
    }
    signs.push(match os::files_missing(settings) {
        None => Sign::good("open files", "enough for every port"),
        Some(seen) => Sign::told("open files", seen),
    });
    signs
}

/// The kernel's buffer for SIP: what comes while the engine is busy for a moment waits there.
pub fn buffers() -> Sign {
    let what = "SIP buffer";
    let most = std::fs::read_to_string("/proc/sys/net/core/rmem_max").ok();
    let Some(most) = most.and_then(|text| text.trim().parse::<usize>().ok()) else {
        return Sign::good(what, "the kernel does not say how large it may be");
    };
    if most >= SIP_BUFFER_BYTES {
        return Sign::good(what, format!("may be {most} bytes"));
    }
    let seen = format!("may be {most} bytes; in a burst of calls, datagrams beyond it are lost");
    let remedy = format!("sysctl -w net.core.rmem_max={SIP_BUFFER_BYTES}");
    Sign::ill(what, Health::Doubtful, seen, remedy)
}

/// The clock: kept right by somebody, and not behind what the journal says has happened.
pub fn clock(last: Option<Wall>) -> Sign {
    let what = "clock";
    let now = wall();
    if let Some(last) = last.filter(|last| *last > now) {
        let seen = format!("it is {now}, and the journal's last fact is of {last}");
        return Sign::ill(what, Health::Bad, seen, "set the clock: `timedatectl set-ntp true`");
    }
    match foreign::clock_is_synchronized() {
        Some(false) => Sign::ill(
            what,
            Health::Doubtful,
            format!("it is {now}, and nobody keeps it right"),
            "run an NTP client: `timedatectl set-ntp true`; appointments and logs go by this clock",
        ),
        Some(true) | None => Sign::good(what, now.to_string()),
    }
}

/// Every name that trunks and phones are reached by: where the DNS leads, as RFC 3263 reads it.
pub fn names(settings: &Settings, servers: &[SocketAddr]) -> Vec<Sign> {
    let targets = settings.trunks.iter().flat_map(|trunk| &trunk.targets);
    let named: BTreeSet<Target> =
        targets.filter(|target| target.address().is_none()).map(|it| it.at.clone()).collect();
    if named.is_empty() {
        return vec![Sign::good("DNS", "no trunk is reached by a name")];
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return vec![no_dns(error.to_string())],
    };
    runtime.block_on(async {
        match Dns::new(servers) {
            Ok(dns) => {
                let mut signs = Vec::new();
                for target in named {
                    signs.push(found(&dns, settings, target).await);
                }
                signs
            }
            Err(why) => vec![no_dns(why)],
        }
    })
}

fn no_dns(why: String) -> Sign {
    Sign::ill("DNS", Health::Bad, why, "name servers in [dns], or in /etc/resolv.conf")
}

async fn found(dns: &Dns, settings: &Settings, target: Target) -> Sign {
    let clock = Clock::start();
    let mut locator = Locator::new(engine::means(&settings.sip));
    locator.follow(clock.mono(), target.clone());
    while let Some(question) = locator.poll() {
        let answer = dns.answer(&question).await;
        locator.handle_answer(clock.mono(), &question, answer);
    }
    let places = locator.places(&target, &mut Entropy::from_seed([0; 32]));
    let name = &target.host;
    if places.is_empty() {
        let remedy = "check the name with `dig`, and the name servers in [dns] or \
                      /etc/resolv.conf; calls over this trunk fail until it is found";
        return Sign::ill("DNS", Health::Bad, format!("{name} leads nowhere"), remedy);
    }
    let places: Vec<String> =
        places.iter().map(|it| format!("{} {}", it.transport.token(), it.address)).collect();
    Sign::good("DNS", format!("{name} is {}", places.join(", ")))
}

/// Less than this is left on the disk of a journal: some hours of a busy line.
const DISK_LOW: u64 = 256 << 20;

/// Whether there is room for what is written at `path`, and whether it may be written.
pub fn disk(what: &str, path: &Path) -> Sign {
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
    let directory = if path.is_dir() { path } else { directory.unwrap_or(Path::new(".")) };
    let here = directory.display();
    let free = match rustix::fs::statvfs(directory) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => {
            let remedy = format!("make it: `mkdir -p {here}`, owned by whoever runs the engine");
            return Sign::ill(what, Health::Bad, format!("{here}: {error}"), remedy);
        }
    };
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    if rustix::fs::access(directory, access).is_err() {
        let remedy = "give the directory to whoever runs the engine, or run this as that user";
        return Sign::ill(what, Health::Bad, format!("{here} may not be written by you"), remedy);
    }
    let seen = format!("{} MB are free in {here}", free >> 20);
    match free < DISK_LOW {
        true => {
            Sign::ill(what, Health::Doubtful, seen, "make room; without it nothing is promised")
        }
        false => Sign::good(what, seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_somebody_has_is_named_with_the_remedy() {
        let (mut settings, _) = config::laboratory(
            SocketAddr::from(([127, 0, 0, 1], 5060)),
            SocketAddr::from(([127, 0, 0, 1], 9)),
            Path::new("/nowhere"),
        );
        settings.sip.listeners.truncate(1);
        let taken = UdpSocket::bind("127.0.0.1:0").expect("binds");
        let here = taken.local_addr().expect("an address");
        let ill = listeners(&[Bind::at(here)], &settings);
        assert_eq!(ill[0].health, Health::Bad);
        assert!(ill[0].remedy.as_deref().is_some_and(|it| it.contains("ss -lunp")), "{ill:?}");
        drop(taken);
        assert_eq!(listeners(&[Bind::at(here)], &settings)[0].health, Health::Good);
    }

    #[test]
    fn a_clock_behind_the_journal_is_bad() {
        let later = Wall::from_unix_millis(wall().as_unix_millis() + 60_000);
        assert_eq!(clock(Some(later)).health, Health::Bad);
        assert_ne!(clock(Some(Wall::from_unix_millis(0))).health, Health::Bad);
    }

    #[test]
    fn a_name_that_leads_nowhere_is_bad_and_one_of_this_machine_is_found() {
        let (mut settings, _) = config::laboratory(
            SocketAddr::from(([127, 0, 0, 1], 5060)),
            SocketAddr::from(([127, 0, 0, 1], 9)),
            Path::new("/nowhere"),
        );
        assert_eq!(names(&settings, &[])[0].health, Health::Good, "no name is asked for");
        let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
        for (host, health) in [("localhost", Health::Good), ("carrier.invalid", Health::Bad)] {
            let target = &mut settings.trunks[0].targets[0].at;
            (target.host, target.port) = (host.to_owned(), Some(5060));
            let signs = names(&settings, &[nobody]);
            assert_eq!(signs[0].health, health, "{signs:?}");
        }
    }

    #[test]
    fn a_directory_that_is_not_there_is_bad() {
        let sign = disk("journal", Path::new("/nowhere/at/all/rappel.journal"));
        assert_eq!(sign.health, Health::Bad);
        let here = tempfile::TempDir::new().expect("a directory");
        assert_ne!(disk("journal", &here.path().join("rappel.journal")).health, Health::Bad);
    }
}
