//! What the persistence layer promises.

use std::sync::Arc;
use std::time::Duration;

use durastate::error::{Kind, Result};
use durastate::layers::persistence::{Exit, Kept, Persistence, Reason};
use durastate::store::{Entry, Shelf, Store};
use durastate::transition::{Change, Fields, Mode, Outcome, Step, Transition};

use super::World;

fn results(world: &World, store_id: &str) -> Arc<dyn Store> {
    world.backend.store(Shelf::Persistence { prefix: String::new(), store_id: store_id.into() }).unwrap()
}

fn open(world: &World) -> Persistence {
    Persistence::new(results(world, "users"))
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn success(json: &str) -> Exit {
    Exit::Success(json.into())
}

fn kept(key: &str, json: &str, ttl: Option<Duration>) -> Kept {
    Kept { key: key.into(), exit: success(json), ttl }
}

pub async fn however_it_ended_it_comes_back(world: &World) {
    let users = open(world);
    let reasons = || {
        let (fail, die) = (r#"{"_tag":"NotFound","id":"ü🗝"}"#, r#"{"name":"Error","message":"a\nb"}"#);
        vec![Reason::Fail(fail.into()), Reason::Die(die.into()), Reason::Interrupt(None)]
    };
    let exits = [
        success("null"),
        success(r#"{"name":"Ädä \"Key\" 🗝\\","list":[1,2.5,-3e7,true]}"#),
        Exit::Failure(vec![Reason::Fail("\"no\"".into())]),
        Exit::Failure(vec![Reason::Die("null".into())]),
        Exit::Failure(vec![Reason::Interrupt(Some(5.0))]),
        Exit::Failure(reasons()),
        Exit::Failure(vec![]),
    ];
    for exit in exits {
        users.set("u/1", &exit, None).await.unwrap();
        assert_eq!(users.get("u/1").await.unwrap(), Some(exit));
    }
    users.remove("u/1").await.unwrap();
    users.remove("never there").await.unwrap();
    assert_eq!(users.get("u/1").await.unwrap(), None);
}

pub async fn what_is_stored_is_the_result_to_the_byte(world: &World) {
    let users = open(world);
    let texts = [
        r#"{"_tag":"Success","value":{"n":1,"d":"1970-01-01T00:00:00.000Z","b":"5","u":"AQL/"}}"#,
        r#"{"_tag":"Failure","cause":[{"_tag":"Fail","error":{"_tag":"E","m":"a"}},{"_tag":"Die","defect":{"name":"Error","message":"d"}},{"_tag":"Interrupt","fiberId":5}]}"#,
    ];
    for text in texts {
        users.set("k", &Exit::decode(text).unwrap(), Some(Duration::from_secs(60))).await.unwrap();
        assert_eq!(results(world, "users").read(&keys(&["k"])).await.unwrap(), [Some(text.into())]);
    }
}

pub async fn what_is_no_result_is_corrupt_for_its_key_alone_and_stays(world: &World) {
    let (users, store) = (open(world), results(world, "users"));
    users.set("good", &success("1"), None).await.unwrap();
    let entry = |key: &str, text: &str| Entry { key: key.into(), value: text.into(), ttl: None };
    store.write(&[entry("no json", "{\"_tag\":"), entry("no result", "[1,null]")]).await.unwrap();
    let found = users.get_many(&keys(&["no json", "good", "missing", "no result"])).await.unwrap();
    let told = found.into_iter().map(|found| found.map_err(|error| (error.kind, error.key.unwrap())));
    let expected = [
        Err((Kind::Corrupt, "no json".to_owned())),
        Ok(Some(success("1"))),
        Ok(None),
        Err((Kind::Corrupt, "no result".to_owned())),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(users.get("no json").await.unwrap_err().key.as_deref(), Some("no json"));
    assert_eq!(store.read(&keys(&["no json"])).await.unwrap(), [Some("{\"_tag\":".into())], "it stays");
    users.set("no json", &success("2"), None).await.unwrap();
    assert_eq!(users.get("no json").await.unwrap(), Some(success("2")));
}

pub async fn for_no_time_nothing_is_stored_and_nothing_is_removed(world: &World) {
    let users = open(world);
    users.set("new", &success("1"), Some(Duration::ZERO)).await.unwrap();
    users.set("old", &success("1"), None).await.unwrap();
    users.set("old", &success("2"), Some(Duration::ZERO)).await.unwrap();
    users.set_many(vec![kept("new", "3", Some(Duration::ZERO)), kept("old", "3", Some(Duration::ZERO))]).await.unwrap();
    assert_eq!((users.get("new").await.unwrap(), users.get("old").await.unwrap()), (None, Some(success("1"))));
}

pub async fn of_several_for_one_key_the_last_one_counts(world: &World) {
    let users = open(world);
    let hour = Some(Duration::from_secs(3600));
    let many = vec![
        kept("a", "1", hour),
        kept("b", "1", None),
        kept("a", "2", None),
        kept("c", "1", hour),
        kept("b", "2", hour),
        kept("c", "2", Some(Duration::ZERO)),
    ];
    users.set_many(many).await.unwrap();
    users.set_many(vec![]).await.unwrap();
    let found: Vec<_> = users.get_many(&keys(&["b", "a", "c", "a"])).await.unwrap();
    let expected = ["2", "2", "1", "2"].map(|json| Some(success(json)));
    assert_eq!(found.into_iter().collect::<Result<Vec<_>>>().unwrap(), expected);
    assert_eq!(users.get_many(&[]).await.unwrap().len(), 0);
}

pub async fn clearing_a_store_leaves_the_others_and_what_belongs_to_durastate(world: &World) {
    static STAY: Transition = Transition {
        name: "test/stay",
        step: |_, _, _| Ok(Outcome::change(vec![Change::Put(Fields::new().with("n", 1).into())], Fields::new())),
        keys: |key, _| vec![key.to_owned()],
        expects: None,
        lua: None,
    };
    let ids = ["users", "user", "users:", "users%3A", "u*ers", "{users}"];
    let records = world.backend.store(Shelf::State).unwrap();
    let step = Step { transition: &STAY, key: "durastate:claim:users:k".into(), args: Fields::new() };
    records.apply(&[step], Mode::Each).await.unwrap();
    for id in ids {
        for key in ["k", "durastate:k", ":k", "K*"] {
            Persistence::new(results(world, id)).set(key, &success("1"), None).await.unwrap();
        }
    }
    for (cleared, id) in ids.into_iter().enumerate() {
        Persistence::new(results(world, id)).clear().await.unwrap();
        for (at, id) in ids.into_iter().enumerate() {
            for key in ["k", "durastate:k", ":k", "K*"] {
                let found = Persistence::new(results(world, id)).get(key).await.unwrap();
                assert_eq!(found.is_some(), at > cleared, "{key} of {id} when {} is cleared", ids[cleared]);
            }
        }
    }
    assert_eq!(records.list("durastate:", None, 10).await.unwrap().keys, ["durastate:claim:users:k"]);
}

pub async fn many_keys_go_at_once(world: &World) {
    let users = open(world);
    let names: Vec<_> = (0..250).map(|i| format!("k{i}")).collect();
    let many = names.iter().map(|name| kept(name, &format!("\"{name}\""), Some(Duration::from_secs(3600))));
    users.set_many(many.collect()).await.unwrap();
    let found = users.get_many(&names).await.unwrap();
    for (name, found) in names.iter().zip(found) {
        assert_eq!(found.unwrap(), Some(success(&format!("\"{name}\""))));
    }
    users.clear().await.unwrap();
    assert!(users.get_many(&names).await.unwrap().into_iter().all(|found| found.unwrap().is_none()));
}

pub mod times {
    //! The same where the time of a value is the caller's, as it is everywhere but in Redis.

    use super::*;

    pub async fn a_result_is_there_for_as_long_as_was_said(world: &World) {
        let users = open(world);
        let millis = |millis| Some(Duration::from_millis(millis));
        users.set("brief", &success("1"), millis(1500)).await.unwrap();
        users.set("lasting", &success("1"), millis(1500)).await.unwrap();
        users.set("lasting", &success("2"), None).await.unwrap();
        users.set_many(vec![kept("longer", "1", millis(1501)), kept("ever", "1", None)]).await.unwrap();
        world.clock.advance(Duration::from_millis(1499));
        assert_eq!(users.get("brief").await.unwrap(), Some(success("1")));
        world.clock.advance(Duration::from_millis(1));
        assert_eq!((users.get("brief").await.unwrap(), users.get("longer").await.unwrap().is_some()), (None, true));
        world.clock.advance(Duration::from_secs(100_000_000));
        let found = users.get_many(&keys(&["longer", "ever", "lasting"])).await.unwrap();
        let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
        assert_eq!(found, [None, Some(success("1")), Some(success("2"))]);
    }
}
