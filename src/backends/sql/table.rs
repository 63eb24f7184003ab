//! The statements on a table whose rows have a key in `id`, a few more columns, and nothing else to find them by.

use std::collections::BTreeMap;

use super::dialect::{Draft, Name, Type};
use crate::error::Result;
use crate::host::{Dialect, SqlValue, Statement};
use crate::store::Entry;

/// A column beside `id`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Type,
}

/// A column and what is or shall be there.
pub(super) type Cell = (Column, SqlValue);

/// A row: its key, and a value for each column.
pub(super) type Row = (String, Vec<SqlValue>);

/// A table of a database.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) dialect: Dialect,
    pub(super) name: Name,
    /// Its columns beside `id`.
    pub(super) columns: &'static [Column],
    /// Whose rows are meant, in a table that several stores share: theirs is the column `store_id`.
    pub(super) store: Option<String>,
}

impl Table {
    /// The rows of these keys, only those that are there after this moment if one is given.
    pub(super) fn read(&self, keys: &[String], after: Option<i64>) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let (names, table, ours) = (self.names(""), &self.name.quoted, self.ours(&mut draft));
        let keys = draft.keys(keys);
        let lasting = lasting(&mut draft, after);
        draft.done(format!("SELECT {names} FROM {table} WHERE {ours}id IN ({keys}){lasting}"))
    }

    /// The rows of these keys with the database's time as `now`; a row with nothing else when there are none.
    pub(super) fn look(&self, keys: &[String]) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let keys = draft.keys(keys);
        let (now, table) = (self.dialect.now(), &self.name.quoted);
        let names: Vec<_> = self.all().map(|name| format!("kept.{name} AS {name}")).collect();
        let names = names.join(", ");
        draft.done(format!(
            "SELECT {now} AS now, {names} FROM (SELECT 1 AS one) AS one LEFT JOIN {table} AS kept ON kept.id IN ({keys})"
        ))
    }

    /// The database's time as `now`.
    pub(super) fn time(&self) -> Statement {
        Draft::new(self.dialect).done(format!("SELECT {} AS now", self.dialect.now()))
    }

    /// The next `limit` keys after `cursor` that begin with `prefix`, and perhaps a few others, in the table's own
    /// order; only those that are there after a moment if one is given. `also` names further columns.
    pub(super) fn list(
        &self,
        also: &str,
        after: Option<i64>,
        prefix: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let mut conditions = format!("{}value IS NOT NULL", self.ours(&mut draft));
        conditions += &lasting(&mut draft, after);
        if let Some(cursor) = cursor {
            conditions += &format!(" AND id > {}", draft.text(Type::Edge, cursor));
        }
        if !prefix.is_empty() {
            conditions += &self.begins(&mut draft, prefix);
        }
        let (top, last) = match self.dialect {
            Dialect::Mssql => (format!("TOP ({limit}) "), String::new()),
            _ => (String::new(), format!(" LIMIT {limit}")),
        };
        let (now, table) = (self.dialect.now(), &self.name.quoted);
        draft.done(format!("SELECT {top}{now} AS now, id{also} FROM {table} WHERE {conditions} ORDER BY id{last}"))
    }

    /// Puts these rows over what was there; no key may come twice.
    pub(super) fn upsert(&self, rows: Vec<Row>) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let (table, names, values) = (&self.name.quoted, self.cells(""), self.values(&mut draft, rows));
        draft.done(match self.dialect {
            Dialect::Sqlite | Dialect::Postgres => {
                let (keys, set) = (self.keys("").join(", "), self.set("kept.", "EXCLUDED.", ""));
                format!(
                    "INSERT INTO {table} AS kept ({names}) VALUES {values} ON CONFLICT ({keys}) DO UPDATE SET {set}"
                )
            }
            Dialect::Mysql => {
                // The key too: one that only ends with more spaces counts as the same, and reading would not find it.
                let set = self.set("", "VALUES(", ")");
                format!("INSERT INTO {table} ({names}) VALUES {values} ON DUPLICATE KEY UPDATE id = VALUES(id), {set}")
            }
            Dialect::Mssql => {
                let (set, given) = (self.set("kept.", "given.", ""), self.cells("given."));
                let same = self.same("kept.", "given.");
                format!(
                    "MERGE INTO {table} WITH (HOLDLOCK) AS kept USING (VALUES {values}) AS given ({names}) \
                     ON {same} WHEN MATCHED THEN UPDATE SET {set} \
                     WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({given});"
                )
            }
        })
    }

    /// Adds those of these rows whose key is not there yet, and tells which.
    pub(super) fn insert(&self, rows: Vec<Row>) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let (table, names, values) = (&self.name.quoted, self.names(""), self.values(&mut draft, rows));
        draft.done(match self.dialect {
            Dialect::Sqlite | Dialect::Postgres => {
                format!("INSERT INTO {table} ({names}) VALUES {values} ON CONFLICT (id) DO NOTHING RETURNING id")
            }
            // Keys and sizes are checked before: a key that is there is all that IGNORE can pass over.
            Dialect::Mysql => format!("INSERT IGNORE INTO {table} ({names}) VALUES {values}"),
            Dialect::Mssql => format!(
                "INSERT INTO {table} ({names}) OUTPUT INSERTED.id SELECT {names} FROM (VALUES {values}) AS given ({names}) \
                 WHERE NOT EXISTS (SELECT 1 FROM {table} AS kept WITH (UPDLOCK, HOLDLOCK) WHERE kept.id = given.id)"
            ),
        })
    }

    /// Changes the row of this key if it is still what `expected` says, and tells whether it did.
    pub(super) fn update_if(&self, key: &str, set: Vec<Cell>, expected: Vec<Cell>) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let set = equal(&mut draft, set, ", ");
        let still = still(&mut draft, key, expected);
        let (table, output, returning) = (&self.name.quoted, self.dialect.output(false), self.dialect.returning());
        draft.done(format!("UPDATE {table} SET {set}{output} WHERE {still}{returning}"))
    }

    /// Removes the row of this key if it is still what `expected` says, and tells whether it did.
    pub(super) fn remove_if(&self, key: &str, expected: Vec<Cell>) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let still = still(&mut draft, key, expected);
        let (table, output, returning) = (&self.name.quoted, self.dialect.output(true), self.dialect.returning());
        draft.done(format!("DELETE FROM {table}{output} WHERE {still}{returning}"))
    }

    /// The row of this key if it is still what `expected` says.
    pub(super) fn find_if(&self, key: &str, expected: Vec<Cell>) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let still = still(&mut draft, key, expected);
        draft.done(format!("SELECT id FROM {} WHERE {still}", self.name.quoted))
    }

    /// Removes the rows of these keys.
    pub(super) fn remove(&self, keys: &[String]) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let (table, ours) = (&self.name.quoted, self.ours(&mut draft));
        let keys = draft.keys(keys);
        draft.done(format!("DELETE FROM {table} WHERE {ours}id IN ({keys})"))
    }

    /// What tells the rows of a store from those of others.
    fn ours(&self, draft: &mut Draft) -> String {
        let ours = |store: &String| format!("store_id = {} AND ", draft.text(Type::Key, store));
        self.store.as_ref().map_or(String::new(), ours)
    }

    /// The columns that no two rows have the same.
    pub(super) fn keys(&self, before: &str) -> Vec<String> {
        let store = self.store.iter().map(|_| "store_id");
        store.chain(["id"]).map(|name| format!("{before}{name}")).collect()
    }

    /// That two rows have the same key.
    pub(super) fn same(&self, one: &str, other: &str) -> String {
        let same = self.keys(one).into_iter().zip(self.keys(other)).map(|(one, other)| format!("{one} = {other}"));
        same.collect::<Vec<_>>().join(" AND ")
    }

    /// `id` and the other columns, as a list.
    fn names(&self, before: &str) -> String {
        self.all().map(|name| format!("{before}{name}")).collect::<Vec<_>>().join(", ")
    }

    /// All columns of a row, as a list.
    fn cells(&self, before: &str) -> String {
        let mut cells = self.keys(before);
        cells.extend(self.columns.iter().map(|column| format!("{before}{}", column.name)));
        cells.join(", ")
    }

    fn all(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once("id").chain(self.columns.iter().map(|column| column.name))
    }

    /// `(…), (…)` with a placeholder for every value.
    fn values(&self, draft: &mut Draft, rows: Vec<Row>) -> String {
        let rows = rows.into_iter().map(|(key, values)| {
            let mut row: Vec<_> = self.store.iter().map(|store| draft.text(Type::Key, store)).collect();
            row.push(draft.param(Type::Key, SqlValue::Text(key)));
            row.extend(self.columns.iter().zip(values).map(|(column, value)| draft.param(column.kind, value)));
            format!("({})", row.join(", "))
        });
        rows.collect::<Vec<_>>().join(", ")
    }

    /// `a = …, b = …` for a row that is there already: what is new stands between `new` and `end`.
    fn set(&self, old: &str, new: &str, end: &str) -> String {
        let set = self.columns.iter().map(|Column { name, kind }| {
            let new = format!("{new}{name}{end}");
            match kind {
                Type::Version => format!("{name} = {}", self.dialect.greatest(&format!("{old}{name} + 1"), &new)),
                _ => format!("{name} = {new}"),
            }
        });
        set.collect::<Vec<_>>().join(", ")
    }

    fn begins(&self, draft: &mut Draft, prefix: &str) -> String {
        if self.dialect != Dialect::Sqlite {
            let mut pattern = String::new();
            for sign in prefix.chars() {
                if "!%_[]".contains(sign) {
                    pattern.push('!');
                }
                pattern.push(sign);
            }
            pattern.push('%');
            return format!(" AND id LIKE {} ESCAPE '!'", draft.text(Type::Edge, &pattern));
        }
        // A range and not LIKE: it uses the index, and some hosts take no long patterns.
        let mut range = format!(" AND id >= {}", draft.text(Type::Edge, prefix));
        if let Some(after) = after(prefix) {
            range += &format!(" AND id < {}", draft.text(Type::Edge, &after));
        }
        range
    }
}

/// A row for each of these entries, in the order of their keys, so that two who write the same never wait for each
/// other in a circle. The last of several for one key counts: no database takes a key twice.
pub(super) fn rows_of(entries: &[Entry], values: impl Fn(&Entry) -> Result<Vec<SqlValue>>) -> Result<Vec<Row>> {
    let mut rows = BTreeMap::new();
    for entry in entries {
        rows.insert(entry.key.clone(), values(entry)?);
    }
    Ok(rows.into_iter().collect())
}

/// The rows, so many at a time.
pub(super) fn in_chunks(rows: Vec<Row>, many: usize) -> impl Iterator<Item = Vec<Row>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || Some(rows.by_ref().take(many).collect()).filter(|rows: &Vec<Row>| !rows.is_empty()))
}

fn equal(draft: &mut Draft, cells: Vec<Cell>, between: &str) -> String {
    let equal = |(column, value): Cell| format!("{} = {}", column.name, draft.param(column.kind, value));
    cells.into_iter().map(equal).collect::<Vec<_>>().join(between)
}

fn still(draft: &mut Draft, key: &str, expected: Vec<Cell>) -> String {
    format!("id = {} AND {}", draft.text(Type::Key, key), equal(draft, expected, " AND "))
}

/// That a row is there after this moment.
fn lasting(draft: &mut Draft, after: Option<i64>) -> String {
    let lasting =
        |after| format!(" AND (expires IS NULL OR expires > {})", draft.param(Type::Int, SqlValue::Int(after)));
    after.map_or(String::new(), lasting)
}

/// The first text after all those that begin with this prefix, sign by sign; none when there is no such text.
fn after(prefix: &str) -> Option<String> {
    let mut signs: Vec<char> = prefix.chars().collect();
    while let Some(last) = signs.pop() {
        if let Some(next) = (last as u32 + 1..=char::MAX as u32).find_map(char::from_u32) {
            signs.push(next);
            return Some(signs.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn the_text_after_a_prefix_is_the_first_that_does_not_begin_with_it() {
        assert_eq!(after("ab").as_deref(), Some("ac"));
        assert_eq!(after("a\u{d7ff}").as_deref(), Some("a\u{e000}"), "what lies between is no text");
        assert_eq!(after("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after("\u{10ffff}"), None);
    }
}
