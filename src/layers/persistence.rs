//! Results that last, for as long as they are worth anything: how a piece of work ended, under the key that stands for it.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::store::{Entry, Store, Value};

mod exit;

pub use exit::{Exit, Reason};

/// How many keys a listing asks for at a time.
const PAGE: usize = 1000;

/// The results of one store, on a [`Shelf::Persistence`](crate::store::Shelf::Persistence) or a
/// [`Shelf::PersistenceTable`](crate::store::Shelf::PersistenceTable). Clones are the same store.
pub struct Persistence<S: ?Sized = dyn Store> {
    store: Arc<S>,
}

impl<S: ?Sized> Clone for Persistence<S> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone() }
    }
}

/// A result that is to be kept under a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Where.
    pub key: String,
    /// What.
    pub exit: Exit,
    /// How long; for ever without one. For no time at all, nothing is stored and what was there stays.
    pub ttl: Option<Duration>,
}

impl<S: Store + ?Sized> Persistence<S> {
    /// The results on this store's shelf.
    pub fn new(store: Arc<S>) -> Self {
        Self { store }
    }

    /// The result under this key. What is stored there and is none is `Corrupt`, and stays.
    pub async fn get(&self, key: &str) -> Result<Option<Exit>> {
        let found = self.get_many(&[key.to_owned()]).await?.pop();
        found.unwrap_or(Ok(None))
    }

    /// The results under these keys, in their order. A key whose value is no result is `Corrupt` by itself.
    pub async fn get_many(&self, keys: &[String]) -> Result<Vec<Result<Option<Exit>>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.store.read(keys).await?;
        let exit =
            |(key, value): (&String, Option<Value>)| value.map(exit_of).transpose().map_err(|error| error.on(key));
        Ok(keys.iter().zip(found).map(exit).collect())
    }

    /// Stores a result under this key, over what was there, for this long, or for ever without a time to live. For no
    /// time at all, nothing is stored and what was there stays.
    pub async fn set(&self, key: &str, exit: &Exit, ttl: Option<Duration>) -> Result<()> {
        self.write(entry(key.to_owned(), exit, ttl).into_iter().collect()).await
    }

    /// Stores several results; the last of several for one key counts.
    pub async fn set_many(&self, kept: Vec<Kept>) -> Result<()> {
        self.write(kept.into_iter().filter_map(|Kept { key, exit, ttl }| entry(key, &exit, ttl)).collect()).await
    }

    /// Removes this key; that it is not there is no error.
    pub async fn remove(&self, key: &str) -> Result<()> {
        self.store.remove(&[key.to_owned()]).await
    }

    /// Removes all results of this store.
    pub async fn clear(&self) -> Result<()> {
        // The listing is complete before the first key goes: a cursor need not survive a removal.
        let (mut keys, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = self.store.list("", cursor.as_deref(), PAGE).await?;
            keys.extend(page.keys);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        for page in keys.chunks(PAGE) {
            self.store.remove(page).await?;
        }
        Ok(())
    }

    async fn write(&self, entries: Vec<Entry>) -> Result<()> {
        match entries.is_empty() {
            true => Ok(()),
            false => self.store.write(&entries).await,
        }
    }
}

fn entry(key: String, exit: &Exit, ttl: Option<Duration>) -> Option<Entry> {
    (ttl != Some(Duration::ZERO)).then(|| Entry { key, value: Value::Text(exit.encode()), ttl })
}

/// The result that a stored value is; `Corrupt` when it is none.
pub fn exit_of(value: Value) -> Result<Exit> {
    match value {
        Value::Text(text) => Exit::decode(&text),
        Value::Bytes(_) => Err(Error::new(Kind::Corrupt, "bytes are stored where a result was")),
    }
}
