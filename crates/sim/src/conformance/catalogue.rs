//! The 119 rows: what each of the five products does, in one sentence.

use std::fmt;

use super::PRODUCTS;

/// What kind of a row it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A behaviour of the engine itself.
    Engine,
    /// In the original a screen; here what commands, facts and SIP offer in its place.
    Screen,
    /// Commercial: nothing to build but what replaces it.
    Commercial,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Engine => "engine",
            Kind::Screen => "screen",
            Kind::Commercial => "commercial",
        })
    }
}

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Its ID, `Z13`.
    pub id: &'static str,
    /// What kind it is.
    pub kind: Kind,
    /// What the product does.
    pub says: &'static str,
}

impl Row {
    /// The profile of its product.
    pub fn profile(&self) -> &'static str {
        let product = PRODUCTS.iter().find(|(_, letter)| self.id.starts_with(*letter));
        product.expect("every row begins with the letter of a product").0
    }
}

const fn row(id: &'static str, kind: Kind, says: &'static str) -> Row {
    Row { id, kind, says }
}

use Kind::{Commercial as N, Engine as C, Screen as A};

/// Every row, product by product.
#[rustfmt::skip]
pub const ROWS: [Row; 119] = [
    row("Z01", C, "A queued caller chooses between waiting and being called back; the place in the queue is kept; the callback starts by itself as soon as an agent is free"),
    row("Z02", N, "Sold only in Suite Professional / Enterprise / Enterprise Plus, or Talk Professional / Enterprise"),
    row("Z03", C, "Callback works only if at least one agent is logged in with status Online or Away"),
    row("Z04", C, "SIP-IN lines support callback"),
    row("Z05", C, "If the caller enters no number, the callback number is the user part of the SIP From URI"),
    row("Z06", C, "Callbacks of a SIP line are placed from the outbound number associated with that line"),
    row("Z07", C, "No associated number on the SIP line → callbacks not available on it"),
    row("Z08", C, "Digital lines cannot have callback"),
    row("Z09", C, "Toll-free numbers are supported as caller ID, but some carriers refuse outgoing calls from them: the operator must ask the carrier"),
    row("Z10", C, "Callback greeting is played after the available-agents greeting; it says that key 2 asks for a callback"),
    row("Z11", C, "Key 2 in the queue opens the callback menu"),
    row("Z12", C, "Menu 1: callback to the calling number"),
    row("Z13", C, "Menu 2: other number, E.164 written `[+ or 00][country code][subscriber number]`"),
    row("Z14", C, "Wrong format → asked again"),
    row("Z15", C, "Menu 3: back to the queue, keep waiting"),
    row("Z16", C, "With an IVR in front, the callback greeting is not read, but key 2 still works once queued"),
    row("Z17", C, "After the request a second greeting confirms; then the call ends while the customer stays in the queue"),
    row("Z18", C, "Language chosen for callback affects only the text read when key 2 is pressed, not the two greetings"),
    row("Z19", C, "No language chosen → account language; account language unsupported → English"),
    row("Z20", A, "Callback greeting and confirmation greeting are each chosen from a list"),
    row("Z21", A, "Callback is configured per Talk number (toggle *Rappel*)"),
    row("Z22", C, "Callback cannot be an IVR menu option"),
    row("Z23", A, "Agent sees *Call* and *Decline*; Decline sends the request back to the queue"),
    row("Z24", C, "The request goes to all agents for one hour"),
    row("Z25", A, "If an agent accepts, or if all agents decline, the request leaves the queue and a ticket with subject Rappel is created"),
    row("Z26", C, "After 60 minutes with no agent available: request cancelled + ticket"),
    row("Z27", C, "Agent Offline or *Transfer only* counts as having declined"),
    row("Z28", C, "Agent Away or on a call gets the request when free again; not free within 60 min → cancelled + ticket"),
    row("Z29", A, "A ticket is also created when the agent starts the callback"),
    row("Z30", C, "Customer does not answer → no retry; internal comment on the ticket saying that an agent tried"),
    row("Z31", C, "Without omnichannel routing: further requests for the same number are ignored"),
    row("Z32", A, "With omnichannel routing each further call from a queued number makes a ticket whose subject says that the request was ignored because the customer is already queued; closable by automation"),
    row("Z33", A, "Dashboard metrics: callbacks now in phone queue, total callbacks, average wait for callbacks"),
    row("E01", C, "Waiting callers may leave the queue and be called back when an agent is free"),
    row("E02", C, "The calling number is detected, or the caller enters one before leaving the queue; otherwise the caller's number (the text says EAN) is used"),
    row("E03", C, "The system offers an outgoing call to an available agent of that queue; customer dialled only after the agent accepts"),
    row("E04", C, "The callback goes through an outbound queue"),
    row("E05", C, "The callback starts as soon as an agent is available"),
    row("E06", C, "Queue exit choices: operator, leave a message, callback"),
    row("E07", C, "Entered number is read back; caller confirms or re-enters"),
    row("E08", C, "IVR object *Get value* collects `clients : numéro de téléphone`"),
    row("E09", C, "IVR object *Callback* places the request once the caller has left the queue"),
    row("E10", C, "Built from queue-exit properties + Say + Get digit + label (jump)"),
    row("E11", C, "Parameter *queue name*: an existing outbound queue"),
    row("E12", C, "Parameter *callback caller ID*: default [Canal actuel] = number the caller dialled; another channel can be chosen"),
    row("E13", C, "Parameter *dial plan*: an existing one"),
    row("E14", C, "Number of callback attempts is configurable"),
    row("E15", C, "A failed attempt is: agent did not answer; agent answered but called network busy; ring no answer"),
    row("E16", C, "Retry delay from 40 s to 90 min, in seconds or minutes"),
    row("E17", C, "*Cancel callback after*: seconds, minutes or hours, at most 72 h"),
    row("E18", C, "Minimum for it stays 120 s"),
    row("E19", C, "After expiry no attempt is made and the request leaves the outbound queue"),
    row("E20", A, "The script is saved and assigned to a channel"),
    row("D01", C, "Set per queue as overflow action \"direct callback\" for a chosen condition"),
    row("D02", C, "Condition 1: more than N calls waiting"),
    row("D03", C, "Condition 2: estimated wait above T"),
    row("D04", A, "When the request reaches position 1 it is assigned to the next available representative, with a notification that differs from a normal call"),
    row("D05", C, "Preview type: the customer is dialled only after the representative accepts; then dialled and connected automatically"),
    row("D06", C, "First offer message after 30 s of waiting"),
    row("D07", C, "Repeated every 120 s until chosen, hang-up, or connected"),
    row("D08", C, "Key 1 chooses; the option itself is not customisable"),
    row("D09", C, "A default offer prompt ships in every bundled language: waits are longer than usual, press 1 to be called back or hold for the next agent; operators can replace it"),
    row("D10", C, "A default confirmation prompt ships in every bundled language: the request is taken, we call as soon as an agent is free, goodbye; operators can replace it"),
    row("D11", C, "The call ends for the customer; the work item stays in the queue"),
    row("D12", C, "Overflow can be overridden in a workstream's route-to-queue rule"),
    row("D13", A, "API `CCaaS_CreateProactiveVoiceDelivery` schedules callbacks from web, mobile, voice and chat agents"),
    row("D14", C, "Prerequisites: voice queues and workstreams, representatives in the queue, unified routing on"),
    row("D15", C, "Voicemail is the sibling overflow action"),
    row("G01", C, "A callback is a request for the call to be returned when no agent can take it at once; the caller neither waits nor pays meanwhile"),
    row("G02", C, "Tries the last agent who handled it; that agent must be on queue and not fully utilised"),
    row("G03", C, "Last agent not available → next available agent"),
    row("G04", C, "Skills and priorities are not kept on a callback"),
    row("G05", C, "With preferred-agent routing the last agent is no longer tried for e-mail, messages and incoming callbacks"),
    row("G06", C, "Scheduled callbacks are not affected by preferred-agent routing"),
    row("G07", C, "An ACD voicemail creates a callback segment; if agent A leaves it, A becomes its customer and A's utilisation is blocked until that callback is answered and ended. Advice: agents should not"),
    row("G08", C, "Not scheduled, no update for 14 days after creation → analytics ends the conversation; view shows ended, but the callback is still active and usable"),
    row("G09", A, "The flow action *Create Callback* can choose the agent script"),
    row("G10", A, "A *scheduled callbacks* view lists and manages agent-made callbacks"),
    row("G11", A, "Agents who cannot finish can make a callback"),
    row("G12", A, "Support inside third-party front ends (Chrome, Salesforce, Zendesk, Firefox) and tools without API"),
    row("G13", C, "Title names the *progressive* dialling mode; the text says nothing more"),
    row("I01", A, "Visitor asks in one click to be called back on a number of their choice"),
    row("I02", C, "Two modes: immediate and/or deferred (appointment)"),
    row("I03", C, "Distribution by the system to its agents, or everything sent to one number of the customer's own ACD (SDA)"),
    row("I04", C, "Agents answer on their desktop (not possible with SDA) or on their own phone line"),
    row("I05", C, "Auto-answer: agent becomes available again after 20 s (default), next call can enter, no action needed; on by default; admin may turn off and may target agents"),
    row("I06", C, "Set per account (CID) for all its projects; off by default for ibbü experts"),
    row("I07", C, "Channel offered by agent presence or by time ranges"),
    row("I08", C, "Immediate: called within a minute"),
    row("I09", C, "Maximum handling delay before expiry, in seconds"),
    row("I10", A, "Pictogram shows which users may take calls and their number"),
    row("I11", C, "SDA mode: the agent must enter an identifier when taking the call"),
    row("I12", C, "SDA: length of the welcome message configurable, in seconds"),
    row("I13", C, "SDA: number of identification prompts before the call is ended"),
    row("I14", C, "The agent must not transfer from the desk phone to another agent (desynchronises the desktop)"),
    row("I15", C, "Call order: agent first or visitor first; agent first recommended"),
    row("I16", C, "Hold music for whoever answered first until the other answers"),
    row("I17", C, "Audio file WAV or MP3, at most 200 KB, looped until connection"),
    row("I18", C, "Immediate offered only if ≥ 1 agent is connected and available for Call; or presence ignored and hours used"),
    row("I19", C, "Deferred offered always / only when immediate is unavailable (all busy) / by a schedule"),
    row("I20", C, "Deferred needs time ranges and number of calls per slot"),
    row("I21", C, "Advice: short slots, one hour rather than half a day"),
    row("I22", C, "Public holidays by date: special hours, or column left empty = no callback"),
    row("I23", C, "N callbacks in a slot are spaced slot/N: 6 in 9–10 h → 9:00, 9:10, 9:20 …"),
    row("I24", C, "Slot disappears when N visitors took it"),
    row("I25", C, "N may not exceed minutes of the slot: max 60 per hour, one per minute"),
    row("I26", C, "Either party did not answer → 5 new attempts, 5 minutes apart; example 9:00, 9:05, 9:10 … \"until 9:20\""),
    row("I27", C, "Connected = both picked up, voicemail included"),
    row("I28", A, "Agent pauses by status \"indisponible\""),
    row("I29", A, "Per-agent switch: may take calls ON/OFF"),
    row("I30", C, "Agent endpoint: desktop VoIP (allow *.twilio.com) or fixed line number"),
    row("I31", C, "Agent flagged \"priority\" gets new calls first when free"),
    row("I32", A, "\"Ask for number at each login\": agent's direct number asked at login"),
    row("I33", A, "Box unticked → an agent in chat gets no call and the reverse"),
    row("I34", A, "Site notification: chat + call, or call only"),
    row("I35", A, "Targeting rules decide where the button shows"),
    row("I36", C, "Recording is optional"),
    row("I37", C, "Recording ratio 70/30: 70 % of conversations recorded"),
    row("I38", C, "Box asks the visitor whether they do not want recording"),
];
