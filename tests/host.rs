//! The contracts on key-value stores of the host: one that keeps bytes, and one that holds text alone.

mod contract;
mod support;

use std::sync::Arc;

use durastate::backends::host::Host;
use durastate::host::Clock;
use durastate::store::{Abilities, Atomicity};

use support::map::Map;

fn whole(clock: Arc<dyn Clock>) -> Host {
    Host::new(Arc::new(Map::new()), clock)
}

fn text_only(clock: Arc<dyn Clock>) -> Host {
    let abilities = Abilities { atomicity: Atomicity::Process, bytes: false };
    Host::new(Arc::new(Map::with(abilities)), clock)
}

contract::suite!(store, crate::whole);
contract::suite!(key_value, crate::whole);

mod text {
    crate::contract::suite!(store, crate::text_only);
    crate::contract::suite!(key_value, crate::text_only);
}

#[test]
fn a_store_that_can_not_swap_says_so_and_changes_nothing() {
    use durastate::error::Kind;
    use durastate::layers::key_value::KeyValue;

    let clock = support::clock::VirtualClock::new();
    let abilities = Abilities { atomicity: Atomicity::None, bytes: true };
    let host = Host::new(Arc::new(Map::with(abilities)), clock.clone());
    let kv = KeyValue::new(Arc::new(host.plain()));
    support::executor::run(&clock, async {
        kv.set("a", "1").await.unwrap();
        assert_eq!(kv.modify("a", |_| "2".into()).await.unwrap_err().kind, Kind::Unsupported);
        assert_eq!(kv.get("a").await.unwrap().as_deref(), Some("1"));
    });
}
