//! What is no TOML, in the words of somebody who has never heard of TOML.

use toml::de::Error;

use crate::finding::Findings;
use crate::section::shown;

/// The quotes that a word processor puts in place of ours.
const CURLY_QUOTES: [char; 6] = ['“', '”', '„', '‘', '’', '‚'];

/// Reports one mistake of the parser's, in a text that begins at `start`.
pub(crate) fn report(mistake: &Error, start: usize, found: &mut Findings) {
    let span = mistake.span().unwrap_or(0..0);
    let span = span.start + start..span.end + start;
    let text = found.text();
    let written = text.get(span.clone()).unwrap_or_default();
    let message = mistake.message();
    let said = |problem: &str, expected: &str, hint: &str| {
        (problem.to_string(), expected.to_string(), hint.to_string())
    };
    let (problem, expected, hint) = if message.starts_with("string values must be quoted") {
        let bare = written.trim_matches(CURLY_QUOTES);
        let hint = format!("write \"{}\"", shown(bare));
        if bare == written {
            (format!("`{}` stands without quotes", shown(written)), "text in quotes".into(), hint)
        } else {
            ("these are a word processor's quotes".into(), "\"straight\" quotes".into(), hint)
        }
    } else if message.starts_with("duplicate key") {
        let hint = "take one out; several trunks, lines, queues and agents have [[…]] each";
        said("this stands twice", "each key and each section once", hint)
    } else if message.starts_with("unclosed table") || message.starts_with("unclosed array table") {
        let hint = "write [sip], or [[trunk]] where there may be several";
        said("the bracket is not closed", "`]`", hint)
    } else if message.starts_with("invalid basic string") {
        let hint = "text begins and ends with \", in one line; a backslash is written \\\\";
        said("this text is not closed, or holds a stray backslash", "`\"` at its end", hint)
    } else if written.starts_with(':') && message.starts_with("invalid unquoted key") {
        said("a colon stands between key and value", "`=`", "write key = value")
    } else {
        let (problem, expected) = match message.split_once(", expected ") {
            Some((problem, expected)) => (problem.to_string(), expected.to_string()),
            None => (message.to_string(), "key = value".to_string()),
        };
        let hint = "a line is [section], key = \"text\", key = 5, key = true or # a remark";
        (problem, expected, hint.to_string())
    };
    found.broken(&span, problem, expected, hint);
}
