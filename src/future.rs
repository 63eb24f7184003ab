//! The only file that knows about `Send`: natively answers cross threads, in wasm there is one thread and hosts are
//! JavaScript values, which can not.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::error::Result;

/// What an operation that may wait and may fail gives back.
pub type Answer<'a, T> = Task<'a, Result<T>>;

/// A boxed future, to be run by whoever holds it.
#[cfg(not(target_arch = "wasm32"))]
pub type Task<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A boxed future, to be run by whoever holds it.
#[cfg(target_arch = "wasm32")]
pub type Task<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Takes back what an effect had given.
#[cfg(not(target_arch = "wasm32"))]
pub type Undo<T> = Box<dyn FnOnce(T) -> Task<'static, ()> + Send>;
/// Takes back what an effect had given.
#[cfg(target_arch = "wasm32")]
pub type Undo<T> = Box<dyn FnOnce(T) -> Task<'static, ()>>;

/// What may be used from several places at once.
#[cfg(not(target_arch = "wasm32"))]
pub trait Shared: Send + Sync {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + Sync + ?Sized> Shared for T {}

/// What may be used from several places at once.
#[cfg(target_arch = "wasm32")]
pub trait Shared {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> Shared for T {}

/// An answer that is known already.
pub fn ready<'a, T: Shared + 'a>(answer: Result<T>) -> Answer<'a, T> {
    Box::pin(std::future::ready(answer))
}

/// Runs all of them side by side and answers in their order.
pub async fn join<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, output) in &mut running {
            if output.is_none()
                && let Poll::Ready(done) = future.as_mut().poll(context)
            {
                *output = Some(done);
            }
        }
        match running.iter().all(|(_, output)| output.is_some()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}

/// The one of two that came first.
#[derive(Debug)]
pub enum First<A, B> {
    /// The first argument came first.
    A(A),
    /// The second argument came first.
    B(B),
}

/// Runs both and answers with the one that comes first; the other is dropped, and never after it had finished.
pub async fn select<A: Future, B: Future>(a: A, b: B) -> First<A::Output, B::Output> {
    let (mut a, mut b) = (Box::pin(a), Box::pin(b));
    poll_fn(|context| {
        if let Poll::Ready(done) = a.as_mut().poll(context) {
            return Poll::Ready(First::A(done));
        }
        b.as_mut().poll(context).map(First::B)
    })
    .await
}
