//! What the tests of all databases share: a host over a blocking client, whose time is the test's where it has one.
#![allow(dead_code, reason = "no test file needs all of it")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use durastate::backend::Backend;
use durastate::error::{Error, Kind, Result};
use durastate::future::{Answer, ready};
use durastate::host::{Clock, Dialect, Rows, Sql, SqlValue, Statement};
use durastate::jobs::{Jobs, JobsOptions};
use durastate::store::{Shelf, Store};

/// A blocking connection to a database.
pub trait Connection: Send {
    const DIALECT: Dialect;

    fn run(&mut self, statement: &Statement) -> Result<Rows, String>;

    /// Statements without parameters, separated by semicolons.
    fn run_plain(&mut self, texts: &str) -> Result<(), String>;
}

/// The empty database of one test: every connection to it sees the same.
pub trait Place: Sync {
    type Connection: Connection + 'static;

    /// The columns of a table of plain keys, as Effect 4.1 makes it.
    const TABLE: &'static str;

    /// The types of the columns of keys and of the times of results, as Effect 4.1 makes them.
    const RESULTS: (&'static str, &'static str);

    /// Bytes as the database writes them.
    fn bytes(hex: &str) -> String {
        format!("X'{hex}'")
    }

    fn connect(&self) -> Self::Connection;

    /// A host with a connection of its own, at the database's own time.
    fn host(&self) -> Client<Self::Connection> {
        Client::new(self.connect())
    }
}

/// A database in which each store of results has a table of its own.
pub struct TableForEach<B>(pub B);

impl<B: Backend> Backend for TableForEach<B> {
    fn store(&self, shelf: Shelf) -> Result<Arc<dyn Store>> {
        self.0.store(match shelf {
            Shelf::Persistence { store_id, .. } => Shelf::PersistenceTable { store_id },
            shelf => shelf,
        })
    }

    fn jobs(&self, queue: &str, options: JobsOptions) -> Result<Arc<dyn Jobs>> {
        self.0.jobs(queue, options)
    }
}

/// A host of one connection. Wherever the database tells its time, as a column called `now`, a clock may stand in for
/// it: what has expired is told apart by that time alone.
pub struct Client<C> {
    connection: Mutex<C>,
    known: Mutex<BTreeSet<String>>,
    clock: Option<Arc<dyn Clock>>,
    batches: bool,
    sent: AtomicUsize,
}

impl<C: Connection> Client<C> {
    pub fn new(connection: C) -> Self {
        let (connection, known) = (Mutex::new(connection), Mutex::default());
        Self { connection, known, clock: None, batches: true, sent: AtomicUsize::new(0) }
    }

    /// The same at the time of this clock.
    pub fn at(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The same as a client that knows no batches.
    pub fn one_by_one(self) -> Self {
        Self { batches: false, ..self }
    }

    /// How many requests were sent so far.
    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// Statements of the test itself.
    pub fn plain(&self, texts: &str) {
        self.connection.lock().unwrap().run_plain(texts).unwrap();
    }

    /// The rows that a query of the test itself finds.
    pub fn query(&self, text: &str) -> Vec<Vec<SqlValue>> {
        let statement = Statement { text: text.into(), params: Vec::new() };
        self.connection.lock().unwrap().run(&statement).unwrap().rows
    }

    fn run_now(&self, statements: &[Statement]) -> Result<Vec<Rows>, String> {
        let mut connection = self.connection.lock().unwrap();
        let [_, _, ..] = statements else {
            return statements.iter().map(|statement| connection.run(statement)).collect();
        };
        connection.run_plain("BEGIN")?;
        let rows = statements.iter().map(|statement| connection.run(statement)).collect();
        connection.run_plain(if Result::is_ok(&rows) { "COMMIT" } else { "ROLLBACK" })?;
        rows
    }

    fn timed(&self, mut rows: Rows) -> Rows {
        let now = rows.columns.iter().position(|column| column == "now");
        if let (Some(clock), Some(now)) = (&self.clock, now) {
            rows.rows.iter_mut().for_each(|row| row[now] = SqlValue::Int(clock.now().micros()));
        }
        rows
    }
}

impl<C: Connection> Sql for Client<C> {
    fn dialect(&self) -> Dialect {
        C::DIALECT
    }

    fn batches(&self) -> bool {
        self.batches
    }

    fn run<'a>(&'a self, statements: Vec<Statement>) -> Answer<'a, Vec<Rows>> {
        assert!(self.batches || statements.len() == 1, "several statements for a host that runs one");
        for Statement { text, params } in &statements {
            assert!(params.len() <= 100, "{} parameters in {text}", params.len());
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
        let rows = self.run_now(&statements);
        let rows = rows.map(|rows| rows.into_iter().map(|rows| self.timed(rows)).collect());
        ready(rows.map_err(|cause| Error::new(Kind::Unknown, "the database failed").because(cause)))
    }

    fn is_ready(&self, schema: &str) -> bool {
        self.known.lock().unwrap().contains(schema)
    }

    fn set_ready(&self, schema: &str) {
        self.known.lock().unwrap().insert(schema.into());
    }
}
