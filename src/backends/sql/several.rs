//! The statements on records that no single key names: one that changes several rows together, and the burials.
//!
//! A record that is removed leaves its row behind without a value, so that its version goes on growing: a version
//! that came back would let a swap pass that must not. Rows that nobody has needed for an hour are swept away.

use super::dialect::{Draft, Type};
use super::sweeps::SWEPT;
use super::table::Table;
use crate::host::{Dialect, SqlValue, Statement};

/// How many parameters of a statement a key takes up at most.
const PARAMS: usize = 6;

/// How many keys one atomic change may have.
pub(super) const MOST_KEYS: usize = super::dialect::MOST_PARAMS / PARAMS;

/// One row of a change to several.
pub(super) struct Replaced {
    pub(super) key: String,
    /// The version that must still be there.
    pub(super) expected: i64,
    /// What shall be there, or that it is only compared.
    pub(super) next: Option<Next>,
}

/// What shall be in a row.
pub(super) struct Next {
    /// The record, or nothing.
    pub(super) value: Option<String>,
    pub(super) version: i64,
    pub(super) expires: Option<i64>,
}

impl From<Next> for Vec<SqlValue> {
    fn from(next: Next) -> Self {
        vec![text(next.value), SqlValue::Int(next.version), int(next.expires)]
    }
}

fn text(text: Option<String>) -> SqlValue {
    text.map_or(SqlValue::Null, SqlValue::Text)
}

fn int(number: Option<i64>) -> SqlValue {
    number.map_or(SqlValue::Null, SqlValue::Int)
}

impl Table {
    /// Changes all of these rows if every one still has its version, or none, in one statement, and tells which. Who
    /// comes second waits for the rows, which are always locked in the order of their keys, and then finds other
    /// versions.
    pub(super) fn replace_all(&self, rows: Vec<Replaced>) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let (table, many) = (&self.name.quoted, rows.len());
        if self.dialect == Dialect::Mysql {
            return self.replace_all_joined(draft, rows);
        }
        let wanted = wanted(&mut draft, rows);
        let wanted = match self.dialect {
            Dialect::Mssql => {
                format!("SELECT * FROM (VALUES {wanted}) AS listed (id, expected, value, version, expires, changed)")
            }
            _ => format!("VALUES {wanted}"),
        };
        let wanted = format!("WITH wanted (id, expected, value, version, expires, changed) AS ({wanted})");
        let set = "value = wanted.value, version = wanted.version, expires = wanted.expires";
        draft.done(match self.dialect {
            Dialect::Postgres => format!(
                "{wanted}, held AS MATERIALIZED (SELECT kept.id, kept.version FROM {table} AS kept \
                 WHERE kept.id IN (SELECT id FROM wanted) ORDER BY kept.id FOR UPDATE) \
                 UPDATE {table} AS kept SET {set} FROM wanted WHERE kept.id = wanted.id AND wanted.changed = 1 \
                 AND (SELECT COUNT(*) FROM held JOIN wanted ON wanted.id = held.id AND wanted.expected = held.version) \
                 = {many} RETURNING kept.id"
            ),
            Dialect::Mssql => format!(
                "{wanted} UPDATE kept SET {set} OUTPUT INSERTED.id FROM {table} AS kept JOIN wanted \
                 ON kept.id = wanted.id WHERE wanted.changed = 1 AND (SELECT COUNT(*) FROM {table} AS held \
                 WITH (UPDLOCK, HOLDLOCK) JOIN wanted ON wanted.id = held.id AND wanted.expected = held.version) = {many}"
            ),
            _ => format!(
                "{wanted} UPDATE {table} SET (value, version, expires) = (SELECT wanted.value, wanted.version, \
                 wanted.expires FROM wanted WHERE wanted.id = {table}.id) \
                 WHERE id IN (SELECT wanted.id FROM wanted WHERE wanted.changed = 1) \
                 AND (SELECT COUNT(*) FROM {table} AS held JOIN wanted ON wanted.id = held.id \
                 AND wanted.expected = held.version) = {many} RETURNING id"
            ),
        })
    }

    /// The same for MySQL, whose updates know no WITH on every server: the guard holds the rows, then a join changes
    /// them, in the order in which they are written.
    fn replace_all_joined(&self, mut draft: Draft, rows: Vec<Replaced>) -> Statement {
        let (table, many) = (&self.name.quoted, rows.len());
        let guards: Vec<_> = rows
            .iter()
            .map(|row| {
                let key = draft.text(Type::Key, &row.key);
                let version = draft.param(Type::Int, SqlValue::Int(row.expected));
                format!("(held.id = {key} AND held.version = {version})")
            })
            .collect();
        let changed = rows.into_iter().filter_map(|row| row.next.map(|next| (row.key, next)));
        let wanted: Vec<_> = changed
            .map(|(key, next)| {
                let id = draft.text(Type::Key, &key);
                let value = draft.param(Type::Text, text(next.value));
                let version = draft.param(Type::Int, SqlValue::Int(next.version));
                let expires = draft.param(Type::Int, int(next.expires));
                format!("SELECT {id} AS id, {value} AS value, {version} AS version, {expires} AS expires")
            })
            .collect();
        let (guards, wanted) = (guards.join(" OR "), wanted.join(" UNION ALL "));
        draft.done(format!(
            "UPDATE (SELECT COUNT(*) AS many FROM {table} AS held WHERE {guards} FOR UPDATE) AS found \
             STRAIGHT_JOIN ({wanted}) AS wanted STRAIGHT_JOIN {table} AS kept ON kept.id = wanted.id \
             SET kept.value = wanted.value, kept.version = wanted.version, kept.expires = wanted.expires \
             WHERE found.many = {many}"
        ))
    }

    /// Takes the values of these rows away.
    pub(super) fn bury(&self, keys: &[String]) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let (table, now, keys) = (&self.name.quoted, self.dialect.now(), draft.keys(keys));
        let version = self.dialect.greatest("version + 1", now);
        draft
            .done(format!("UPDATE {table} SET value = NULL, version = {version}, expires = {now} WHERE id IN ({keys})"))
    }

    /// Removes some of the rows that expired before that moment.
    pub(super) fn sweep(&self, before: i64) -> Statement {
        let mut draft = Draft::new(self.dialect);
        let (table, before) = (&self.name.quoted, draft.param(Type::Int, SqlValue::Int(before)));
        let (keys, same) = (self.keys("").join(", "), self.same("kept.", "gone."));
        draft.done(match self.dialect {
            Dialect::Sqlite => format!(
                "DELETE FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM {table} WHERE expires < {before} LIMIT {SWEPT})"
            ),
            // Rows that somebody is at work on are left for the next sweep. What is listed once can not become more.
            Dialect::Postgres => format!(
                "WITH gone AS MATERIALIZED \
                 (SELECT {keys} FROM {table} WHERE expires < {before} LIMIT {SWEPT} FOR UPDATE SKIP LOCKED) \
                 DELETE FROM {table} AS kept USING gone WHERE {same}"
            ),
            Dialect::Mysql => format!("DELETE FROM {table} WHERE expires < {before} ORDER BY expires LIMIT {SWEPT}"),
            Dialect::Mssql => {
                format!("DELETE TOP ({SWEPT}) FROM {table} WITH (READPAST) WHERE expires < {before}")
            }
        })
    }
}

/// A row of `VALUES` for each: key, expected version, what shall be there, and whether it changes at all.
fn wanted(draft: &mut Draft, rows: Vec<Replaced>) -> String {
    let rows = rows.into_iter().map(|Replaced { key, expected, next }| {
        let key = draft.param(Type::Key, SqlValue::Text(key));
        let expected = draft.param(Type::Int, SqlValue::Int(expected));
        let Some(next) = next else { return format!("({key}, {expected}, NULL, NULL, NULL, 0)") };
        let value = draft.param(Type::Text, text(next.value));
        let version = draft.param(Type::Int, SqlValue::Int(next.version));
        let expires = draft.param(Type::Int, int(next.expires));
        format!("({key}, {expected}, {value}, {version}, {expires}, 1)")
    });
    rows.collect::<Vec<_>>().join(", ")
}
