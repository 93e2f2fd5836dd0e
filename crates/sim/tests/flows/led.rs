//! Lines whose callers are led by a copy of the bundled flow that somebody has changed.

use std::sync::Arc;

use ivr::flow::Flow;

/// What was changed, by the name that a ladder gives it: pairs of what stood there and what stands
/// there now.
fn changes(name: &str) -> Option<&'static [(&'static str, &'static str)]> {
    Some(match name {
        // 7 for this number, 8 for another, 9 to stay; asked twice, four seconds each time.
        "other-keys" => &[
            (r#"keys = "123", say"#, r#"keys = "789", wait = "4s", tries = 2, say"#),
            (r#""choice == 1""#, r#""choice == 7""#),
            (r#""choice == 2""#, r#""choice == 8""#),
        ],
        // A typed number is promised at once, and the caller is told where it is.
        "no-read-back" => &[
            (r#"say = ["read-back", { digits = "phone" }, "confirm"]"#, r#"say = "confirm""#),
            (
                r#"{ get_digit = "right""#,
                r#"{ go = "promise" }, { label = "unused", get_digit = "right""#,
            ),
        ],
        // The second bad number leads to a message in place of the queue.
        "message-after-two" => &[
            (r#"to = "entries_max", go = "stay""#, r#"to = 2, go = "message""#),
            (r#"empty_go = "promise", "#, ""),
        ],
        // After the promise the number is said once more, and the call ends then.
        "says-it-again" => &[(
            r#"  { hang_up = true },
  { label = "not-called""#,
            r#"  { say = ["read-back", { digits = "phone" }] },
  { hang_up = true },
  { label = "not-called""#,
        )],
        _ => return None,
    })
}

/// That flow.
pub fn by(name: &str) -> Option<Arc<Flow>> {
    let mut text = config::USUAL_FLOW.to_owned();
    for (was, is) in changes(name)? {
        assert!(text.contains(was), "the bundled flow has no {was}");
        text = text.replacen(was, is, 1);
    }
    Some(Arc::new(config::read_flow(&text).expect("a good flow")))
}
