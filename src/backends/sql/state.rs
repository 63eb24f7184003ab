//! Records: `id`, the record as text or NULL, a version that only grows, and when it expires, in microseconds.

use super::dialect::{MOST_PARAMS, Type};
use super::rows::{self, Row, present};
use super::several::{MOST_KEYS, Next, Replaced};
use super::table::{Column, Table, in_chunks, rows_of};
use super::{ABILITIES, Database};
use crate::backends::record;
use crate::backends::swap::{self, CompareAndSwap, Found, Replacement};
use crate::error::{Error, Kind, Result};
use crate::future::Answer;
use crate::host::{Sql, SqlValue, Timestamp};
use crate::store::{Abilities, Entry, Page, Store, Value};
use crate::transition::{Change, Decided, Fields, Mode, Record, Step};
use crate::turns::Turns;

const TABLE: &str = "durastate_state";
const VERSION: Column = Column { name: "version", kind: Type::Version };
const COLUMNS: &[Column] =
    &[Column { name: "value", kind: Type::Text }, VERSION, Column { name: "expires", kind: Type::Int }];

/// How many rows one statement writes.
const ROWS: usize = MOST_PARAMS / 4;

/// The version of a row that was only made to be locked: nothing has ever been there.
const NEVER: i64 = 0;

/// The last moment that every driver tells exactly; what expires later lasts for ever.
const LAST: i64 = 1 << 53;

/// How long what has expired stays, in microseconds: longer than any swap is on its way.
const LINGERS: i64 = 3_600_000_000;

/// The records of a database.
pub struct StateTable<H: ?Sized = dyn Sql> {
    database: Database<H>,
    table: Table,
}

/// What was seen of a key: the version of its row, if it has one, and when that was.
pub struct Seen {
    row: Option<i64>,
    now: i64,
}

impl Seen {
    /// A version that this key has never had.
    fn next(&self) -> i64 {
        self.row.map_or(self.now, |version| self.now.max(version + 1))
    }
}

impl<H: Sql + ?Sized> StateTable<H> {
    pub(super) fn new(database: Database<H>) -> Result<Self> {
        let dialect = database.host.dialect();
        let table = Table { dialect, name: dialect.name(TABLE)?, columns: COLUMNS, store: None };
        Ok(Self { database, table })
    }

    /// Makes sure that the table is there and can hold these keys.
    async fn ready<'a>(&self, keys: impl IntoIterator<Item = &'a String>) -> Result<()> {
        keys.into_iter().try_for_each(|key| self.table.dialect.check_key(key))?;
        self.database.ready_for_records(&self.table).await
    }

    /// The database's time.
    async fn time(&self) -> Result<i64> {
        let mut rows = self.database.run(self.table.time()).await?;
        let now = rows::each(&mut rows).next().map(|mut row| row.int("now")).transpose()?;
        present(now.flatten(), "now")
    }

    async fn look(&self, keys: &[String]) -> Result<(Timestamp, Vec<Found<Seen>>)> {
        self.ready(keys).await?;
        let (mut now, mut found) = (0, Vec::with_capacity(keys.len()));
        for keys in keys.chunks(MOST_PARAMS) {
            let (mut rows, mut kept) = (self.database.run(self.table.look(keys)).await?, Vec::new());
            for mut row in rows::each(&mut rows) {
                now = present(row.int("now")?, "now")?;
                kept.extend(entry(&mut row)?);
            }
            found.extend(keys.iter().map(|key| {
                let at = kept.iter().position(|(kept, ..)| kept == key);
                let (row, record) = at.map_or((None, None), |at| {
                    let (_, version, record) = &mut kept[at];
                    (Some(*version), record.take())
                });
                Found { record, version: Some(Seen { row, now }) }
            }));
        }
        Ok((Timestamp::from_micros(now), found))
    }

    async fn swap_one(&self, key: String, seen: Seen, next: Next) -> Result<bool> {
        let statement = match seen.row {
            None => self.table.insert(vec![(key, next.into())]),
            Some(version) => {
                let set = COLUMNS.iter().copied().zip(Vec::from(next)).collect();
                self.table.update_if(&key, set, vec![(VERSION, SqlValue::Int(version))])
            }
        };
        let rows = self.database.run(statement).await?;
        Ok(self.table.dialect.changed(&rows)? > 0)
    }

    /// Rows that are missing are made first, without a value: what is not there can not be held.
    async fn swap_several(&self, changes: Vec<(String, Seen, Option<Next>)>) -> Result<bool> {
        if changes.len() > MOST_KEYS {
            let message =
                format!("one atomic change has at most {MOST_KEYS} keys here, and this one {}", changes.len());
            return Err(Error::new(Kind::Unsupported, message));
        }
        let missing = changes.iter().filter(|(_, seen, _)| seen.row.is_none());
        let made = missing.map(|(key, seen, _)| {
            let never = Next { value: None, version: NEVER, expires: Some(seen.now) };
            (key.clone(), never.into())
        });
        let made: Vec<_> = made.collect();
        if !made.is_empty() {
            self.database.run(self.table.insert(made)).await?;
        }
        let wanted = changes.iter().filter(|(.., next)| next.is_some()).count() as u64;
        let rows = changes.into_iter().map(|(key, seen, next)| {
            let expected = seen.row.unwrap_or(NEVER);
            Replaced { key, expected, next }
        });
        let rows = self.database.run(self.table.replace_all(rows.collect())).await?;
        match self.table.dialect.changed(&rows)? {
            0 => Ok(false),
            changed if changed == wanted => Ok(true),
            _ => Err(Error::new(Kind::Unknown, "the database changed some of several keys that change together")),
        }
    }

    /// Clears away a little of what nobody needs any more, now and then.
    async fn sweep(&self, changed: usize, now: i64) {
        if self.database.sweeps.is_due(TABLE, changed, now / 1000) {
            // The change is made, and must not fail because of this.
            drop(self.database.run(self.table.sweep(now - LINGERS)).await);
        }
    }
}

/// The key, the version and the record of a row.
fn entry(row: &mut Row<'_>) -> Result<Option<(String, i64, Option<Record>)>> {
    let Some(key) = row.text("id")? else { return Ok(None) };
    let expires = row.int("expires")?.map(Timestamp::from_micros);
    let version = present(row.int("version")?, "version").map_err(|error| error.on(&key))?;
    let fields = row.text("value")?.map(|text| record::decode(&text)).transpose().map_err(|error| error.on(&key))?;
    Ok(Some((key, version, fields.map(|fields| Record { fields, expires }))))
}

/// A record as it is kept in a row.
fn next(key: &str, version: i64, record: Record) -> Result<Next> {
    let value = record::encode(&record.fields).map_err(|error| error.on(key))?;
    let expires = record.expires.map(Timestamp::micros).filter(|at| *at < LAST);
    Ok(Next { value: Some(value), version, expires })
}

impl<H: Sql + ?Sized> Store for StateTable<H> {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            let (now, found) = self.look(keys).await?;
            let values = found.into_iter().zip(keys).map(|(found, key)| match found.record {
                Some(record) if record.expires.is_none_or(|at| now < at) => {
                    record.fields.into_value().map(Some).map_err(|error| error.on(key))
                }
                _ => Ok(None),
            });
            values.collect()
        })
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        Box::pin(async move {
            self.ready(entries.iter().map(|entry| &entry.key)).await?;
            let now = self.time().await?;
            let rows = rows_of(entries, |entry| {
                let expires = entry.ttl.map(|ttl| Timestamp::from_micros(now).after(ttl));
                let record = Record { fields: Fields::from(entry.value.clone()), expires };
                next(&entry.key, now, record).map(Vec::from)
            })?;
            let statements = in_chunks(rows, ROWS).map(|rows| self.table.upsert(rows));
            self.database.run_all(statements.collect()).await.map(drop)
        })
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        Box::pin(async move {
            self.ready(keys).await?;
            let statements = keys.chunks(MOST_PARAMS).map(|keys| self.table.bury(keys));
            self.database.run_all(statements.collect()).await.map(drop)
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        Box::pin(async move {
            self.ready([]).await?;
            let limit = limit.max(1);
            let statement = self.table.list(", expires", None, prefix, cursor, limit);
            let is_live = |row: &mut Row<'_>| {
                let (now, expires) = (present(row.int("now")?, "now")?, row.int("expires")?);
                Ok(expires.is_none_or(|at| now < at))
            };
            self.database.page(statement, prefix, limit, is_live).await
        })
    }

    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Result<Decided>>> {
        Box::pin(swap::apply(self, steps, mode))
    }

    fn abilities(&self) -> Abilities {
        ABILITIES
    }
}

impl<H: Sql + ?Sized> CompareAndSwap for StateTable<H> {
    type Version = Seen;

    fn load<'a>(&'a self, keys: &'a [String]) -> Answer<'a, (Timestamp, Vec<Found<Seen>>)> {
        Box::pin(self.look(keys))
    }

    fn swap(&self, changes: Vec<Replacement<Seen>>) -> Answer<'_, bool> {
        Box::pin(async move {
            let rows = changes.into_iter().filter_map(|Replacement { key, expected, change }| {
                let seen = expected?;
                let next = match change {
                    Change::Keep => Ok(None),
                    // Nothing was there, so there is nothing to take away.
                    Change::Remove if seen.row.is_none() => Ok(None),
                    Change::Remove => Ok(Some(Next { value: None, version: seen.next(), expires: Some(seen.now) })),
                    Change::Put(record) => next(&key, seen.next(), record).map(Some),
                };
                Some(next.map(|next| (key, seen, next)))
            });
            let mut rows: Vec<_> = rows.collect::<Result<_>>()?;
            let changed = rows.iter().filter(|(.., next)| next.is_some()).count();
            let now = rows.first().map_or(0, |(_, seen, _)| seen.now);
            let done = match (changed, rows.len()) {
                // What was read was so at one moment, and stays as it is.
                (0, _) => return Ok(true),
                (1, 1) => match rows.pop() {
                    Some((key, seen, Some(next))) => self.swap_one(key, seen, next).await?,
                    _ => true,
                },
                _ => self.swap_several(rows).await?,
            };
            if done {
                self.sweep(changed, now).await;
            }
            Ok(done)
        })
    }

    fn turns(&self) -> &Turns {
        &self.database.turns
    }
}
