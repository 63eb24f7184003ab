//! What is sent to a Microsoft SQL Server: the texts alone. No server has run them here.
#![cfg(feature = "sql")]

mod support;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use durastate::backends::sql::Database;
use durastate::error::{Kind, Result};
use durastate::future::{Answer, ready};
use durastate::host::{Dialect, Rows, Sql, SqlValue, Statement, Timestamp};
use durastate::layers::key_value::REPLACE;
use durastate::store::{Entry, Store, Value};
use durastate::transition::{Change, Fields, Mode, Outcome, Record, Step, Transition};

use support::clock::VirtualClock;

/// Keeps what is sent and answers what it was told.
#[derive(Default)]
struct Recorder {
    answers: Mutex<VecDeque<Rows>>,
    sent: Mutex<Vec<Statement>>,
    ready: bool,
}

impl Recorder {
    /// A database whose tables are there, and that gives these rows one after the other, then none.
    fn with(answers: Vec<Rows>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into()), ready: true, ..Self::default() })
    }

    fn texts(&self) -> Vec<String> {
        self.sent.lock().unwrap().iter().map(|statement| statement.text.clone()).collect()
    }
}

impl Sql for Recorder {
    fn dialect(&self) -> Dialect {
        Dialect::Mssql
    }

    fn batches(&self) -> bool {
        false
    }

    fn run<'a>(&'a self, statements: Vec<Statement>) -> Answer<'a, Vec<Rows>> {
        let mut answers = self.answers.lock().unwrap();
        let rows = statements.iter().map(|_| answers.pop_front().unwrap_or_default()).collect();
        self.sent.lock().unwrap().extend(statements);
        ready(Ok(rows))
    }

    fn is_ready(&self, _: &str) -> bool {
        self.ready
    }

    fn set_ready(&self, _: &str) {}
}

fn rows(columns: &[&str], values: Vec<SqlValue>) -> Rows {
    Rows { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows: vec![values], affected: None }
}

fn now<T>(answer: Answer<'_, T>) -> Result<T> {
    support::executor::run(&VirtualClock::new(), answer)
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

const KEY: &str = "NVARCHAR(450)) COLLATE Latin1_General_100_BIN2";

#[test]
fn mssql_text_of_the_verbs_on_plain_keys() {
    let recorder = Recorder::with(vec![]);
    let store = Database::new(recorder.clone(), VirtualClock::new()).key_value("dbo.k]v").unwrap();
    now(store.read(&keys(&["a", "b"]))).unwrap();
    let entry = |key: &str| Entry { key: key.into(), value: Value::Bytes(vec![1]), ttl: None };
    now(store.write(&[entry("b"), entry("a"), entry("b")])).unwrap();
    now(store.remove(&keys(&["a"]))).unwrap();
    now(store.list("10%[a]_!", Some("10"), 5)).unwrap();
    let expected = [
        format!("SELECT id, value, value_type FROM [dbo].[k]]v] WHERE id IN (CAST(@p1 AS {KEY}, CAST(@p2 AS {KEY})"),
        format!(
            "MERGE INTO [dbo].[k]]v] WITH (HOLDLOCK) AS kept USING (VALUES \
             (CAST(@p1 AS {KEY}, CAST(@p2 AS VARBINARY(MAX)), CAST(@p3 AS SMALLINT)), \
             (CAST(@p4 AS {KEY}, CAST(@p5 AS VARBINARY(MAX)), CAST(@p6 AS SMALLINT))) AS given (id, value, value_type) \
             ON kept.id = given.id WHEN MATCHED THEN UPDATE SET value = given.value, value_type = given.value_type \
             WHEN NOT MATCHED THEN INSERT (id, value, value_type) VALUES (given.id, given.value, given.value_type);"
        ),
        format!("DELETE FROM [dbo].[k]]v] WHERE id IN (CAST(@p1 AS {KEY})"),
        "SELECT TOP (5) DATEDIFF_BIG(MICROSECOND, CAST('1970-01-01' AS DATETIME2), SYSUTCDATETIME()) AS now, id \
         FROM [dbo].[k]]v] WHERE value IS NOT NULL \
         AND id > CAST(@p1 AS NVARCHAR(4000)) COLLATE Latin1_General_100_BIN2 \
         AND id LIKE CAST(@p2 AS NVARCHAR(4000)) COLLATE Latin1_General_100_BIN2 ESCAPE '!' ORDER BY id"
            .to_owned(),
    ];
    assert_eq!(recorder.texts(), expected);
    let pattern = recorder.sent.lock().unwrap()[3].params[1].clone();
    assert_eq!(pattern, SqlValue::Text("10!%![a!]!_!!%".into()));
}

#[test]
fn mssql_text_of_swaps_of_plain_keys() {
    let look = ["now", "id", "value", "value_type"];
    let there =
        || rows(&look, vec![SqlValue::Int(7), SqlValue::Text("a".into()), SqlValue::Bytes(vec![65]), SqlValue::Int(0)]);
    let done = || rows(&["id"], vec![SqlValue::Text("a".into())]);
    // Somebody else was faster once: then it looks.
    let recorder = Recorder::with(vec![done(), Rows::default(), there(), done(), done()]);
    let store = Database::new(recorder.clone(), VirtualClock::new()).key_value("kv").unwrap();
    let replace = |expected: &[(&'static str, &str)]| {
        let args = expected.iter().fold(Fields::new(), |args, (name, value)| args.with(*name, *value));
        let decided = now(store.apply(&[Step { transition: &REPLACE, key: "a".into(), args }], Mode::Each));
        assert!(!decided.unwrap().remove(0).unwrap().refused);
    };
    replace(&[("next", "A")]);
    replace(&[("expected", "A"), ("next", "B")]);
    replace(&[("expected", "A")]);
    let texts = recorder.texts();
    let look = format!(
        "SELECT DATEDIFF_BIG(MICROSECOND, CAST('1970-01-01' AS DATETIME2), SYSUTCDATETIME()) AS now, kept.id AS id, \
         kept.value AS value, kept.value_type AS value_type FROM (SELECT 1 AS one) AS one \
         LEFT JOIN [kv] AS kept ON kept.id IN (CAST(@p1 AS {KEY})"
    );
    let expected = [
        format!(
            "INSERT INTO [kv] (id, value, value_type) OUTPUT INSERTED.id SELECT id, value, value_type FROM \
             (VALUES (CAST(@p1 AS {KEY}, CAST(@p2 AS VARBINARY(MAX)), CAST(@p3 AS SMALLINT))) AS given \
             (id, value, value_type) WHERE NOT EXISTS \
             (SELECT 1 FROM [kv] AS kept WITH (UPDLOCK, HOLDLOCK) WHERE kept.id = given.id)"
        ),
        format!(
            "UPDATE [kv] SET value = CAST(@p1 AS VARBINARY(MAX)), value_type = CAST(@p2 AS SMALLINT) \
             OUTPUT INSERTED.id WHERE id = CAST(@p3 AS {KEY} AND value = CAST(@p4 AS VARBINARY(MAX)) \
             AND value_type = CAST(@p5 AS SMALLINT)"
        ),
        format!(
            "DELETE FROM [kv] OUTPUT DELETED.id WHERE id = CAST(@p1 AS {KEY} \
             AND value = CAST(@p2 AS VARBINARY(MAX)) AND value_type = CAST(@p3 AS SMALLINT)"
        ),
    ];
    let [insert, update, delete] = expected;
    assert_eq!(texts, [insert, update.clone(), look, update, delete]);
}

static PUT: Transition = Transition { name: "test/put", step: put, keys: two, expects: None, lua: None };

fn put(state: &[Option<Record>], _: Timestamp, _: &Fields) -> Result<Outcome> {
    let record = Record::from(Fields::new().with("n", 1));
    Ok(Outcome::change(vec![Change::Put(record); state.len()], Fields::new()))
}

fn two(key: &str, _: &Fields) -> Vec<String> {
    key.split(' ').map(str::to_owned).collect()
}

#[test]
fn mssql_text_of_a_change_to_several_records() {
    let look = ["now", "id", "value", "version", "expires"];
    let mut found = rows(
        &look,
        vec![SqlValue::Int(70_498_000), SqlValue::Text("b".into()), SqlValue::Null, SqlValue::Int(5), SqlValue::Null],
    );
    found
        .rows
        .insert(0, vec![SqlValue::Int(70_498_000), SqlValue::Null, SqlValue::Null, SqlValue::Null, SqlValue::Null]);
    let mut done = rows(&["id"], vec![SqlValue::Text("a".into())]);
    done.rows.push(vec![SqlValue::Text("b".into())]);
    let recorder = Recorder::with(vec![found, Rows::default(), done]);
    let state = Database::new(recorder.clone(), VirtualClock::new()).state().unwrap();
    let step = Step { transition: &PUT, key: "a b".into(), args: Fields::new() };
    now(state.apply(&[step], Mode::AllOrNothing)).unwrap();
    now(state.remove(&keys(&["a"]))).unwrap();
    let entry = Entry { key: "a".into(), value: "x".into(), ttl: None };
    recorder.answers.lock().unwrap().push_back(rows(&["now"], vec![SqlValue::Int(1)]));
    now(state.write(&[entry])).unwrap();
    let row = |at: usize| {
        format!("CAST(@p{} AS NVARCHAR(MAX)), CAST(@p{} AS BIGINT), CAST(@p{} AS BIGINT)", at, at + 1, at + 2)
    };
    let expected = [
        format!(
            "INSERT INTO [durastate_state] (id, value, version, expires) OUTPUT INSERTED.id \
             SELECT id, value, version, expires FROM (VALUES (CAST(@p1 AS {KEY}, {})) AS given \
             (id, value, version, expires) WHERE NOT EXISTS \
             (SELECT 1 FROM [durastate_state] AS kept WITH (UPDLOCK, HOLDLOCK) WHERE kept.id = given.id)",
            row(2)
        ),
        format!(
            "WITH wanted (id, expected, value, version, expires, changed) AS (SELECT * FROM (VALUES \
             (CAST(@p1 AS {KEY}, CAST(@p2 AS BIGINT), {}, 1), (CAST(@p6 AS {KEY}, CAST(@p7 AS BIGINT), {}, 1)) \
             AS listed (id, expected, value, version, expires, changed)) \
             UPDATE kept SET value = wanted.value, version = wanted.version, expires = wanted.expires \
             OUTPUT INSERTED.id FROM [durastate_state] AS kept JOIN wanted ON kept.id = wanted.id \
             WHERE wanted.changed = 1 AND (SELECT COUNT(*) FROM [durastate_state] AS held WITH (UPDLOCK, HOLDLOCK) \
             JOIN wanted ON wanted.id = held.id AND wanted.expected = held.version) = 2",
            row(3),
            row(8)
        ),
        "DELETE TOP (1000) FROM [durastate_state] WITH (READPAST) WHERE expires < CAST(@p1 AS BIGINT)".to_owned(),
        format!(
            "UPDATE [durastate_state] SET value = NULL, version = CASE WHEN version + 1 > {NOW} THEN version + 1 \
             ELSE {NOW} END, expires = {NOW} WHERE id IN (CAST(@p1 AS {KEY})"
        ),
        format!("SELECT {NOW} AS now"),
        format!(
            "MERGE INTO [durastate_state] WITH (HOLDLOCK) AS kept USING (VALUES (CAST(@p1 AS {KEY}, {})) AS given \
             (id, value, version, expires) ON kept.id = given.id WHEN MATCHED THEN UPDATE SET value = given.value, \
             version = CASE WHEN kept.version + 1 > given.version THEN kept.version + 1 ELSE given.version END, \
             expires = given.expires WHEN NOT MATCHED THEN INSERT (id, value, version, expires) \
             VALUES (given.id, given.value, given.version, given.expires);",
            row(2)
        ),
    ];
    assert_eq!(recorder.texts()[1..], expected);
}

const NOW: &str = "DATEDIFF_BIG(MICROSECOND, CAST('1970-01-01' AS DATETIME2), SYSUTCDATETIME())";

#[test]
fn mssql_text_of_the_tables() {
    let recorder = Arc::new(Recorder::default());
    let database = Database::new(recorder.clone(), VirtualClock::new());
    now(database.key_value("k'v").unwrap().remove(&keys(&["a"]))).unwrap();
    now(database.state().unwrap().remove(&keys(&["a"]))).unwrap();
    let find = "SELECT 1 AS found WHERE OBJECT_ID(CAST(@p1 AS NVARCHAR(MAX))) IS NOT NULL";
    let create = |table: &str, columns: &str| {
        let missing = format!("IF OBJECT_ID(N'{}') IS NULL", table.replace('\'', "''"));
        format!(
            "BEGIN TRY {missing} CREATE TABLE {table} ({columns}); END TRY BEGIN CATCH {missing} BEGIN; THROW; END; END CATCH;"
        )
    };
    let key = "NVARCHAR(450) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY";
    let expected = [
        find.to_owned(),
        create("[k'v]", &format!("id {key}, value VARBINARY(MAX) NOT NULL, value_type SMALLINT NOT NULL")),
        find.to_owned(),
        format!("DELETE FROM [k'v] WHERE id IN (CAST(@p1 AS {KEY})"),
        find.to_owned(),
        create("[durastate_migrations]", &format!("name {key}, version INTEGER NOT NULL")),
        create(
            "[durastate_state]",
            &format!("id {key}, value NVARCHAR(MAX) NULL, version BIGINT NOT NULL, expires BIGINT NULL, INDEX durastate_state_expires (expires)"),
        ),
        "MERGE INTO [durastate_migrations] WITH (HOLDLOCK) AS kept USING (VALUES (N'state', 1)) AS given (name, version) \
         ON kept.name = given.name WHEN MATCHED THEN UPDATE SET version = given.version \
         WHEN NOT MATCHED THEN INSERT (name, version) VALUES (given.name, given.version);"
            .to_owned(),
    ];
    assert_eq!(recorder.texts()[..8], expected);
}

#[test]
fn mssql_refuses_keys_that_it_would_cut_off_or_take_for_others() {
    let recorder = Recorder::with(vec![]);
    let store = Database::new(recorder.clone(), VirtualClock::new()).key_value("kv").unwrap();
    for key in ["x".repeat(451), "🗝".repeat(226), "ends with a space ".into()] {
        let refused = now(store.read(&[key])).unwrap_err();
        assert!(refused.kind == Kind::Invalid && refused.key.is_some());
    }
    assert!(recorder.texts().is_empty());
    now(store.read(&["🗝".repeat(225)])).unwrap();
}

#[test]
fn mssql_text_of_results() {
    let recorder = Recorder::with(vec![]);
    let database = Database::new(recorder.clone(), VirtualClock::new());
    for store in [database.persistence("us'er").unwrap(), database.persistence_table("us]er").unwrap()] {
        now(store.read(&keys(&["a", "b"]))).unwrap();
        let brief = Entry { key: "a".into(), value: "1".into(), ttl: Some(Duration::from_micros(1)) };
        now(store.write(&[Entry { ttl: None, ..brief.clone() }, brief])).unwrap();
        now(store.remove(&keys(&["a"]))).unwrap();
        now(store.list("a", Some("ab"), 5)).unwrap();
    }
    let (edge, int) = ("NVARCHAR(4000)) COLLATE Latin1_General_100_BIN2", "BIGINT)");
    let expected = [
        format!(
            "SELECT id, value, expires FROM [effect_persistence] WHERE store_id = CAST(@p1 AS {KEY} \
             AND id IN (CAST(@p2 AS {KEY}, CAST(@p3 AS {KEY}) AND (expires IS NULL OR expires > CAST(@p4 AS {int})"
        ),
        format!(
            "MERGE INTO [effect_persistence] WITH (HOLDLOCK) AS kept USING (VALUES (CAST(@p1 AS {KEY}, CAST(@p2 AS {KEY}, \
             CAST(@p3 AS NVARCHAR(MAX)), CAST(@p4 AS {int})) AS given (store_id, id, value, expires) \
             ON kept.store_id = given.store_id AND kept.id = given.id \
             WHEN MATCHED THEN UPDATE SET value = given.value, expires = given.expires \
             WHEN NOT MATCHED THEN INSERT (store_id, id, value, expires) \
             VALUES (given.store_id, given.id, given.value, given.expires);"
        ),
        format!("DELETE FROM [effect_persistence] WHERE store_id = CAST(@p1 AS {KEY} AND id IN (CAST(@p2 AS {KEY})"),
        format!(
            "SELECT TOP (5) {NOW} AS now, id FROM [effect_persistence] WHERE store_id = CAST(@p1 AS {KEY} \
             AND value IS NOT NULL AND (expires IS NULL OR expires > CAST(@p2 AS {int}) AND id > CAST(@p3 AS {edge} \
             AND id LIKE CAST(@p4 AS {edge} ESCAPE '!' ORDER BY id"
        ),
        format!(
            "SELECT id, value, expires FROM [effect_persistence_us]]er] WHERE id IN (CAST(@p1 AS {KEY}, CAST(@p2 AS {KEY}) \
             AND (expires IS NULL OR expires > CAST(@p3 AS {int})"
        ),
        format!(
            "MERGE INTO [effect_persistence_us]]er] WITH (HOLDLOCK) AS kept USING (VALUES (CAST(@p1 AS {KEY}, \
             CAST(@p2 AS NVARCHAR(MAX)), CAST(@p3 AS {int})) AS given (id, value, expires) ON kept.id = given.id \
             WHEN MATCHED THEN UPDATE SET value = given.value, expires = given.expires \
             WHEN NOT MATCHED THEN INSERT (id, value, expires) VALUES (given.id, given.value, given.expires);"
        ),
        format!("DELETE FROM [effect_persistence_us]]er] WHERE id IN (CAST(@p1 AS {KEY})"),
        format!(
            "SELECT TOP (5) {NOW} AS now, id FROM [effect_persistence_us]]er] WHERE value IS NOT NULL \
             AND (expires IS NULL OR expires > CAST(@p1 AS {int}) AND id > CAST(@p2 AS {edge} \
             AND id LIKE CAST(@p3 AS {edge} ESCAPE '!' ORDER BY id"
        ),
    ];
    assert_eq!(recorder.texts(), expected);
    let written = recorder.sent.lock().unwrap()[1].params.clone();
    let text = |text: &str| SqlValue::Text(text.into());
    assert_eq!(written, [text("us'er"), text("a"), text("1"), SqlValue::Int(4_100_000_000_001)]);
}

#[test]
fn mssql_text_of_the_tables_of_results() {
    let recorder = Arc::new(Recorder::default());
    let database = Database::new(recorder.clone(), VirtualClock::new());
    now(database.persistence("users").unwrap().remove(&keys(&["a"]))).unwrap();
    now(database.persistence_table("users").unwrap().remove(&keys(&["a"]))).unwrap();
    let texts = recorder.texts();
    let (values, key) =
        ("value NVARCHAR(MAX) NOT NULL, expires BIGINT NULL", "COLLATE Latin1_General_100_BIN2 NOT NULL");
    let one = format!(
        "CREATE TABLE [effect_persistence] (store_id NVARCHAR(191) {key}, id NVARCHAR(191) {key}, {values}, \
         PRIMARY KEY (store_id, id), INDEX effect_persistence_expires_idx (expires) WHERE expires IS NOT NULL);"
    );
    let alone = format!("CREATE TABLE [effect_persistence_users] (id NVARCHAR(450) {key} PRIMARY KEY, {values});");
    assert!(texts[1].contains(&one), "{}", texts[1]);
    assert!(texts.iter().any(|text| text.contains(&alone)), "{texts:?}");
}

#[test]
fn mssql_refuses_results_whose_keys_it_would_cut_off() {
    let recorder = Recorder::with(vec![]);
    let database = Database::new(recorder.clone(), VirtualClock::new());
    let (beside, alone) = (database.persistence("users").unwrap(), database.persistence_table("users").unwrap());
    let key = |many| [String::from("x").repeat(many)];
    assert_eq!(now(beside.read(&key(192))).unwrap_err().kind, Kind::Invalid);
    assert_eq!(now(alone.read(&key(451))).unwrap_err().kind, Kind::Invalid);
    for id in ["x".repeat(192), "space ".into()] {
        let refused = database.persistence(&id).err().unwrap();
        assert!(refused.kind == Kind::Invalid && refused.message.contains(&format!("{id:?}")), "{refused}");
    }
    assert!(recorder.texts().is_empty());
    now(beside.read(&key(191))).unwrap();
    now(alone.read(&key(450))).unwrap();
}
