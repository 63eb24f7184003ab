//! What the key-value layer promises.

use durastate::error::Kind;
use durastate::future::join;
use durastate::layers::key_value::{KeyValue, Replaced};
use durastate::store::{Shelf, Value};

use super::World;

fn open(world: &World) -> KeyValue {
    KeyValue::new(world.backend.store(Shelf::KeyValue { table: "kv".into() }).unwrap())
}

pub async fn text_and_bytes_come_back(world: &World) {
    let kv = open(world);
    kv.set("text", "hällo").await.unwrap();
    kv.set("bytes", vec![0, 1, 2]).await.unwrap();
    assert_eq!(kv.get("text").await.unwrap().as_deref(), Some("hällo"));
    assert_eq!(kv.get("bytes").await.unwrap().as_deref(), Some("AAEC"), "bytes read as text are base64");
    assert_eq!(kv.get_bytes("bytes").await.unwrap(), Some(vec![0, 1, 2]));
    assert_eq!(kv.get_bytes("text").await.unwrap(), Some("hällo".as_bytes().to_vec()), "text read as bytes is UTF-8");
    assert_eq!((kv.get("missing").await.unwrap(), kv.has("missing").await.unwrap()), (None, false));
    kv.set("looks like base64", "AAEC").await.unwrap();
    let guessed = if kv.abilities().bytes { b"AAEC".to_vec() } else { vec![0, 1, 2] };
    assert_eq!(kv.get_bytes("looks like base64").await.unwrap(), Some(guessed));
    kv.remove("text").await.unwrap();
    assert!(!kv.has("text").await.unwrap());
}

pub async fn a_view_has_its_own_keys_alone(world: &World) {
    let kv = open(world);
    let view = kv.prefix("app:").prefix("user:");
    for i in 0..10 {
        view.set(&format!("{i}"), "x").await.unwrap();
    }
    kv.set("app:other", "y").await.unwrap();
    assert_eq!(kv.get("app:user:7").await.unwrap().as_deref(), Some("x"));
    assert_eq!(view.keys().await.unwrap(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!((view.size().await.unwrap(), kv.size().await.unwrap()), (10, 11));
    assert!(kv.prefix("app").prefix("x").is_empty().await.unwrap() && !view.is_empty().await.unwrap());
}

pub async fn clearing_a_view_leaves_its_neighbours(world: &World) {
    let kv = open(world);
    for key in ["a", "a:1", "a:2", "ab", "b:1"] {
        kv.set(key, "x").await.unwrap();
    }
    assert_eq!(kv.prefix("a:").clear().await.unwrap(), ["1", "2"]);
    assert_eq!(kv.keys().await.unwrap(), ["a", "ab", "b:1"]);
    assert_eq!(kv.clear_prefix("a").await.unwrap(), ["a", "ab"]);
    assert_eq!(kv.clear().await.unwrap(), ["b:1"]);
    assert!(kv.is_empty().await.unwrap());
}

pub async fn what_belongs_to_durastate_is_passed_over(world: &World) {
    let kv = open(world);
    kv.set("durastate:queue:1", "job").await.unwrap();
    kv.set("mine", "x").await.unwrap();
    assert_eq!((kv.keys().await.unwrap(), kv.size().await.unwrap()), (vec!["mine".to_owned()], 1));
    kv.clear().await.unwrap();
    kv.clear_prefix("dura").await.unwrap();
    assert!(kv.is_empty().await.unwrap());
    assert_eq!(kv.get("durastate:queue:1").await.unwrap().as_deref(), Some("job"));
}

pub async fn an_empty_key_is_refused_and_nothing_changes(world: &World) {
    let kv = open(world);
    kv.set("a", "1").await.unwrap();
    assert_eq!(kv.set("", "x").await.unwrap_err().kind, Kind::Invalid);
    assert_eq!(kv.get("").await.unwrap_err().kind, Kind::Invalid);
    assert_eq!(kv.remove("").await.unwrap_err().kind, Kind::Invalid);
    assert_eq!(kv.keys().await.unwrap(), ["a"]);
}

pub async fn a_change_that_is_modified_is_never_lost(world: &World) {
    let kv = open(world);
    kv.set("n", "0").await.unwrap();
    let add = |text: String| (text.parse::<u32>().unwrap() + 1).to_string();
    let other = open(world);
    let many = (0..400).map(|i| if i % 2 == 0 { kv.modify("n", add) } else { other.modify("n", add) });
    join(many.collect()).await.into_iter().for_each(|changed| drop(changed.unwrap()));
    assert_eq!(kv.get("n").await.unwrap().as_deref(), Some("400"));
    kv.set("b", vec![1]).await.unwrap();
    let grown = kv.modify_bytes("b", |bytes| [bytes, vec![2]].concat()).await.unwrap();
    assert_eq!((grown, kv.get_bytes("b").await.unwrap()), (Some(vec![1, 2]), Some(vec![1, 2])));
}

pub async fn a_missing_key_is_not_modified(world: &World) {
    let kv = open(world);
    let changed = kv.modify("missing", |_| unreachable!("there is nothing to change")).await.unwrap();
    assert_eq!((changed, kv.has("missing").await.unwrap()), (None, false));
}

pub async fn replace_tells_what_it_found(world: &World) {
    let kv = open(world);
    let text = |text: &str| Some(Value::from(text));
    assert_eq!(kv.replace("k", None, text("1")).await.unwrap(), Replaced::Done);
    assert_eq!(kv.replace("k", None, text("2")).await.unwrap(), Replaced::Found(text("1")));
    assert_eq!(kv.replace("k", text("0"), text("2")).await.unwrap(), Replaced::Found(text("1")));
    assert_eq!(kv.replace("k", text("1"), None).await.unwrap(), Replaced::Done);
    assert_eq!(kv.replace("k", text("1"), text("2")).await.unwrap(), Replaced::Found(None));
}
