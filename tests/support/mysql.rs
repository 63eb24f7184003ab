//! A MariaDB (or MySQL) for one test program, and a database in it for each test.

use std::path::PathBuf;
use std::sync::OnceLock;

use durastate::host::{Dialect, Rows, SqlValue, Statement};
use mysql::consts::{CapabilityFlags, ColumnType};
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder, Params, Value};

use crate::databases::{Connection, Place};
use crate::support::servers::{number, patiently, serve};

const HINT: &str = "install MariaDB, or set MARIADBD to its program";

const SCRIPT: &str = r#"
mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal --skip-test-db
"$1" --no-defaults --datadir="$folder/data" --port="$port" --bind-address=127.0.0.1 --socket=socket \
    --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=32M --max-connections=200 < /dev/null &"#;

fn port() -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    *PORT.get_or_init(|| {
        let program = std::env::var_os("MARIADBD").map_or("/usr/sbin/mariadbd".into(), PathBuf::from);
        assert!(program.exists(), "there is no {}: {HINT}", program.display());
        serve(SCRIPT, &[program], "mysql")
    })
}

/// A database of its own, whose connections count rows as drivers do in one way or the other.
pub struct Schema {
    name: String,
    /// Whether a row that an update left as it was counts.
    matched: bool,
}

impl Schema {
    pub fn new() -> Self {
        Self::counting(true)
    }

    pub fn counting(matched: bool) -> Self {
        let name = format!("test{}", number());
        connect("root", None, matched).query_drop(format!("CREATE DATABASE {name}")).unwrap();
        Self { name, matched }
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection as this user.
    pub fn connect_as(&self, user: &str) -> Conn {
        connect(user, Some(&self.name), self.matched)
    }
}

fn connect(user: &str, database: Option<&str>, matched: bool) -> Conn {
    let flags = if matched { CapabilityFlags::CLIENT_FOUND_ROWS } else { CapabilityFlags::empty() };
    let options = OptsBuilder::new().ip_or_hostname(Some("127.0.0.1")).tcp_port(port()).user(Some(user));
    let options = options.db_name(database).prefer_socket(false).additional_capabilities(flags);
    patiently(|| Conn::new(options.clone()), HINT)
}

impl Place for Schema {
    type Connection = Conn;

    const TABLE: &'static str = "id VARCHAR(191) PRIMARY KEY, value BLOB NOT NULL, value_type SMALLINT NOT NULL";

    const RESULTS: (&'static str, &'static str) = ("VARCHAR(191)", "BIGINT");

    fn connect(&self) -> Conn {
        self.connect_as("root")
    }
}

impl Connection for Conn {
    const DIALECT: Dialect = Dialect::Mysql;

    fn run(&mut self, Statement { text, params }: &Statement) -> Result<Rows, String> {
        let params = params.iter().map(|param| match param.clone() {
            SqlValue::Null => Value::NULL,
            SqlValue::Int(number) => Value::Int(number),
            SqlValue::Real(number) => Value::Double(number),
            SqlValue::Text(text) => Value::Bytes(text.into()),
            SqlValue::Bytes(bytes) => Value::Bytes(bytes),
        });
        let params = match params.len() {
            0 => Params::Empty,
            _ => Params::Positional(params.collect()),
        };
        let mut result = self.exec_iter(text, params).map_err(|error| error.to_string())?;
        let columns: Vec<_> = result.columns().as_ref().to_vec();
        let affected = Some(result.affected_rows());
        let mut rows = Vec::new();
        for row in result.by_ref() {
            let values = row.map_err(|error| error.to_string())?.unwrap();
            rows.push(columns.iter().zip(values).map(|(column, cell)| value(column, cell)).collect());
        }
        Ok(Rows { columns: columns.iter().map(|column| column.name_str().into_owned()).collect(), rows, affected })
    }

    fn run_plain(&mut self, texts: &str) -> Result<(), String> {
        let mut texts = texts.split(';').filter(|text| !text.trim().is_empty());
        texts.try_for_each(|text| self.query_drop(text)).map_err(|error| error.to_string())
    }
}

/// The collation of bytes, which tells them from text.
const BINARY: u16 = 63;

fn value(column: &mysql::Column, value: Value) -> SqlValue {
    let whole = matches!(column.column_type(), ColumnType::MYSQL_TYPE_LONGLONG | ColumnType::MYSQL_TYPE_LONG);
    match value {
        Value::NULL => SqlValue::Null,
        Value::Int(number) => SqlValue::Int(number),
        Value::UInt(number) => SqlValue::Int(number as i64),
        Value::Float(number) => SqlValue::Real(number.into()),
        Value::Double(number) => SqlValue::Real(number),
        Value::Bytes(bytes) if column.character_set() == BINARY && !whole => SqlValue::Bytes(bytes),
        Value::Bytes(bytes) => SqlValue::Text(String::from_utf8(bytes).unwrap()),
        other => panic!("{other:?} is of a type that no column has"),
    }
}
