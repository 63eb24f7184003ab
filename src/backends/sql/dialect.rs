//! What differs between databases in the words of a statement: how they quote, cast, limit and tell the time.

use crate::error::{Error, Kind, Result};
use crate::host::{Dialect, Rows, SqlValue, Statement};

/// How many parameters a statement has at most: some databases take no more.
pub(super) const MOST_PARAMS: usize = 100;

/// Keys on MySQL: what fits into an index there, and what other systems use.
const MYSQL_KEY: usize = 191;
const MSSQL_KEY: usize = 450;

/// Keys on SQL Server where the id of their store stands beside them.
const MSSQL_KEY_IN_STORE: usize = 191;

/// What a BLOB or a TEXT of MySQL holds.
pub(super) const MYSQL_TEXT: usize = 65_535;

/// Whether a value of this many bytes fits into a column that takes `most`.
pub(super) fn check_size(key: &str, bytes: usize, most: usize) -> Result<()> {
    if bytes > most {
        let message = format!("a value in this table has at most {most} bytes, and this one has {bytes}");
        return Err(Error::new(Kind::Invalid, message).on(key));
    }
    Ok(())
}

/// What can not stand in a name on MySQL.
fn beyond(sign: char) -> bool {
    sign > '\u{ffff}'
}

/// What a parameter or a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// A key, compared sign by sign.
    Key,
    /// A text that keys are compared with: a prefix, or where a listing goes on. It may be longer than a key.
    Edge,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A whole number.
    Int,
    /// A small whole number.
    Small,
    /// A whole number that only ever grows.
    Version,
}

/// The name of a table, checked and quoted.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) schema: Option<String>,
    pub(super) table: String,
    pub(super) quoted: String,
}

/// A statement in the making. Placeholders are taken in the order in which they stand in the text.
pub(super) struct Draft {
    dialect: Dialect,
    params: Vec<SqlValue>,
}

impl Draft {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, params: Vec::new() }
    }

    /// The next placeholder, with its cast: no driver has to guess a type.
    pub(super) fn param(&mut self, kind: Type, value: SqlValue) -> String {
        self.params.push(value);
        let number = self.params.len();
        match self.dialect {
            Dialect::Sqlite => match kind {
                Type::Key | Type::Edge | Type::Text => "CAST(? AS TEXT)",
                Type::Bytes => "CAST(? AS BLOB)",
                Type::Int | Type::Small | Type::Version => "CAST(? AS INTEGER)",
            }
            .to_owned(),
            Dialect::Mysql => match kind {
                Type::Key => "CAST(? AS CHAR(191) CHARACTER SET utf8mb4) COLLATE utf8mb4_bin",
                Type::Edge => "CAST(? AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin",
                Type::Text => "CAST(? AS CHAR CHARACTER SET utf8mb4)",
                Type::Bytes => "CAST(? AS BINARY)",
                Type::Int | Type::Small | Type::Version => "CAST(? AS SIGNED)",
            }
            .to_owned(),
            Dialect::Postgres => {
                let to = match kind {
                    Type::Key | Type::Edge | Type::Text => "text",
                    Type::Bytes => "bytea",
                    Type::Int | Type::Version => "bigint",
                    Type::Small => "smallint",
                };
                format!("${number}::{to}")
            }
            Dialect::Mssql => {
                let to = match kind {
                    Type::Key => "NVARCHAR(450)) COLLATE Latin1_General_100_BIN2",
                    Type::Edge => "NVARCHAR(4000)) COLLATE Latin1_General_100_BIN2",
                    Type::Text => "NVARCHAR(MAX))",
                    Type::Bytes => "VARBINARY(MAX))",
                    Type::Int | Type::Version => "BIGINT)",
                    Type::Small => "SMALLINT)",
                };
                format!("CAST(@p{number} AS {to}")
            }
        }
    }

    pub(super) fn text(&mut self, kind: Type, text: &str) -> String {
        self.param(kind, SqlValue::Text(text.to_owned()))
    }

    /// Placeholders for all of these keys.
    pub(super) fn keys(&mut self, keys: &[String]) -> String {
        let keys: Vec<_> = keys.iter().map(|key| self.text(Type::Key, key)).collect();
        keys.join(", ")
    }

    pub(super) fn done(self, text: String) -> Statement {
        Statement { text, params: self.params }
    }
}

impl Dialect {
    /// The table of this name; a dot separates it from its schema.
    pub(super) fn name(self, table: &str) -> Result<Name> {
        let (most, (open, close)) = match self {
            Self::Sqlite => (128, ('"', '"')),
            Self::Postgres => (63, ('"', '"')),
            Self::Mysql => (64, ('`', '`')),
            Self::Mssql => (128, ('[', ']')),
        };
        let fits = |part: &&str| match self {
            Self::Sqlite | Self::Postgres => part.len() <= most,
            Self::Mysql => part.chars().count() <= most,
            Self::Mssql => part.encode_utf16().count() <= most,
        };
        let parts: Vec<&str> = table.split('.').collect();
        let problem = if parts.len() > 2 {
            "it has more than one dot".to_owned()
        } else if parts.iter().any(|part| part.is_empty()) {
            "a part of it is empty".to_owned()
        } else if table.contains('\0') {
            "it contains a NUL".to_owned()
        } else if self == Self::Mysql && parts.iter().any(|part| part.ends_with(' ') || part.chars().any(beyond)) {
            "MySQL takes no names that end with a space or contain signs beyond U+FFFF".to_owned()
        } else if !parts.iter().all(fits) {
            format!("it is longer than the {most} signs that fit")
        } else {
            let quote = |part: &&str| format!("{open}{}{close}", part.replace(close, &format!("{close}{close}")));
            let quoted = parts.iter().map(quote).collect::<Vec<_>>().join(".");
            let (table, schema) = (parts[parts.len() - 1].to_owned(), (parts.len() == 2).then(|| parts[0].to_owned()));
            return Ok(Name { schema, table, quoted });
        };
        Err(Error::new(Kind::Invalid, format!("{table:?} can not be the name of a table: {problem}")))
    }

    /// Whether this can be a key here, so that nothing is cut off and no two keys are one.
    pub(super) fn check_key(self, key: &str) -> Result<()> {
        self.unfit(key).map_or(Ok(()), |problem| Err(Error::new(Kind::Invalid, problem).on(key)))
    }

    /// The same where the id of its store stands beside it.
    pub(super) fn check_key_in_store(self, key: &str) -> Result<()> {
        if self == Self::Mssql && key.encode_utf16().count() > MSSQL_KEY_IN_STORE {
            return Err(Error::new(Kind::Invalid, "a key in a store on SQL Server has at most 191 signs").on(key));
        }
        self.check_key(key)
    }

    /// Whether this can be the id of a store that stands beside its keys.
    pub(super) fn check_store(self, store_id: &str) -> Result<()> {
        self.check_key_in_store(store_id).map_err(|refused| {
            let message = format!(
                "{store_id:?} can not be the id of a store, for it is a part of every key: {}",
                refused.message
            );
            Error::new(Kind::Invalid, message)
        })
    }

    /// Why this can not be a key here.
    fn unfit(self, key: &str) -> Option<&'static str> {
        Some(match self {
            Self::Postgres if key.contains('\0') => "PostgreSQL holds no text with a NUL",
            Self::Mysql if key.chars().count() > MYSQL_KEY => "a key on MySQL has at most 191 signs",
            Self::Mssql if key.encode_utf16().count() > MSSQL_KEY => "a key on SQL Server has at most 450 signs",
            // They compare texts as if the shorter one were filled up with spaces.
            Self::Mysql | Self::Mssql if key.ends_with(' ') => "a key must not end with a space on this database",
            _ => return None,
        })
    }

    /// Whether any key can begin like this.
    pub(super) fn may_begin(self, prefix: &str) -> bool {
        self != Self::Postgres || !prefix.contains('\0')
    }

    /// Whether a value of this many bytes fits into the tables of plain keys.
    pub(super) fn check_size(self, key: &str, bytes: usize) -> Result<()> {
        match self {
            Self::Mysql => check_size(key, bytes, MYSQL_TEXT),
            _ => Ok(()),
        }
    }

    /// How many rows a statement changed: the rows it gave back, or on MySQL what the host counted.
    pub(super) fn changed(self, rows: &Rows) -> Result<u64> {
        match self {
            Self::Mysql => rows.affected.ok_or_else(|| {
                Error::new(Kind::Unsupported, "the host does not tell how many rows a statement on MySQL changed")
            }),
            _ => Ok(rows.rows.len() as u64),
        }
    }

    /// This moment on the database's clock, in microseconds since 1970; on SQLite in whole milliseconds.
    pub(super) fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "(CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000)",
            Self::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
            // In UTC: the hour that a clock goes through twice would be told wrong otherwise.
            Self::Mysql => "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))",
            Self::Mssql => "DATEDIFF_BIG(MICROSECOND, CAST('1970-01-01' AS DATETIME2), SYSUTCDATETIME())",
        }
    }

    pub(super) fn greatest(self, a: &str, b: &str) -> String {
        match self {
            Self::Sqlite => format!("MAX({a}, {b})"),
            Self::Postgres | Self::Mysql => format!("GREATEST({a}, {b})"),
            Self::Mssql => format!("CASE WHEN {a} > {b} THEN {a} ELSE {b} END"),
        }
    }

    /// What stands at the end of a statement that shall tell which rows it changed.
    pub(super) fn returning(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => " RETURNING id",
            Self::Mysql | Self::Mssql => "",
        }
    }

    /// What stands before the conditions of such a statement.
    pub(super) fn output(self, deleted: bool) -> &'static str {
        match (self, deleted) {
            (Self::Mssql, true) => " OUTPUT DELETED.id",
            (Self::Mssql, false) => " OUTPUT INSERTED.id",
            _ => "",
        }
    }
}
