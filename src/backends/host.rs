//! A store over a key-value store of the host.

use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;

use super::swap::{self, CompareAndSwap, Found, Replacement};
use super::{record, result};
use crate::backend::Backend;
use crate::error::{Error, Kind, Result};
use crate::future::{Answer, Shared, join, ready};
use crate::host::{Clock, HostStore, Swap, Timestamp};
use crate::jobs::{Jobs, JobsOptions};
use crate::store::{Abilities, Entry, Page, Shelf, Store, Value};
use crate::transition::{Change, Decided, Fields, Mode, Record, Step};
use crate::turns::Turns;

/// How many entries are looked at together for what has expired.
const LOOKED: usize = 100;

/// After one of so many changes to records that expire, those that have are removed.
const SWEEPS: u64 = 64;

/// A key-value store of the host.
pub struct Host<H: ?Sized = dyn HostStore> {
    store: Arc<H>,
    clock: Arc<dyn Clock>,
    turns: Arc<Turns>,
}

impl<H: ?Sized> Clone for Host<H> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), clock: self.clock.clone(), turns: self.turns.clone() }
    }
}

impl<H: HostStore + ?Sized> Host<H> {
    /// Keeps things in this store, and takes the time of ttls from this clock.
    pub fn new(store: Arc<H>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, turns: Arc::default() }
    }

    /// The shelf of plain keys and values: keys and values as they are, without expiry.
    pub fn plain(&self) -> Shelved<Plain, H> {
        self.shelf(Plain)
    }

    /// The shelf of this store's results: texts with an expiry, under this prefix and the namespace of the store;
    /// `Invalid` when they would lie among what belongs to durastate.
    pub fn persistence(&self, prefix: &str, store_id: &str) -> Result<Shelved<Results, H>> {
        Ok(self.shelf(Results(result::begin(prefix, store_id)?)))
    }

    /// The shelf of records: text with an expiry, under a reserved prefix.
    pub fn records(&self) -> Shelved<Written, H> {
        self.shelf(Written)
    }

    fn shelf<F>(&self, form: F) -> Shelved<F, H> {
        Shelved { host: self.clone(), form }
    }
}

impl Backend for Host {
    fn store(&self, shelf: Shelf) -> Result<Arc<dyn Store>> {
        match shelf {
            Shelf::KeyValue { .. } => Ok(Arc::new(self.plain())),
            Shelf::Persistence { prefix, store_id } => Ok(Arc::new(self.persistence(&prefix, &store_id)?)),
            Shelf::State => Ok(Arc::new(self.records())),
            Shelf::PersistenceTable { .. } | Shelf::Expiring { .. } => {
                Err(Error::new(Kind::Unsupported, "a key-value store has no layout for this shelf"))
            }
        }
    }

    fn jobs(&self, _: &str, _: JobsOptions) -> Result<Arc<dyn Jobs>> {
        Err(Error::new(Kind::Unsupported, "a key-value store has no layout for jobs"))
    }
}

/// How a shelf is laid out among the keys of the host. A type and no value, so that nobody ships the code of a shelf that
/// is never opened.
pub trait Form: Shared {
    /// Whether these are results: what has expired of them is removed by whoever finds it, and no transition works on them.
    const RESULTS: bool = false;

    /// What its keys begin with there.
    fn prefix(&self) -> &str;

    /// The record as the host keeps it.
    fn encode(record: Record) -> Result<Value>;

    /// The record that the host keeps.
    fn decode(value: Value) -> Result<Record>;
}

/// Keys and values as they are, without expiry.
pub struct Plain;

impl Form for Plain {
    fn prefix(&self) -> &str {
        ""
    }

    fn encode(record: Record) -> Result<Value> {
        match record.expires {
            None => record.fields.into_value(),
            Some(_) => Err(Error::new(Kind::Unsupported, "a plain key can not expire")),
        }
    }

    fn decode(value: Value) -> Result<Record> {
        Ok(Fields::from(value).into())
    }
}

/// Results with their expiry, as other systems keep them, under what the keys of their store begin with.
pub struct Results(String);

impl Form for Results {
    const RESULTS: bool = true;

    fn prefix(&self) -> &str {
        &self.0
    }

    fn encode(record: Record) -> Result<Value> {
        match record.fields.into_value()? {
            Value::Text(text) => Ok(result::write(&text, record.expires).into()),
            Value::Bytes(_) => Err(result::no_text()),
        }
    }

    fn decode(value: Value) -> Result<Record> {
        let (value, expires) = result::read(value);
        Ok(Record { fields: value.into(), expires })
    }
}

/// Records as text with their expiry.
pub struct Written;

impl Form for Written {
    fn prefix(&self) -> &str {
        "durastate:state:"
    }

    fn encode(record: Record) -> Result<Value> {
        record::write(record)
    }

    fn decode(value: Value) -> Result<Record> {
        record::read(value)
    }
}

/// Whether it is time to sweep: after one of so many changes. Which one is left to the clock and the key, as nobody counts
/// for all processes.
fn is_due(key: &str, now: Timestamp) -> bool {
    let mixed =
        key.bytes().fold(now.micros() as u64, |mixed, byte| (mixed ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (mixed >> 32).is_multiple_of(SWEEPS)
}

/// One shelf in a key-value store of the host.
pub struct Shelved<F, H: ?Sized = dyn HostStore> {
    host: Host<H>,
    form: F,
}

impl<F: Form, H: HostStore + ?Sized> Shelved<F, H> {
    fn place(&self, key: &str) -> String {
        format!("{}{key}", self.form.prefix())
    }

    fn places(&self, keys: &[String]) -> Vec<String> {
        keys.iter().map(|key| self.place(key)).collect()
    }

    fn encode(&self, key: &str, record: Record) -> Result<Value> {
        F::encode(record).map_err(|error| error.on(key))
    }

    async fn found(&self, keys: &[String]) -> Result<Vec<Found<Value>>> {
        let values = self.host.store.read(&self.places(keys)).await?;
        let found = keys.iter().zip(values).map(|(key, version)| {
            let record = version.clone().map(F::decode).transpose();
            Ok(Found { record: record.map_err(|error| error.on(key))?, version })
        });
        found.collect()
    }

    /// The values of these keys that have not expired.
    async fn live(&self, keys: &[String]) -> Result<Vec<Option<Value>>> {
        let found = self.found(keys).await?;
        let now = self.host.clock.now();
        let live = found.into_iter().map(|found| match found.record {
            Some(record) if record.expires.is_none_or(|at| now < at) => record.fields.into_value().map(Some),
            _ => Ok(None),
        });
        live.collect()
    }

    /// The same, and what has expired is removed: nobody else would do so.
    async fn swept(&self, keys: &[String]) -> Result<Vec<Option<Value>>> {
        let found = self.found(keys).await?;
        let (now, mut expired) = (self.host.clock.now(), Vec::new());
        let live = keys.iter().zip(found).map(|(key, Found { record, version })| match record {
            Some(Record { expires: Some(at), .. }) if at <= now => {
                expired.push(Swap { key: self.place(key), expected: version, next: None, ttl: None });
                Ok(None)
            }
            record => record.map(|record| record.fields.into_value()).transpose(),
        });
        let live = live.collect();
        self.forget(expired).await;
        live
    }

    /// Looks at everything on this shelf, and removes what has expired.
    async fn sweep(&self) -> Result<()> {
        let mut cursor = None;
        loop {
            let page = self.swept_page("", cursor.as_deref(), LOOKED).await?;
            cursor = page.next;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// Removes what has expired. That it is still there harms nobody, so failures do not either.
    async fn forget(&self, expired: Vec<Swap>) {
        // One by one: where somebody has written a new value meanwhile, the others must go nevertheless.
        let swaps = expired.iter().map(|swap| self.host.store.swap(slice::from_ref(swap)));
        let swapped = join(swaps.collect()).await;
        let unable = expired.iter().zip(swapped);
        let unable = unable.filter(|(_, swapped)| matches!(swapped, Err(error) if error.kind == Kind::Unsupported));
        let unable: Vec<String> = unable.map(|(swap, _)| swap.key.clone()).collect();
        if !unable.is_empty() {
            drop(self.host.store.remove(&unable).await);
        }
    }

    async fn page(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Page> {
        let mut page = self.host.store.list(&self.place(prefix), cursor, limit).await?;
        let begin = self.form.prefix();
        page.keys.retain(|key| key.starts_with(begin));
        page.keys.iter_mut().for_each(|key| drop(key.drain(..begin.len())));
        Ok(page)
    }

    /// The same without what has expired, which is removed.
    async fn swept_page(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Page> {
        let page = self.page(prefix, cursor, limit).await?;
        let mut live = Vec::with_capacity(page.keys.len());
        for keys in page.keys.chunks(LOOKED) {
            let found = keys.iter().zip(self.swept(keys).await?);
            live.extend(found.filter(|(_, value)| value.is_some()).map(|(key, _)| key.clone()));
        }
        Ok(Page { keys: live, ..page })
    }
}

impl<F: Form, H: HostStore + ?Sized> Store for Shelved<F, H> {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        // Decided outside of the futures: the branch that is not taken is not even compiled.
        if F::RESULTS { Box::pin(self.swept(keys)) } else { Box::pin(self.live(keys)) }
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        Box::pin(async move {
            let now = self.host.clock.now();
            let encode = |entry: &Entry| {
                let record =
                    Record { fields: entry.value.clone().into(), expires: entry.ttl.map(|ttl| now.after(ttl)) };
                Ok((self.place(&entry.key), self.encode(&entry.key, record)?))
            };
            // The last of several for one key counts, in whatever order a host writes.
            let encoded: BTreeMap<_, _> = entries.iter().map(encode).collect::<Result<_>>()?;
            self.host.store.write(&encoded.into_iter().collect::<Vec<_>>()).await
        })
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        Box::pin(async move { self.host.store.remove(&self.places(keys)).await })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        if F::RESULTS {
            return Box::pin(self.swept_page(prefix, cursor, limit));
        }
        Box::pin(self.page(prefix, cursor, limit))
    }

    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Result<Decided>>> {
        if F::RESULTS {
            return ready(Err(Error::new(Kind::Unsupported, "results are written and removed, not changed")));
        }
        Box::pin(swap::apply(self, steps, mode))
    }

    fn abilities(&self) -> Abilities {
        let abilities = self.host.store.abilities();
        Abilities { bytes: abilities.bytes && !F::RESULTS, ..abilities }
    }
}

impl<F: Form, H: HostStore + ?Sized> CompareAndSwap for Shelved<F, H> {
    type Version = Value;

    fn load<'a>(&'a self, keys: &'a [String]) -> Answer<'a, (Timestamp, Vec<Found<Value>>)> {
        Box::pin(async move {
            let found = self.found(keys).await?;
            Ok((self.host.clock.now(), found))
        })
    }

    fn swap(&self, changes: Vec<Replacement<Value>>) -> Answer<'_, bool> {
        Box::pin(async move {
            let now = self.host.clock.now();
            let encode = |replacement: Replacement<Value>| {
                let (next, expires) = match replacement.change {
                    Change::Keep => (replacement.expected.clone(), None),
                    Change::Remove => (None, None),
                    Change::Put(record) => {
                        let expires = record.expires;
                        (Some(self.encode(&replacement.key, record)?), expires)
                    }
                };
                Ok(Swap {
                    key: self.place(&replacement.key),
                    expected: replacement.expected,
                    next,
                    ttl: expires.map(|at| at.since(now)),
                })
            };
            let swaps: Vec<_> = changes.into_iter().map(encode).collect::<Result<_>>()?;
            let swapped = self.host.store.swap(&swaps).await?;
            let sweeps = swaps.iter().any(|swap| swap.ttl.is_some() && is_due(&swap.key, now));
            if swapped && sweeps {
                // The change is made, and must not fail because of this.
                drop(self.sweep().await);
            }
            Ok(swapped)
        })
    }

    fn turns(&self) -> &Turns {
        &self.host.turns
    }
}
