//! SQLite, inside of the test program.

use std::path::PathBuf;
use std::time::Duration;

use durastate::host::{Dialect, Rows, SqlValue, Statement};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection as Sqlite, params_from_iter};

use crate::databases::{Connection, Place};
use crate::support::servers::number;

/// A file in a folder that goes with it.
pub struct File(PathBuf);

impl File {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("durastate-sqlite-{}-{}", std::process::id(), number()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place for File {
    type Connection = Sqlite;

    const TABLE: &'static str = "id TEXT PRIMARY KEY, value BLOB NOT NULL, value_type INTEGER NOT NULL";

    const RESULTS: (&'static str, &'static str) = ("TEXT", "INTEGER");

    fn connect(&self) -> Sqlite {
        let sqlite = Sqlite::open(self.0.join("db")).unwrap();
        sqlite.busy_timeout(Duration::from_secs(60)).unwrap();
        sqlite.execute_batch("PRAGMA synchronous = OFF").unwrap();
        sqlite
    }
}

impl Connection for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn run(&mut self, Statement { text, params }: &Statement) -> Result<Rows, String> {
        let params = params.iter().map(|param| match param.clone() {
            SqlValue::Null => Value::Null,
            SqlValue::Int(number) => Value::Integer(number),
            SqlValue::Real(number) => Value::Real(number),
            SqlValue::Text(text) => Value::Text(text),
            SqlValue::Bytes(bytes) => Value::Blob(bytes),
        });
        let run = || {
            let mut statement = self.prepare(text)?;
            let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let width = columns.len();
            let rows = statement.query_map(params_from_iter(params), |row| {
                (0..width).map(|at| Ok(value(row.get_ref(at)?))).collect()
            })?;
            let rows = rows.collect::<rusqlite::Result<_>>()?;
            Ok(Rows { columns, rows, affected: None })
        };
        run().map_err(|error: rusqlite::Error| error.to_string())
    }

    fn run_plain(&mut self, texts: &str) -> Result<(), String> {
        self.execute_batch(texts).map_err(|error| error.to_string())
    }
}

fn value(value: ValueRef<'_>) -> SqlValue {
    match value {
        ValueRef::Null => SqlValue::Null,
        ValueRef::Integer(number) => SqlValue::Int(number),
        ValueRef::Real(number) => SqlValue::Real(number),
        ValueRef::Text(text) => SqlValue::Text(String::from_utf8(text.to_vec()).unwrap()),
        ValueRef::Blob(bytes) => SqlValue::Bytes(bytes.to_vec()),
    }
}
