//! What a layer knows of the place where things are kept: five verbs on one shelf.

use crate::error::Result;
use crate::future::{Answer, Shared};
use crate::transition::{Decided, Mode, Step};

/// Keys that begin like this belong to durastate itself (queues, locks, limits that live beside plain keys): listings
/// and clearings of plain keys pass over them.
pub const RESERVED: &str = "durastate:";

/// What is stored under a key: text and bytes stay apart wherever the place can tell them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Unicode text.
    Text(String),
    /// Bytes of any kind.
    Bytes(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// What kind of thing is kept. It decides the layout: a backend maps each shelf to the keys or the table that other
/// systems use for the same thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    /// Plain keys and values, without expiry.
    KeyValue {
        /// The table (SQL) or key prefix (Redis) they live in.
        table: String,
    },
    /// Results with a time to live, all stores side by side: texts.
    Persistence {
        /// What the keys begin with on Redis and in key-value stores, before the [`namespace`] of the store; a
        /// database has no use for it.
        prefix: String,
        /// Which of the stores.
        store_id: String,
    },
    /// Results with a time to live in a database, a table for each store: texts.
    PersistenceTable {
        /// Which of the stores; part of the table's name.
        store_id: String,
    },
    /// Plain values that may expire, under keys that begin with what other systems put there.
    Expiring {
        /// What the keys begin with.
        prefix: String,
    },
    /// The records that transitions work on: limits, locks, breakers, checkpoints. They are read by a transition too,
    /// one that keeps everything: `read` of a record that is no plain value is `Corrupt`.
    State,
}

/// What the keys of a store begin with where all stores lie side by side: no two stores have the same, nor does one
/// begin like another.
pub fn namespace(store_id: &str) -> String {
    format!("{}:", store_id.replace('%', "%25").replace(':', "%3A"))
}

/// Who is sure to see one change after the other, never two at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atomicity {
    /// Nobody: a change is a read followed by a write.
    None,
    /// Everybody in this process (one tab, one worker).
    Process,
    /// Every tab and worker of this origin on this device.
    Origin,
    /// Everybody who uses the store.
    Store,
}

/// What a store can do, so that nothing is dropped silently where it can not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// How far a change is atomic.
    pub atomicity: Atomicity,
    /// Whether bytes are kept as bytes. A store of text alone is given base64 and reads it back as text.
    pub bytes: bool,
}

/// One key with what is to be kept there, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where.
    pub key: String,
    /// What.
    pub value: Value,
    /// How long; for ever without one. On a [`Shelf::KeyValue`] any ttl is `Unsupported`.
    pub ttl: Option<std::time::Duration>,
}

/// Some keys of a listing, in no promised order. A key that is there throughout is listed at least once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The keys, whole.
    pub keys: Vec<String>,
    /// Where to go on; the listing is complete without one.
    pub next: Option<String>,
}

/// A place for keys and values, opened on one [`Shelf`].
///
/// Dropping an answer gives up waiting for it; what was sent may still be done.
pub trait Store: Shared {
    /// The values of these keys, in their order; what has expired is gone.
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>>;

    /// Stores these entries, over what was there. They are one request, not one atomic change.
    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()>;

    /// Removes these keys; a key that is not there is no error.
    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()>;

    /// Some of the keys that begin with `prefix`, at most about `limit`, from `cursor` on.
    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page>;

    /// Carries out transitions, each atomic as far as [`Abilities::atomicity`] says, and answers of each what it
    /// decided. With [`Mode::AllOrNothing`] they are one atomic change, or `Unsupported`.
    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Result<Decided>>>;

    /// What this store can do.
    fn abilities(&self) -> Abilities;
}
