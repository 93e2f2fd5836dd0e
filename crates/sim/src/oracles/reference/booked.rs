//! Arrivals, requests that came without a call, and those with a time of their own.

use ledger::{Fact, Need, Terms};
use model::{CallId, E164, LineName, Now, QueueName, RequestId, Seq, Wall};

use super::{Complaint, Entry, Pending, Reference, State, Who};

impl Reference {
    /// A caller has the newest place.
    pub(super) fn arrived(
        &mut self,
        call: CallId,
        (line, queue): (&LineName, &QueueName),
        needs: &[Need],
        priority: u8,
    ) {
        let place = self.place_of_arrival();
        let entry = Entry::new(Who::Call(call), (line, queue), place);
        self.entries.push(Entry { needs: needs.to_vec(), priority, ..entry });
    }

    pub(super) fn place_of_arrival(&mut self) -> u64 {
        self.next_place += 1;
        self.next_place - 1
    }

    /// Somebody asked by command: the request has its place from now on, or a time.
    pub(super) fn created(
        &mut self,
        request: RequestId,
        (line, queue): (&LineName, &QueueName),
        number: Option<E164>,
        terms: &Terms,
    ) {
        let due = terms.due;
        let old =
            |e: &&Entry| e.state == State::Uncertain && e.number == number && e.queue == *queue;
        let place = self.entries.iter().find(old).map(|e| e.place).filter(|_| due.is_none());
        let place = place.unwrap_or_else(|| self.place_of_arrival());
        self.places.retain(|(id, _)| *id != request);
        self.places.push((request, place));
        self.entries.push(Entry {
            number,
            needs: terms.needs.clone(),
            priority: terms.priority,
            state: State::Asking,
            ..Entry::new(Who::Request(request), (line, queue), place)
        });
    }

    /// A callback asks for what its call asked for, and stands with its priority, or does neither,
    /// as its queue is set.
    pub(super) fn kept(
        &mut self,
        seq: Seq,
        (call, request): (CallId, RequestId),
        queue: &QueueName,
        terms: &Terms,
    ) {
        let asks = (terms.needs.clone(), terms.priority);
        let settings = self.queues.iter().find(|(name, _)| name == queue);
        let entry = self.entries.iter().find(|entry| entry.who == Who::Call(call));
        if let (Some((_, settings)), Some(entry)) = (settings, entry) {
            let needs = if settings.keep_skills { entry.needs.clone() } else { Vec::new() };
            let priority = if settings.keep_priority { entry.priority } else { 0 };
            if asks != (needs.clone(), priority) {
                let what = format!(
                    "the callback of {call} asks for {asks:?}, and should for {needs:?} with \
                     {priority}"
                );
                self.complain(what, None);
            }
        }
        self.pending.push((seq, Pending::Promise { call, request, asks }));
    }

    /// A request's time has come: it stands behind all who wait.
    pub(super) fn came_due(&mut self, now: Now, request: RequestId) {
        let who = Who::Request(request);
        let early = |e: &Entry| !matches!(e.state, State::Scheduled(at) if at <= now.mono);
        if self.entries.iter().any(|e| e.who == who && early(e)) {
            self.complain(format!("{who:?} has come due, and its time has not"), None);
        }
        let place = self.place_of_arrival();
        self.places.retain(|(id, _)| *id != request);
        self.places.push((request, place));
        for entry in self.entries.iter_mut().filter(|e| e.who == who) {
            entry.place = place;
            entry.state = State::Waiting;
        }
    }

    /// What was asked for by command is durable.
    pub(super) fn create_recorded(&mut self, now: Now, request: RequestId, due: Option<Wall>) {
        let who = Who::Request(request);
        for entry in self.entries.iter_mut().filter(|e| e.who == who) {
            entry.born = self.input;
            entry.state = due.map_or(State::Waiting, State::ScheduledWall);
        }
        settle_dues(&mut self.entries, now);
    }

    /// The place that a request took when its time came is known on the disk too.
    pub(super) fn came_due_on_disk(&mut self, fact: &Fact) {
        if let Fact::CameDue { request, .. } = fact
            && let Some((_, place)) = self.places.iter().find(|(id, _)| id == request)
        {
            let place = *place;
            let entries = self.disk.iter_mut().filter(|e| e.who == Who::Request(*request));
            entries.for_each(|entry| entry.place = place);
        }
    }

    /// Whoever's time has come must stand in the queue.
    pub(super) fn look_for_forgotten(&mut self, now: Now) {
        // A customer who asks again meanwhile may be about to replace it.
        let asked_again = |e: &Entry| {
            self.entries.iter().any(|o| o.state == State::Asking && o.number == e.number)
        };
        let forgotten = |e: &&Entry| {
            matches!(e.state, State::Scheduled(at) if at < now.mono) && !asked_again(e)
        };
        if let Some(entry) = self.entries.iter().find(forgotten) {
            let what = format!("the time of {:?} has come, and it is not in the queue", entry.who);
            self.complaints.push(Complaint { what, skipped: None });
        }
    }
}

/// From the wall clock of facts to the clock of deadlines.
pub(super) fn settle_dues(entries: &mut [Entry], now: Now) {
    for entry in entries {
        match entry.state {
            State::DueWall(due) => entry.state = State::Due(now.mono + due.since(now.wall)),
            State::ScheduledWall(due) => {
                entry.state = State::Scheduled(now.mono + due.since(now.wall));
            }
            _ => {}
        }
    }
}
