//! `[http]` and `[[token]]`: where the HTTP API is served, and who may ask what of it.
//!
//! A token itself never stands in the file: it says in which file or variable it is.

use std::fmt;
use std::net::SocketAddr;

use model::AgentName;
use toml::de::DeTable;

use crate::credentials::{self, SecretPlace, Secrets};
use crate::finding::Findings;
use crate::names::Names;
use crate::section::{self, Section, shown};
use crate::value::{self, Mistake};

/// Most tokens.
pub const TOKENS_MAX: usize = 256;
/// Most origins of web pages.
pub const ORIGINS_MAX: usize = 32;
/// The shortest token: what is shorter can be guessed.
pub const TOKEN_LENGTH_MIN: usize = 24;
/// Most connections that may be allowed at once.
pub const CONNECTIONS_MAX: u64 = 10_000;

/// The port of an address that names none.
const PORT: u16 = 8_080;

/// The HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Where it is served.
    pub listen: SocketAddr,
    /// Whose pages may ask from within a browser: `https://www.example.com`.
    pub origins: Vec<String>,
    /// Who may ask.
    pub tokens: Vec<Token>,
    /// Whoever reaches it may do everything, without a token: in the laboratory, on loopback only.
    pub open: bool,
    /// Most requests of one token in a minute; half as many at once.
    pub requests_per_minute: u32,
    /// Most connections at once.
    pub connections_max: usize,
}

impl Http {
    /// Of the laboratory: everybody on this machine may do everything.
    ///
    /// # Panics
    /// When `listen` is not an address of this machine alone (loopback).
    pub fn open(listen: SocketAddr) -> Http {
        assert!(listen.ip().is_loopback(), "the laboratory stays on this machine");
        Http {
            listen,
            origins: Vec::new(),
            tokens: Vec::new(),
            open: true,
            requests_per_minute: 6_000,
            connections_max: 64,
        }
    }
}

/// Who may ask, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What logs and keys call it.
    pub name: String,
    /// What may be asked with it.
    pub role: Role,
    /// The agent whose token it is: of [`Role::Agent`] only.
    pub agent: Option<AgentName>,
    /// The token.
    pub secret: Hidden,
}

/// What may be asked with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A web site's button: what is available, and asking for a callback. It sees nobody's data,
    /// for whoever opens the page has the token.
    Site,
    /// Sees everything, numbers masked.
    Viewer,
    /// That, and acts for one agent: its status, and callbacks that it owns.
    Agent,
    /// That, for everybody, and sees numbers.
    Supervisor,
    /// That, and may stop the engine.
    Admin,
}

impl Role {
    /// Every role with its name in the file.
    pub const ALL: [(&'static str, Role); 5] = [
        ("site", Role::Site),
        ("viewer", Role::Viewer),
        ("agent", Role::Agent),
        ("supervisor", Role::Supervisor),
        ("admin", Role::Admin),
    ];
}

/// A secret that no log prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    /// Hides a text.
    pub fn new(text: String) -> Hidden {
        Hidden(text)
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

/// Reads `[http]` and `[[token]]`. None without `[http]`, and when something was wrong.
pub(crate) fn read<'a>(
    root: &'a DeTable<'a>,
    agents: &Names,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<Http> {
    let section = section::one(root, "http", found);
    let mut sections = section::many(root, "token", found);
    if let Some(beyond) = sections.get(TOKENS_MAX) {
        let expected = format!("at most {TOKENS_MAX} tokens");
        let hint = "one for each program that asks is enough";
        found.error(&beyond.span, "this is one token too many", expected, hint);
        sections.truncate(TOKENS_MAX);
    }
    let names = Names::of("token", &sections, found);
    let each = sections.iter().enumerate();
    let tokens: Vec<Option<Token>> =
        each.map(|(place, it)| token(it, names.at(place), agents, secrets, found)).collect();
    if !section.is_present() {
        if let Some(first) = sections.first() {
            let hint = "add a line [http], and below it listen = \"127.0.0.1:8080\"";
            let problem = "there is a token, and no HTTP that it is for";
            found.warning(&first.span, problem, "[http] beside it", hint);
        }
        return None;
    }
    let listen = listen(&section, found);
    let origins = origins(&section, found);
    if sections.is_empty() {
        let hint = "add [[token]] and below it name = \"crm\", role = \"supervisor\", \
                    token_file = \"/etc/rappel/crm.token\"";
        found.missing(&section.span, "nobody may ask", "at least one [[token]]", hint);
    }
    let per_minute = section.integer("requests_per_minute", 1..=1_000_000, 600, found);
    let connections = section.integer("connections_max", 1..=CONNECTIONS_MAX, 256, found);
    Some(Http {
        listen: listen?,
        origins: origins?,
        tokens: tokens.into_iter().collect::<Option<_>>()?,
        open: false,
        requests_per_minute: u32::try_from(per_minute).expect("at most a million"),
        connections_max: usize::try_from(connections).expect("at most ten thousand"),
    })
}

fn listen(section: &Section<'_>, found: &mut Findings) -> Option<SocketAddr> {
    let expected = "an IP address and a port, such as \"127.0.0.1:8080\"";
    section.must_have("listen", "\"127.0.0.1:8080\"", found);
    let read = |text: &str| value::address_or_port(text, PORT);
    let at = section.parsed("listen", expected, found, read)?;
    if !at.value.ip().is_loopback() {
        let problem = format!("`listen` is {}, and tokens go there unencrypted", at.value.ip());
        let hint = "listen on 127.0.0.1, and put a proxy that speaks TLS in front";
        found.warning(&at.span, problem, "an address of this machine alone", hint);
    }
    Some(at.value)
}

fn origins(section: &Section<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let Some(list) = section.texts("origins", found) else {
        return section.get("origins").is_none().then(Vec::new);
    };
    let expected = "origins, such as [\"https://www.example.com\"]";
    if list.value.len() > ORIGINS_MAX {
        let problem = format!("`origins` holds more than {ORIGINS_MAX}");
        found.error(&list.span, problem, expected, "name the sites that have a button");
        return None;
    }
    let mut origins = Vec::new();
    let mut all_good = true;
    for at in list.value {
        match origin(at.value) {
            Ok(origin) => origins.push(origin),
            Err(mistake) => {
                let problem = format!("`origins`: {}", mistake.problem);
                found.error(&at.span, problem, expected, mistake.hint);
                all_good = false;
            }
        }
    }
    all_good.then_some(origins)
}

/// An origin as browsers write it (RFC 6454 §6.2): scheme, host, perhaps a port, nothing more.
fn origin(text: &str) -> Result<String, Mistake> {
    let hint = "as the browser shows it, without a path: \"https://www.example.com\"";
    if text == "*" {
        return Err(Mistake::new("every site of the world is not named", hint));
    }
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    match host {
        Some(host) if !host.is_empty() && host.len() <= 253 && host.chars().all(plain) => {
            Ok(text.to_ascii_lowercase())
        }
        Some(_) | None => Err(Mistake::new(format!("`{}` is not an origin", shown(text)), hint)),
    }
}

fn token(
    section: &Section<'_>,
    name: Option<&str>,
    agents: &Names,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<Token> {
    section.must_have("role", "\"viewer\"", found);
    let all: Vec<String> = Role::ALL.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    let role = section.parsed("role", &format!("one of {}", all.join(", ")), found, |text| {
        let role = Role::ALL.iter().find(|(word, _)| *word == text).map(|(_, role)| *role);
        role.ok_or_else(|| {
            let hint = "\"site\" is for a button on a web page, \"supervisor\" for a CRM";
            Mistake::new(format!("`{}` is not one of them", shown(text)), hint)
        })
    });
    let role = role.map(|at| at.value);
    let agent = role.and_then(|role| whose(section, role, agents, found));
    let place = ["token_file", "token_env"];
    let secret = hidden(section, place, "the token", found, secrets, |text| {
        let plain = text.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        if text.len() < TOKEN_LENGTH_MIN || !plain {
            return Err(format!("it is not {TOKEN_LENGTH_MIN} or more ASCII characters"));
        }
        Ok(())
    });
    Some(Token { name: name?.to_owned(), role: role?, agent: agent?, secret: secret? })
}

/// The agent of a token: there is one where the role says so, and nowhere else.
fn whose(
    section: &Section<'_>,
    role: Role,
    agents: &Names,
    found: &mut Findings,
) -> Option<Option<AgentName>> {
    let reference = section.text("agent", found);
    match (role, reference) {
        (Role::Agent, Some(reference)) => {
            let name = agents.resolve(&reference, found)?;
            Some(Some(AgentName::from(name.as_str())))
        }
        (Role::Agent, None) => {
            let hint = "add agent = \"anna\", the name of an [[agent]]";
            let problem = "this token is an agent's, and does not say whose";
            found.error(&section.span, problem, "`agent` below", hint);
            None
        }
        (Role::Site | Role::Viewer | Role::Supervisor | Role::Admin, Some(reference)) => {
            let problem = "`agent` has no effect with this role";
            let hint = "leave it out, or write role = \"agent\"";
            found.warning(&reference.span, problem, "role = \"agent\" beside it", hint);
            Some(None)
        }
        (Role::Site | Role::Viewer | Role::Supervisor | Role::Admin, None) => Some(None),
    }
}

/// A secret that one of two keys says the place of: a file, or a variable of the environment.
pub(crate) fn hidden(
    section: &Section<'_>,
    [file, variable]: [&str; 2],
    what: &str,
    found: &mut Findings,
    secrets: &Secrets<'_>,
    check: impl FnOnce(&str) -> Result<(), String>,
) -> Option<Hidden> {
    let given: Vec<&str> =
        [file, variable].into_iter().filter(|key| section.get(key).is_some()).collect();
    let [key] = given[..] else {
        let header = section.schema.header();
        let problem = match given.is_empty() {
            true => format!("this {header} does not say where {what} is"),
            false => format!("this {header} says twice where {what} is"),
        };
        let hint = format!("add {file} = \"/etc/rappel/…\", and no other");
        found.error(&section.span, problem, format!("`{file}` or `{variable}` below"), hint);
        return None;
    };
    let text = section.text(key, found)?;
    let place = match key == file {
        true => SecretPlace::File(text.value),
        false => SecretPlace::Variable(text.value),
    };
    let read = secrets(place).and_then(credentials::line);
    match read.and_then(|line| check(&line).map(|()| line)) {
        Ok(line) => Some(Hidden(line)),
        Err(why) => {
            let hint = format!("{what} is the whole content, on one line");
            found.error(&text.span, format!("`{key}`: {why}"), format!("where {what} is"), hint);
            None
        }
    }
}
