//! A real redis-server for one test program, and a blocking client of it whose time is the test's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use durastate::error::{Error, Kind, Result};
use durastate::future::{Answer, ready};
use durastate::host::{Clock, Command, Redis, Reply};
use durastate::store::Value;

use super::servers::{patiently, serve};

/// How many databases the server has: each test takes one, so that it finds it empty.
const DATABASES: usize = 1024;

const SCRIPT: &str = r#""$1" --port "$port" --bind 127.0.0.1 --save "" --databases "$2" < /dev/null &"#;

fn connect() -> TcpStream {
    static PORT: OnceLock<u16> = OnceLock::new();
    let program = std::env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
    let port = *PORT.get_or_init(|| serve(SCRIPT, &[program.into(), DATABASES.to_string().into()], "nobody"));
    patiently(|| TcpStream::connect(("127.0.0.1", port)), "install redis-server, or set REDIS_SERVER to its program")
}

/// A connection to a database of its own. What scripts take for the server's time is the time of the clock.
pub struct Client {
    stream: Mutex<BufReader<TcpStream>>,
    /// The server's own time counts where there is none.
    clock: Option<Arc<dyn Clock>>,
    database: usize,
}

impl Client {
    /// A client of a database that nobody has used, on the server's own time.
    pub fn on_time() -> Self {
        Self::unused(None)
    }

    /// A client of a database that nobody has used.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::unused(Some(clock))
    }

    fn unused(clock: Option<Arc<dyn Clock>>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let database = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(database < DATABASES, "there are no databases left");
        Self::of(database, clock)
    }

    /// Another connection to the same database.
    pub fn again(&self) -> Self {
        Self::of(self.database, self.clock.clone())
    }

    fn of(database: usize, clock: Option<Arc<dyn Clock>>) -> Self {
        let client = Self { stream: Mutex::new(BufReader::new(connect())), clock, database };
        client.call("SELECT", &[&database.to_string()]);
        client
    }

    /// One command of texts, as a test asks it.
    pub fn call(&self, name: &'static str, args: &[&str]) -> Reply {
        let args = args.iter().map(|arg| Value::from(*arg)).collect();
        let mut replies = self.exchange(&[Command { name: name.into(), args }]).unwrap();
        replies.remove(0)
    }

    fn exchange(&self, commands: &[Command]) -> std::io::Result<Vec<Reply>> {
        let mut stream = self.stream.lock().unwrap();
        let mut sent = Vec::new();
        for Command { name, args } in commands {
            write!(sent, "*{}\r\n${}\r\n{name}\r\n", args.len() + 1, name.len())?;
            for arg in args {
                let bytes = match arg {
                    Value::Text(text) => text.as_bytes(),
                    Value::Bytes(bytes) => bytes,
                };
                write!(sent, "${}\r\n", bytes.len())?;
                sent.extend_from_slice(bytes);
                sent.extend_from_slice(b"\r\n");
            }
        }
        stream.get_mut().write_all(&sent)?;
        commands.iter().map(|_| reply(&mut stream)).collect()
    }

    /// The same script at the test's time. Another source has another hash, so a call by hash is never known.
    fn timed(&self, mut command: Command) -> Command {
        let Some(clock) = &self.clock else { return command };
        let now = clock.now().micros();
        let time = format!("{{ '{}', '{}' }}", now / 1_000_000, now % 1_000_000);
        if let (true, Some(Value::Text(source))) = (command.name == "EVAL", command.args.first_mut()) {
            *source = source.replace("redis.call('TIME')", &time);
        }
        command
    }
}

fn reply(stream: &mut BufReader<TcpStream>) -> std::io::Result<Reply> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let (kind, rest) = line.trim_end().split_at(1);
    let length = || rest.parse::<i64>().unwrap();
    Ok(match kind {
        "+" => Reply::Status(rest.to_owned()),
        "-" => Reply::Error(rest.to_owned(), None),
        ":" => Reply::Int(length()),
        "$" | "*" if length() < 0 => Reply::Nil,
        "$" => {
            let mut bytes = vec![0; length() as usize + 2];
            stream.read_exact(&mut bytes)?;
            bytes.truncate(length() as usize);
            Reply::Bulk(Value::Bytes(bytes))
        }
        _ => Reply::Array((0..length()).map(|_| reply(stream)).collect::<std::io::Result<_>>()?),
    })
}

impl Redis for Client {
    fn send<'a>(&'a self, commands: Vec<Command>) -> Answer<'a, Vec<Result<Reply>>> {
        let commands: Vec<_> = commands.into_iter().map(|command| self.timed(command)).collect();
        let failed = |error| Error::new(Kind::Unknown, "the connection broke").because(error);
        ready(self.exchange(&commands).map(|replies| replies.into_iter().map(Ok).collect()).map_err(failed))
    }
}
