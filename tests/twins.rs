//! Lua twins against the functions that they are twins of, on a real Redis: the same state, time and arguments give
//! the same answer and leave the same state behind.
#![cfg(feature = "redis")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use durastate::backends::redis::Server;
use durastate::error::{Kind, Result};
use durastate::host::{Clock, Reply, Timestamp};
use durastate::layers::cache::{CLAIM, EPOCH, SETTLE};
use durastate::layers::key_value::REPLACE;
use durastate::store::{Store, Value};
use durastate::transition::{
    Change, Fields, Layout, Mode, Outcome, Record, Scalar, Step, Transition, Twin, Type, decide,
};
use proptest::prelude::*;

use support::clock::VirtualClock;
use support::executor::run;
use support::redis::Client;

const HASH: &[(&str, Type)] =
    &[("count", Type::Int), ("share", Type::Real), ("label", Type::Text), ("bytes", Type::Bytes)];

/// Every layout and every type: `set` puts what the arguments say into the record that `at` names, `remove` removes it,
/// `refuse` refuses; the answer is what was there, and when.
static TALLY: Transition = Transition {
    name: "test/tally",
    step: tally,
    keys: |key, _| vec![format!("{key}:hash"), format!("{key}:plain"), format!("{key}:scores")],
    expects: None,
    lua: Some(Twin {
        body: r"
            local at = args.at + 1
            local before = state[at]
            local reply = { now = now, known = before and 1 or 0, count = before and before.fields.count,
                share = before and before.fields.share, label = before and before.fields.label }
            if args.refuse then return {}, reply, true end
            local changes = {}
            if args.remove then
                changes[at] = REMOVE
            elseif at == 2 then
                changes[at] = { fields = { count = args.count }, expires = args.ttl and now + args.ttl }
            elseif at == 3 then
                changes[at] = { fields = { [args.label] = args.share }, expires = before and before.expires }
            else
                changes[at] = {
                    fields = { count = args.count, share = args.share, label = args.label, bytes = args.bytes },
                    expires = args.ttl and now + args.ttl,
                }
            end
            return changes, reply
        ",
        layouts: &[Layout::Hash(HASH), Layout::Plain("count", Type::Int), Layout::Scores],
        reply: &[
            ("now", Type::Int),
            ("known", Type::Int),
            ("count", Type::Int),
            ("share", Type::Real),
            ("label", Type::Text),
        ],
    }),
};

fn tally(state: &[Option<Record>], now: Timestamp, args: &Fields) -> Result<Outcome> {
    let at = usize::try_from(args.int("at")?).unwrap();
    let before = state[at].as_ref();
    let mut reply = Fields::new().with("now", now.micros()).with("known", i64::from(before.is_some()));
    for name in ["count", "share", "label"] {
        if let Some(value) = before.and_then(|record| record.fields.get(name)) {
            reply = reply.with(name, value.clone());
        }
    }
    if args.get("refuse").is_some() {
        return Ok(Outcome::refuse(reply));
    }
    let expires = args.int("ttl").ok().map(|ttl| Timestamp::from_micros(now.micros() + ttl));
    let taken = |names: &[&'static str]| {
        names.iter().fold(Fields::new(), |fields, name| match args.get(name) {
            Some(value) => fields.with(*name, value.clone()),
            None => fields,
        })
    };
    let change = match at {
        _ if args.get("remove").is_some() => Change::Remove,
        1 => Change::Put(Record { fields: taken(&["count"]), expires }),
        2 => Change::Put(Record {
            fields: Fields::new().with(args.text("label")?.to_owned(), args.real("share")?),
            expires: before.and_then(|record| record.expires),
        }),
        _ => Change::Put(Record { fields: taken(&["count", "share", "label", "bytes"]), expires }),
    };
    let mut changes = vec![Change::Keep, Change::Keep, Change::Keep];
    changes[at] = change;
    Ok(Outcome::change(changes, reply))
}

fn bytes(reply: Reply) -> Option<Vec<u8>> {
    match reply {
        Reply::Bulk(Value::Bytes(bytes)) => Some(bytes),
        Reply::Nil => None,
        other => panic!("{other:?} is no string"),
    }
}

fn scalar(of: Type, bytes: Vec<u8>) -> Scalar {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    match of {
        Type::Int => Scalar::Int(text(bytes).parse().unwrap()),
        Type::Real => Scalar::Real(text(bytes).parse().unwrap()),
        Type::Text => Scalar::Text(text(bytes)),
        _ => Scalar::Bytes(bytes),
    }
}

/// What lies in Redis under the keys of a tally, as records: without their expiry, which is asked for by itself.
fn stored(client: &Client, key: &str) -> Vec<Option<Fields>> {
    let hash = HASH.iter().fold(Fields::new(), |fields, (name, of)| {
        match bytes(client.call("HGET", &[&format!("{key}:hash"), name])) {
            Some(value) => fields.with(*name, scalar(*of, value)),
            None => fields,
        }
    });
    let plain = bytes(client.call("GET", &[&format!("{key}:plain")]));
    let plain = plain.map(|value| Fields::new().with("count", scalar(Type::Int, value)));
    let Reply::Array(members) = client.call("ZRANGE", &[&format!("{key}:scores"), "0", "-1", "WITHSCORES"]) else {
        panic!("no sorted set");
    };
    let mut members = members.into_iter().filter_map(bytes);
    let mut scores = Fields::new();
    while let (Some(member), Some(score)) = (members.next(), members.next()) {
        scores = scores.with(String::from_utf8(member).unwrap(), scalar(Type::Real, score));
    }
    let some = |fields: Fields| (fields.iter().count() > 0).then_some(fields);
    vec![some(hash), plain, some(scores)]
}

fn arguments() -> impl Strategy<Value = Fields> {
    let count = prop_oneof![-9_007_199_254_740_992i64..=9_007_199_254_740_992, -3i64..3];
    let share = prop_oneof![any::<f64>().prop_filter("finite", |share| share.is_finite()), Just(0.1 + 0.2), Just(-0.0)];
    let label = prop_oneof![any::<String>(), Just(String::new()), Just("läbel\n\0 \"".to_owned())];
    let ttl = proptest::option::of(prop_oneof![Just(0i64), 60_000_000i64..9_000_000_000]);
    let given = (0i64..3, count, share, label, any::<Vec<u8>>(), ttl, 0..8);
    given.prop_map(|(at, count, share, label, bytes, ttl, what)| {
        let fields = Fields::new().with("at", at).with("count", count).with("share", share);
        let fields = fields.with("label", label).with("bytes", bytes);
        let fields = ttl.into_iter().fold(fields, |fields, ttl| fields.with("ttl", ttl));
        match what {
            0 => fields.with("remove", 1),
            1 => fields.with("refuse", 1),
            _ => fields,
        }
    })
}

/// Runs the steps as one in Redis, and by `decide` on what Redis held before, at the time that Redis says it was.
fn compare(all: &[Fields]) {
    let clock = VirtualClock::new();
    let client = Arc::new(Client::on_time());
    let store = Server::new(client.clone()).records();
    for args in all.chunks(2) {
        let steps: Vec<_> =
            args.iter().map(|args| Step { transition: &TALLY, key: "{t}".into(), args: args.clone() }).collect();
        let keys = (TALLY.keys)("{t}", &args[0]);
        let expires = |key: &String| match client.call("PEXPIRETIME", &[key]) {
            Reply::Int(at) if at >= 0 => Some(Timestamp::from_micros(at * 1000)),
            _ => None,
        };
        let record =
            |(key, fields): (&String, Option<Fields>)| fields.map(|fields| Record { fields, expires: expires(key) });
        let before: Vec<_> = keys.iter().zip(stored(&client, "{t}")).map(record).collect();
        let told = run(&clock, store.apply(&steps, Mode::AllOrNothing)).unwrap();
        let now = Timestamp::from_micros(told[0].as_ref().unwrap().reply.int("now").unwrap());
        let read = |key: &str| before[keys.iter().position(|known| known == key).unwrap()].clone();
        let decision = decide(&steps, Mode::AllOrNothing, now, read).unwrap();
        let decided: Vec<_> = decision.decided.into_iter().map(Result::unwrap).collect();
        assert_eq!(told.into_iter().map(Result::unwrap).collect::<Vec<_>>(), decided);
        let mut expected = before.clone();
        for (key, change) in decision.changes {
            let at = keys.iter().position(|known| *known == key).unwrap();
            expected[at] = match change {
                Change::Put(record) => Some(record),
                _ => None,
            };
        }
        let after: Vec<_> = keys.iter().zip(stored(&client, "{t}")).map(record).collect();
        let in_millis = |record: &Option<Record>| {
            let at = record.as_ref().and_then(|record| record.expires).map(|at| (at.micros() + 999) / 1000);
            (record.as_ref().map(|record| record.fields.clone()), at)
        };
        assert_eq!(after.iter().map(in_millis).collect::<Vec<_>>(), expected.iter().map(in_millis).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_twin_does_what_its_step_does(all in proptest::collection::vec(arguments(), 1..8)) {
        compare(&all);
    }

    #[test]
    fn the_twin_of_replace_does_what_replace_does(
        all in proptest::collection::vec((0..3usize, 0..3usize, any::<bool>()), 1..12)
    ) {
        let clock = VirtualClock::new();
        let place = Server::new(Arc::new(Client::on_time())).plain("kv:");
        let values = [None, Some(Value::from("durastate:text:a")), Some(Value::from(vec![0, 255]))];
        let mut model: Option<Record> = None;
        for (expected, next, both) in all {
            let args = [("expected", &values[expected]), ("next", &values[next])].into_iter().fold(
                Fields::new(),
                |args, (name, value)| match value.clone().and_then(|value| Fields::from(value).take("value")) {
                    Some(value) => args.with(name, value),
                    None => args,
                },
            );
            let step = Step { transition: &REPLACE, key: "k".into(), args };
            let steps = vec![step; 1 + usize::from(both)];
            let told: Vec<_> = run(&clock, place.apply(&steps, Mode::AllOrNothing)).unwrap();
            let decision = decide(&steps, Mode::AllOrNothing, Timestamp::default(), |_| model.clone()).unwrap();
            prop_assert_eq!(
                told.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
                decision.decided.into_iter().map(Result::unwrap).collect::<Vec<_>>()
            );
            for (_, change) in decision.changes {
                model = match change {
                    Change::Put(record) => Some(record),
                    _ => None,
                };
            }
            let found = run(&clock, place.read(&["k".to_owned()])).unwrap().remove(0);
            prop_assert_eq!(found, model.clone().map(|record| record.fields.into_value().unwrap()));
        }
    }
}

/// What happens to one claim and one tag, with how much time passes before it.
fn of_the_cache() -> impl Strategy<Value = (Vec<Step>, u64)> {
    let token = || prop_oneof![Just("a"), Just("b"), Just("ü\n\0")];
    let lives = || prop_oneof![Just(0i64), Just(1), Just(5_000), 0i64..10_000];
    let step = |transition, key: &str, args| Step { transition, key: key.into(), args };
    let claim = (token(), lives(), proptest::option::of(token())).prop_map(move |(token, lease, seen)| {
        let args = Fields::new().with("token", token).with("lease", lease);
        step(&CLAIM, "{c}claim", seen.into_iter().fold(args, |args, seen| args.with("seen", seen)))
    });
    let settle = (token(), 0i64..2, lives()).prop_map(move |(token, done, lives)| {
        step(&SETTLE, "{c}claim", Fields::new().with("token", token).with("done", done).with("lives", lives))
    });
    let epoch = prop::bool::weighted(0.7)
        .prop_map(move |bump| step(&EPOCH, "{c}tag", if bump { Fields::new().with("bump", 1) } else { Fields::new() }));
    let steps = proptest::collection::vec(prop_oneof![3 => claim, 3 => settle, 1 => epoch], 1..3);
    (steps, prop_oneof![Just(0u64), Just(1), 0u64..10_000])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_twins_of_the_cache_do_what_its_steps_do(all in proptest::collection::vec(of_the_cache(), 1..12)) {
        let clock = VirtualClock::new();
        let client = Arc::new(Client::new(clock.clone()));
        let place = Server::new(client.clone()).records();
        let mut model: BTreeMap<String, Record> = BTreeMap::new();
        for (steps, passes) in all {
            clock.advance(Duration::from_micros(passes));
            let now = clock.now();
            let told = run(&clock, place.apply(&steps, Mode::AllOrNothing)).unwrap();
            model.retain(|_, record| record.expires.is_none_or(|at| now < at));
            let decision = decide(&steps, Mode::AllOrNothing, now, |key| model.get(key).cloned()).unwrap();
            prop_assert_eq!(
                told.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
                decision.decided.into_iter().map(Result::unwrap).collect::<Vec<_>>()
            );
            for (key, change) in decision.changes {
                match change {
                    Change::Put(record) => drop(model.insert(key, record)),
                    _ => drop(model.remove(&key)),
                }
            }
            for (key, record) in &model {
                let read = |name: &str| match key.ends_with("tag") {
                    true => bytes(client.call("GET", &[key])),
                    false => bytes(client.call("HGET", &[key, name])),
                };
                for (name, value) in record.fields.iter() {
                    let of = if name == "token" { Type::Text } else { Type::Int };
                    prop_assert_eq!(&scalar(of, read(name).unwrap()), value, "{} of {}", name, key);
                }
                let expires = record.expires.map_or(-1, |at| (at.micros() + 999) / 1000);
                let found = client.call("PEXPIRETIME", &[key]);
                prop_assert!(matches!(found, Reply::Int(at) if at == expires), "{:?} instead of {}", found, expires);
            }
        }
    }
}

#[test]
fn a_claim_that_others_wrote_is_corrupt_and_stays() {
    let clock = VirtualClock::new();
    let client = Arc::new(Client::new(clock.clone()));
    client.call("HSET", &["no end", "token", "a"]);
    client.call("HSET", &["no number", "token", "a", "done", "0", "ends", "soon"]);
    client.call("SET", &["no hash", "1"]);
    let store = Server::new(client.clone()).records();
    let args = Fields::new().with("token", "a").with("done", 0).with("lives", 1).with("lease", 1);
    for (key, transition) in
        ["no end", "no number", "no hash"].into_iter().flat_map(|key| [(key, &CLAIM), (key, &SETTLE)])
    {
        let step = Step { transition, key: key.into(), args: args.clone() };
        let told = run(&clock, store.apply(&[step], Mode::Each)).unwrap().remove(0).unwrap_err();
        assert_eq!((told.kind, told.key.as_deref()), (Kind::Corrupt, Some(key)), "{}", transition.name);
    }
    assert!(matches!(client.call("HLEN", &["no end"]), Reply::Int(1)));
}

#[test]
fn a_number_that_lua_does_not_have_is_refused() {
    let clock = VirtualClock::new();
    let store = Server::new(Arc::new(Client::on_time())).records();
    let args = Fields::new().with("at", 0).with("count", i64::MAX);
    let step = Step { transition: &TALLY, key: "k".into(), args };
    let refused = run(&clock, store.apply(&[step], Mode::Each)).unwrap_err();
    assert_eq!((refused.kind, refused.key.as_deref()), (Kind::Invalid, Some("k")));
}

#[test]
fn what_is_stored_otherwise_fails_its_own_step_and_stays() {
    let clock = VirtualClock::new();
    let client = Arc::new(Client::on_time());
    client.call("SET", &["bad:plain", "no number"]);
    client.call("LPUSH", &["worse:hash", "no hash"]);
    let store = Server::new(client.clone()).records();
    let step = |key: &str, at: i64| {
        let args = Fields::new().with("at", at).with("count", 1).with("share", 0.5).with("label", "l");
        Step { transition: &TALLY, key: key.into(), args: args.with("bytes", vec![1]) }
    };
    let steps = [step("bad", 1), step("good", 1), step("worse", 0)];
    let told = run(&clock, store.apply(&steps, Mode::Each)).unwrap();
    let kinds: Vec<_> = told.iter().map(|told| told.as_ref().map(|_| ()).map_err(|error| error.kind)).collect();
    assert_eq!(kinds, [Err(Kind::Corrupt), Ok(()), Err(Kind::Corrupt)]);
    assert_eq!(bytes(client.call("GET", &["bad:plain"])), Some(b"no number".to_vec()));
    assert_eq!(bytes(client.call("GET", &["good:plain"])), Some(b"1".to_vec()));
    let failed = run(&clock, store.apply(&[step("good", 2), step("bad", 1)], Mode::AllOrNothing)).unwrap_err();
    assert_eq!(failed.kind, Kind::Corrupt);
    assert!(matches!(client.call("EXISTS", &["good:scores"]), Reply::Int(0)));
}
