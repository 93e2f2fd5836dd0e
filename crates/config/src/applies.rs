//! When a changed key counts: at once, by a reload, or from the next start on.

use crate::{Roof, schema};

/// The sections whose every key counts from the next start on: sockets, threads and files that are
/// open while the engine runs.
const SECTIONS_AT_START: [&str; 7] =
    ["listener", "media", "dns", "journal", "control", "webhook", "log"];

/// Single keys of the same kind.
const KEYS_AT_START: [(&str, &str); 13] = [
    ("sip", "listen"),
    ("sip", "advertise"),
    ("http", "listen"),
    ("http", "requests_per_minute"),
    ("http", "connections_max"),
    ("recording", "directory"),
    ("recording", "free_min_mb"),
    ("trunk", "tls_ca"),
    ("trunk", "tls_verify"),
    ("trunk", "tls_name"),
    ("agent", "tls_ca"),
    ("agent", "tls_verify"),
    ("agent", "tls_name"),
];

/// Whether a change of this key counts from the next start on only.
pub(crate) fn needs_start(section: &str, key: &str) -> bool {
    SECTIONS_AT_START.contains(&section) || KEYS_AT_START.contains(&(section, key))
}

/// Every key that counts from the next start on: its section and itself.
pub fn keys_at_start() -> Vec<(&'static str, &'static str)> {
    let sections = schema::SECTIONS.iter();
    let keys = sections.flat_map(|section| section.keys.iter().map(|key| (section.name, *key)));
    keys.filter(|(section, key)| needs_start(section, key)).collect()
}

/// What a running engine cannot take over of `new`, in words: the last word, whatever the keys say.
pub fn fixed(
    (old_settings, old): (&engine::Settings, &Roof),
    (new_settings, new): (&engine::Settings, &Roof),
) -> Vec<String> {
    let http = |roof: &Roof| {
        let http = roof.http.as_ref();
        http.map(|it| (it.listen, it.open, it.requests_per_minute, it.connections_max))
    };
    let parts = [
        ("where SIP is listened for", old_settings.sip.listeners == new_settings.sip.listeners),
        ("how listeners speak", old.listeners == new.listeners),
        ("the media ports", old_settings.media == new_settings.media),
        ("whom TLS believes", old.tls_peers == new.tls_peers),
        ("the DNS servers", old.dns == new.dns),
        ("the threads of media", old.media_threads == new.media_threads),
        ("the journal", (&old.journal, old.reel) == (&new.journal, new.reel)),
        ("the control socket", old.control_socket == new.control_socket),
        (
            "where recordings are kept (by [recording], and by flows and keys that take messages)",
            old.recordings == new.recordings,
        ),
        ("where HTTP is served, and for how many", http(old) == http(new)),
        ("the webhooks", old.webhooks == new.webhooks),
        ("what is logged", old.log == new.log),
    ];
    let changed = parts.into_iter().filter(|(_, same)| !same);
    changed.map(|(what, _)| what.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_waits_for_a_start_is_a_key() {
        for section in SECTIONS_AT_START {
            assert!(schema::section(section).is_some(), "{section}");
        }
        for (section, key) in KEYS_AT_START {
            let known = schema::section(section).is_some_and(|it| it.keys.contains(&key));
            assert!(known, "[{section}] {key}");
        }
    }
}
