//! A store over a key-value store of the host.

use std::marker::PhantomData;
use std::sync::Arc;

use super::record;
use super::swap::{self, CompareAndSwap, Found, Replacement};
use crate::backend::Backend;
use crate::error::{Error, Kind, Result};
use crate::future::{Answer, Shared};
use crate::host::{Clock, HostStore, Swap, Timestamp};
use crate::jobs::{Jobs, JobsOptions};
use crate::store::{Abilities, Entry, Page, Shelf, Store, Value};
use crate::transition::{Change, Decided, Fields, Mode, Record, Step};
use crate::turns::Turns;

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
        Shelved { host: self.clone(), form: PhantomData }
    }

    /// The shelf of records: text with an expiry, under a reserved prefix.
    pub fn records(&self) -> Shelved<Written, H> {
        Shelved { host: self.clone(), form: PhantomData }
    }
}

impl Backend for Host {
    fn store(&self, shelf: Shelf) -> Result<Arc<dyn Store>> {
        match shelf {
            Shelf::KeyValue { .. } => Ok(Arc::new(self.plain())),
            Shelf::State => Ok(Arc::new(self.records())),
            _ => Err(Error::new(Kind::Unsupported, "a key-value store has no layout for this shelf")),
        }
    }

    fn jobs(&self, _: &str, _: JobsOptions) -> Result<Arc<dyn Jobs>> {
        Err(Error::new(Kind::Unsupported, "a key-value store has no layout for jobs"))
    }
}

/// How a shelf is laid out among the keys of the host.
pub trait Form: Shared {
    /// What its keys begin with there.
    const PREFIX: &'static str;

    /// The record as the host keeps it.
    fn encode(record: Record) -> Result<Value>;

    /// The record that the host keeps.
    fn decode(value: Value) -> Result<Record>;
}

/// Keys and values as they are, without expiry.
pub struct Plain;

impl Form for Plain {
    const PREFIX: &'static str = "";

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

/// Records as text with their expiry.
pub struct Written;

impl Form for Written {
    const PREFIX: &'static str = "durastate:state:";

    fn encode(record: Record) -> Result<Value> {
        record::write(record)
    }

    fn decode(value: Value) -> Result<Record> {
        record::read(value)
    }
}

/// One shelf in a key-value store of the host.
pub struct Shelved<F, H: ?Sized = dyn HostStore> {
    host: Host<H>,
    form: PhantomData<F>,
}

impl<F: Form, H: HostStore + ?Sized> Shelved<F, H> {
    fn places(&self, keys: &[String]) -> Vec<String> {
        keys.iter().map(|key| place::<F>(key)).collect()
    }

    fn encode(&self, key: &str, record: Record) -> Result<Value> {
        F::encode(record).map_err(|error| error.on(key))
    }

    async fn found(&self, keys: &[String]) -> Result<Vec<Found<Value>>> {
        let values = self.host.store.read(&self.places(keys)).await?;
        let found = keys.iter().zip(values).map(|(key, version)| {
            let record = version.clone().map(F::decode).transpose().map_err(|error| error.on(key))?;
            Ok(Found { record, version })
        });
        found.collect()
    }
}

fn place<F: Form>(key: &str) -> String {
    format!("{}{key}", F::PREFIX)
}

impl<F: Form, H: HostStore + ?Sized> Store for Shelved<F, H> {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            let found = self.found(keys).await?;
            let now = self.host.clock.now();
            let live = found.into_iter().map(|found| match found.record {
                Some(record) if record.expires.is_none_or(|at| now < at) => record.fields.into_value().map(Some),
                _ => Ok(None),
            });
            live.collect()
        })
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        Box::pin(async move {
            let now = self.host.clock.now();
            let encode = |entry: &Entry| {
                let record =
                    Record { fields: entry.value.clone().into(), expires: entry.ttl.map(|ttl| now.after(ttl)) };
                Ok((place::<F>(&entry.key), self.encode(&entry.key, record)?))
            };
            let encoded: Vec<_> = entries.iter().map(encode).collect::<Result<_>>()?;
            self.host.store.write(&encoded).await
        })
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        Box::pin(async move { self.host.store.remove(&self.places(keys)).await })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        Box::pin(async move {
            let mut page = self.host.store.list(&place::<F>(prefix), cursor, limit).await?;
            for key in &mut page.keys {
                key.drain(..F::PREFIX.len());
            }
            Ok(page)
        })
    }

    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Result<Decided>>> {
        Box::pin(swap::apply(self, steps, mode))
    }

    fn abilities(&self) -> Abilities {
        self.host.store.abilities()
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
                    key: place::<F>(&replacement.key),
                    expected: replacement.expected,
                    next,
                    ttl: expires.map(|at| at.since(now)),
                })
            };
            let swaps: Vec<_> = changes.into_iter().map(encode).collect::<Result<_>>()?;
            self.host.store.swap(&swaps).await
        })
    }

    fn turns(&self) -> &Turns {
        &self.host.turns
    }
}
