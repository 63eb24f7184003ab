//! What a Store promises of results with a time to live, beside what it promises of any shelf.

use std::sync::Arc;
use std::time::Duration;

use durastate::error::Kind;
use durastate::future::join;
use durastate::store::{Entry, Shelf, Store, Value};

use super::World;

const EXIT: &str = r#"{"_tag":"Success","value":{"n":[1,null,"]"]}}"#;

fn open(world: &World, store_id: &str) -> Arc<dyn Store> {
    world.backend.store(Shelf::Persistence { prefix: String::new(), store_id: store_id.into() }).unwrap()
}

fn entry(key: &str, text: &str) -> Entry {
    Entry { key: key.into(), value: text.into(), ttl: None }
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn texts(texts: &[Option<&str>]) -> Vec<Option<Value>> {
    texts.iter().map(|text| text.map(Value::from)).collect()
}

/// All keys with this prefix, sorted, in pages of seven.
async fn listed(store: &dyn Store, prefix: &str) -> Vec<String> {
    let (mut listed, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list(prefix, cursor.as_deref(), 7).await.unwrap();
        listed.extend(page.keys);
        cursor = page.next;
        if cursor.is_none() {
            listed.sort();
            listed.dedup();
            return listed;
        }
    }
}

pub async fn a_result_that_was_written_is_read(world: &World) {
    let store = open(world, "users");
    store.write(&[entry("a", EXIT), entry("b", "{}"), entry("ключ 🗝", "\"значение\"")]).await.unwrap();
    store.write(&[entry("b", "[1,2]")]).await.unwrap();
    let read = store.read(&keys(&["b", "missing", "a", "ключ 🗝", "a"])).await.unwrap();
    assert_eq!(read, texts(&[Some("[1,2]"), None, Some(EXIT), Some("\"значение\""), Some(EXIT)]));
    assert_eq!(store.read(&[]).await.unwrap(), []);
    store.write(&[]).await.unwrap();
    store.remove(&[]).await.unwrap();
}

pub async fn a_result_that_looks_like_something_else_comes_back_as_it_was(world: &World) {
    let store = open(world, "users");
    let odd =
        ["durastate:bytes:AAH/", "durastate:text:x", "[1,2]", "[[1,2],null]", "null", "1", "\"\\u0000\"", "'\\%_"];
    let entries: Vec<_> = odd.iter().map(|text| entry(text, text)).collect();
    store.write(&entries).await.unwrap();
    assert_eq!(store.read(&keys(&odd)).await.unwrap(), texts(&odd.map(Some)));
}

pub async fn a_result_that_was_removed_is_gone(world: &World) {
    let (store, other) = (open(world, "users"), open(world, "other"));
    store.write(&[entry("a", "1"), entry("b", "2")]).await.unwrap();
    other.write(&[entry("a", "3")]).await.unwrap();
    store.remove(&keys(&["a", "never there", "a"])).await.unwrap();
    assert_eq!(store.read(&keys(&["a", "b"])).await.unwrap(), texts(&[None, Some("2")]));
    assert_eq!(other.read(&keys(&["a"])).await.unwrap(), texts(&[Some("3")]));
}

pub async fn the_last_of_several_results_for_one_key_counts(world: &World) {
    let store = open(world, "users");
    let brief = Entry { ttl: Some(Duration::from_secs(3600)), ..entry("b", "5") };
    let entries = [entry("a", "1"), entry("b", "2"), entry("a", "3"), brief.clone(), entry("a", "4")];
    store.write(&entries).await.unwrap();
    assert_eq!(store.read(&keys(&["a", "b", "a"])).await.unwrap(), texts(&[Some("4"), Some("5"), Some("4")]));
    let many: Vec<_> = (0..150).map(|number| entry(&format!("{}", number % 70), &number.to_string())).collect();
    store.write(&many).await.unwrap();
    let all: Vec<String> = (0..70).map(|number| number.to_string()).collect();
    let last = (0..70).map(|number| Some(Value::Text((number + if number < 10 { 140 } else { 70 }).to_string())));
    assert_eq!(store.read(&all).await.unwrap(), last.collect::<Vec<_>>());
}

pub async fn stores_do_not_see_each_other_whatever_they_are_called(world: &World) {
    let ids = [
        "a",
        "A",
        "a:",
        "a:b",
        "a%3Ab",
        "a%",
        "%",
        "",
        "my:st%ore*",
        "{tag}",
        "?[x]\\",
        "'",
        "\"",
        "`",
        "with space",
        "ß",
        "🗝",
        "../up",
        "a.b",
        "_",
        "DROP TABLE",
        "\n",
        "a b",
    ];
    let stores: Vec<_> = ids.map(|id| (id, open(world, id))).into();
    for (id, store) in &stores {
        store.write(&[entry("a", &format!("\"{id}\"")), entry("b:a", "1"), entry(":", id)]).await.unwrap();
    }
    for (id, store) in &stores {
        let read = store.read(&keys(&["a", "b:a", ":", "b"])).await.unwrap();
        assert_eq!(read, texts(&[Some(&format!("\"{id}\"")), Some("1"), Some(id), None]), "{id}");
        assert_eq!(listed(&**store, "").await, [":", "a", "b:a"], "{id}");
    }
    let (_, first) = &stores[0];
    first.remove(&listed(&**first, "").await).await.unwrap();
    for (id, store) in &stores[1..] {
        assert_eq!(listed(&**store, "").await.len(), 3, "{id}");
    }
    let same = open(world, "a:b");
    assert_eq!(same.read(&keys(&["b:a"])).await.unwrap(), texts(&[Some("1")]), "the same id is the same store");
}

pub async fn a_store_takes_keys_with_any_signs(world: &World) {
    let store = open(world, "users");
    let mut odd = [
        "u/1",
        "%",
        "%25",
        ":",
        "a:b",
        "*",
        "?",
        "[a]",
        "{a}",
        "\\",
        "'",
        "\"",
        "`",
        "a\nb",
        "🗝",
        "\u{10ffff}x",
        "a",
        "A",
        "ä",
        "ß",
        "ss",
        "_",
        "durastate:x",
        "null",
        "constructor",
    ];
    store.write(&odd.map(|key| entry(key, &format!("\"of {key}\"")))).await.unwrap();
    for key in odd {
        assert_eq!(store.read(&keys(&[key])).await.unwrap(), texts(&[Some(&format!("\"of {key}\""))]), "{key}");
    }
    odd.sort();
    assert_eq!(listed(&*store, "").await, odd);
    assert_eq!(listed(&*store, "%").await, ["%", "%25"]);
    assert_eq!(listed(&*store, "*").await, ["*"]);
    store.remove(&keys(&odd)).await.unwrap();
    assert_eq!(listed(&*store, "").await.len(), 0);
}

pub async fn hundreds_of_results_are_listed_and_read_at_once(world: &World) {
    let (store, other) = (open(world, "users"), open(world, "users2"));
    let all: Vec<String> = (0..250).map(|number| format!("in:{number:03}")).collect();
    let entries: Vec<_> = all.iter().map(|key| entry(key, key)).collect();
    store.write(&entries).await.unwrap();
    store.write(&[entry("im:1", "x"), entry("io:1", "x")]).await.unwrap();
    other.write(&[entry("in:other", "x")]).await.unwrap();
    let read = store.read(&all).await.unwrap();
    assert!(read.iter().zip(&all).all(|(value, key)| *value == Some(Value::from(key.as_str()))));
    assert_eq!(listed(&*store, "in:").await, all);
    store.remove(&all).await.unwrap();
    assert_eq!(listed(&*store, "").await, ["im:1", "io:1"]);
    assert_eq!(listed(&*other, "").await, ["in:other"]);
}

pub async fn a_result_of_ten_megabytes_comes_back(world: &World) {
    let store = open(world, "users");
    let big = format!("\"{}\"", "äx".repeat(10 << 20 >> 2) + &"[,]".repeat(1 << 20));
    store.write(&[entry("big", &big), entry("small", "1")]).await.unwrap();
    let read = store.read(&keys(&["small", "big"])).await.unwrap();
    assert!(read == [Some("1".into()), Some(big.into())]);
}

pub async fn a_result_is_text_where_bytes_are_not_kept(world: &World) {
    let store = open(world, "users");
    store.write(&[entry("a", "1")]).await.unwrap();
    let bytes = Entry { value: Value::Bytes(vec![0, 255]), ..entry("b", "") };
    let written = store.write(&[entry("a", "2"), bytes]).await;
    if store.abilities().bytes {
        return written.unwrap();
    }
    let refused = written.unwrap_err();
    assert_eq!((refused.kind, refused.key.as_deref()), (Kind::Unsupported, Some("b")));
    assert_eq!(store.read(&keys(&["a", "b"])).await.unwrap(), texts(&[Some("1"), None]), "nothing was written");
}

pub async fn results_may_be_written_by_many_at_once(world: &World) {
    let (one, other) = (open(world, "users"), open(world, "users"));
    let many = (0..100).map(|number| {
        let store = if number % 2 == 0 { &one } else { &other };
        let entries = [entry("shared", &number.to_string()), entry(&format!("{number}"), "x")];
        async move { store.write(&entries).await }
    });
    join(many.collect()).await.into_iter().for_each(|written| written.unwrap());
    assert_eq!(listed(&*one, "").await.len(), 101);
}
