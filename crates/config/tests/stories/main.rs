//! Files in, settings or findings out.

mod bridge;
mod calling;
mod caps;
mod credentials;
mod digits;
mod dns;
mod exits;
mod feature_codes;
mod files;
mod flows;
mod groups;
mod hours;
mod http;
mod lines;
mod listeners;
mod offers;
mod overflow;
mod phones;
mod profiles;
mod recording;
mod retries;
mod screening;
mod single;
mod skills;
mod staff;
mod switches;
mod syntax;
mod telephones;
mod tls;
mod trunk_calls;
mod trunks;
mod webhooks;
mod wholes;

use config::{Finding, Severity, read};
use expect_test::Expect;

/// A good file, which the stories change in one place.
const BASE: &str = r#"[sip]
listen = "0.0.0.0:5060"

[media]
address = "203.0.113.5"

[ivr]
offer_every = "45s"

[[trunk]]
name = "carrier"
address = "198.51.100.7:5060"

[[queue]]
name = "support"
request_ttl = "8h"

[[line]]
name = "support"
number = "+33123456789"
outbound_number = "+33123456789"

[[agent]]
name = "anna"
uri = "sip:anna@192.0.2.5:5060"
"#;

/// The base file with `from` replaced by `to`.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(BASE.matches(from).count(), 1, "{from} stands once in the base file");
    BASE.replace(from, to)
}

/// What is found in a file: its rendering, or "nothing".
fn findings(text: &str) -> Vec<Finding> {
    match read("rappel.toml", text) {
        Ok((_, _, warnings)) => {
            assert!(warnings.iter().all(|finding| finding.severity == Severity::Warning));
            warnings
        }
        Err(findings) => {
            assert!(findings.iter().any(|finding| finding.severity == Severity::Error));
            findings
        }
    }
}

fn rendered(text: &str) -> String {
    let findings = findings(text);
    for finding in &findings {
        let header = format!("─[{}:{}:{}]", finding.file, finding.line, finding.column);
        assert!(finding.render().contains(&header), "{header}: {}", finding.render());
        let line = text.split('\n').nth(finding.line - 1);
        assert!(line.is_some_and(|line| finding.column <= line.chars().count() + 1));
        assert!(!finding.problem.is_empty() && !finding.expected.is_empty());
        assert!(!finding.hint.is_empty());
    }
    let title = |it: &Finding| format!("{:?} {}:{}\n", it.severity, it.line, it.column);
    findings.iter().map(|finding| title(finding) + &finding.render()).collect()
}

/// One mistake in the base file and what is said about it.
fn mistake(from: &str, to: &str, said: Expect) {
    said.assert_eq(&rendered(&changed(from, to)));
}
