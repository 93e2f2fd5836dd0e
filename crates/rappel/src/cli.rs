//! The command line: nouns and verbs.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::create::{Asking, Create, Origin};

/// A SIP engine for queue callback: we call you back, in your place, once.
#[derive(Debug, Parser)]
#[command(name = "rappel", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Print JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Ask again every so many seconds, 2 when none are said, and show each other answer.
    #[arg(long, global = true, value_name = "SECONDS", num_args = 0..=1, require_equals = true,
        default_missing_value = "2", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) watch: Option<u64>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Which engine is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The configuration file [default: ./rappel.toml if there is one, else a laboratory].
    #[arg(long, short, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What is wanted.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the engine (the default).
    Serve(Serve),
    /// Play one whole callback with a built-in caller, agent and customer, then stay up.
    Demo(Demo),
    /// The configuration file.
    #[command(subcommand)]
    Config(Config),
    /// Play the behaviours of five products through the engine, and say which of them it has.
    Conformance(crate::conformance::Rows),
    /// The prompt files.
    #[command(subcommand)]
    Prompts(Prompts),
    /// What callers are led through.
    #[command(subcommand)]
    Flow(Flow),
    /// Callback requests.
    #[command(subcommand)]
    Callback(Callback),
    /// Numbers of customers.
    #[command(subcommand)]
    Number(Number),
    /// Why it came so: the rule, the numbers and the time of every decision.
    #[command(subcommand)]
    Explain(Explain),
    /// How many callbacks wait, how many there were, and how long customers waited.
    Report,
    /// What customers who have not called may ask for: a callback now, or at a time of their own.
    Availability(Asking),
    /// The slots in which appointments may be made.
    Slots(Asking),
    /// Calls.
    #[command(subcommand)]
    Calls(Calls),
    /// Queues.
    #[command(subcommand)]
    Queue(Queue),
    /// Agents.
    #[command(subcommand)]
    Agent(Agent),
    /// Trunks.
    #[command(subcommand)]
    Trunk(Trunk),
    /// What happened, and what happens.
    #[command(subcommand)]
    Events(Events),
    /// How the engine is.
    Status,
    /// What keeps the engine from serving, or soon will: a line each, with the next thing to do.
    Doctor,
    /// Take no new call, let the present ones end, then stop the running engine.
    Drain(Drain),
    /// Let the running engine read its settings again: whole or not at all, calls go on.
    Reload,
    /// Live through a day in seconds: the whole engine, simulated people, every rule judged.
    Simulate(Simulate),
    /// Run again what happened, from the journal and its reels (`[journal] reel = true`): the same
    /// settings must decide the same, byte for byte.
    Replay(Replay),
    /// Measure what calls cost on this machine. Stays on loopback.
    #[command(subcommand)]
    Bench(Bench),
    /// Print what makes a shell complete these commands.
    Completions {
        /// Which shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man {
        /// Write it, and one for each command, into this directory instead.
        #[arg(long, value_name = "DIRECTORY")]
        into: Option<PathBuf>,
    },
}

/// `rappel drain`.
#[derive(Debug, Args)]
pub(crate) struct Drain {
    /// Hang up what is left after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) cut_after: Option<u64>,
}

/// `rappel bench …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Callers who hear the prompts, send audio and press keys, beside a bare loop.
    Media {
        /// Callers at once, at most 4000.
        #[arg(long, default_value_t = 100)]
        callers: usize,
        /// Length of what is measured, at most 600.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
        /// Seconds after the last call until memory is looked at again. RFC 3261 keeps what a BYE
        /// leaves behind for 32.
        #[arg(long, default_value_t = 34)]
        settle: u64,
        /// Once more, with all that the callers say recorded.
        #[arg(long)]
        recording: bool,
    },
    /// INVITE, 200, ACK and BYE without media.
    Signalling {
        /// Calls a second, at most 10000.
        #[arg(long, default_value_t = 200)]
        rate: u64,
        /// Length of what is measured, at most 600.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// The same beside 10, 1,000 and 10,000 quiet calls.
    Standing {
        /// Quiet calls at most, up to 10000.
        #[arg(long, default_value_t = 10_000)]
        dialogs: usize,
        /// Calls a second beside them, at most 10000.
        #[arg(long, default_value_t = 200)]
        rate: u64,
        /// Length of what is measured, at most 600.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Whole calls: greeting, two keys, the promise, and the engine's BYE.
    Ivr {
        /// Calls a second.
        #[arg(long, default_value_t = 20)]
        rate: u64,
        /// Length of what is measured; with the rate at most 4000 calls.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// What bursts of calls leave behind in memory.
    Memory {
        /// Calls a second, at most 10000.
        #[arg(long, default_value_t = 200)]
        rate: u64,
        /// Length of a burst, at most 600.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// How many, at most 20.
        #[arg(long, default_value_t = 3)]
        bursts: usize,
        /// Callers at once who hear the prompts after them, at most 4000; 0 for none.
        #[arg(long, default_value_t = 1_000)]
        callers: usize,
    },
    /// The bare loop; started by the others.
    #[command(hide = true)]
    Floor {
        /// Callers at once.
        #[arg(long)]
        callers: usize,
    },
}

/// `rappel simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The day: arrivals, staffing, handle times, the line's policy.
    pub(crate) day: Option<PathBuf>,
    /// The root of every draw, as 0x1f or 31; without a file, the day that this seed draws.
    #[arg(long, value_parser = seed)]
    pub(crate) seed: Option<u64>,
    /// The same day by another file, with the same seed: what another policy would have done.
    #[arg(long, value_name = "FILE", conflicts_with = "soak")]
    pub(crate) compare: Option<PathBuf>,
    /// Write a page with plots of the day, or of both.
    #[arg(long, value_name = "FILE", conflicts_with = "soak")]
    pub(crate) html: Option<PathBuf>,
    /// Live day after day, from the seed on, for this many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) soak: Option<u64>,
}

/// `rappel replay`.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The journal, with its reels beside it [default: that of the configuration].
    pub(crate) journal: Option<PathBuf>,
    /// Only this start of the engine: 3 for `rappel.journal.reel-3`.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) start: Option<u32>,
    /// The configuration as it became by a reload meanwhile; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) then: Vec<PathBuf>,
    /// What another configuration would have made of it: the people of that day live it again.
    #[arg(long, value_name = "FILE", conflicts_with = "then")]
    pub(crate) compare: Option<PathBuf>,
}

fn seed(text: &str) -> Result<u64, String> {
    let read = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    read.map_err(|_| "write 0x1f or 31".to_owned())
}

/// `rappel serve`.
#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// Without a configuration file: where the laboratory listens for SIP.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5060")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// Without a configuration file: serve the HTTP API here, on this machine, to everybody on it.
    /// With one, [http] says where, and [[token]] to whom.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) http: Option<std::net::SocketAddr>,
}

/// `rappel demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Press the keys as soon as they mean something, and stop when the story is told.
    #[arg(long)]
    pub(crate) fast: bool,
    /// Kill the engine with SIGKILL after the promise and start it again.
    #[arg(long)]
    pub(crate) kill: bool,
    /// Where to write what the caller heard (left) and said (right).
    #[arg(long, value_name = "FILE", default_value = "demo.wav")]
    pub(crate) wav: PathBuf,
}

/// `rappel config …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Say everything that is wrong with a file, and warn of what is doubtful.
    Check {
        /// The file [default: the one given by --config].
        file: Option<PathBuf>,
    },
    /// Say what the running engine would make of its settings as they stand now: which keys count
    /// at once, which need a start, and what it means for who waits and talks. Changes nothing.
    Plan {
        /// Another file, in place of the one that it was started with.
        file: Option<PathBuf>,
    },
    /// Show every value that counts, and where it comes from: a file and its line, the environment,
    /// a profile, or a default.
    Show,
    /// Print a JSON Schema of the file, for editors.
    Schema,
    /// Print a commented example.
    Example,
}

/// `rappel prompts …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Prompts {
    /// Name each file that is missing, truncated or of another format, with the remedy.
    Check {
        /// The directory [default: the bundled prompts and the configured directory].
        directory: Option<PathBuf>,
    },
    /// Name every prompt that can be played, with its length.
    List,
    /// Ring a phone and play a prompt to whoever answers, as callers hear it.
    Play(Play),
    /// Have the running engine read the files again. Whoever hears an old one hears it to its end.
    Reload,
}

/// `rappel flow …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Flow {
    /// Print the bundled flow, which leads callers of lines that name none: to be copied into a
    /// configuration and changed there.
    Show,
}

/// `rappel prompts play`.
#[derive(Debug, Args)]
pub(crate) struct Play {
    /// Which, as `rappel prompts list` names it: `en/menu`.
    pub(crate) prompt: String,
    /// The phone: `sip:anna@192.0.2.5:5060`, over UDP.
    pub(crate) to: String,
}

/// `rappel events …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// Show the last facts of the journal, and each that is added; with `--json` as CloudEvents.
    Tail(Tail),
}

/// `rappel events tail`.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// Begin behind this place of the ledger; 0 shows everything [default: the last ten].
    #[arg(long)]
    pub(crate) since: Option<u64>,
    /// Stop after so many.
    #[arg(long)]
    pub(crate) count: Option<u64>,
}

/// `rappel number …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Number {
    /// Say what becomes of a number: its international form, country and kind, whether it is
    /// called and by which rule it is not, and the number that its customer will see.
    Explain {
        /// As a caller types it, or as +33….
        number: String,
        /// On which line [default: the only one that calls back].
        #[arg(long)]
        line: Option<String>,
    },
}

/// `rappel callback …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Callback {
    /// Everybody who waits for a callback, in the order of their places.
    List {
        /// The closed ones too.
        #[arg(long)]
        all: bool,
        /// Show whole numbers.
        #[arg(long)]
        reveal: bool,
        /// Only those that were asked for by this way.
        #[arg(long, value_enum)]
        origin: Option<Origin>,
    },
    /// Call somebody back who has not called.
    Create(Create),
    /// Deal with a request at another time.
    Move {
        /// `cb-17` or `17`.
        id: String,
        /// When, as 2026-11-23T10:00+01:00.
        #[arg(long, value_name = "TIME")]
        at: String,
    },
    /// Make the next attempt as soon as an agent is free.
    Retry {
        /// `cb-17` or `17`.
        id: String,
    },
    /// Everything about one request.
    Show {
        /// `cb-17` or `17`.
        id: String,
        /// Show the whole number.
        #[arg(long)]
        reveal: bool,
    },
    /// Take a request back.
    Cancel {
        /// `cb-17` or `17`.
        id: String,
    },
    /// Let callbacks be asked for, or not; those that wait are made as before.
    Registering {
        /// `on` or `off`.
        #[arg(value_enum)]
        to: Turn,
        /// Of which.
        #[command(flatten)]
        of: OfPart,
    },
    /// Make the callbacks that wait, or let them wait; others may ask as before.
    Processing {
        /// `on` or `off`.
        #[arg(value_enum)]
        to: Turn,
        /// Of which.
        #[command(flatten)]
        of: OfPart,
    },
    /// Settle a request whose dial was cut short by a crash.
    Resolve {
        /// `cb-17` or `17`.
        id: String,
        /// What became of that dial.
        #[arg(long = "as", value_enum)]
        outcome: Outcome,
    },
}

/// `rappel explain …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Explain {
    /// Everything that was decided about one request.
    Callback {
        /// `cb-17` or `17`.
        id: String,
    },
    /// Why a caller was not offered a callback.
    NoOffer {
        /// `call-1.1` or `1.1`.
        call: String,
    },
    /// Which of two stands before the other, and why one was served first.
    Order {
        /// `cb-17`, `call-1.1` or `1.1`.
        a: String,
        /// The same.
        b: String,
    },
}

/// Which way something is switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Turn {
    /// On.
    On,
    /// Off, until somebody switches it on: over restarts too.
    Off,
}

/// One line, one queue, or all.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct OfPart {
    /// The line.
    #[arg(long)]
    line: Option<String>,
    /// The queue.
    #[arg(long)]
    queue: Option<String>,
    /// Every line and every queue.
    #[arg(long)]
    all: bool,
}

impl OfPart {
    /// The one that was named: the command line asks for exactly one.
    pub(crate) fn part(&self) -> ledger::Part {
        match (&self.line, &self.queue) {
            (Some(line), _) => ledger::Part::Line(line.as_str().into()),
            (None, Some(queue)) => ledger::Part::Queue(queue.as_str().into()),
            (None, None) => ledger::Part::Engine,
        }
    }
}

/// What became of an uncertain dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Outcome {
    /// The customer was reached: the request is completed.
    Reached,
    /// The customer was not reached: the request waits again, in its old place.
    NotReached,
}

/// `rappel calls …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Calls {
    /// Calls under way, and the last ones.
    List,
    /// The SIP of one call, leg by leg.
    Ladder {
        /// `call-1.1` or `1.1`; the last call when absent.
        id: Option<String>,
    },
    /// The customer does not want to be recorded; what was recorded of the call is erased.
    DoNotRecord {
        /// `call-1.1` or `1.1`; `cb-17` for a customer who is to be called back.
        id: String,
    },
}

/// `rappel agent …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Agent {
    /// Every agent, with status and state.
    List,
    /// Set an agent's status.
    Status {
        /// The agent's name.
        name: String,
        /// The status.
        #[arg(value_enum)]
        status: AgentStatus,
        /// Why, in words of your own: lunch, training.
        #[arg(long)]
        reason: Option<String>,
    },
    /// An agent is ready before the time of the wrap-up is over.
    Ready {
        /// The agent's name.
        name: String,
    },
    /// Let an agent take work; with the telephone number, where it is asked for at each login.
    Login {
        /// The agent's name.
        name: String,
        /// The telephone at which the agent is reached until the logout: +33612345678.
        #[arg(long)]
        number: Option<String>,
    },
    /// An agent takes no more work. A number that was given at the login is forgotten.
    Logout {
        /// The agent's name.
        name: String,
    },
    /// An agent takes what is being offered, as by key 1.
    Accept {
        /// The agent's name.
        name: String,
    },
    /// An agent does not take what is being offered.
    Decline {
        /// The agent's name.
        name: String,
    },
    /// Say that an agent serves somebody in another channel, and takes no calls meanwhile.
    Busy {
        /// The agent's name.
        name: String,
        /// The channel.
        #[arg(value_enum)]
        channel: OtherChannel,
    },
    /// Say that an agent serves nobody in another channel any more.
    Free {
        /// The agent's name.
        name: String,
    },
}

/// Where else an agent serves somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OtherChannel {
    /// A conversation in writing.
    Chat,
    /// A letter that is being answered.
    Mail,
    /// Anything else.
    Other,
}

/// `rappel queue …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// Every queue: who waits on the line, and how good the estimates of the wait are.
    Show,
}

/// `rappel trunk …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Trunk {
    /// Every trunk: its calls, and how each of its targets is.
    List,
}

/// What an agent wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AgentStatus {
    /// Takes work.
    Online,
    /// Takes no work for the moment.
    Away,
    /// Takes what colleagues hand on, and nothing else.
    TransferOnly,
    /// Not there.
    Offline,
}
