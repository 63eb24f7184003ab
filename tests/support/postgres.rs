//! A PostgreSQL for one test program, and a schema in it for each test.

use std::error::Error;
use std::path::PathBuf;
use std::sync::OnceLock;

use durastate::host::{Dialect, Rows, SqlValue, Statement};
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client as Postgres, Config, NoTls, Row};

use crate::databases::{Connection, Place};
use crate::support::servers::{number, patiently, serve};

const HINT: &str = "install PostgreSQL, or set POSTGRES_BIN to the folder of its programs";

const SCRIPT: &str = r#"
"$1/initdb" -D data -U durastate -A trust -E UTF8 --locale=C --no-sync
"$1/postgres" -D data -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
    -c full_page_writes=off -c shared_buffers=16MB -c max_connections=200 < /dev/null &"#;

fn port() -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    *PORT.get_or_init(|| serve(SCRIPT, &[programs()], "postgres"))
}

/// The folder of the programs: the newest that is installed.
fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("POSTGRES_BIN") {
        return folder.into();
    }
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").unwrap_or_else(|_| panic!("there is no PostgreSQL: {HINT}"));
    let folders = versions.map(|version| version.unwrap().path().join("bin")).filter(|bin| bin.join("initdb").exists());
    let number = |bin: &PathBuf| bin.parent().and_then(|bin| bin.file_name()?.to_str()?.parse::<u32>().ok());
    folders.max_by_key(number).unwrap_or_else(|| panic!("there is no PostgreSQL: {HINT}"))
}

/// A schema of its own.
pub struct Schema(String);

impl Schema {
    pub fn new() -> Self {
        let schema = Self(format!("test{}", number()));
        let mut connection = schema.connect();
        connection.batch_execute(&format!("CREATE SCHEMA {}", schema.0)).unwrap();
        schema
    }

    /// The name of the schema.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// A connection as this user.
    pub fn connect_as(&self, user: &str) -> Postgres {
        let mut config = Config::new();
        config.host("127.0.0.1").port(port()).user(user).dbname("postgres");
        config.options(&format!("-c search_path={}", self.0));
        patiently(|| config.connect(NoTls), HINT)
    }
}

impl Place for Schema {
    type Connection = Postgres;

    const TABLE: &'static str = "id TEXT PRIMARY KEY, value BYTEA NOT NULL, value_type SMALLINT NOT NULL";

    const RESULTS: (&'static str, &'static str) = ("TEXT", "BIGINT");

    fn bytes(hex: &str) -> String {
        format!("'\\x{hex}'")
    }

    fn connect(&self) -> Postgres {
        self.connect_as("durastate")
    }
}

impl Connection for Postgres {
    const DIALECT: Dialect = Dialect::Postgres;

    fn run(&mut self, Statement { text, params }: &Statement) -> Result<Rows, String> {
        let params: Vec<_> = params.iter().map(Param).collect();
        let params: Vec<_> = params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        let rows = self.query(text, &params).map_err(told)?;
        let columns = rows
            .first()
            .map_or(Vec::new(), |row| row.columns().iter().map(|column| column.name().to_owned()).collect());
        Ok(Rows {
            columns,
            rows: rows.iter().map(|row| (0..row.len()).map(|at| value(row, at)).collect()).collect(),
            affected: None,
        })
    }

    fn run_plain(&mut self, texts: &str) -> Result<(), String> {
        self.batch_execute(texts).map_err(told)
    }
}

fn told(error: postgres::Error) -> String {
    format!("{error}: {:?}", error.source().map(ToString::to_string))
}

/// A parameter as the type that the server wants: one that no cast names fails.
#[derive(Debug)]
struct Param<'a>(&'a SqlValue);

impl ToSql for Param<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self.0, wanted) {
            (SqlValue::Null, _) => Ok(IsNull::Yes),
            (SqlValue::Int(number), &Type::INT8) => number.to_sql(wanted, out),
            (SqlValue::Int(number), &Type::INT2) => i16::try_from(*number)?.to_sql(wanted, out),
            (SqlValue::Text(text), &Type::TEXT) => text.to_sql(wanted, out),
            (SqlValue::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(wanted, out),
            _ => Err(format!("a parameter of the type {wanted}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn value(row: &Row, at: usize) -> SqlValue {
    let value = match *row.columns()[at].type_() {
        Type::INT8 => row.get::<_, Option<i64>>(at).map(SqlValue::Int),
        Type::INT4 => row.get::<_, Option<i32>>(at).map(|number| SqlValue::Int(number.into())),
        Type::INT2 => row.get::<_, Option<i16>>(at).map(|number| SqlValue::Int(number.into())),
        Type::BYTEA => row.get::<_, Option<Vec<u8>>>(at).map(SqlValue::Bytes),
        // DO gives a column of nothing.
        Type::VOID => None,
        _ => row.get::<_, Option<String>>(at).map(SqlValue::Text),
    };
    value.unwrap_or(SqlValue::Null)
}
