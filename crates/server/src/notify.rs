//! What systemd is told of us (sd_notify(3)): lines of `NAME=value` in a datagram to the socket
//! that `NOTIFY_SOCKET` names. Without it nobody is told, and nothing is different.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Whom we tell. See the module.
#[derive(Debug, Default)]
pub struct Notify {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How long we may be silent before we are taken for hung.
    watchdog: Option<Duration>,
}

impl Notify {
    /// As the variables of this process say, for an engine that speaks for it: of several in one
    /// process none does.
    pub fn of(speaks: bool) -> Notify {
        if !speaks {
            return Notify::default();
        }
        let ours = std::process::id().to_string();
        let wanted = std::env::var("WATCHDOG_PID").map_or(true, |process| process == ours);
        let watchdog = std::env::var("WATCHDOG_USEC").ok().filter(|_| wanted);
        let socket = std::env::var("NOTIFY_SOCKET").unwrap_or_default();
        Notify::to(&socket, watchdog.as_deref())
    }

    /// To a path, or to a name behind `@`; with the time of the watchdog in microseconds.
    pub fn to(socket: &str, watchdog: Option<&str>) -> Notify {
        let address = match socket.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name),
            None => SocketAddr::from_pathname(socket),
        };
        let socket = Some(socket).filter(|socket| !socket.is_empty());
        let socket = socket.and_then(|_| Some((unblocked().ok()?, address.ok()?)));
        let watchdog = watchdog.and_then(|usec| usec.parse().ok()).filter(|usec| *usec > 0);
        let watchdog = watchdog.map(Duration::from_micros).filter(|_| socket.is_some());
        Notify { socket, watchdog }
    }

    /// How often [`Notify::lives`] is wanted: twice in the time of the watchdog.
    pub fn every(&self) -> Option<Duration> {
        self.watchdog.map(|time| time / 2)
    }

    /// Calls are taken.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    /// Other settings are being taken over; [`Notify::ready`] follows.
    pub fn reloading(&self) {
        self.tell("RELOADING=1\nSTATUS=reading the settings again");
    }

    /// No new call is taken.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=letting the calls end");
    }

    /// The loop that serves calls goes round.
    pub fn lives(&self) {
        self.tell("WATCHDOG=1");
    }

    /// Whether it arrives is not ours to mend.
    fn tell(&self, lines: &str) {
        if let Some((socket, address)) = &self.socket {
            let _ = socket.send_to_addr(lines.as_bytes(), address);
        }
    }
}

/// Calls never wait for a service manager whose buffer is full: it misses a line then.
fn unblocked() -> std::io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hears(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).expect("a datagram");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn a_path_and_a_name_are_told() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("binds");
        let notify = Notify::to(&path.display().to_string(), Some("3000000"));
        notify.ready("serving");
        notify.reloading();
        notify.stopping();
        notify.lives();
        assert_eq!(hears(&socket), "READY=1\nSTATUS=serving");
        assert!(hears(&socket).starts_with("RELOADING=1\n"));
        assert!(hears(&socket).starts_with("STOPPING=1\n"));
        assert_eq!(hears(&socket), "WATCHDOG=1");
        assert_eq!(notify.every(), Some(Duration::from_millis(1_500)));
        let name = format!("rappel-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let socket = UnixDatagram::bind_addr(&address).expect("binds");
        Notify::to(&format!("@{name}"), None).lives();
        assert_eq!(hears(&socket), "WATCHDOG=1");
    }

    /// With a socket that blocks, this never ends.
    #[test]
    fn nobody_waits_for_a_manager_that_does_not_read() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("binds");
        let notify = Notify::to(&path.display().to_string(), None);
        (0..100_000).for_each(|_| notify.lives());
        assert_eq!(hears(&socket), "WATCHDOG=1");
    }

    #[test]
    fn nobody_is_told_where_nobody_listens() {
        for (socket, watchdog) in [("", None), ("", Some("1000")), ("/nowhere/at/all", Some("x"))] {
            let notify = Notify::to(socket, watchdog);
            notify.ready("serving");
            assert_eq!(notify.every(), None, "{socket}");
        }
    }
}
