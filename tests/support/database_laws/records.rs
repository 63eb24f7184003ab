//! What holds of records on every database: versions, several keys at once, what is swept away.

use std::sync::Arc;
use std::time::Duration;

use durastate::backends::sql::Database;
use durastate::backends::swap::{CompareAndSwap, Replacement};
use durastate::error::{Kind, Result};
use durastate::host::{SqlValue, Timestamp};
use durastate::store::{Entry, Store};
use durastate::transition::{Change, Fields, Mode, Outcome, Record, Transition};

use super::{ADD, applied, at_once, by, entry, keys, now, state, step, sum};
use crate::databases::Place;
use crate::support::clock::VirtualClock;

/// Takes records away.
static DROP: Transition = Transition { name: "test/drop", step: take, keys, expects: None, lua: None };

fn take(state: &[Option<Record>], _: Timestamp, _: &Fields) -> Result<Outcome> {
    Ok(Outcome::change(vec![Change::Remove; state.len()], Fields::new()))
}

pub fn keys_that_change_together_are_never_seen_or_left_half_changed(place: &impl Place) {
    let pairs = ["a b", "b c", "c a"];
    at_once(8, |number| {
        let state = state(place);
        for round in 0..25 {
            let two = [step(&ADD, pairs[(number + round) % 3], by(1)), step(&ADD, "all", by(1))];
            now(state.apply(&two, Mode::AllOrNothing)).unwrap().into_iter().for_each(|told| drop(told.unwrap()));
            assert_eq!(sum(&state, "a b c all") % 3, 0, "three keys grow by one at a time");
        }
    });
    let state = state(place);
    assert_eq!((sum(&state, "all"), sum(&state, "a b c")), (200, 400));
}

pub fn too_many_keys_for_one_atomic_change_are_refused_and_nothing_changes(place: &impl Place) {
    let state = state(place);
    let keys = |many| (0..many).map(|number| format!("{number:02}")).collect::<Vec<_>>().join(" ");
    let together = |many| now(state.apply(&[step(&ADD, &keys(many), by(1))], Mode::AllOrNothing));
    assert_eq!(together(17).unwrap_err().kind, Kind::Unsupported);
    assert_eq!((sum(&state, &keys(17)), now(state.list("", None, 100)).unwrap().keys.len()), (0, 0));
    together(16).unwrap();
    assert_eq!(sum(&state, &keys(16)), 16);
}

pub fn a_version_never_comes_back(place: &impl Place) {
    let clock = VirtualClock::new();
    let host = Arc::new(place.host().at(clock));
    let state = Database::new(host.clone(), VirtualClock::new()).state().unwrap();
    let key = ["n".to_owned()];
    let mut versions = Vec::new();
    let mut keep = || match host.query("SELECT version FROM durastate_state WHERE id = 'n'").remove(0).remove(0) {
        SqlValue::Int(version) => versions.push(version),
        other => panic!("{other:?} is no version"),
    };
    applied(&state, &[step(&ADD, "n", by(1))]);
    keep();
    let old = || {
        let found = now(state.load(&key)).unwrap().1.remove(0);
        let change = Change::Put(Fields::new().with("count", 9).into());
        vec![Replacement { key: "n".into(), expected: found.version, change }]
    };
    let (first, second) = (old(), old());
    applied(&state, &[step(&DROP, "n", Fields::new())]);
    keep();
    assert!(!now(state.swap(first)).unwrap(), "a swap that saw it there");
    applied(&state, &[step(&ADD, "n", by(1))]);
    keep();
    assert!(!now(state.swap(second)).unwrap(), "a swap that saw it before it went and came back");
    now(state.remove(&key)).unwrap();
    keep();
    now(state.write(&[entry("n", "plain")])).unwrap();
    keep();
    applied(&state, &[step(&DROP, "m n", Fields::new())]);
    keep();
    applied(&state, &[step(&ADD, "n m", by(1))]);
    keep();
    assert!(versions.is_sorted_by(|before, after| before < after), "{versions:?}");
}

pub fn a_key_that_is_only_compared_must_still_be_the_same(place: &impl Place) {
    let state = state(place);
    let keys = ["changed", "compared", "never there"].map(str::to_owned);
    let seen = || {
        let found = now(state.load(&keys)).unwrap().1.into_iter().zip(&keys);
        let changes = found.map(|(found, key)| {
            let put = Change::Put(Fields::new().with("count", 5).into());
            let change = if key == "changed" { put } else { Change::Keep };
            Replacement { key: key.clone(), expected: found.version, change }
        });
        changes.collect::<Vec<_>>()
    };
    applied(&state, &[step(&ADD, "compared", by(1))]);
    for others in ["compared", "never"] {
        let seen = seen();
        applied(&state, &[step(&ADD, others, by(1))]);
        assert_eq!(now(state.swap(seen)).unwrap(), others == "never", "{others} changed meanwhile");
    }
    assert_eq!((sum(&state, "changed"), sum(&state, "compared")), (5, 2));
    let mut listed = now(state.list("", None, 10)).unwrap().keys;
    listed.sort();
    assert_eq!(listed, ["changed", "compared", "never"]);
}

pub fn what_nobody_needs_is_swept_away_and_nothing_else(place: &impl Place) {
    let clock = VirtualClock::new();
    let host = Arc::new(place.host().at(clock.clone()));
    let state = Database::new(host.clone(), VirtualClock::new()).state().unwrap();
    let names = |what: &str| (0..16).map(|number| format!("{what}{number}")).collect::<Vec<_>>().join(" ");
    let lasts = |seconds: i64| by(1).with("ttl", seconds * 1_000_000);
    let steps = [("brief", lasts(1)), ("day", lasts(86_400)), ("lasting", by(1)), ("gone", by(1))];
    applied(&state, &steps.map(|(what, args)| step(&ADD, &names(what), args)));
    applied(&state, &[step(&DROP, "gone0", Fields::new())]);
    let rows_after = |by: Duration| {
        clock.advance(by);
        for _ in 0..32 {
            applied(&state, &[step(&ADD, &names("busy"), lasts(86_400))]);
        }
        host.query("SELECT id FROM durastate_state WHERE id NOT LIKE 'busy%'").len()
    };
    assert_eq!(rows_after(Duration::from_secs(3_600)), 4 * 16, "somebody may still be at work on them");
    assert_eq!(rows_after(Duration::from_secs(2)), 3 * 16 - 1);
    assert_eq!((sum(&state, &names("day")), sum(&state, &names("lasting")), sum(&state, &names("gone"))), (16, 16, 15));
}

pub fn a_record_that_outlasts_every_clock_stays(place: &impl Place) {
    let state = state(place);
    applied(&state, &[step(&ADD, "n", by(1).with("ttl", i64::MAX))]);
    now(state.write(&[Entry { ttl: Some(Duration::MAX), ..entry("m", "x") }])).unwrap();
    assert_eq!((sum(&state, "n"), now(state.read(&["m".into()])).unwrap()), (1, vec![Some("x".into())]));
}
