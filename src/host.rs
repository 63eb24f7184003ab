//! What the surroundings give: time, randomness, tasks, and the places where things are kept. durastate owns no
//! connection and reads no clock of its own.

use std::borrow::Cow;
use std::time::Duration;

use crate::error::{Cause, Result};
use crate::future::{Answer, Shared, Task};
use crate::store::{Abilities, Page, Value};

mod handover;
#[cfg(feature = "web")]
pub mod web;

pub use handover::undone_if_abandoned;

/// A moment: microseconds since 1970-01-01 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment this many microseconds after 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The moment this many milliseconds after 1970, as JavaScript tells the time; fractions are kept.
    pub fn from_millis(millis: f64) -> Self {
        Self((millis * 1e3).round() as i64)
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970, with their fraction.
    pub fn millis(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// This long after; the last moment there is when that lies beyond it.
    pub fn after(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// How long after `earlier`; zero when it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// The time of the surroundings.
pub trait Clock: Shared {
    /// This moment.
    fn now(&self) -> Timestamp;

    /// Waits until that moment; at once when it has passed.
    fn sleep_until(&self, at: Timestamp) -> Task<'_, ()>;
}

/// The randomness of the surroundings.
pub trait Random: Shared {
    /// Fills `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// Who a spawned task belongs to: it ends with its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner(pub u32);

/// Runs futures that nobody awaits: lease refreshers, pollers, effects that must be undone when nobody wants them.
pub trait Tasks: Shared {
    /// A new owner, with no tasks yet.
    fn owner(&self) -> Owner;

    /// Runs `task`, soon, until it ends or its owner is stopped. It may be called from anywhere, a destructor
    /// included, and never keeps a process alive by itself.
    fn spawn(&self, owner: Owner, task: Task<'static, ()>);

    /// Drops all tasks of this owner, soon.
    fn stop(&self, owner: Owner);
}

/// A Redis command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its arguments.
    pub args: Vec<Value>,
}

/// What Redis replies.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Nothing.
    Nil,
    /// A whole number.
    Int(i64),
    /// A status such as `OK`.
    Status(String),
    /// That it refused, as Redis worded it, with the client's own error where there is one.
    Error(String, Option<Cause>),
    /// A string: text where the client decodes it, bytes where it does not.
    Bulk(Value),
    /// Several replies. What RESP3 calls maps, doubles and booleans comes as RESP2 would give it.
    Array(Vec<Reply>),
}

/// A Redis that the host is connected to.
pub trait Redis: Shared {
    /// Sends these commands in one go and answers each for itself. A command that was written is never sent again.
    fn send<'a>(&'a self, commands: Vec<Command>) -> Answer<'a, Vec<Result<Reply>>>;

    /// Whether it is a cluster, in which a command without a key goes to any one of the nodes.
    fn is_cluster(&self) -> bool {
        false
    }
}

/// The SQL that a database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite and what speaks like it.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// Microsoft SQL Server.
    Mssql,
}

/// A value of a column or a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A statement and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text, with the dialect's placeholders.
    pub text: String,
    /// What stands in for them.
    pub params: Vec<SqlValue>,
}

/// What a statement gives back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, a value for each column.
    pub rows: Vec<Vec<SqlValue>>,
    /// How many rows the statement matched, where the host can tell.
    pub affected: Option<u64>,
}

/// A database that the host is connected to.
pub trait Sql: Shared {
    /// Which SQL it speaks.
    fn dialect(&self) -> Dialect;

    /// Whether it runs several statements as one atomic batch.
    fn batches(&self) -> bool;

    /// Runs one statement, or several as one atomic batch; a host without batches refuses several as `Unsupported`.
    fn run<'a>(&'a self, statements: Vec<Statement>) -> Answer<'a, Vec<Rows>>;

    /// Whether [`Sql::set_ready`] was called with this name: the schema need not be looked at again.
    fn is_ready(&self, schema: &str) -> bool;

    /// Remembers, as long as the host lasts, that the tables of this schema are there.
    fn set_ready(&self, schema: &str);
}

/// One key of a compare-and-swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// Which key.
    pub key: String,
    /// What must be there; nothing may be there without one.
    pub expected: Option<Value>,
    /// What shall be there; it is removed without one.
    pub next: Option<Value>,
    /// After how long nobody needs it any more: a host that can forget by itself may do so then.
    pub ttl: Option<Duration>,
}

/// A key-value store of the host: a Map, IndexedDB, files, Cloudflare KV, Deno KV, a user's own.
pub trait HostStore: Shared {
    /// The values of these keys, in their order.
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>>;

    /// Stores these, over what was there.
    fn write<'a>(&'a self, entries: &'a [(String, Value)]) -> Answer<'a, ()>;

    /// Removes these keys.
    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()>;

    /// Some of the keys with this prefix, from `cursor` on.
    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page>;

    /// Makes all of these changes if every `expected` holds, in one atomic step, and tells whether it did.
    /// A host that can not (or not for so many) answers `Unsupported` and has done nothing.
    fn swap<'a>(&'a self, changes: &'a [Swap]) -> Answer<'a, bool>;

    /// What this store can do.
    fn abilities(&self) -> Abilities;
}
