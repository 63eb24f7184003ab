//! Results: `id`, the result as text, and when it expires, in whole milliseconds on the clock of whoever wrote it or
//! NULL. The results of all stores lie in one table, where `store_id` tells them apart, or each store has its own.

use std::mem;

use super::dialect::{MOST_PARAMS, Type, check_size};
use super::rows::{self, Row, present};
use super::table::{self, Column, Table, rows_of};
use super::{ABILITIES, Database};
use crate::backends::result;
use crate::error::{Error, Kind, Result};
use crate::future::{Answer, ready};
use crate::host::{Dialect, Sql, SqlValue};
use crate::number;
use crate::store::{Abilities, Entry, Page, Store, Value};
use crate::transition::{Decided, Mode, Step};

const TABLE: &str = "effect_persistence";
const COLUMNS: &[Column] = &[Column { name: "value", kind: Type::Text }, Column { name: "expires", kind: Type::Int }];

/// How many keys one statement names, beside the id of the store and the time.
const KEYS: usize = MOST_PARAMS - 2;

/// How many rows one statement writes.
const ROWS: usize = MOST_PARAMS / 4;

/// With how many bytes in its values a statement is full: databases bound how long one is.
const FULL: usize = 1 << 20;

/// The last moment, in milliseconds, that every driver tells exactly; what expires later lasts for ever.
const LAST: i64 = 1 << 53;

/// How long what has expired stays, in milliseconds: the clocks of others may be a little behind, and a key that is
/// written again mostly is so soon, and should not meet a sweep then.
const LINGERS: i64 = 60_000;

/// The results of one store in a database.
pub struct PersistenceTable<H: ?Sized = dyn Sql> {
    database: Database<H>,
    table: Table,
}

impl<H: Sql + ?Sized> PersistenceTable<H> {
    pub(super) fn beside_others(database: Database<H>, store_id: &str) -> Result<Self> {
        let dialect = database.host.dialect();
        dialect.check_store(store_id)?;
        let table = Table { dialect, name: dialect.name(TABLE)?, columns: COLUMNS, store: Some(store_id.to_owned()) };
        Ok(Self { database, table })
    }

    pub(super) fn alone(database: Database<H>, store_id: &str) -> Result<Self> {
        let dialect = database.host.dialect();
        let name = dialect.name(&format!("{TABLE}_{store_id}")).map_err(|refused| {
            let message = format!("the store {store_id:?} can not have a table of its own: {}", refused.message);
            Error::new(Kind::Invalid, message)
        })?;
        let table = Table { dialect, name, columns: COLUMNS, store: None };
        Ok(Self { database, table })
    }

    /// Makes sure that the table is there and can hold these keys, and tells how many bytes a value may have.
    async fn ready<'a>(&self, keys: impl IntoIterator<Item = &'a String>) -> Result<usize> {
        let dialect = self.table.dialect;
        keys.into_iter().try_for_each(|key| match self.table.store {
            Some(_) => dialect.check_key_in_store(key),
            None => dialect.check_key(key),
        })?;
        self.database.ready_for_results(&self.table).await
    }

    /// This moment, in whole milliseconds.
    fn now(&self) -> i64 {
        self.database.clock.now().micros().div_euclid(1000)
    }

    fn cells(&self, entry: &Entry, most: usize) -> Result<Vec<SqlValue>> {
        let Value::Text(text) = &entry.value else { return Err(result::no_text().on(&entry.key)) };
        if self.table.dialect == Dialect::Postgres && text.contains('\0') {
            return Err(Error::new(Kind::Invalid, "PostgreSQL holds no text with a NUL").on(&entry.key));
        }
        check_size(&entry.key, text.len(), most)?;
        let expires = entry.ttl.map(|ttl| self.database.clock.now().after(ttl).micros().saturating_add(999) / 1000);
        let expires = expires.filter(|at| *at < LAST).map_or(SqlValue::Null, SqlValue::Int);
        Ok(vec![SqlValue::Text(text.clone()), expires])
    }

    /// Clears away a little of what has expired, in any store, now and then.
    async fn sweep(&self, written: usize) {
        let now = self.now();
        if self.database.sweeps.is_due(&self.table.name.quoted, written, now) {
            // The results are written, and must not fail because of this.
            drop(self.database.run(self.table.sweep(now - LINGERS)).await);
        }
    }
}

/// The key and the value of a row. Whether the value is a result is for others to say.
fn entry(row: &mut Row<'_>) -> Result<(String, Option<Value>)> {
    let key = present(row.text("id")?, "id")?;
    let value = match row.take("value")? {
        SqlValue::Text(text) => Some(Value::Text(text)),
        SqlValue::Bytes(bytes) => {
            Some(String::from_utf8(bytes).map_or_else(|error| error.into_bytes().into(), Value::Text))
        }
        SqlValue::Int(number) => Some(Value::Text(number.to_string())),
        SqlValue::Real(number) => Some(Value::Text(number::print(number))),
        SqlValue::Null => None,
    };
    Ok((key, value))
}

/// The rows in portions for one statement each.
fn in_statements(rows: Vec<table::Row>) -> Vec<Vec<table::Row>> {
    let (mut statements, mut rows_now, mut bytes) = (Vec::new(), Vec::new(), 0);
    for row in rows {
        let more: usize = row.1.iter().map(|cell| if let SqlValue::Text(text) = cell { text.len() } else { 0 }).sum();
        if rows_now.len() == ROWS || (bytes + more > FULL && !rows_now.is_empty()) {
            statements.push(mem::take(&mut rows_now));
            bytes = 0;
        }
        rows_now.push(row);
        bytes += more;
    }
    if !rows_now.is_empty() {
        statements.push(rows_now);
    }
    statements
}

impl<H: Sql + ?Sized> Store for PersistenceTable<H> {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            self.ready(keys).await?;
            let now = self.now();
            let statements = keys.chunks(KEYS).map(|keys| self.table.read(keys, Some(now)));
            let answers = self.database.run_all(statements.collect()).await?;
            let mut values = Vec::with_capacity(keys.len());
            for (keys, mut rows) in keys.chunks(KEYS).zip(answers) {
                let found: Vec<_> = rows::each(&mut rows).map(|mut row| entry(&mut row)).collect::<Result<_>>()?;
                // Sign by sign, whatever the database takes for equal.
                let value = |key| found.iter().find(|(found, _)| found == key).and_then(|(_, value)| value.clone());
                values.extend(keys.iter().map(value));
            }
            Ok(values)
        })
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        Box::pin(async move {
            let most = self.ready(entries.iter().map(|entry| &entry.key)).await?;
            let rows = rows_of(entries, |entry| self.cells(entry, most))?;
            let written = rows.len();
            let statements = in_statements(rows).into_iter().map(|rows| self.table.upsert(rows));
            self.database.run_all(statements.collect()).await?;
            self.sweep(written).await;
            Ok(())
        })
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        Box::pin(async move {
            self.ready(keys).await?;
            let statements = keys.chunks(KEYS).map(|keys| self.table.remove(keys));
            self.database.run_all(statements.collect()).await.map(drop)
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        Box::pin(async move {
            self.ready([]).await?;
            let limit = limit.max(1);
            let statement = self.table.list("", Some(self.now()), prefix, cursor, limit);
            self.database.page(statement, prefix, limit, |_| Ok(true)).await
        })
    }

    fn apply<'a>(&'a self, _: &'a [Step], _: Mode) -> Answer<'a, Vec<Result<Decided>>> {
        ready(Err(Error::new(Kind::Unsupported, "results are written and removed, not changed")))
    }

    fn abilities(&self) -> Abilities {
        Abilities { bytes: false, ..ABILITIES }
    }
}
