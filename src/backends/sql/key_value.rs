//! Plain keys and values: `id`, the value as bytes, and whether it is text (0) or bytes (1).

use super::dialect::{MOST_PARAMS, Type};
use super::rows::{self, Row, present};
use super::table::{Cell, Column, Table, in_chunks, rows_of};
use super::{ABILITIES, Database};
use crate::backends::swap::{self, CompareAndSwap, Found, Replacement};
use crate::error::{Error, Kind, Result};
use crate::future::Answer;
use crate::host::{Sql, SqlValue, Timestamp};
use crate::store::{Abilities, Entry, Page, Store, Value};
use crate::transition::{Change, Decided, Fields, Mode, Step};
use crate::turns::Turns;

const VALUE: Column = Column { name: "value", kind: Type::Bytes };
const VALUE_TYPE: Column = Column { name: "value_type", kind: Type::Small };
const COLUMNS: &[Column] = &[VALUE, VALUE_TYPE];

/// How many rows one statement writes.
const ROWS: usize = MOST_PARAMS / 3;

/// Plain keys and values in a table of a database. Two keys are never one atomic change here.
pub struct KeyValueTable<H: ?Sized = dyn Sql> {
    database: Database<H>,
    table: Table,
}

impl<H: Sql + ?Sized> KeyValueTable<H> {
    pub(super) fn new(database: Database<H>, table: &str) -> Result<Self> {
        let dialect = database.host.dialect();
        let table = Table { dialect, name: dialect.name(table)?, columns: COLUMNS, store: None };
        Ok(Self { database, table })
    }

    /// Makes sure that the table is there and can hold these keys.
    async fn ready<'a>(&self, keys: impl IntoIterator<Item = &'a String>) -> Result<()> {
        keys.into_iter().try_for_each(|key| self.table.dialect.check_key(key))?;
        self.database.ready_for_keys(&self.table).await
    }

    fn cells(&self, key: &str, value: Value) -> Result<Vec<SqlValue>> {
        let (bytes, kind) = match value {
            Value::Text(text) => (text.into_bytes(), 0),
            Value::Bytes(bytes) => (bytes, 1),
        };
        self.table.dialect.check_size(key, bytes.len())?;
        Ok(vec![SqlValue::Bytes(bytes), SqlValue::Int(kind)])
    }

    fn named(&self, key: &str, value: Value) -> Result<Vec<Cell>> {
        Ok(COLUMNS.iter().copied().zip(self.cells(key, value)?).collect())
    }

    async fn swap_one(&self, Replacement { key, expected, change }: Replacement<Value>) -> Result<bool> {
        self.ready([&key]).await?;
        let next = match change {
            Change::Keep => expected.clone(),
            Change::Remove => None,
            Change::Put(record) if record.expires.is_some() => return Err(can_not_expire(&key)),
            Change::Put(record) => Some(record.fields.into_value().map_err(|error| error.on(&key))?),
        };
        let statement = match (expected, next) {
            // It was not there and shall not be: nothing came between.
            (None, None) => return Ok(true),
            (None, Some(next)) => self.table.insert(vec![(key.clone(), self.cells(&key, next)?)]),
            (Some(expected), None) => self.table.remove_if(&key, self.named(&key, expected)?),
            // Some databases do not count a row that they were told to leave as it is.
            (Some(expected), Some(next)) if expected == next => {
                let found = self.database.run(self.table.find_if(&key, self.named(&key, expected)?)).await?;
                return Ok(!found.rows.is_empty());
            }
            (Some(expected), Some(next)) => {
                self.table.update_if(&key, self.named(&key, next)?, self.named(&key, expected)?)
            }
        };
        let rows = self.database.run(statement).await?;
        Ok(self.table.dialect.changed(&rows)? > 0)
    }
}

fn can_not_expire(key: &str) -> Error {
    Error::new(Kind::Unsupported, "a plain key can not expire").on(key)
}

/// The key and the value of a row.
fn entry(row: &mut Row<'_>) -> Result<Option<(String, Value)>> {
    let Some(key) = row.text("id")? else { return Ok(None) };
    let corrupt = |message| Err(Error::new(Kind::Corrupt, message).on(&key));
    let SqlValue::Bytes(bytes) = row.take("value")? else {
        return corrupt("the value of this key is not stored as bytes");
    };
    let value = match row.int("value_type")? {
        Some(0) => match String::from_utf8(bytes) {
            Ok(text) => Value::Text(text),
            Err(_) => return corrupt("what is stored as text here is not UTF-8"),
        },
        Some(1) => Value::Bytes(bytes),
        _ => return corrupt("the value of this key is stored as neither text nor bytes"),
    };
    Ok(Some((key, value)))
}

/// What was found for each of these keys. Rows are matched sign by sign, whatever the database takes for equal.
fn matched(keys: &[String], entries: Vec<(String, Value)>) -> Vec<Option<Value>> {
    keys.iter().map(|key| entries.iter().find(|(found, _)| found == key).map(|(_, value)| value.clone())).collect()
}

/// A plain value, which is its own version.
fn found(value: Option<Value>) -> Found<Value> {
    Found { record: value.clone().map(|value| Fields::from(value).into()), version: value }
}

impl<H: Sql + ?Sized> Store for KeyValueTable<H> {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            self.ready(keys).await?;
            let statements = keys.chunks(MOST_PARAMS).map(|keys| self.table.read(keys, None));
            let answers = self.database.run_all(statements.collect()).await?;
            let mut values = Vec::with_capacity(keys.len());
            for (keys, mut rows) in keys.chunks(MOST_PARAMS).zip(answers) {
                let entries = rows::each(&mut rows).filter_map(|mut row| entry(&mut row).transpose());
                values.extend(matched(keys, entries.collect::<Result<_>>()?));
            }
            Ok(values)
        })
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        Box::pin(async move {
            if let Some(entry) = entries.iter().find(|entry| entry.ttl.is_some()) {
                return Err(can_not_expire(&entry.key));
            }
            let rows = rows_of(entries, |entry| self.cells(&entry.key, entry.value.clone()))?;
            self.ready(rows.iter().map(|(key, _)| key)).await?;
            let statements = in_chunks(rows, ROWS).map(|rows| self.table.upsert(rows));
            self.database.run_all(statements.collect()).await.map(drop)
        })
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        Box::pin(async move {
            self.ready(keys).await?;
            let statements = keys.chunks(MOST_PARAMS).map(|keys| self.table.remove(keys));
            self.database.run_all(statements.collect()).await.map(drop)
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        Box::pin(async move {
            self.ready([]).await?;
            let limit = limit.max(1);
            let statement = self.table.list("", None, prefix, cursor, limit);
            self.database.page(statement, prefix, limit, |_| Ok(true)).await
        })
    }

    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Result<Decided>>> {
        Box::pin(swap::apply(self, steps, mode))
    }

    fn abilities(&self) -> Abilities {
        ABILITIES
    }
}

impl<H: Sql + ?Sized> CompareAndSwap for KeyValueTable<H> {
    type Version = Value;

    fn load<'a>(&'a self, keys: &'a [String]) -> Answer<'a, (Timestamp, Vec<Found<Value>>)> {
        Box::pin(async move {
            self.ready(keys).await?;
            let (mut now, mut all) = (0, Vec::with_capacity(keys.len()));
            for keys in keys.chunks(MOST_PARAMS) {
                let (mut rows, mut entries) = (self.database.run(self.table.look(keys)).await?, Vec::new());
                for mut row in rows::each(&mut rows) {
                    now = present(row.int("now")?, "now")?;
                    entries.extend(entry(&mut row)?);
                }
                all.extend(matched(keys, entries).into_iter().map(found));
            }
            Ok((Timestamp::from_micros(now), all))
        })
    }

    fn supposed(&self, value: Option<Value>) -> Option<Found<Value>> {
        Some(found(value))
    }

    fn swap(&self, changes: Vec<Replacement<Value>>) -> Answer<'_, bool> {
        Box::pin(async move {
            let mut changes = changes;
            match (changes.pop(), changes.is_empty()) {
                (Some(change), true) => self.swap_one(change).await,
                (None, _) => Ok(true),
                _ => Err(Error::new(Kind::Unsupported, "a table of plain keys changes one key at a time")),
            }
        })
    }

    fn turns(&self) -> &Turns {
        &self.database.turns
    }
}
