//! What is put right before the line reader sees it.
//!
//! Line ends of every kind become LF, Latin-1 becomes UTF-8, NUL and white space around lines go
//! away, runs of spaces shrink, and only the lines that offer/answer reads are kept: a strange
//! `o=`, `s=`, `b=` or `k=` must not cost a call.

/// The cleaned text.
pub(crate) fn clean(bytes: &[u8]) -> Vec<u8> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    let mut cleaned = String::with_capacity(text.len());
    let (mut in_media, mut connected) = (false, false);
    for line in text.split(['\r', '\n']).map(|line| line.trim_matches(is_blank)) {
        let Some((key, value)) = line.split_once('=') else {
            keep(&mut cleaned, line);
            continue;
        };
        let value = value.trim_matches(is_blank);
        match key {
            "m" => in_media = true,
            "c" if words(value).count() != 3 || (connected && !in_media) => continue,
            "c" => connected = true,
            "t" if is_time(value) => {}
            "v" | "a" => {}
            _ => continue,
        }
        match key {
            "a" => keep(&mut cleaned, &format!("a={value}")),
            _ => keep(&mut cleaned, &format!("{key}={}", one_space(value))),
        }
    }
    cleaned.into_bytes()
}

fn keep(cleaned: &mut String, line: &str) {
    cleaned.extend(line.chars().filter(|c| *c != '\0'));
    cleaned.push('\n');
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\0')
}

fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split(is_blank).filter(|word| !word.is_empty())
}

fn one_space(value: &str) -> String {
    words(value).collect::<Vec<_>>().join(" ")
}

fn is_time(value: &str) -> bool {
    words(value).count() == 2 && words(value).all(|word| word.parse::<u64>().is_ok())
}
