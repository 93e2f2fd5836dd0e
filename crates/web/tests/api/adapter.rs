//! Row G12: a front end of others, of which the engine knows nothing, asks and follows.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::stand::{HOOK_SECRET, Stand, TOKENS, token};

/// The agent's phone is rung for the callback, and its owner declines.
pub fn declines(phone: &UdpSocket, server: SocketAddr) {
    let mut bytes = [0; 8_192];
    let invite = loop {
        let (length, _) = phone.recv_from(&mut bytes).expect("the agent is rung");
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        if text.starts_with("INVITE ") {
            break text;
        }
    };
    let copied = ["Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "].map(|name| {
        let line = invite.lines().find(|line| line.starts_with(name)).expect("a header");
        let tag = if name == "To: " { ";tag=anna" } else { "" };
        format!("{line}{tag}\r\n")
    });
    let decline = format!("SIP/2.0 603 Decline\r\n{}Content-Length: 0\r\n\r\n", copied.concat());
    phone.send_to(decline.as_bytes(), server).expect("sent");
}

#[test]
fn g12_a_front_end_of_others_asks_for_a_callback_and_follows_it() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/adapter/adapter.py");
    if Command::new("python3").arg("--version").output().is_err() {
        // The sample is for who has Python; the API's own stories need none.
        return;
    }
    let free = TcpListener::bind("127.0.0.1:0").expect("binds").local_addr().expect("one");
    let stand = Stand::with(&format!(
        "{TOKENS}\n[[webhook]]\nname = \"adapter\"\nurl = \"http://{free}/rappel\"\n\
         secret_env = \"HOOK\"\nretries = [\"10ms\", \"100ms\", \"1s\", \"1s\"]\n\
         facts = [\"callback_requested\", \"offered\", \"request_closed\"]\n"
    ));
    let adapter = |stand: &Stand| {
        Command::new("python3")
            .arg(&script)
            .args(["--api", &format!("http://{}", stand.web.address())])
            .args(["--listen", &free.to_string(), "--case", "case-7", "--patience", "30"])
            .arg("+33612345678")
            .env("RAPPEL_TOKEN", token("SUPERVISOR"))
            .env("RAPPEL_SECRET", HOOK_SECRET)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python runs")
    };
    let running = adapter(&stand);
    stand.by("AGENT").put("/agents/anna/status", &json!({ "status": "online" })).expect(200);
    declines(&stand.agent, stand.running.sip());
    let output = running.wait_with_output().expect("it ends");
    let (said, wrong) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "{said}{wrong}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[..2], ["case-7 cb-1: asked for", "case-7 cb-1: offered to anna"], "{wrong}");
    assert!(lines[2].starts_with("case-7 cb-1: closed, all_agents_declined: "), "{said}");
    assert_eq!(lines.len(), 3, "{said}");
}
