//! How any transition is applied to any place that can compare and swap: look, decide, swap if nobody was faster.

use crate::error::{Error, Kind, Result};
use crate::future::{Answer, Shared, join};
use crate::host::Timestamp;
use crate::transition::{Change, Fields, Mode, Step, decide};

/// How often somebody else may be faster before a step gives up. Each round that fails here succeeded elsewhere, so
/// this is how many others may fight for one key at one moment.
const ROUNDS: usize = 128;

/// A record as it was found.
#[derive(Debug)]
pub struct Found<V> {
    /// The record; none when there is none or it has expired.
    pub fields: Option<Fields>,
    /// The version that a later swap compares; an expired record still has one.
    pub version: Option<V>,
}

/// One key of a swap.
#[derive(Debug)]
pub struct Replacement<V> {
    /// Which key.
    pub key: String,
    /// The version that must still be there; nothing may be there without one.
    pub expected: Option<V>,
    /// What becomes of the key; a kept one is only compared.
    pub change: Change,
}

/// A place that can compare and swap.
pub trait CompareAndSwap: Shared {
    /// Proves that a record has not changed.
    type Version: Shared;

    /// The records of these keys, in their order.
    fn load<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Found<Self::Version>>>;

    /// Makes all of these changes if every version still holds, in one atomic step, and tells whether it did.
    fn swap(&self, changes: Vec<Replacement<Self::Version>>) -> Answer<'_, bool>;

    /// The place's own time.
    fn now(&self) -> Timestamp;
}

/// Applies the steps, in bounded rounds, then [`Kind::Conflict`].
pub async fn apply(place: &impl CompareAndSwap, steps: &[Step], mode: Mode) -> Result<Vec<Fields>> {
    if mode == Mode::AllOrNothing || steps.len() == 1 {
        return together(place, steps, mode).await;
    }
    let each = steps.iter().map(|step| together(place, std::slice::from_ref(step), mode));
    let replies = join(each.collect()).await;
    replies.into_iter().map(|reply| Ok(reply?.swap_remove(0))).collect()
}

async fn together(place: &impl CompareAndSwap, steps: &[Step], mode: Mode) -> Result<Vec<Fields>> {
    let mut keys: Vec<String> = steps.iter().flat_map(|step| (step.transition.keys)(&step.key)).collect();
    keys.sort();
    keys.dedup();
    for _ in 0..ROUNDS {
        let found = place.load(&keys).await?;
        let read = |key: &str| {
            let at = keys.iter().position(|known| known == key)?;
            found[at].fields.clone()
        };
        let mut decision = decide(steps, mode, place.now(), read);
        if decision.changes.is_empty() {
            return Ok(decision.replies);
        }
        let mut change_of = |key: &String| {
            let at = decision.changes.iter().position(|(changed, _)| changed == key);
            at.map_or(Change::Keep, |at| decision.changes.swap_remove(at).1)
        };
        let replacements = keys.iter().zip(found).map(|(key, found)| Replacement {
            key: key.clone(),
            expected: found.version,
            change: change_of(key),
        });
        if place.swap(replacements.collect()).await? {
            return Ok(decision.replies);
        }
    }
    let message = format!("others changed it first, {ROUNDS} times in a row");
    Err(Error::new(Kind::Conflict, message).on(&steps[0].key))
}
