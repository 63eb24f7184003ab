//! How often persistence and the cache ask a real Redis, and what lies there then.
#![cfg(feature = "redis")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use durastate::backends::redis::Server;
use durastate::error::Result;
use durastate::future::Answer;
use durastate::host::{Clock, Command, Redis, Reply, Timestamp};
use durastate::layers::cache::{Asked, Cache, CacheOptions, Claims};
use durastate::layers::persistence::{Exit, Kept, Persistence};
use durastate::store::{Store, Value, namespace};

use support::clock::VirtualClock;
use support::executor::run;
use support::random::Seeded;
use support::redis::Client;

const LEASE: Duration = Duration::from_secs(5);

/// A Redis whose replies take a while: what is sent meanwhile leaves in the same go.
struct Recording {
    client: Client,
    clock: Arc<VirtualClock>,
    sent: Mutex<Vec<(Timestamp, String)>>,
}

impl Recording {
    /// The names of the commands that were sent since the last call, those of one go together.
    fn goes(&self) -> Vec<String> {
        let sent = std::mem::take(&mut *self.sent.lock().unwrap());
        let goes = sent.chunk_by(|(at, _), (next, _)| at == next);
        goes.map(|go| go.iter().map(|(_, name)| &**name).collect::<Vec<_>>().join(" ")).collect()
    }
}

impl Redis for Recording {
    fn send<'a>(&'a self, commands: Vec<Command>) -> Answer<'a, Vec<Result<Reply>>> {
        let now = self.clock.now();
        self.sent.lock().unwrap().extend(commands.iter().map(|command| (now, command.name.to_string())));
        let replies = self.client.send(commands);
        Box::pin(async move {
            self.clock.sleep_until(now.after(Duration::from_millis(1))).await;
            replies.await
        })
    }
}

struct World {
    clock: Arc<VirtualClock>,
    redis: Arc<Recording>,
    results: Arc<dyn Store>,
    cache: Cache,
}

fn open() -> World {
    let clock = VirtualClock::new();
    let recording = Recording { client: Client::on_time(), clock: clock.clone(), sent: Mutex::default() };
    let redis = Arc::new(recording);
    let server = Server::new(redis.clone());
    let (results, records) = (Arc::new(server.persistence("app:", "us:ers").unwrap()), Arc::new(server.records()));
    let options = CacheOptions { name: format!("app:{}", namespace("us:ers")), lease: LEASE };
    let cache = Cache::new(results.clone(), records, clock.clone(), Arc::new(Seeded::new(1)), options);
    World { clock, redis, results, cache }
}

fn success(json: &str) -> Exit {
    Exit::Success(json.into())
}

async fn look_up(cache: &Cache, key: &str) {
    let found = cache.get(key, Some(LEASE), async || Ok::<_, durastate::error::Error>(success("1"))).await;
    assert_eq!(found.unwrap(), success("1"));
}

#[test]
fn a_hit_asks_once_and_a_miss_three_times() {
    let World { clock, redis, cache, .. } = open();
    run(&clock, async {
        look_up(&cache, "the server learns the scripts").await;
        redis.goes();
        look_up(&cache, "k").await;
        assert_eq!(redis.goes(), ["GET", "EVALSHA", "SET EVALSHA"]);
        look_up(&cache, "k").await;
        assert_eq!(redis.goes(), ["GET"]);
        cache.forget(&["k".to_owned()]).await.unwrap();
        assert_eq!(redis.goes(), ["UNLINK UNLINK"]);
        let Asked::Miss(_) = cache.ask("k").await.unwrap() else { panic!("it was forgotten") };
        redis.goes();
        assert!(matches!(cache.ask("k").await.unwrap(), Asked::Busy(_)));
        assert_eq!(redis.goes(), ["GET", "EVALSHA"]);
    });
}

#[test]
fn several_keys_are_read_and_stored_in_one_go() {
    let World { clock, redis, results, .. } = open();
    let users = Persistence::new(results);
    let keys: Vec<_> = (0..100).map(|i| format!("k{i}")).collect();
    let kept = keys.iter().map(|key| Kept { key: key.clone(), exit: success("1"), ttl: Some(LEASE) }).collect();
    run(&clock, async {
        users.set_many(kept).await.unwrap();
        assert_eq!(redis.goes().len(), 1);
        assert!(users.get_many(&keys).await.unwrap().into_iter().all(|found| found.unwrap() == Some(success("1"))));
        assert_eq!(redis.goes(), ["MGET"]);
        users.get_many(&[]).await.unwrap();
        users.set_many(vec![]).await.unwrap();
        users.set("k", &success("1"), Some(Duration::ZERO)).await.unwrap();
        assert_eq!(redis.goes().len(), 0, "nothing is asked of nobody");
        users.set("k", &success("1"), Some(LEASE)).await.unwrap();
        users.get("k").await.unwrap();
        users.remove("k").await.unwrap();
        assert_eq!(redis.goes(), ["SET", "GET", "UNLINK"]);
    });
}

#[test]
fn tags_are_read_in_one_go_and_last_for_ever() {
    let World { clock, redis, cache, .. } = open();
    let tags = ["red", "green", "blue"].map(str::to_owned);
    run(&clock, async {
        cache.claims().bump(&tags[..1]).await.unwrap();
        redis.goes();
        assert_eq!(cache.claims().epochs(&tags).await.unwrap()[1..], [0, 0]);
        assert_eq!(redis.goes(), ["EVALSHA EVALSHA EVALSHA"]);
        cache.claims().bump(&tags).await.unwrap();
        assert_eq!(redis.goes().len(), 1);
    });
    assert!(matches!(redis.client.call("PTTL", &["durastate:tag:app:us%3Aers:red"]), Reply::Int(-1)));
}

#[test]
fn a_claim_lies_beside_its_result_and_goes_with_its_lease() {
    let World { clock, redis, cache, .. } = open();
    let claims: &Claims = cache.claims();
    let (key, pttl) = ("durastate:claim:app:us%3Aers:u/1", |most: i64| {
        let left = redis.client.call("PTTL", &["durastate:claim:app:us%3Aers:u/1"]);
        assert!(matches!(left, Reply::Int(left) if left > most / 2 && left <= most + 1), "{left:?}");
    });
    run(&clock, async {
        claims.claim("u/1", "token", LEASE * 100, None).await.unwrap();
        let Reply::Bulk(Value::Bytes(token)) = redis.client.call("HGET", &[key, "token"]) else { panic!("no token") };
        assert_eq!(token, b"token");
        pttl(500_000);
        claims.renew("u/1", "token", LEASE * 10).await.unwrap();
        pttl(50_000);
        let text = r#"{"_tag":"Success","value":1}"#;
        assert!(claims.finish("u/1", "token", text.into(), Some(Duration::from_secs(100))).await.unwrap());
        pttl(5_000);
        let Reply::Bulk(Value::Bytes(found)) = redis.client.call("GET", &["app:us%3Aers:u/1"]) else {
            panic!("no text")
        };
        assert_eq!(found, text.as_bytes());
        claims.forget(&["u/1".to_owned()]).await.unwrap();
        assert!(matches!(redis.client.call("EXISTS", &[key, "app:us%3Aers:u/1"]), Reply::Int(0)));
        claims.claim("u/1", "token", LEASE, None).await.unwrap();
        claims.release("u/1", "token").await.unwrap();
        assert!(matches!(redis.client.call("EXISTS", &[key]), Reply::Int(0)));
        claims.claim("u/1", "token", Duration::MAX, None).await.unwrap();
        claims.claim("u/1", "token", Duration::ZERO, None).await.unwrap();
        assert!(matches!(redis.client.call("EXISTS", &[key]), Reply::Int(0)), "a lease of no time has lapsed");
    });
}
