//! What the tests of all databases share: a host over a blocking client, whose time is the test's where it has one,
//! and servers that end with the test program.
#![allow(dead_code, reason = "no test file needs all of it")]

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use durastate::error::{Error, Kind, Result};
use durastate::future::{Answer, ready};
use durastate::host::{Clock, Dialect, Rows, Sql, SqlValue, Statement};

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

/// A number that no other test of this program has.
pub fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Runs a server with a folder of its own until this program ends, and gives its port.
///
/// `script` is run by a shell whose `$folder` and `$port` are the server's and whose further arguments are `args`. It
/// prepares the folder and then starts the server in the background. As root, all of it runs as `user`.
#[expect(clippy::zombie_processes, reason = "it outlives this program, to clear up")]
pub fn serve(script: &str, args: &[PathBuf], user: &str) -> u16 {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = std::env::temp_dir().join(format!("durastate-{}-{port}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    // The shell's standard input closes when this program ends, however it ends; then nothing of the server stays.
    let script = format!(
        "trap '' INT TERM HUP; cd \"$folder\" || exit; {script}\nread _; kill -QUIT $!; wait; rm -rf \"$folder\""
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, "sh"]).args(args).env("folder", &folder).env("port", port.to_string());
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        let (uid, gid) = account(user);
        chown(&folder, Some(uid), Some(gid)).unwrap();
        shell.uid(uid).gid(gid);
    }
    let log = fs::File::create(folder.join("log")).unwrap();
    shell.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
    let mut shell = shell.spawn().expect("a shell starts");
    // Kept open for as long as this program lives.
    std::mem::forget(shell.stdin.take());
    port
}

/// The ids of a user of this machine.
fn account(user: &str) -> (u32, u32) {
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let account = accounts.lines().find(|line| line.starts_with(&format!("{user}:")));
    let account = account.unwrap_or_else(|| panic!("the server does not run as root, and there is no user {user}"));
    let ids: Vec<u32> = account.split(':').skip(2).take(2).map(|id| id.parse().unwrap()).collect();
    (ids[0], ids[1])
}

/// Tries until a server that was started just now answers.
pub fn patiently<T, E: std::fmt::Debug>(mut connect: impl FnMut() -> Result<T, E>, hint: &str) -> T {
    for _ in 0..1500 {
        if let Ok(connection) = connect() {
            return connection;
        }
        pause();
    }
    panic!("the server does not answer: {:?}; {hint}", connect().err())
}

#[expect(clippy::disallowed_methods, reason = "only time makes a server start")]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}
