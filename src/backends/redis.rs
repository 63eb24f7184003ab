//! A store over a Redis that the host is connected to.
//!
//! Texts are kept as they are, so that others read them; bytes, and texts that look like them, stand behind a mark.
//! Every key that a script touches is declared, so a hash tag in the prefix (`{app}:`) is all that a cluster needs.

use std::sync::Arc;

use super::swap::{self, CompareAndSwap, Found, Replacement};
use super::{record, result};
use crate::backend::Backend;
use crate::base64;
use crate::error::{Error, Kind, Result};
use crate::future::{Answer, ready};
use crate::host::{Command, Redis, Reply, Timestamp};
use crate::jobs::{Jobs, JobsOptions};
use crate::store::{Abilities, Atomicity, Entry, Page, Shelf, Store, Value};
use crate::transition::{Change, Decided, Fields, Mode, Step};
use crate::turns::Turns;

mod replies;
mod scripts;
mod sha1;
mod twins;

use replies::{int, nested, text, unexpected};

/// How many keys one command takes.
const CHUNK: usize = 1000;

/// The longest time to live, in milliseconds, that every client tells exactly; what lives longer lasts for ever.
const LONGEST: u128 = 1 << 53;

/// A Redis that the host is connected to.
pub struct Server<R: ?Sized = dyn Redis> {
    redis: Arc<R>,
    turns: Arc<Turns>,
}

impl<R: ?Sized> Clone for Server<R> {
    fn clone(&self) -> Self {
        Self { redis: self.redis.clone(), turns: self.turns.clone() }
    }
}

impl<R: Redis + ?Sized> Server<R> {
    /// Keeps things in this Redis.
    pub fn new(redis: Arc<R>) -> Self {
        Self { redis, turns: Arc::default() }
    }

    /// The shelf of plain keys and values under this prefix, without expiry.
    pub fn plain(&self, prefix: &str) -> Shelved<R> {
        self.shelf(prefix, Form::Plain)
    }

    /// The shelf of plain values under this prefix that may expire.
    pub fn expiring(&self, prefix: &str) -> Shelved<R> {
        self.shelf(prefix, Form::Expiring)
    }

    /// The shelf of this store's results: texts as they are, under this prefix and the namespace of the store;
    /// `Invalid` when they would lie among what belongs to durastate.
    pub fn persistence(&self, prefix: &str, store_id: &str) -> Result<Shelved<R>> {
        Ok(self.shelf(&result::begin(prefix, store_id)?, Form::Results))
    }

    /// The shelf of records, under the keys that layers give them.
    pub fn records(&self) -> Shelved<R> {
        self.shelf("", Form::Records)
    }

    fn shelf(&self, prefix: &str, form: Form) -> Shelved<R> {
        Shelved { server: self.clone(), prefix: prefix.to_owned(), form }
    }

    /// Sends these, and gives the replies or the first refusal.
    async fn all(&self, commands: Vec<Command>) -> Result<Vec<Reply>> {
        let replies = self.redis.send(commands).await?;
        replies.into_iter().map(|reply| replies::accepted(reply?)).collect()
    }

    async fn one(&self, name: &'static str, args: Vec<Value>) -> Result<Reply> {
        let replies = self.all(vec![Command { name: name.into(), args }]).await?;
        replies.into_iter().next().ok_or_else(unexpected)
    }
}

impl Backend for Server {
    fn store(&self, shelf: Shelf) -> Result<Arc<dyn Store>> {
        match shelf {
            Shelf::KeyValue { table } => Ok(Arc::new(self.plain(&table))),
            Shelf::Expiring { prefix } => Ok(Arc::new(self.expiring(&prefix))),
            Shelf::Persistence { prefix, store_id } => Ok(Arc::new(self.persistence(&prefix, &store_id)?)),
            Shelf::State => Ok(Arc::new(self.records())),
            Shelf::PersistenceTable { .. } => Err(Error::new(Kind::Unsupported, "Redis has no tables")),
        }
    }

    fn jobs(&self, _: &str, _: JobsOptions) -> Result<Arc<dyn Jobs>> {
        Err(Error::new(Kind::Unsupported, "Redis has no layout for jobs yet"))
    }
}

/// How a shelf is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Keys and values as they are, without expiry.
    Plain,
    /// The same, and they may expire.
    Expiring,
    /// Texts as they are, whatever they look like, and they may expire.
    Results,
    /// Records: as text with their expiry, or as the twins that work on them say.
    Records,
}

impl Form {
    /// A value as Redis keeps it.
    fn stored(self, value: Value) -> Result<Value> {
        match self {
            Self::Records => record::write(Fields::from(value).into()),
            Self::Results if matches!(value, Value::Bytes(_)) => Err(result::no_text()),
            Self::Results => Ok(value),
            Self::Plain | Self::Expiring => Ok(marked(value)),
        }
    }

    /// The value that Redis keeps.
    fn found(self, stored: Value) -> Result<Value> {
        match self {
            Self::Records => record::read(stored)?.fields.into_value(),
            Self::Results => Ok(stored),
            Self::Plain | Self::Expiring => Ok(unmarked(stored)),
        }
    }
}

/// What stands before bytes, which are base64, and before texts that begin with one of the two marks.
const MARKS: (&str, &str) = ("durastate:bytes:", "durastate:text:");

fn marked(value: Value) -> Value {
    match value {
        Value::Bytes(bytes) => Value::Text(format!("{}{}", MARKS.0, base64::encode(&bytes))),
        Value::Text(text) if text.starts_with(MARKS.0) || text.starts_with(MARKS.1) => {
            Value::Text(format!("{}{text}", MARKS.1))
        }
        text => text,
    }
}

fn unmarked(stored: Value) -> Value {
    let Value::Text(text) = &stored else { return stored };
    if let Some(text) = text.strip_prefix(MARKS.1) {
        return Value::Text(text.to_owned());
    }
    let bytes = text.strip_prefix(MARKS.0).and_then(|text| base64::decode(text).ok());
    bytes.map_or(stored, Value::Bytes)
}

/// One shelf in a Redis.
pub struct Shelved<R: ?Sized = dyn Redis> {
    server: Server<R>,
    prefix: String,
    form: Form,
}

impl<R: Redis + ?Sized> Shelved<R> {
    fn place(&self, key: &str) -> Value {
        Value::Text(format!("{}{key}", self.prefix))
    }

    fn places(&self, keys: &[String]) -> Vec<Value> {
        keys.iter().map(|key| self.place(key)).collect()
    }

    fn put(&self, entry: &Entry) -> Result<Command> {
        let mut args = vec![self.place(&entry.key)];
        match entry.ttl {
            Some(_) if self.form == Form::Plain => {
                return Err(Error::new(Kind::Unsupported, "a plain key can not expire").on(&entry.key));
            }
            Some(ttl) if ttl.is_zero() => return Ok(Command { name: "DEL".into(), args }),
            ttl => {
                args.push(self.form.stored(entry.value.clone()).map_err(|error| error.on(&entry.key))?);
                let millis = ttl.map(|ttl| ttl.as_nanos().div_ceil(1_000_000)).filter(|millis| *millis <= LONGEST);
                if let Some(millis) = millis {
                    args.extend(["PX".into(), millis.to_string().into()]);
                }
            }
        }
        Ok(Command { name: "SET".into(), args })
    }

    /// How many keys a command takes: one where several may lie in different slots of a cluster.
    fn chunk(&self) -> usize {
        if self.server.redis.is_cluster() && !is_tagged(&self.prefix) { 1 } else { CHUNK }
    }

    /// One reply to a SCAN, as a page of this shelf's keys.
    async fn scan(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Page> {
        let begin = format!("{}{prefix}", self.prefix);
        let (cursor, pattern) = (cursor.unwrap_or("0"), format!("{}*", escaped(&begin)));
        let reply = match is_tagged(&begin) {
            true => {
                let args = [cursor, &*pattern, &*limit.to_string()].map(Value::from).into();
                scripts::run(&self.server, &scripts::SCAN, vec![begin.as_str().into()], args).await?
            }
            false if self.server.redis.is_cluster() => {
                let message =
                    "in a cluster keys can only be listed together with a hash tag in the prefix, as in \"{app}:\"";
                return Err(Error::new(Kind::Unsupported, message));
            }
            false => {
                let args = [cursor, "MATCH", &*pattern, "COUNT", &*limit.to_string()].map(Value::from);
                self.server.one("SCAN", args.into()).await?
            }
        };
        // Some hosts flatten the list in the list: the cursor comes first either way.
        let mut texts = nested(reply).into_iter().map(text);
        let next = texts.next().ok_or_else(unexpected)??;
        let whole: Vec<String> = texts.collect::<Result<_>>()?;
        let keys = whole.iter().filter(|key| key.starts_with(&begin));
        let keys = keys.map(|key| key[self.prefix.len()..].to_owned()).collect();
        Ok(Page { keys, next: (next != "0").then_some(next) })
    }
}

/// A text that matches itself alone in a pattern.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for sign in text.chars() {
        if r"\*?[]^-".contains(sign) {
            pattern.push('\\');
        }
        pattern.push(sign);
    }
    pattern
}

/// Whether all keys that begin like this lie in one slot of a cluster.
fn is_tagged(begin: &str) -> bool {
    let after = begin.split_once('{').map(|(_, after)| after);
    after.and_then(|after| after.find('}')).is_some_and(|length| length > 0)
}

impl<R: Redis + ?Sized> Store for Shelved<R> {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            let command = |keys: &[String]| {
                let name = if keys.len() == 1 { "GET" } else { "MGET" };
                Command { name: name.into(), args: self.places(keys) }
            };
            let replies = self.server.redis.send(keys.chunks(self.chunk()).map(command).collect()).await?;
            let replies = replies.into_iter().map(|reply| match replies::accepted(reply?) {
                // What is no string is no value for MGET, and so it is for those who ask for several keys one by one.
                Err(error) if error.kind == Kind::Corrupt && keys.len() > 1 => Ok(Reply::Nil),
                reply => reply,
            });
            let values = replies.collect::<Result<Vec<_>>>()?.into_iter().flat_map(nested).collect::<Vec<_>>();
            if values.len() != keys.len() {
                return Err(unexpected());
            }
            let found = keys.iter().zip(values).map(|(key, reply)| {
                let stored = replies::value(reply)?;
                stored.map(|stored| self.form.found(stored)).transpose().map_err(|error| error.on(key))
            });
            found.collect()
        })
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        Box::pin(async move {
            let commands: Vec<_> = entries.iter().map(|entry| self.put(entry)).collect::<Result<_>>()?;
            self.server.all(commands).await.map(drop)
        })
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        Box::pin(async move {
            let unlink = |keys| Command { name: "UNLINK".into(), args: self.places(keys) };
            self.server.all(keys.chunks(self.chunk()).map(unlink).collect()).await.map(drop)
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        Box::pin(self.scan(prefix, cursor, limit))
    }

    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Result<Decided>>> {
        if self.form == Form::Results {
            return ready(Err(Error::new(Kind::Unsupported, "results are written and removed, not changed")));
        }
        let twins = steps.iter().filter(|step| step.transition.lua.is_some()).count();
        if twins == steps.len() {
            return Box::pin(twins::apply(self, steps, mode));
        }
        if twins > 0 || self.form != Form::Records {
            return ready(Err(Error::new(Kind::Unsupported, "Redis needs the twin of every step here")));
        }
        Box::pin(swap::apply(self, steps, mode))
    }

    fn abilities(&self) -> Abilities {
        Abilities { atomicity: Atomicity::Store, bytes: self.form != Form::Results }
    }
}

impl<R: Redis + ?Sized> CompareAndSwap for Shelved<R> {
    type Version = Value;

    fn load<'a>(&'a self, keys: &'a [String]) -> Answer<'a, (Timestamp, Vec<Found<Value>>)> {
        Box::pin(async move {
            let reply = scripts::run(&self.server, &scripts::LOAD, self.places(keys), Vec::new()).await?;
            let mut texts = nested(reply).into_iter();
            let now = text(texts.next().ok_or_else(unexpected)?)?.parse().map_err(|_| unexpected())?;
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                let (Some(there), Some(stored)) = (texts.next(), texts.next()) else { return Err(unexpected()) };
                let version = if text(there)? == "1" { replies::value(stored)? } else { None };
                let record = version.clone().map(record::read).transpose().map_err(|error| error.on(key))?;
                found.push(Found { record, version });
            }
            Ok((Timestamp::from_micros(now), found))
        })
    }

    fn swap(&self, changes: Vec<Replacement<Value>>) -> Answer<'_, bool> {
        Box::pin(async move {
            let keys: Vec<_> = changes.iter().map(|change| self.place(&change.key)).collect();
            let mut args = Vec::with_capacity(5 * changes.len());
            for Replacement { key, expected, change } in changes {
                let there = if expected.is_some() { "1" } else { "0" };
                args.extend([there.into(), expected.unwrap_or_else(|| "".into())]);
                let (action, value, expires) = match change {
                    Change::Keep => ("keep", "".into(), None),
                    Change::Remove => ("remove", "".into(), None),
                    Change::Put(record) => {
                        let expires = record.expires;
                        ("put", record::write(record).map_err(|error| error.on(key))?, expires)
                    }
                };
                let expires = expires.map(|at: Timestamp| (at.micros().saturating_add(999) / 1000).to_string());
                args.extend([action.into(), value, expires.unwrap_or_default().into()]);
            }
            let reply = scripts::run(&self.server, &scripts::SWAP, keys, args).await?;
            Ok(int(reply)? == 1)
        })
    }

    fn turns(&self) -> &Turns {
        &self.server.turns
    }
}
