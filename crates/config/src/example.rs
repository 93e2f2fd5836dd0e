//! Files to begin with, and the built-in configuration of `rappel serve`.

use std::net::SocketAddr;
use std::path::Path;

use engine::Settings;

use crate::{Roof, read};

/// A file for a real trunk with everything that one may want to change, commented. What is
/// commented out stands at its default.
pub const EXAMPLE: &str = include_str!("example.toml");

/// The least that works with a real trunk.
pub const MINIMAL: &str = include_str!("minimal.toml");

/// The built-in configuration as a file: everything on `listen`'s address of this machine, whoever
/// is on this machine may call any number, and one robot agent answers at `agent`.
///
/// Journal and control socket stand at their defaults.
pub fn laboratory_text(listen: SocketAddr, agent: SocketAddr) -> String {
    let address = listen.ip();
    // Callbacks go to the Contact of the caller; the trunk's own address is never dialled.
    let trunk = SocketAddr::new(address, if listen.port() == 5062 { 5064 } else { 5062 });
    let sources = if address.is_ipv4() { "127.0.0.0/8" } else { "::1" };
    format!(
        r#"[sip]
listen = "{listen}"

[media]
address = "{address}"

[[trunk]]
name = "lab"
address = "{trunk}"
sources = ["{sources}"]
callback_to = "contact"

[[line]]
name = "lab"
numbers = ["*"]
outbound_number = "+15550100000"

[[queue]]
name = "lab"
decline_pause = "5s"               # the robot has no time for callers who wait on the line

[[agent]]
name = "robot"
uri = "sip:robot@{agent}"
wrap_up = "2s"
"#
    )
}

/// The built-in configuration, with the journal and the control socket in `directory`.
///
/// # Panics
/// When `listen` or `agent` is not an address of this machine alone (loopback).
pub fn laboratory(listen: SocketAddr, agent: SocketAddr, directory: &Path) -> (Settings, Roof) {
    assert!(
        listen.ip().is_loopback() && agent.ip().is_loopback(),
        "whoever reaches the laboratory may call: it stays on this machine"
    );
    let text = laboratory_text(listen, agent);
    let (settings, roof, _) =
        read("built-in", &text).expect("the built-in configuration has no mistake");
    let journal = directory.join(roof.journal);
    let control_socket = directory.join(roof.control_socket);
    (settings, Roof { journal, control_socket, ..roof })
}
