//! Turns: within one process, those who work on one key do so one after the other. Compare-and-swap alone would be
//! right too, but a hundred tasks on one key would beat each other a hundred times.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Who waits for which key, in the order in which they came.
#[derive(Default)]
pub struct Turns {
    lines: Mutex<BTreeMap<String, VecDeque<Waiting>>>,
}

struct Waiting {
    ticket: u64,
    waker: Waker,
}

impl Turns {
    /// Waits until all who came before for this key are done; dropping the turn lets the next one in.
    pub async fn take(&self, key: &str) -> Turn<'_> {
        let turn = Turn { turns: self, key: key.to_owned(), ticket: self.queue(key) };
        poll_fn(|context| turn.poll(context)).await;
        turn
    }

    fn queue(&self, key: &str) -> u64 {
        let mut lines = self.lock();
        let line = lines.entry(key.to_owned()).or_default();
        let ticket = line.back().map_or(0, |last| last.ticket + 1);
        line.push_back(Waiting { ticket, waker: Waker::noop().clone() });
        ticket
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, VecDeque<Waiting>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to work on a key, until it is dropped.
pub struct Turn<'a> {
    turns: &'a Turns,
    key: String,
    ticket: u64,
}

impl Turn<'_> {
    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut lines = self.turns.lock();
        let Some(line) = lines.get_mut(&self.key) else { return Poll::Ready(()) };
        match line.iter_mut().position(|waiting| waiting.ticket == self.ticket) {
            Some(at) if at > 0 => {
                line[at].waker.clone_from(context.waker());
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut lines = self.turns.lock();
        let Some(line) = lines.get_mut(&self.key) else { return };
        line.retain(|waiting| waiting.ticket != self.ticket);
        match line.front() {
            Some(next) => {
                let waker = next.waker.clone();
                drop(lines);
                waker.wake();
            }
            None => drop(lines.remove(&self.key)),
        }
    }
}
