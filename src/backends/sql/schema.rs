//! The tables: looked for on first use, made when they are missing, by any number of processes at once.

use super::Database;
use super::dialect::{Draft, MYSQL_TEXT, Name, Type};
use super::rows::{self, present};
use super::table::Table;
use crate::error::{Error, Result};
use crate::host::{Dialect, Rows, Sql, SqlValue, Statement};

/// The version of the state table that this program works on.
const STATE: i64 = 1;

/// Where it is kept which version of a schema a database has.
const MIGRATIONS: &str = "durastate_migrations";

impl<H: Sql + ?Sized> Database<H> {
    /// Makes sure that the table of plain keys is there, in the layout that other systems share.
    pub(super) async fn ready_for_keys(&self, table: &Table) -> Result<()> {
        let schema = format!("key-value:{}", table.name.quoted);
        if self.host.is_ready(&schema) {
            return Ok(());
        }
        self.find_or_make(table, vec![table.dialect.create_keys(&table.name)]).await?;
        self.host.set_ready(&schema);
        Ok(())
    }

    /// Makes sure that a table of results is there, in the layout that other systems share, and tells how many bytes
    /// one of them may have.
    pub(super) async fn ready_for_results(&self, table: &Table) -> Result<usize> {
        let schema = format!("persistence:{}", table.name.quoted);
        let narrow = format!("{schema}:narrow");
        if !self.host.is_ready(&schema) {
            let most = self.find_or_make(table, table.dialect.create_results(table)).await?;
            if most.is_some_and(|most| most <= MYSQL_TEXT as i64) {
                self.host.set_ready(&narrow);
            }
            self.host.set_ready(&schema);
        }
        Ok(if self.host.is_ready(&narrow) { MYSQL_TEXT } else { usize::MAX })
    }

    /// Looks for a table that others may have made, makes it when it is missing, mends it where it can not keep apart
    /// or hold what it must; tells how many bytes its values may have, where the database says so.
    async fn find_or_make(&self, table: &Table, texts: Vec<String>) -> Result<Option<i64>> {
        let mut found = self.run(table.dialect.find(&table.name)).await?;
        if found.rows.is_empty() {
            let made = self.make(texts).await;
            found = self.run(table.dialect.find(&table.name)).await?;
            // Whoever made it: another program may do so without waiting for us.
            if found.rows.is_empty() {
                made?;
            }
        }
        let (alter, most) = table.dialect.mend(table, found)?;
        if let Some(alter) = alter {
            self.run(alter).await.map_err(|refused| {
                let message = format!(
                    "the table {} takes keys that differ in case for one key, or can not hold every sign, and could \
                     not be altered",
                    table.name.quoted
                );
                Error { message: message.into(), ..refused }
            })?;
        }
        Ok(most)
    }

    /// Makes sure that the table of records is there, in the version that this program works on.
    pub(super) async fn ready_for_records(&self, table: &Table) -> Result<()> {
        let schema = "state";
        if self.host.is_ready(schema) {
            return Ok(());
        }
        let (dialect, migrations) = (table.dialect, table.dialect.name(MIGRATIONS)?);
        let version = match self.run(dialect.find(&table.name)).await?.rows.is_empty() {
            true => 0,
            // The table of versions was made before this one.
            false => self.version(dialect, &migrations, schema).await?,
        };
        if version < STATE {
            let mut texts = vec![dialect.create_migrations(&migrations)];
            texts.extend(dialect.create_records(&table.name));
            texts.push(dialect.record(&migrations, schema, STATE));
            self.make(texts).await?;
        }
        self.host.set_ready(schema);
        Ok(())
    }

    async fn version(&self, dialect: Dialect, migrations: &Name, schema: &str) -> Result<i64> {
        let mut draft = Draft::new(dialect);
        let name = draft.text(Type::Key, schema);
        let statement = draft.done(format!("SELECT version FROM {} WHERE name = {name}", migrations.quoted));
        let mut found = self.run(statement).await?;
        let version = rows::each(&mut found).next().map(|mut row| row.int("version")).transpose()?;
        Ok(version.flatten().unwrap_or(0))
    }

    /// Runs statements that may all be repeated, in this order.
    async fn make(&self, texts: Vec<String>) -> Result<()> {
        for text in self.host.dialect().one_at_a_time(texts) {
            self.run(Statement { text, params: Vec::new() }).await?;
        }
        Ok(())
    }
}

impl Dialect {
    /// A row if this table is there; on MySQL one for each column of keys or values.
    fn find(self, name: &Name) -> Statement {
        let mut draft = Draft::new(self);
        let text = match self {
            Self::Sqlite => {
                let schema = name.schema.as_ref().map_or(String::new(), |schema| format!("{}.", quoted(schema)));
                let table = draft.text(Type::Text, &name.table);
                format!(
                    "SELECT name FROM {schema}sqlite_master WHERE type <> 'index' AND name = {table} COLLATE NOCASE"
                )
            }
            Self::Postgres => {
                let table = draft.text(Type::Text, &name.quoted);
                format!("SELECT 1 AS found WHERE to_regclass({table}) IS NOT NULL")
            }
            Self::Mysql => {
                let schema = name.schema.clone().map_or(SqlValue::Null, SqlValue::Text);
                let (schema, table) = (draft.param(Type::Text, schema), draft.text(Type::Text, &name.table));
                format!(
                    "SELECT COLUMN_NAME AS name, COLLATION_NAME AS collation_name, CHARACTER_OCTET_LENGTH AS octets \
                     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = COALESCE({schema}, DATABASE()) \
                     AND TABLE_NAME = {table} AND COLUMN_NAME IN ('store_id', 'id', 'value')"
                )
            }
            Self::Mssql => {
                let table = draft.text(Type::Text, &name.quoted);
                format!("SELECT 1 AS found WHERE OBJECT_ID({table}) IS NOT NULL")
            }
        };
        draft.done(text)
    }

    /// What makes keys that differ in case two keys, where a table that others made takes them for one, and lets texts
    /// hold every sign; and how many bytes a value may have then.
    fn mend(self, table: &Table, mut found: Rows) -> Result<(Option<Statement>, Option<i64>)> {
        let (mut columns, mut most) = (Vec::new(), None);
        if self == Self::Mysql {
            let are_texts = table.columns.iter().any(|column| column.name == "value" && column.kind == Type::Text);
            for mut row in rows::each(&mut found) {
                let (name, collation) = (present(row.text("name")?, "name")?, row.text("collation_name")?);
                let collation = collation.unwrap_or_default();
                if name != "value" {
                    let binary = collation == "utf8mb4_bin";
                    columns.extend((!binary).then(|| format!("MODIFY {name} {}", self.key())));
                } else if are_texts && !collation.is_empty() && !collation.starts_with("utf8mb4") {
                    columns.push(format!("MODIFY value {} NOT NULL", self.long_text()));
                } else {
                    most = row.int("octets")?;
                }
            }
        }
        let text = format!("ALTER TABLE {} {}", table.name.quoted, columns.join(", "));
        Ok(((!columns.is_empty()).then_some(Statement { text, params: Vec::new() }), most))
    }

    /// The type of a column of keys.
    fn key(self) -> &'static str {
        match self {
            Self::Sqlite => "TEXT NOT NULL",
            // In this order a listing of a prefix finds its keys side by side.
            Self::Postgres => "TEXT COLLATE \"C\" NOT NULL",
            Self::Mysql => "VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
            Self::Mssql => "NVARCHAR(450) COLLATE Latin1_General_100_BIN2 NOT NULL",
        }
    }

    /// The type of a column of texts of any length.
    fn long_text(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => "TEXT",
            Self::Mysql => "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            Self::Mssql => "NVARCHAR(MAX)",
        }
    }

    fn create_keys(self, name: &Name) -> String {
        let (bytes, small) = match self {
            Self::Sqlite => ("BLOB", "INTEGER"),
            Self::Postgres => ("BYTEA", "SMALLINT"),
            Self::Mysql => ("BLOB", "SMALLINT"),
            Self::Mssql => ("VARBINARY(MAX)", "SMALLINT"),
        };
        let columns = format!("id {} PRIMARY KEY, value {bytes} NOT NULL, value_type {small} NOT NULL", self.key());
        self.create(name, &columns)
    }

    fn create_migrations(self, name: &Name) -> String {
        self.create(name, &format!("name {} PRIMARY KEY, version INTEGER NOT NULL", self.key()))
    }

    fn create_records(self, name: &Name) -> Vec<String> {
        let columns = format!(
            "id {} PRIMARY KEY, value {} NULL, version BIGINT NOT NULL, expires BIGINT NULL",
            self.key(),
            self.long_text()
        );
        self.create_with_index(name, &columns, "durastate_state_expires", "")
    }

    /// A table of results: those of all stores, or of one.
    fn create_results(self, table: &Table) -> Vec<String> {
        let (name, text) = (&table.name, self.long_text());
        let int = if self == Self::Sqlite { "INTEGER" } else { "BIGINT" };
        let values = format!("value {text} NOT NULL, expires {int} NULL");
        if table.store.is_none() {
            // Others look for no index here, and a name for one may not fit.
            return vec![self.create(name, &format!("id {} PRIMARY KEY, {values}", self.key()))];
        }
        let key = self.key_in_store();
        let columns = format!("store_id {key}, id {key}, {values}, PRIMARY KEY (store_id, id)");
        // MySQL has no indexes of some rows alone.
        let some = if self == Self::Mysql { "" } else { " WHERE expires IS NOT NULL" };
        self.create_with_index(name, &columns, "effect_persistence_expires_idx", some)
    }

    /// The type of a column of keys in a table with the ids of their stores: both must fit into an index.
    fn key_in_store(self) -> &'static str {
        match self {
            Self::Mssql => "NVARCHAR(191) COLLATE Latin1_General_100_BIN2 NOT NULL",
            _ => self.key(),
        }
    }

    /// The same as [`Dialect::create`], with an index of when rows expire.
    fn create_with_index(self, name: &Name, columns: &str, index: &str, some: &str) -> Vec<String> {
        match self {
            Self::Sqlite | Self::Postgres => vec![
                self.create(name, columns),
                format!("CREATE INDEX IF NOT EXISTS {index} ON {} (expires){some}", name.quoted),
            ],
            Self::Mysql | Self::Mssql => {
                vec![self.create(name, &format!("{columns}, INDEX {index} (expires){some}"))]
            }
        }
    }

    /// Makes a table unless it is there, whoever else does so at this moment.
    fn create(self, name: &Name, columns: &str) -> String {
        let table = &name.quoted;
        match self {
            Self::Sqlite | Self::Postgres => format!("CREATE TABLE IF NOT EXISTS {table} ({columns})"),
            Self::Mysql => format!("CREATE TABLE IF NOT EXISTS {table} ({columns}) ENGINE = InnoDB"),
            Self::Mssql => {
                let missing = format!("IF OBJECT_ID(N'{}') IS NULL", table.replace('\'', "''"));
                format!(
                    "BEGIN TRY {missing} CREATE TABLE {table} ({columns}); END TRY BEGIN CATCH {missing} BEGIN; THROW; END; END CATCH;"
                )
            }
        }
    }

    /// Keeps that a schema has this version now.
    fn record(self, migrations: &Name, schema: &str, version: i64) -> String {
        let table = &migrations.quoted;
        let insert = format!("INSERT INTO {table} (name, version) VALUES ('{schema}', {version})");
        match self {
            Self::Sqlite | Self::Postgres => {
                format!("{insert} ON CONFLICT (name) DO UPDATE SET version = EXCLUDED.version")
            }
            Self::Mysql => format!("{insert} ON DUPLICATE KEY UPDATE version = VALUES(version)"),
            Self::Mssql => format!(
                "MERGE INTO {table} WITH (HOLDLOCK) AS kept USING (VALUES (N'{schema}', {version})) AS given (name, version) \
                 ON kept.name = given.name WHEN MATCHED THEN UPDATE SET version = given.version \
                 WHEN NOT MATCHED THEN INSERT (name, version) VALUES (given.name, given.version);"
            ),
        }
    }

    /// The texts, such that those who run them at once wait for each other. PostgreSQL's IF NOT EXISTS alone fails
    /// when two make one table, so there a lock comes first, and all of it is one atomic statement.
    fn one_at_a_time(self, texts: Vec<String>) -> Vec<String> {
        match self {
            Self::Postgres => {
                let texts = texts.join("; ");
                let block = format!("BEGIN PERFORM pg_advisory_xact_lock(1685418593); {texts}; END");
                vec![format!("DO '{}'", block.replace('\'', "''"))]
            }
            _ => texts,
        }
    }
}

fn quoted(part: &str) -> String {
    format!("\"{}\"", part.replace('"', "\"\""))
}
