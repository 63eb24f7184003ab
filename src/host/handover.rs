//! An effect that must not be left behind when nobody waits for it any more.

use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{Owner, Tasks};
use crate::error::{Error, Kind, Result};
use crate::future::{Answer, Shared, Undo};

/// Makes sure that an effect (a claim, an acquire) is undone when nobody waits for it any more.
///
/// The effect runs in a task of `owner`, not in the returned answer. While that is awaited it gives the effect's
/// result; once it is dropped, a result that is there or still comes is handed to `undo`. When the owner is stopped
/// first, the answer is [`Kind::Lost`].
pub fn undone_if_abandoned<T: Shared + 'static>(
    tasks: Arc<dyn Tasks>,
    owner: Owner,
    effect: Answer<'static, T>,
    undo: Undo<T>,
) -> Answer<'static, T> {
    let table = Arc::new(Table(Mutex::new(State::Waiting(None))));
    let giver = Giver(table.clone());
    let taker = Taker {
        table,
        tasks: tasks.clone(),
        owner,
    };
    let run = async move {
        let result = effect.await;
        if let Some((Ok(unwanted), undo)) = giver.0.give(result, undo) {
            undo(unwanted).await;
        }
    };
    tasks.spawn(owner, Box::pin(run));
    Box::pin(poll_fn(move |context| taker.poll(context)))
}

enum State<T> {
    Waiting(Option<Waker>),
    Given(Result<T>, Undo<T>),
    Over,
}

struct Table<T>(Mutex<State<T>>);

impl<T> Table<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lays the result down for the taker, or gives it back when the taker has left.
    fn give(&self, result: Result<T>, undo: Undo<T>) -> Option<(Result<T>, Undo<T>)> {
        let mut state = self.lock();
        let State::Waiting(waker) = &mut *state else {
            return Some((result, undo));
        };
        let waker = waker.take();
        *state = State::Given(result, undo);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        None
    }
}

/// The task's side: when it goes without having given anything, the taker must not wait for ever.
struct Giver<T>(Arc<Table<T>>);

impl<T> Drop for Giver<T> {
    fn drop(&mut self) {
        let stopped = Error::new(Kind::Lost, "this was closed before it had finished");
        self.0.give(Err(stopped), Box::new(|_| Box::pin(async {})));
    }
}

/// The waiting side: when it goes, whatever is on the table is undone.
struct Taker<T: Shared + 'static> {
    table: Arc<Table<T>>,
    tasks: Arc<dyn Tasks>,
    owner: Owner,
}

impl<T: Shared> Taker<T> {
    fn poll(&self, context: &mut Context<'_>) -> Poll<Result<T>> {
        let mut state = self.table.lock();
        match mem::replace(&mut *state, State::Over) {
            State::Given(result, _) => Poll::Ready(result),
            _ => {
                *state = State::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl<T: Shared> Drop for Taker<T> {
    fn drop(&mut self) {
        let left = mem::replace(&mut *self.table.lock(), State::Over);
        if let State::Given(Ok(unwanted), undo) = left {
            self.tasks.spawn(self.owner, undo(unwanted));
        }
    }
}
