//! The contracts on a real Redis, and what only Redis has.
#![cfg(feature = "redis")]

mod contract;
mod support;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use durastate::backend::Backend;
use durastate::backends::redis::Server;
use durastate::error::Kind;
use durastate::future::Answer;
use durastate::host::{Clock, Command, Redis, Reply};
use durastate::layers::key_value::KeyValue;
use durastate::store::{Entry, Shelf, Store, Value};

use support::clock::VirtualClock;
use support::executor::run;
use support::redis::Client;

fn open(clock: Arc<dyn Clock>) -> Server {
    Server::new(Arc::new(Client::new(clock)) as Arc<dyn Redis>)
}

contract::suite!(store, crate::open);
contract::suite!(results, crate::open);
contract::suite!(key_value, crate::open);
contract::suite!(persistence, crate::open);
contract::suite!(cache, crate::open);

mod tagged {
    //! The same with a hash tag in the prefix, as a cluster needs it.
    use super::*;

    struct Tagged(Server);

    impl Backend for Tagged {
        fn store(&self, shelf: Shelf) -> durastate::error::Result<Arc<dyn Store>> {
            self.0.store(match shelf {
                Shelf::KeyValue { table } => Shelf::KeyValue { table: format!("{{{table}}}:") },
                shelf => shelf,
            })
        }

        fn jobs(
            &self,
            queue: &str,
            options: durastate::jobs::JobsOptions,
        ) -> durastate::error::Result<Arc<dyn durastate::jobs::Jobs>> {
            self.0.jobs(queue, options)
        }
    }

    crate::contract::suite!(key_value, |clock| crate::tagged::Tagged(crate::open(clock)));
}

fn text(reply: Reply) -> String {
    match reply {
        Reply::Bulk(Value::Bytes(bytes)) => String::from_utf8(bytes).unwrap(),
        Reply::Status(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

/// How often each command was called in the whole server since the last `CONFIG RESETSTAT`.
fn calls(client: &Client, command: &str) -> usize {
    let stats = text(client.call("INFO", &["commandstats"]));
    let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

#[test]
fn redis_keeps_texts_as_they_are_and_bytes_behind_a_mark() {
    let clock = VirtualClock::new();
    let client = Arc::new(Client::new(clock.clone()));
    let kv = KeyValue::new(Arc::new(Server::new(client.clone()).plain("kv:")));
    run(&clock, async {
        kv.set("text", "hällo").await.unwrap();
        kv.set("bytes", vec![0, 1, 255]).await.unwrap();
        assert_eq!(text(client.call("GET", &["kv:text"])), "hällo");
        assert_eq!(text(client.call("GET", &["kv:bytes"])), "durastate:bytes:AAH/");
        for odd in ["durastate:bytes:AAH/", "durastate:text:x", "durastate:bytes:not base64!"] {
            kv.set("odd", odd).await.unwrap();
            assert_eq!(kv.get_bytes("odd").await.unwrap(), Some(odd.as_bytes().to_vec()), "{odd}");
        }
        client.call("SET", &["kv:foreign", "durastate:bytes:not base64!"]);
        assert_eq!(kv.get("foreign").await.unwrap().as_deref(), Some("durastate:bytes:not base64!"));
    });
}

#[test]
fn redis_forgets_an_expiring_value_by_itself_in_whole_milliseconds_rounded_up() {
    let clock = VirtualClock::new();
    let client = Arc::new(Client::new(clock.clone()));
    let store = Server::new(client.clone()).expiring("cache:");
    let entry = |key: &str, ttl| Entry { key: key.into(), value: "x".into(), ttl };
    run(&clock, async {
        let lasting = entry("lasting", None);
        let brief = entry("brief", Some(Duration::from_micros(50_000_400)));
        store.write(&[lasting, brief, entry("gone", None)]).await.unwrap();
        store.write(&[entry("gone", Some(Duration::ZERO))]).await.unwrap();
    });
    assert!(matches!(client.call("PTTL", &["cache:lasting"]), Reply::Int(-1)));
    assert!(matches!(client.call("PTTL", &["cache:brief"]), Reply::Int(left) if (40_000..=50_001).contains(&left)));
    assert!(matches!(client.call("EXISTS", &["cache:gone"]), Reply::Int(0)));
}

#[test]
fn a_value_that_redis_forgets_keeps_its_time_to_live_when_it_is_modified() {
    let clock = VirtualClock::new();
    let client = Arc::new(Client::new(clock.clone()));
    let kv = KeyValue::new(Arc::new(Server::new(client.clone()).plain("")));
    client.call("SET", &["a", "1", "PX", "100000"]);
    run(&clock, async { kv.modify("a", |_| "2".into()).await.unwrap() });
    assert!(matches!(client.call("PTTL", &["a"]), Reply::Int(left) if left > 0));
}

#[test]
fn what_is_no_string_is_corrupt_and_stays() {
    let clock = VirtualClock::new();
    let client = Arc::new(Client::new(clock.clone()));
    client.call("LPUSH", &["list", "1"]);
    let kv = KeyValue::new(Arc::new(Server::new(client.clone()).plain("")));
    run(&clock, async {
        assert_eq!(kv.get("list").await.unwrap_err().kind, Kind::Corrupt);
        let replaced = kv.replace("list", None, Some("x".into())).await.unwrap_err();
        assert_eq!((replaced.kind, replaced.key.as_deref()), (Kind::Corrupt, Some("list")));
    });
    assert!(matches!(client.call("LLEN", &["list"]), Reply::Int(1)));
}

#[test]
fn a_listing_takes_signs_that_mean_something_in_patterns_as_they_are() {
    let clock = VirtualClock::new();
    let kv = KeyValue::new(open(clock.clone()).store(Shelf::KeyValue { table: "a*[b]?\\".into() }).unwrap());
    let other = Client::new(clock.clone());
    other.call("SET", &["axb", "foreign"]);
    run(&clock, async {
        for key in ["*", "?", "[a]", "\\", "plain"] {
            kv.set(key, "x").await.unwrap();
        }
        assert_eq!(kv.keys().await.unwrap(), ["*", "?", "[a]", "\\", "plain"]);
        assert_eq!(kv.prefix("[").keys().await.unwrap(), ["a]"]);
        assert_eq!(kv.clear_prefix("*").await.unwrap(), ["*"]);
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "connections that really wait for each other need threads")]
fn changes_of_many_connections_at_once_are_never_lost() {
    let clock = VirtualClock::new();
    let first = Client::new(clock.clone());
    let threads = (0..8).map(|_| {
        let client = first.again();
        thread::spawn(move || {
            let clock = VirtualClock::new();
            let kv = KeyValue::new(Arc::new(Server::new(Arc::new(client)).plain("kv:")));
            run(&clock, async {
                kv.replace("n", None, Some("0".into())).await.unwrap();
                let add = |n: String| (n.parse::<u32>().unwrap() + 1).to_string();
                for _ in 0..50 {
                    // A thread that the others beat 128 times in a row is told to try later, and has changed nothing.
                    while let Err(error) = kv.modify("n", add).await {
                        assert_eq!(error.kind, Kind::Conflict);
                    }
                }
            });
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(text(first.call("GET", &["kv:n"])), "400");
}

#[test]
fn a_script_that_the_server_forgot_is_sent_once_more() {
    let clock = VirtualClock::new();
    let client = Arc::new(Client::new(clock.clone()));
    let store = Server::new(client.clone() as Arc<dyn Redis>).store(Shelf::KeyValue { table: "{s}".into() }).unwrap();
    let list = || run(&clock, async { store.list("", None, 10).await.unwrap() });
    list();
    client.call("SCRIPT", &["FLUSH"]);
    // Other tests of this program use the same server: what this one adds is at least this.
    let before = calls(&client, "eval");
    list();
    list();
    assert!(calls(&client, "eval") > before);
}

/// A client that keeps what is sent, and may say that it is a cluster.
struct Recorded {
    client: Client,
    sent: Mutex<Vec<String>>,
    cluster: bool,
}

impl Recorded {
    fn new(clock: Arc<dyn Clock>, cluster: bool) -> Arc<Self> {
        Arc::new(Self { client: Client::new(clock), sent: Mutex::default(), cluster })
    }

    /// What was sent since the last call: a line for each time, with all commands of it.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }
}

impl Redis for Recorded {
    fn send<'a>(&'a self, commands: Vec<Command>) -> Answer<'a, Vec<durastate::error::Result<Reply>>> {
        let words = |Command { name, args }: &Command| {
            let args = args.iter().map(|arg| match arg {
                Value::Text(text) => text.clone(),
                Value::Bytes(bytes) => format!("{bytes:?}"),
            });
            std::iter::once(name.to_string()).chain(args).collect::<Vec<_>>().join(" ")
        };
        self.sent.lock().unwrap().push(commands.iter().map(words).collect::<Vec<_>>().join(" | "));
        self.client.send(commands)
    }

    fn is_cluster(&self) -> bool {
        self.cluster
    }
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[test]
fn results_lie_in_redis_where_effect_keeps_them() {
    let clock = VirtualClock::new();
    let redis = Recorded::new(clock.clone(), false);
    let server = Server::new(redis.clone());
    let store = server.persistence("", "my:st%ore*").unwrap();
    let entry = |key: &str, value: &str, ttl| Entry { key: key.into(), value: value.into(), ttl };
    run(&clock, async {
        let brief = Some(Duration::from_micros(1_500_400));
        store.write(&[entry("u/1", "durastate:text:1", None), entry("u/2", "{\"a\": 1}", brief)]).await.unwrap();
        store.write(&[entry("u/3", "1", Some(Duration::from_nanos(1)))]).await.unwrap();
        store.write(&[entry("u/1", "2", Some(Duration::ZERO)), entry("u/4", "4", Some(Duration::MAX))]).await.unwrap();
        store.read(&keys(&["u/4"])).await.unwrap();
        store.read(&keys(&["u/4", "u/2"])).await.unwrap();
        store.remove(&keys(&["u/2", "u/4"])).await.unwrap();
        store.list("u*", None, 10).await.unwrap();
        server.persistence("app:", "a").unwrap().read(&keys(&["b"])).await.unwrap();
    });
    let expected = [
        "SET my%3Ast%25ore*:u/1 durastate:text:1 | SET my%3Ast%25ore*:u/2 {\"a\": 1} PX 1501",
        "SET my%3Ast%25ore*:u/3 1 PX 1",
        "DEL my%3Ast%25ore*:u/1 | SET my%3Ast%25ore*:u/4 4",
        "GET my%3Ast%25ore*:u/4",
        "MGET my%3Ast%25ore*:u/4 my%3Ast%25ore*:u/2",
        "UNLINK my%3Ast%25ore*:u/2 my%3Ast%25ore*:u/4",
        "SCAN 0 MATCH my%3Ast%25ore\\*:u\\** COUNT 10",
        "GET app:a:b",
    ];
    assert_eq!(redis.take(), expected);
}

#[test]
fn redis_forgets_results_by_itself_and_a_new_one_may_last() {
    let clock = VirtualClock::new();
    let client = Arc::new(Client::new(clock.clone()));
    let store = Server::new(client.clone()).persistence("", "users").unwrap();
    let entry = |ttl| Entry { key: "a".into(), value: "1".into(), ttl };
    run(&clock, store.write(&[entry(Some(Duration::from_secs(100)))])).unwrap();
    assert!(matches!(client.call("PTTL", &["users:a"]), Reply::Int(left) if (90_000..=100_000).contains(&left)));
    run(&clock, store.write(&[entry(None)])).unwrap();
    assert!(matches!(client.call("PTTL", &["users:a"]), Reply::Int(-1)));
    run(&clock, store.write(&[entry(Some(Duration::from_millis(1)))])).unwrap();
    // Only the server's own time makes it forget.
    while run(&clock, store.read(&keys(&["a"]))).unwrap() != [None] {}
}

#[test]
fn what_is_no_result_in_redis_is_handed_up_and_the_others_are_read() {
    let clock = VirtualClock::new();
    for cluster in [false, true] {
        let redis = Recorded::new(clock.clone(), cluster);
        redis.client.call("SET", &["users:a", "no JSON"]);
        redis.client.call("LPUSH", &["users:list", "1"]);
        redis.client.call("SET", &["users:b", "2"]);
        let store = Server::new(redis.clone()).persistence("", "users").unwrap();
        let read = run(&clock, store.read(&keys(&["a", "list", "b"]))).unwrap();
        assert_eq!(read, [Some("no JSON".into()), None, Some("2".into())]);
        assert_eq!(run(&clock, store.read(&keys(&["list"]))).unwrap_err().kind, Kind::Corrupt);
        assert!(matches!(redis.client.call("LLEN", &["users:list"]), Reply::Int(1)));
    }
}

#[test]
fn keys_that_may_lie_in_several_slots_of_a_cluster_are_never_in_one_command() {
    let clock = VirtualClock::new();
    let redis = Recorded::new(clock.clone(), true);
    let server = Server::new(redis.clone());
    let stores: [(&str, Arc<dyn Store>); 4] = [
        ("users:", Arc::new(server.persistence("", "users").unwrap())),
        ("{app}:users:", Arc::new(server.persistence("{app}:", "users").unwrap())),
        ("{users}:", Arc::new(server.persistence("", "{users}").unwrap())),
        ("kv:", Arc::new(server.plain("kv:"))),
    ];
    for (prefix, store) in stores {
        run(&clock, async {
            let two = keys(&["a", "b"]);
            assert_eq!(store.read(&two).await.unwrap(), [None, None]);
            store.remove(&two).await.unwrap();
            store.read(&keys(&["a"])).await.unwrap();
        });
        let (a, b) = (format!("{prefix}a"), format!("{prefix}b"));
        let expected = match prefix.contains('{') {
            true => [format!("MGET {a} {b}"), format!("UNLINK {a} {b}"), format!("GET {a}")],
            false => [format!("GET {a} | GET {b}"), format!("UNLINK {a} | UNLINK {b}"), format!("GET {a}")],
        };
        assert_eq!(redis.take(), expected);
    }
}

#[test]
fn a_store_among_what_belongs_to_durastate_is_refused() {
    let server = open(VirtualClock::new());
    for (prefix, store_id) in [("", "durastate"), ("durastate:", "users"), ("durastate", "")] {
        let refused = server.persistence(prefix, store_id).err().unwrap();
        assert!(refused.kind == Kind::Invalid && refused.message.contains(&format!("{store_id:?}")), "{refused}");
    }
    assert!(server.persistence("app:", "durastate").is_ok() && server.persistence("", "durastate:").is_ok());
}
