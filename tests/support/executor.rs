//! Runs futures on one thread in an order that a seed decides; time passes when nothing else is left to do.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use durastate::future::Task;
use durastate::host::{Owner, Tasks};

use super::clock::VirtualClock;
use super::random::Seeded;

type Local<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs one future to its end.
pub fn run<T>(clock: &VirtualClock, future: impl Future<Output = T>) -> T {
    let mut output = None;
    let store = async { output = Some(future.await) };
    let mut executor = Executor::new(Seeded::new(0));
    executor.spawn(Box::pin(store));
    executor.run(clock, |_| {});
    drop(executor);
    output.expect("the future ended")
}

/// Futures that run side by side.
pub struct Executor<'a> {
    random: Seeded,
    tasks: BTreeMap<usize, Local<'a>>,
    ready: Arc<Ready>,
    named: usize,
}

#[derive(Default)]
struct Ready(Mutex<Vec<usize>>);

struct Woken(usize, Arc<Ready>);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.1.0.lock().unwrap().push(self.0);
    }
}

impl<'a> Executor<'a> {
    pub fn new(random: Seeded) -> Self {
        Self { random, tasks: BTreeMap::new(), ready: Arc::default(), named: 0 }
    }

    /// Adds a future and gives its number.
    pub fn spawn(&mut self, task: Local<'a>) -> usize {
        self.named += 1;
        self.tasks.insert(self.named, task);
        self.ready.0.lock().unwrap().push(self.named);
        self.named
    }

    /// Drops a future where it stands, as a crash does.
    pub fn crash(&mut self, task: usize) {
        drop(self.tasks.remove(&task));
    }

    pub fn random(&self) -> &Seeded {
        &self.random
    }

    /// Runs until all have ended. `between` is called before every step and may spawn and crash.
    pub fn run(&mut self, clock: &VirtualClock, mut between: impl FnMut(&mut Self)) {
        loop {
            between(self);
            if self.tasks.is_empty() {
                return;
            }
            let Some(task) = self.pick() else {
                assert!(clock.advance_to_next_sleeper(), "everybody waits and nobody will wake them");
                continue;
            };
            let Some(mut future) = self.tasks.remove(&task) else { continue };
            let waker = Waker::from(Arc::new(Woken(task, self.ready.clone())));
            if future.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Pending {
                self.tasks.insert(task, future);
            }
        }
    }

    fn pick(&self) -> Option<usize> {
        let mut ready = self.ready.0.lock().unwrap();
        match ready.len() {
            0 => None,
            many => Some(ready.swap_remove(self.random.below(many))),
        }
    }
}

/// Tasks that are kept until the test runs them.
#[derive(Default)]
pub struct KeptTasks(Mutex<Vec<(Owner, Task<'static, ()>)>>);

impl KeptTasks {
    /// The tasks that were spawned since the last call.
    pub fn take(&self) -> Vec<Task<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap()).into_iter().map(|(_, task)| task).collect()
    }
}

impl Tasks for KeptTasks {
    fn owner(&self) -> Owner {
        Owner(1)
    }

    fn spawn(&self, owner: Owner, task: Task<'static, ()>) {
        self.0.lock().unwrap().push((owner, task));
    }

    fn stop(&self, owner: Owner) {
        self.0.lock().unwrap().retain(|(of, _)| *of != owner);
    }
}
