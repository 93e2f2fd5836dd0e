//! How often, how many at once, how much.

use std::io::{Read, Write};

use crate::stand::{Stand, TOKENS};

#[test]
fn a_token_that_asks_too_often_is_told_to_wait() {
    let stand = Stand::with(&format!("requests_per_minute = 4\n{TOKENS}"));
    let viewer = stand.by("VIEWER");
    let statuses: Vec<u16> = (0..3).map(|_| viewer.get("/status").status).collect();
    assert_eq!(statuses, [200, 200, 429], "half of them at once");
    let refused = viewer.get("/status");
    assert_eq!(refused.problem(), "429 too_often");
    let wait: u64 = refused.header("retry-after").and_then(|it| it.parse().ok()).expect("seconds");
    assert!((1..=16).contains(&wait), "{wait}");
    assert_eq!(stand.by("SUPERVISOR").get("/status").status, 200, "others are not delayed");
}

#[test]
fn a_connection_too_many_waits_until_another_ends() {
    let stand = Stand::with(&format!("connections_max = 1\n{TOKENS}"));
    let viewer = stand.by("VIEWER");
    let mut first = viewer.open("GET", "/livez", "", "");
    let mut answer = [0; 15];
    first.read_exact(&mut answer).expect("answered");
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    let mut second = viewer.open("GET", "/livez", "Connection: close\r\n", "");
    // However much the first asks meanwhile.
    let again = viewer.text("GET", "/livez", "", "");
    let mut more = [0; 512];
    for _ in 0..50 {
        first.write_all(again.as_bytes()).expect("sent");
        assert!(first.read(&mut more).expect("the first is still served") > 0);
    }
    second.set_nonblocking(true).expect("set");
    let waiting = second.read(&mut more);
    assert!(waiting.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock), "nobody answered");
    second.set_nonblocking(false).expect("set");
    drop(first);
    let mut all = String::new();
    second.read_to_string(&mut all).expect("answered now");
    assert!(all.starts_with("HTTP/1.1 200 OK"), "{all}");
}
