//! Jobs in memory: the reference for every other place that keeps jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::lock;
use crate::future::{Answer, ready};
use crate::host::{Clock, Timestamp};
use crate::jobs::{
    Added, Census, Delivery, Exchange, Failed, Inspect, Inspected, Jobs, JobsOptions, Lease, Manage, NewJob, Settle,
    Settled, Settlement, Want,
};

/// What is said of a job whose last lease lapsed.
const LAPSED: &str = "Lock expired after final attempt";

/// A job's place in the queue: the moment it is due, then the order in which jobs came.
type Place = (Timestamp, u64);

enum State {
    /// It can be claimed from its place on, once the jobs before it in its order are done.
    Waiting(Place),
    /// Claimed with this token until that moment; given back, it takes its old place.
    Claimed { token: String, until: Timestamp, place: Place },
    /// It failed for good.
    Failed { at: Timestamp },
    /// It is done; only its name is kept.
    Completed { at: Timestamp },
}

struct Job {
    payload: String,
    order: Option<String>,
    named: bool,
    attempts: u32,
    /// What went wrong the last time.
    failure: Option<String>,
    state: State,
}

/// The jobs of one queue, and for each question that is asked often the order in which it is answered.
#[derive(Default)]
pub(super) struct Queue {
    jobs: BTreeMap<String, Job>,
    /// What can be claimed, or will be; of an order only its first.
    waiting: BTreeMap<Place, String>,
    claimed: BTreeSet<(Timestamp, String)>,
    /// The claims by token: who asks again with one is answered again.
    tokens: BTreeSet<(String, String)>,
    failed: BTreeMap<Place, String>,
    orders: BTreeMap<String, BTreeMap<u64, String>>,
    came: u64,
}

impl Queue {
    fn add(&mut self, job: &NewJob, now: Timestamp) -> Added {
        if self.jobs.contains_key(&job.id) {
            return Added::Known;
        }
        self.came += 1;
        let place = (now.after(job.delay), self.came);
        self.enter_order(&job.id, job.order.as_ref());
        let new = Job {
            payload: job.payload.clone(),
            order: job.order.clone(),
            named: job.named,
            attempts: 0,
            failure: None,
            state: State::Waiting(place),
        };
        self.jobs.insert(job.id.clone(), new);
        self.wait(&job.id, place);
        Added::New
    }

    /// Puts a job at the end of its order.
    fn enter_order(&mut self, id: &str, order: Option<&String>) {
        if let Some(order) = order {
            self.orders.entry(order.clone()).or_default().insert(self.came, id.to_owned());
        }
    }

    /// Lets a job wait at this place, in view only if it is the first of its order.
    fn wait(&mut self, id: &str, place: Place) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.state = State::Waiting(place);
        let first = |order: &String| self.orders.get(order)?.values().next();
        if job.order.as_ref().is_none_or(|order| first(order).is_none_or(|first| first == id)) {
            self.waiting.insert(place, id.to_owned());
        }
    }

    /// Takes a job out of its order, so that the next one comes into view.
    fn leave_order(&mut self, id: &str) {
        let Some(order) = self.jobs.get(id).and_then(|job| job.order.clone()) else { return };
        let Some(line) = self.orders.get_mut(&order) else { return };
        line.retain(|_, waiting| waiting != id);
        let Some(next) = line.values().next().cloned() else {
            self.orders.remove(&order);
            return;
        };
        if let Some(State::Waiting(place)) = self.jobs.get(&next).map(|job| &job.state) {
            self.waiting.insert(*place, next);
        }
    }

    fn fail(&mut self, id: &str, now: Timestamp) {
        self.leave_order(id);
        self.came += 1;
        self.failed.insert((now, self.came), id.to_owned());
        if let Some(job) = self.jobs.get_mut(id) {
            job.state = State::Failed { at: now };
        }
    }

    /// The place of a claimed job if this is its lease; its claim is over then.
    fn unclaim(&mut self, lease: &Lease) -> Option<Place> {
        let State::Claimed { token, until, place } = &self.jobs.get(&lease.id)?.state else { return None };
        let (until, place) = (*until, *place);
        if *token != lease.token || !self.claimed.remove(&(until, lease.id.clone())) {
            return None;
        }
        self.tokens.remove(&(lease.token.clone(), lease.id.clone()));
        Some(place)
    }

    fn settle(&mut self, settlement: &Settlement, now: Timestamp) -> Settled {
        let id = &settlement.lease.id;
        let Some(place) = self.unclaim(&settlement.lease) else { return Settled::Lost };
        if let (Settle::Retry { failure, .. } | Settle::Fail { failure }, Some(job)) =
            (&settlement.outcome, self.jobs.get_mut(id))
        {
            job.failure = Some(failure.clone());
        }
        match &settlement.outcome {
            Settle::Complete => {
                self.leave_order(id);
                match self.jobs.get_mut(id) {
                    Some(job) if job.named => {
                        job.payload.clear();
                        job.state = State::Completed { at: now };
                    }
                    _ => drop(self.jobs.remove(id)),
                }
            }
            Settle::Retry { after, .. } => {
                self.came += 1;
                let place = (now.after(*after), self.came);
                self.wait(id, place);
            }
            Settle::Fail { .. } => self.fail(id, now),
            Settle::Release => {
                if let Some(job) = self.jobs.get_mut(id) {
                    job.attempts -= 1;
                }
                self.wait(id, place);
            }
        }
        Settled::Done
    }

    /// Lapsed claims wait again, or have failed when they were delivered often enough.
    fn recover(&mut self, max_attempts: u32, now: Timestamp) -> u64 {
        let mut recovered = 0;
        while self.claimed.first().is_some_and(|(until, _)| *until <= now) {
            let Some((_, id)) = self.claimed.pop_first() else { break };
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            let State::Claimed { token, place, .. } = &job.state else { continue };
            let place = *place;
            self.tokens.remove(&(token.clone(), id.clone()));
            if job.attempts >= max_attempts {
                job.failure.get_or_insert_with(|| LAPSED.to_owned());
                self.fail(&id, now);
            } else {
                self.wait(&id, place);
            }
            recovered += 1;
        }
        recovered
    }

    fn claim(&mut self, want: &Want, until: Timestamp, now: Timestamp) -> Vec<Delivery> {
        let again = self.tokens.range((want.token.clone(), String::new())..);
        let again = again.take_while(|(token, _)| *token == want.token).map(|(_, id)| id.clone());
        let mut ids: Vec<String> = again.collect();
        let known = ids.len();
        while known == 0 && ids.len() < want.jobs {
            let Some(first) = self.waiting.first_entry().filter(|first| first.key().0 <= now) else { break };
            let (place, id) = first.remove_entry();
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            let token = want.token.clone();
            job.state = State::Claimed { token, until, place };
            job.attempts += 1;
            self.claimed.insert((until, id.clone()));
            self.tokens.insert((want.token.clone(), id.clone()));
            ids.push(id);
        }
        ids.into_iter().filter_map(|id| self.delivery(id, &want.token)).collect()
    }

    fn delivery(&self, id: String, token: &str) -> Option<Delivery> {
        let job = self.jobs.get(&id)?;
        let token = token.to_owned();
        Some(Delivery { lease: Lease { id, token }, payload: job.payload.clone(), attempts: job.attempts - 1 })
    }

    fn extend(&mut self, lease: &Lease, until: Timestamp) -> Settled {
        let Some(place) = self.unclaim(lease) else { return Settled::Lost };
        self.claimed.insert((until, lease.id.clone()));
        self.tokens.insert((lease.token.clone(), lease.id.clone()));
        if let Some(job) = self.jobs.get_mut(&lease.id) {
            let token = lease.token.clone();
            job.state = State::Claimed { token, until, place };
        }
        Settled::Done
    }

    /// When there is something to do next.
    fn next(&self) -> Option<Timestamp> {
        let due = self.waiting.first_key_value().map(|((due, _), _)| *due);
        let lapse = self.claimed.first().map(|(until, _)| *until);
        due.into_iter().chain(lapse).min()
    }

    fn census(&self, now: Timestamp) -> Census {
        let ready = self.waiting.range(..=(now, u64::MAX)).count();
        let waiting = self.jobs.values().filter(|job| matches!(job.state, State::Waiting(_))).count();
        Census {
            ready: ready as u64,
            delayed: (waiting - ready) as u64,
            claimed: self.claimed.len() as u64,
            failed: self.failed.len() as u64,
        }
    }

    fn failures(&self, limit: usize) -> Vec<Failed> {
        let failed = self.failed.values().filter_map(|id| {
            let job = self.jobs.get(id)?;
            let State::Failed { at } = &job.state else { return None };
            Some(Failed {
                id: id.clone(),
                payload: job.payload.clone(),
                attempts: job.attempts,
                failure: job.failure.clone().unwrap_or_default(),
                at: *at,
            })
        });
        failed.take(limit).collect()
    }

    fn manage(&mut self, order: &Manage, max_attempts: u32, now: Timestamp) -> u64 {
        match order {
            Manage::Recover => self.recover(max_attempts, now),
            Manage::RetryFailed { id } => self.retry_failed(id.as_deref(), now),
            Manage::Remove { id } => self.remove(id),
            Manage::Trim { completed, failed } => self.trim(*completed, *failed, now),
        }
    }

    fn retry_failed(&mut self, only: Option<&str>, now: Timestamp) -> u64 {
        let wanted = self.failed.values().filter(|id| only.is_none_or(|only| only == *id));
        let wanted: Vec<String> = wanted.cloned().collect();
        for id in &wanted {
            self.failed.retain(|_, failed| failed != id);
            let Some(job) = self.jobs.get_mut(id) else { continue };
            job.attempts = 0;
            let order = job.order.clone();
            self.came += 1;
            self.enter_order(id, order.as_ref());
            self.wait(id, (now, self.came));
        }
        wanted.len() as u64
    }

    fn remove(&mut self, id: &str) -> u64 {
        match self.jobs.get(id).map(|job| &job.state) {
            Some(State::Waiting(place)) => {
                let place = *place;
                self.waiting.remove(&place);
                self.leave_order(id);
            }
            Some(State::Failed { .. }) => self.failed.retain(|_, failed| failed != id),
            _ => return 0,
        }
        self.jobs.remove(id);
        1
    }

    fn trim(&mut self, completed: Duration, failed: Option<Duration>, now: Timestamp) -> u64 {
        let before = self.jobs.len();
        self.jobs.retain(|_, job| match job.state {
            State::Completed { at } => now.since(at) < completed,
            State::Failed { at, .. } => failed.is_none_or(|age| now.since(at) < age),
            _ => true,
        });
        let jobs = &self.jobs;
        self.failed.retain(|_, id| jobs.contains_key(id));
        (before - self.jobs.len()) as u64
    }
}

/// The jobs of one queue in this process.
pub(super) struct MemoryJobs {
    clock: Arc<dyn Clock>,
    queue: Arc<Mutex<Queue>>,
    options: JobsOptions,
}

impl MemoryJobs {
    pub(super) fn new(clock: Arc<dyn Clock>, queue: Arc<Mutex<Queue>>, options: JobsOptions) -> Self {
        Self { clock, queue, options }
    }

    fn exchange_now(&self, settlements: &[Settlement], want: Option<&Want>) -> Exchange {
        let (now, mut queue) = (self.clock.now(), lock(&self.queue));
        let settled = settlements.iter().map(|settlement| queue.settle(settlement, now)).collect();
        let deliveries = want.map(|want| {
            queue.recover(want.max_attempts, now);
            queue.claim(want, now.after(self.options.lease), now)
        });
        Exchange { settled, deliveries: deliveries.unwrap_or_default(), next: queue.next(), now }
    }
}

impl Jobs for MemoryJobs {
    fn add<'a>(&'a self, jobs: &'a [NewJob]) -> Answer<'a, Vec<Added>> {
        let (now, mut queue) = (self.clock.now(), lock(&self.queue));
        ready(Ok(jobs.iter().map(|job| queue.add(job, now)).collect()))
    }

    fn exchange<'a>(&'a self, settlements: &'a [Settlement], want: Option<&'a Want>) -> Answer<'a, Exchange> {
        ready(Ok(self.exchange_now(settlements, want)))
    }

    fn extend<'a>(&'a self, leases: &'a [Lease]) -> Answer<'a, Vec<Settled>> {
        let until = self.clock.now().after(self.options.lease);
        let mut queue = lock(&self.queue);
        ready(Ok(leases.iter().map(|lease| queue.extend(lease, until)).collect()))
    }

    fn inspect<'a>(&'a self, question: &'a Inspect) -> Answer<'a, Inspected> {
        let (now, queue) = (self.clock.now(), lock(&self.queue));
        ready(Ok(match question {
            Inspect::Census => Inspected::Census(queue.census(now)),
            Inspect::Failed { limit } => Inspected::Failed(queue.failures(*limit)),
        }))
    }

    fn manage<'a>(&'a self, order: &'a Manage) -> Answer<'a, u64> {
        let (now, mut queue) = (self.clock.now(), lock(&self.queue));
        ready(Ok(queue.manage(order, self.options.max_attempts, now)))
    }
}
