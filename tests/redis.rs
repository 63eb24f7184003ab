//! The contracts on a real Redis, and what only Redis has.
#![cfg(feature = "redis")]

mod contract;
mod support;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use durastate::backend::Backend;
use durastate::backends::redis::Server;
use durastate::error::Kind;
use durastate::host::{Clock, Redis, Reply};
use durastate::layers::key_value::KeyValue;
use durastate::store::{Entry, Shelf, Store, Value};

use support::clock::VirtualClock;
use support::executor::run;
use support::redis::Client;

fn open(clock: Arc<dyn Clock>) -> Server {
    Server::new(Arc::new(Client::new(clock)) as Arc<dyn Redis>)
}

contract::suite!(store, crate::open);
contract::suite!(key_value, crate::open);

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
