//! Time that passes only when a test says so, or when nothing else is left to do.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use durastate::future::Task;
use durastate::host::{Clock, Timestamp};

/// A clock that stands still.
pub struct VirtualClock {
    state: Mutex<State>,
}

struct State {
    now: Timestamp,
    named: u64,
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
}

impl VirtualClock {
    /// A clock in the year 2099: what a real server forgets by its own time is still there.
    pub fn new() -> Arc<Self> {
        let state = State { now: Timestamp::from_millis(4.1e12), named: 0, sleepers: BTreeMap::new() };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let to = self.state.lock().unwrap().now.after(by);
        self.wake_until(to);
    }

    /// Lets time pass until the next sleeper wakes; tells whether there was one.
    pub fn advance_to_next_sleeper(&self) -> bool {
        let next = self.state.lock().unwrap().sleepers.keys().next().map(|(at, _)| *at);
        next.is_some_and(|at| {
            self.wake_until(at);
            true
        })
    }

    fn wake_until(&self, to: Timestamp) {
        let mut state = self.state.lock().unwrap();
        state.now = state.now.max(to);
        let later = state.sleepers.split_off(&(Timestamp::from_micros(to.micros() + 1), 0));
        let woken = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        woken.into_values().for_each(Waker::wake);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.state.lock().unwrap().now
    }

    fn sleep_until(&self, at: Timestamp) -> Task<'_, ()> {
        let name = {
            let mut state = self.state.lock().unwrap();
            state.named += 1;
            (at, state.named)
        };
        let asleep = Asleep { clock: self, name };
        Box::pin(poll_fn(move |context| asleep.poll(context)))
    }
}

/// A sleeper that was dropped must not hold up time.
struct Asleep<'a> {
    clock: &'a VirtualClock,
    name: (Timestamp, u64),
}

impl Asleep<'_> {
    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state.lock().unwrap();
        if self.name.0 <= state.now {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.name, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.clock.state.lock().unwrap().sleepers.remove(&self.name);
    }
}
