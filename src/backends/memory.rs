//! A store in memory: the reference that every other backend is measured by.

mod jobs;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backend::Backend;
use crate::error::{Error, Kind, Result};
use crate::future::{Answer, ready};
use crate::host::{Clock, Timestamp};
use crate::jobs::{Jobs, JobsOptions};
use crate::store::{Abilities, Atomicity, Entry, Page, Shelf, Store, Value};
use crate::transition::{Change, Decided, Mode, Record, Step, decide};

/// How many expired entries a change clears away beside its own work: more than it adds, so that they run out.
const SWEEP: usize = 4;

/// Shelves and queues in this process; clones share them.
#[derive(Clone)]
pub struct Memory {
    clock: Arc<dyn Clock>,
    shelves: Arc<Mutex<BTreeMap<Shelf, Arc<Mutex<Entries>>>>>,
    queues: Arc<Mutex<BTreeMap<String, Arc<Mutex<jobs::Queue>>>>>,
}

impl Memory {
    /// An empty memory that takes the time from this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, shelves: Arc::default(), queues: Arc::default() }
    }
}

impl Backend for Memory {
    fn store(&self, shelf: Shelf) -> Result<Arc<dyn Store>> {
        let expires = !matches!(shelf, Shelf::KeyValue { .. });
        let entries = lock(&self.shelves).entry(shelf).or_default().clone();
        Ok(Arc::new(Shelved { clock: self.clock.clone(), entries, expires }))
    }

    fn jobs(&self, queue: &str, options: JobsOptions) -> Result<Arc<dyn Jobs>> {
        let queue = lock(&self.queues).entry(queue.to_owned()).or_default().clone();
        Ok(Arc::new(jobs::MemoryJobs::new(self.clock.clone(), queue, options)))
    }
}

/// A lock whose holder panicked is still good: no change here is left half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The entries of a shelf, and the order in which they expire.
#[derive(Default)]
struct Entries {
    kept: BTreeMap<String, Record>,
    expiring: BTreeSet<(Timestamp, String)>,
}

impl Entries {
    fn get(&self, key: &str, now: Timestamp) -> Option<&Record> {
        self.kept.get(key).filter(|record| record.expires.is_none_or(|at| now < at))
    }

    fn put(&mut self, key: &str, record: Record) {
        self.remove(key);
        if let Some(at) = record.expires {
            self.expiring.insert((at, key.to_owned()));
        }
        self.kept.insert(key.to_owned(), record);
    }

    fn remove(&mut self, key: &str) {
        if let Some(Record { expires: Some(at), .. }) = self.kept.remove(key) {
            self.expiring.remove(&(at, key.to_owned()));
        }
    }

    /// Expired entries go a few at a time with every change, so that no change ever waits for a full scan.
    fn sweep(&mut self, now: Timestamp) {
        for _ in 0..SWEEP {
            match self.expiring.first() {
                Some((at, _)) if *at <= now => {
                    if let Some((_, key)) = self.expiring.pop_first() {
                        self.kept.remove(&key);
                    }
                }
                _ => break,
            }
        }
    }
}

struct Shelved {
    clock: Arc<dyn Clock>,
    entries: Arc<Mutex<Entries>>,
    expires: bool,
}

impl Shelved {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn allow(&self, expires: bool, key: &str) -> Result<()> {
        match expires && !self.expires {
            true => Err(Error::new(Kind::Unsupported, "a plain key can not expire").on(key)),
            false => Ok(()),
        }
    }

    fn write_now(&self, written: &[Entry]) -> Result<()> {
        let now = self.now();
        written.iter().try_for_each(|entry| self.allow(entry.ttl.is_some(), &entry.key))?;
        let mut entries = lock(&self.entries);
        for entry in written {
            let record = Record { fields: entry.value.clone().into(), expires: entry.ttl.map(|ttl| now.after(ttl)) };
            entries.put(&entry.key, record);
            entries.sweep(now);
        }
        Ok(())
    }

    fn apply_now(&self, steps: &[Step], mode: Mode) -> Result<Vec<Result<Decided>>> {
        let now = self.now();
        let mut entries = lock(&self.entries);
        let decision = decide(steps, mode, now, |key| entries.get(key, now).cloned())?;
        for (key, change) in &decision.changes {
            let expires = matches!(change, Change::Put(Record { expires: Some(_), .. }));
            self.allow(expires, key)?;
        }
        for (key, change) in decision.changes {
            match change {
                Change::Keep => {}
                Change::Remove => entries.remove(&key),
                Change::Put(record) => entries.put(&key, record),
            }
            entries.sweep(now);
        }
        Ok(decision.decided)
    }
}

impl Store for Shelved {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        let (now, entries) = (self.now(), lock(&self.entries));
        let value = |record: &Record| record.fields.clone().into_value();
        let read = |key: &String| entries.get(key, now).map(value).transpose();
        ready(keys.iter().map(read).collect())
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        ready(self.write_now(entries))
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        let mut entries = lock(&self.entries);
        keys.iter().for_each(|key| entries.remove(key));
        ready(Ok(()))
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        let (now, entries) = (self.now(), lock(&self.entries));
        let from = match cursor {
            Some(last) => Bound::Excluded(last),
            None => Bound::Included(prefix),
        };
        let all = entries.kept.range::<str, _>((from, Bound::Unbounded));
        let ours = all.take_while(|(key, _)| key.starts_with(prefix));
        let live = ours.filter(|(_, record)| record.expires.is_none_or(|at| now < at));
        let keys: Vec<String> = live.map(|(key, _)| key.clone()).take(limit.max(1)).collect();
        let next = keys.last().filter(|_| keys.len() == limit.max(1)).cloned();
        ready(Ok(Page { keys, next }))
    }

    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Result<Decided>>> {
        ready(self.apply_now(steps, mode))
    }

    fn abilities(&self) -> Abilities {
        Abilities { atomicity: Atomicity::Store, bytes: true }
    }
}
