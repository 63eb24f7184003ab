//! An effect that must not be left behind when nobody waits for it any more.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Owner, Tasks};
use crate::error::Result;
use crate::future::{Answer, Undo};

/// Makes sure that an effect (a claim, an acquire) is undone when nobody waits for it any more.
///
/// The effect runs where the answer is awaited. If that is dropped after it began, a task of `owner` carries the effect
/// to its end and hands its result to `undo`. Where the owner is stopped by then, the lease of the effect lapses.
pub fn undone_if_abandoned<T: 'static>(
    tasks: Arc<dyn Tasks>,
    owner: Owner,
    effect: Answer<'static, T>,
    undo: Undo<T>,
) -> Answer<'static, T> {
    Box::pin(Kept { tasks, owner, begun: false, left: Some((effect, undo)) })
}

/// An effect and how to undo it, until it has answered.
struct Kept<T: 'static> {
    tasks: Arc<dyn Tasks>,
    owner: Owner,
    begun: bool,
    left: Option<(Answer<'static, T>, Undo<T>)>,
}

impl<T> Future for Kept<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        self.begun = true;
        let Some((effect, _)) = &mut self.left else { return Poll::Pending };
        let polled = effect.as_mut().poll(context);
        if polled.is_ready() {
            self.left = None;
        }
        polled
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        let Some((effect, undo)) = self.left.take().filter(|_| self.begun) else { return };
        let undone = async move {
            let undoing = effect.await.ok().map(undo);
            if let Some(undoing) = undoing {
                undoing.await;
            }
        };
        self.tasks.spawn(self.owner, Box::pin(undone));
    }
}
