//! Runs futures for a host that can not be awaited from Rust: the host's answers are requests that leave as data and
//! come back as replies, while the host does all the awaiting.
//!
//! A future is polled once where it is started. If it is ready, its result is the answer, and no promise was made
//! anywhere. If not, it has parked requests; [`Runner::run`] hands them out, [`Runner::reply`] brings the replies.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::slab::{Number, Slab};
use crate::host::Owner;

/// A boxed future of this thread.
pub(crate) type Local<T> = Pin<Box<dyn Future<Output = T>>>;
/// A future with a name: its result is the event [`Event::Done`], or nobody's.
pub(crate) type TaskId = Number;
/// A request with a name: the reply comes by it.
pub(crate) type RequestId = Number;

/// What a start gave.
#[derive(Debug, PartialEq)]
pub(crate) enum Started<D> {
    /// The result.
    Done(D),
    /// The name under which the result will come.
    Pending(TaskId),
}

/// What the host is told by a run.
#[derive(Debug, PartialEq)]
pub(crate) enum Event<A, D> {
    /// Carry this out and reply.
    Request {
        /// The name of the reply.
        request: RequestId,
        /// Whether somebody awaits the task behind it; nothing else may keep a process alive.
        awaited: bool,
        /// What to carry out.
        ask: A,
    },
    /// Nobody wants the reply to this any more.
    Cancel(RequestId),
    /// A task that somebody awaits has ended.
    Done(TaskId, D),
}

/// What is running, and what the host is to be told. `A` is what is asked, `R` what is replied, `D` what a task gives.
pub(crate) struct Runner<A, R, D>(Rc<State<A, R, D>>);

struct State<A, R, D> {
    tasks: RefCell<Slab<Running<D>>>,
    requests: RefCell<Slab<Parked<R>>>,
    events: RefCell<VecDeque<Event<A, D>>>,
    ready: Arc<Ready>,
    /// Whether somebody awaits the task that is being polled.
    awaited: Cell<bool>,
    running: Cell<bool>,
    owners: Cell<u32>,
}

struct Running<D> {
    /// Taken out while it is polled.
    future: Option<Local<Option<D>>>,
    /// Whom it belongs to; somebody awaits it where there is none.
    owner: Option<Owner>,
    waker: Waker,
    /// Woken by a run within its own poll, when its future was not there to be polled.
    missed: bool,
}

struct Parked<R> {
    reply: Option<R>,
    waker: Waker,
}

/// The tasks that were woken. It alone may be touched from anywhere, as wakers may.
#[derive(Default)]
struct Ready(Mutex<VecDeque<TaskId>>);

impl Ready {
    fn push(&self, task: TaskId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(task);
    }

    fn pop(&self) -> Option<TaskId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// A waker that only remembers which task it woke.
struct Woken {
    task: TaskId,
    ready: Arc<Ready>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.task);
    }
}

impl<A, R, D> Clone for Runner<A, R, D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A, R, D> Default for Runner<A, R, D> {
    fn default() -> Self {
        Self(Rc::new(State {
            tasks: RefCell::default(),
            requests: RefCell::default(),
            events: RefCell::default(),
            ready: Arc::default(),
            awaited: Cell::new(false),
            running: Cell::new(false),
            owners: Cell::new(0),
        }))
    }
}

#[allow(dead_code, reason = "detached tasks come with the layers that hold leases")]
impl<A, R, D> Runner<A, R, D> {
    /// Polls a future once. If it waits, somebody awaits it from now on under the name that this gives.
    pub(crate) fn start(&self, future: impl Future<Output = D> + 'static) -> Started<D> {
        let (task, waker) = self.insert(None);
        let mut future: Local<Option<D>> = Box::pin(async { Some(future.await) });
        if let Poll::Ready(Some(done)) = self.poll(&mut future, &waker, true) {
            self.0.tasks.borrow_mut().remove(task);
            return Started::Done(done);
        }
        self.keep(task, future);
        Started::Pending(task)
    }

    /// Lets a future run that nobody awaits, until it ends or its owner is stopped.
    pub(crate) fn spawn(&self, owner: Owner, future: Local<()>) {
        let (task, _) = self.insert(Some(owner));
        let future: Local<Option<D>> = Box::pin(async {
            future.await;
            None
        });
        self.keep(task, future);
        self.0.ready.push(task);
    }

    /// Keeps the future of a task until it is polled. If the task was dropped meanwhile, its future goes.
    fn keep(&self, task: TaskId, future: Local<Option<D>>) {
        let mut tasks = self.0.tasks.borrow_mut();
        let Some(running) = tasks.get_mut(task) else {
            // Released first: what a dropped future does may come back here.
            drop(tasks);
            return drop(future);
        };
        running.future = Some(future);
        if std::mem::take(&mut running.missed) {
            self.0.ready.push(task);
        }
    }

    fn insert(&self, owner: Option<Owner>) -> (TaskId, Waker) {
        let mut tasks = self.0.tasks.borrow_mut();
        let task = tasks.insert(Running { future: None, owner, waker: Waker::noop().clone(), missed: false });
        let ready = self.0.ready.clone();
        let waker = Waker::from(Arc::new(Woken { task, ready }));
        if let Some(running) = tasks.get_mut(task) {
            running.waker = waker.clone();
        }
        (task, waker)
    }

    /// A new owner of detached tasks.
    pub(crate) fn owner(&self) -> Owner {
        self.0.owners.set(self.0.owners.get().wrapping_add(1));
        Owner(self.0.owners.get())
    }

    /// Drops the detached tasks of this owner.
    pub(crate) fn stop(&self, owner: Owner) {
        let mut tasks = self.0.tasks.borrow_mut();
        let owned = tasks.iter().filter(|(_, running)| running.owner == Some(owner));
        let owned: Vec<_> = owned.map(|(task, _)| task).collect();
        let stopped: Vec<_> = owned.into_iter().map(|task| tasks.remove(task)).collect();
        // Released first: what a dropped future does may come back here.
        drop(tasks);
        drop(stopped);
    }

    /// Drops an awaited task: nobody wants its result any more.
    pub(crate) fn cancel(&self, task: TaskId) {
        let dropped = self.0.tasks.borrow_mut().remove(task);
        drop(dropped);
    }

    /// A request to the host, sent when it is first polled.
    pub(crate) fn ask(&self, ask: A) -> Request<A, R, D> {
        Request { runner: self.clone(), stage: Stage::Asked(ask) }
    }

    /// Brings the reply to a request; one that nobody waits for any more is dropped.
    pub(crate) fn reply(&self, request: RequestId, reply: R) {
        let woken = match self.0.requests.borrow_mut().get_mut(request) {
            Some(parked) => {
                parked.reply = Some(reply);
                parked.waker.clone()
            }
            None => return,
        };
        woken.wake();
    }

    /// Whether a run would do or tell anything.
    pub(crate) fn has_work(&self) -> bool {
        !self.0.events.borrow().is_empty() || !self.0.ready.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Polls what was woken until nothing is, and tells what the host has to know. Called during a poll it does
    /// nothing: the run that is going on will come to it.
    pub(crate) fn run(&self) -> Vec<Event<A, D>> {
        if self.0.running.replace(true) {
            return Vec::new();
        }
        while let Some(task) = self.0.ready.pop() {
            self.poll_task(task);
        }
        self.0.running.set(false);
        self.0.events.take().into()
    }

    fn poll_task(&self, task: TaskId) {
        let taken = self.0.tasks.borrow_mut().get_mut(task).and_then(|running| {
            running.missed = running.future.is_none();
            Some((running.future.take()?, running.waker.clone(), running.owner))
        });
        let Some((mut future, waker, owner)) = taken else { return };
        match self.poll(&mut future, &waker, owner.is_none()) {
            Poll::Pending => self.keep(task, future),
            Poll::Ready(done) => {
                let known = self.0.tasks.borrow_mut().remove(task).is_some();
                if let (true, Some(done)) = (known, done) {
                    self.tell(Event::Done(task, done));
                }
            }
        }
    }

    fn poll(&self, future: &mut Local<Option<D>>, waker: &Waker, awaited: bool) -> Poll<Option<D>> {
        let outer = self.0.awaited.replace(awaited);
        let polled = future.as_mut().poll(&mut Context::from_waker(waker));
        self.0.awaited.set(outer);
        polled
    }

    fn tell(&self, event: Event<A, D>) {
        self.0.events.borrow_mut().push_back(event);
    }
}

/// A request to the host. Dropped before its reply came, it is called off.
pub(crate) struct Request<A, R, D> {
    runner: Runner<A, R, D>,
    stage: Stage<A>,
}

enum Stage<A> {
    Asked(A),
    Sent(RequestId),
    Over,
}

impl<A: Unpin, R, D> Future for Request<A, R, D> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let runner = self.runner.clone();
        let mut requests = runner.0.requests.borrow_mut();
        let waker = context.waker().clone();
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Asked(ask) => {
                let request = requests.insert(Parked { reply: None, waker });
                let awaited = runner.0.awaited.get();
                runner.tell(Event::Request { request, awaited, ask });
                self.stage = Stage::Sent(request);
            }
            Stage::Sent(request) => {
                let Some(parked) = requests.get_mut(request) else { return Poll::Pending };
                if let Some(reply) = parked.reply.take() {
                    requests.remove(request);
                    return Poll::Ready(reply);
                }
                parked.waker = waker;
                self.stage = Stage::Sent(request);
            }
            Stage::Over => {}
        }
        Poll::Pending
    }
}

impl<A, R, D> Drop for Request<A, R, D> {
    fn drop(&mut self) {
        let Stage::Sent(request) = self.stage else { return };
        let unwanted = self.runner.0.requests.borrow_mut().remove(request);
        if unwanted.is_some_and(|parked| parked.reply.is_none()) {
            self.runner.tell(Event::Cancel(request));
        }
    }
}

#[cfg(test)]
mod tests;
