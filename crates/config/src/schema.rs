//! Every section and every key that the file may have.

/// How a section stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `[sip]`, at most once.
    One,
    /// `[[trunk]]`, as often as there are trunks.
    Many,
    /// `{ say = … }`, in a list of steps.
    Inline,
}

/// A section: its name, its shape and its keys.
pub(crate) struct SectionSchema {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) keys: &'static [&'static str],
}

const fn one(name: &'static str, keys: &'static [&'static str]) -> SectionSchema {
    SectionSchema { name, shape: Shape::One, keys }
}

const fn many(name: &'static str, keys: &'static [&'static str]) -> SectionSchema {
    SectionSchema { name, shape: Shape::Many, keys }
}

/// The whole file.
pub(crate) const SECTIONS: &[SectionSchema] = &[
    one(
        "sip",
        &[
            "listen",
            "advertise",
            "user_agent",
            "session_timer",
            "session_timer_min",
            "sessions_max",
            "transactions_max",
        ],
    ),
    many(
        "listener",
        &[
            "name",
            "transport",
            "address",
            "advertise",
            "certificate",
            "key",
            "self_signed",
            "client_ca",
            "client_certificate",
        ],
    ),
    one("media", &["address", "ports", "threads"]),
    one("dns", &["servers"]),
    one("registrar", &["realm", "expires", "expires_min", "expires_max", "call_at", "keep_alive"]),
    one("journal", &["path"]),
    one("control", &["socket"]),
    one("http", &["listen", "origins", "requests_per_minute", "connections_max"]),
    many("token", &["name", "role", "agent", "token_file", "token_env"]),
    many("webhook", &["name", "url", "secret_file", "secret_env", "facts", "retries", "timeout"]),
    one("prompts", &["directory", "language"]),
    one("log", &["level", "format"]),
    one(
        "ivr",
        &[
            "offer_key",
            "offer_after",
            "offer_every",
            "offer_clock",
            "offer_opens",
            "hash_is_own_number",
            "choice_time",
            "asks_max",
            "inter_digit",
            "entries_max",
            "digits_max",
            "promise_time",
            "message_max",
            "message_min",
            "message_silence",
            "message_key",
            "message_callback",
            "operator_key",
            "callback_steps",
        ],
    ),
    one("timings", &["agent_ring", "customer_ring", "agent_choice", "answer_after"]),
    one("transfer", &["agents", "numbers", "networks"]),
    one("screening", &["allow", "deny", "refuse", "do_not_call"]),
    one(
        "bridge",
        &["hold_music", "until_answered", "answering_machine", "music", "music_max_bytes"],
    ),
    one(
        "recording",
        &["enabled", "directory", "ratio", "announced", "decline_key", "length_max", "free_min_mb"],
    ),
    one(
        "limits",
        &[
            "entries_max",
            "request_ttl_min",
            "request_ttl_max",
            "retry_delay_min",
            "retry_delay_max",
        ],
    ),
    many(
        "trunk",
        &[
            "name",
            "address",
            "transport",
            "listener",
            "targets",
            "probe_every",
            "probe_unanswered",
            "tls_ca",
            "tls_verify",
            "tls_name",
            "sources",
            "trusted",
            "number_format",
            "dialled_from",
            "caller_id",
            "domain",
            "diversion",
            "dial_prefix",
            "number_uri",
            "calls_max",
            "reserve",
            "calls_per_second",
            "when_full",
            "callback_to",
            "follow_redirects",
            "srtp",
            "codecs",
            "dtmf",
            "digits",
            "register",
            "register_expires",
            "username",
            "realm",
            "password_file",
            "password_env",
            "ha1",
        ],
    ),
    many(
        "line",
        &[
            "name",
            "number",
            "numbers",
            "kind",
            "language",
            "menu_language",
            "greeting",
            "offer",
            "confirmation",
            "speak_offer",
            "whisper_agent",
            "whisper_customer",
            "machine_message",
            "flow",
            "agent_script",
            "outbound_number",
            "fallback_number",
            "withhold_number",
            "human_proof",
            "callbacks",
            "trunk",
            "queue",
            "callback_queue",
            "preferred_agents",
            "default_country",
            "allow",
            "deny",
            "refuse",
            "operator",
        ],
    ),
    many(
        "queue",
        &[
            "name",
            "request_ttl",
            "attempts",
            "retry_delay",
            "decline_pause",
            "offer_to",
            "offer_callers_to",
            "offer_to_max",
            "last_agent",
            "offer_needs_agent",
            "overflow",
            "handle_time",
            "agent_no_answer_counts",
            "ends_when_all_decline",
            "ticket_subject",
            "duplicates",
            "report_close_after",
            "message_blocks_agent",
            "hours",
            "closes_before",
            "immediate",
            "deferred",
            "slot",
            "slot_callbacks",
            "slot_hours",
            "slot_ahead",
            "dial_order",
            "dial_mode",
            "distribution",
            "acd_number",
            "acd_trunk",
            "acd_calls",
            "acd_welcome",
            "acd_tries",
        ],
    ),
    many("hours", &["name", "zone", "weekly", "exceptions"]),
    many("flow", &["name", "steps"]),
    many("group", &["name", "wrap_up", "auto_ready", "priority", "concurrent"]),
    many(
        "agent",
        &[
            "name",
            "uri",
            "number",
            "trunk",
            "ask_number_at_login",
            "human_proof",
            "identifier",
            "listener",
            "tls_ca",
            "tls_verify",
            "tls_name",
            "register",
            "user",
            "password_file",
            "password_env",
            "ha1",
            "queues",
            "wrap_up",
            "online",
            "group",
            "takes_calls",
            "priority",
            "concurrent",
            "auto_ready",
            "calls_from",
            "follow_redirects",
            "redirect_networks",
            "srtp",
            "codecs",
            "dtmf",
            "digits",
        ],
    ),
];

/// The section of that name.
pub(crate) fn section(name: &str) -> Option<&'static SectionSchema> {
    SECTIONS.iter().find(|section| section.name == name)
}

impl SectionSchema {
    /// As its header is written.
    pub(crate) fn header(&self) -> String {
        match self.shape {
            Shape::One => format!("[{}]", self.name),
            Shape::Many => format!("[[{}]]", self.name),
            Shape::Inline => format!("{{ {} = … }}", self.name),
        }
    }
}
