//! A store over a key-value store of the host.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::record;
use super::swap::{self, CompareAndSwap, Found, Replacement};
use crate::backend::Backend;
use crate::error::{Error, Kind, Result};
use crate::future::{Answer, Shared};
use crate::host::{Clock, HostStore, Swap, Timestamp};
use crate::jobs::Jobs;
use crate::store::{Abilities, Entry, Page, Shelf, Store, Value};
use crate::transition::{Change, Fields, Mode, Scalar, Step};

/// When a record expires, in microseconds since 1970: a field beside those of the layer.
const EXPIRES: &str = "durastate:expires";

/// A key-value store of the host.
pub struct Host<H: ?Sized = dyn HostStore> {
    store: Arc<H>,
    clock: Arc<dyn Clock>,
}

impl<H: ?Sized> Clone for Host<H> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl<H: HostStore + ?Sized> Host<H> {
    /// Keeps things in this store, and takes the time of ttls from this clock.
    pub fn new(store: Arc<H>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The shelf of plain keys and values: keys and values as they are, without expiry.
    pub fn plain(&self) -> Shelved<Plain, H> {
        Shelved {
            host: self.clone(),
            form: PhantomData,
        }
    }

    /// The shelf of records: text with an expiry, under a reserved prefix.
    pub fn records(&self) -> Shelved<Record, H> {
        Shelved {
            host: self.clone(),
            form: PhantomData,
        }
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

    fn jobs(&self, _: &str) -> Result<Arc<dyn Jobs>> {
        Err(Error::new(Kind::Unsupported, "a key-value store has no layout for jobs"))
    }
}

/// How a shelf is laid out among the keys of the host.
pub trait Form: Shared {
    /// What its keys begin with there.
    const PREFIX: &'static str;

    /// The record as the host keeps it, to expire at that moment.
    fn encode(fields: Fields, expires: Option<Timestamp>) -> Result<Value>;

    /// The record that the host keeps, and when it expires.
    fn decode(value: Value) -> Result<(Fields, Option<Timestamp>)>;
}

/// Keys and values as they are, without expiry.
pub struct Plain;

impl Form for Plain {
    const PREFIX: &'static str = "";

    fn encode(fields: Fields, expires: Option<Timestamp>) -> Result<Value> {
        match expires {
            None => fields.into_value(),
            Some(_) => Err(Error::new(Kind::Unsupported, "a plain key can not expire")),
        }
    }

    fn decode(value: Value) -> Result<(Fields, Option<Timestamp>)> {
        Ok((value.into(), None))
    }
}

/// Records as text with their expiry.
pub struct Record;

impl Form for Record {
    const PREFIX: &'static str = "durastate:state:";

    fn encode(fields: Fields, expires: Option<Timestamp>) -> Result<Value> {
        let fields = match expires {
            Some(at) => fields.with(EXPIRES, at.micros()),
            None => fields,
        };
        record::encode(&fields).map(Value::Text)
    }

    fn decode(value: Value) -> Result<(Fields, Option<Timestamp>)> {
        let Value::Text(text) = value else {
            return Err(Error::new(Kind::Corrupt, "bytes are stored where a record was"));
        };
        let mut fields = record::decode(&text)?;
        let expires = match fields.take(EXPIRES) {
            Some(Scalar::Int(micros)) => Some(Timestamp::from_micros(micros)),
            _ => None,
        };
        Ok((fields, expires))
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

    fn encode(&self, key: &str, fields: Fields, ttl: Option<Duration>) -> Result<Value> {
        let expires = ttl.map(|ttl| self.host.clock.now().after(ttl));
        F::encode(fields, expires).map_err(|error| error.on(key))
    }

    fn decode(&self, key: &str, value: Value) -> Result<Option<Fields>> {
        let (fields, expires) = F::decode(value).map_err(|error| error.on(key))?;
        let live = expires.is_none_or(|at| self.host.clock.now() < at);
        Ok(live.then_some(fields))
    }
}

fn place<F: Form>(key: &str) -> String {
    format!("{}{key}", F::PREFIX)
}

impl<F: Form, H: HostStore + ?Sized> Store for Shelved<F, H> {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            let values = self.host.store.read(&self.places(keys)).await?;
            let live = keys.iter().zip(values).map(|(key, value)| match value {
                Some(value) => self.decode(key, value)?.map(Fields::into_value).transpose(),
                None => Ok(None),
            });
            live.collect()
        })
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        Box::pin(async move {
            let encode = |entry: &Entry| {
                let value = self.encode(&entry.key, entry.value.clone().into(), entry.ttl)?;
                Ok((place::<F>(&entry.key), value))
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

    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Fields>> {
        Box::pin(swap::apply(self, steps, mode))
    }

    fn abilities(&self) -> Abilities {
        self.host.store.abilities()
    }
}

impl<F: Form, H: HostStore + ?Sized> CompareAndSwap for Shelved<F, H> {
    type Version = Value;

    fn load<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Found<Value>>> {
        Box::pin(async move {
            let values = self.host.store.read(&self.places(keys)).await?;
            let found = keys.iter().zip(values).map(|(key, version)| {
                let fields = match version.clone() {
                    Some(value) => self.decode(key, value)?,
                    None => None,
                };
                Ok(Found { fields, version })
            });
            found.collect()
        })
    }

    fn swap(&self, changes: Vec<Replacement<Value>>) -> Answer<'_, bool> {
        Box::pin(async move {
            let encode = |replacement: Replacement<Value>| {
                let next = match replacement.change {
                    Change::Keep => replacement.expected.clone(),
                    Change::Remove => None,
                    Change::Put(fields, ttl) => Some(self.encode(&replacement.key, fields, ttl)?),
                };
                Ok(Swap {
                    key: place::<F>(&replacement.key),
                    expected: replacement.expected,
                    next,
                })
            };
            let swaps: Vec<_> = changes.into_iter().map(encode).collect::<Result<_>>()?;
            self.host.store.swap(&swaps).await
        })
    }

    fn now(&self) -> Timestamp {
        self.host.clock.now()
    }
}
