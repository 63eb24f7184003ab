//! How any transition is applied to any place that can compare and swap: look, decide, swap if nobody was faster.

use std::collections::BinaryHeap;

use crate::error::{Error, Kind, Result};
use crate::future::{Answer, Shared, join};
use crate::host::Timestamp;
use crate::store::Value;
use crate::transition::{Change, Decided, Mode, Record, Step, decide};
use crate::turns::Turns;

/// How often another process may be faster before a step gives up. Each round that fails here succeeded elsewhere, so
/// this is how many others may fight for one key at one moment.
const ROUNDS: usize = 128;

/// A record as it was found.
#[derive(Debug)]
pub struct Found<V> {
    /// The record, expired or not.
    pub record: Option<Record>,
    /// The version that a later swap compares.
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

    /// The records of these keys, in their order, and the place's own time at that moment.
    fn load<'a>(&'a self, keys: &'a [String]) -> Answer<'a, (Timestamp, Vec<Found<Self::Version>>)>;

    /// What would have been found if this plain value (or none) is there, in a place where a value is its own version.
    fn supposed(&self, _: Option<Value>) -> Option<Found<Self::Version>> {
        None
    }

    /// Makes all of these changes if every version still holds, in one atomic step, and tells whether it did.
    fn swap(&self, changes: Vec<Replacement<Self::Version>>) -> Answer<'_, bool>;

    /// The turns of this process on the place's keys.
    fn turns(&self) -> &Turns;
}

/// Applies the steps, in bounded rounds, then [`Kind::Conflict`]. It takes any place as one type, so that the code of the
/// rounds is there once.
pub async fn apply<V: Shared>(
    place: &dyn CompareAndSwap<Version = V>,
    steps: &[Step],
    mode: Mode,
) -> Result<Vec<Result<Decided>>> {
    let groups = match mode {
        Mode::AllOrNothing => vec![(0..steps.len()).collect()],
        Mode::Each => groups(steps),
    };
    if let [_] = groups[..] {
        return together(place, steps, mode).await;
    }
    let grouped = groups.iter().map(|group| async {
        let steps: Vec<Step> = group.iter().map(|at| steps[*at].clone()).collect();
        together(place, &steps, mode).await
    });
    let mut decided: Vec<_> = steps.iter().map(|_| None).collect();
    for (group, answers) in groups.iter().zip(join(grouped.collect()).await) {
        // A group that could not be applied fails its own steps; what the others decided is done and must be told.
        match answers {
            Ok(answers) => group.iter().zip(answers).for_each(|(at, answer)| decided[*at] = Some(answer)),
            Err(error) => group.iter().for_each(|at| decided[*at] = Some(Err(error.clone()))),
        }
    }
    Ok(decided.into_iter().flatten().collect())
}

fn keys_of(step: &Step) -> Vec<String> {
    (step.transition.keys)(&step.key, &step.args)
}

/// The steps, as numbers, in groups that share no key: those of one group are decided together in one round.
fn groups(steps: &[Step]) -> Vec<Vec<usize>> {
    let keys: Vec<_> = steps.iter().map(keys_of).collect();
    let share = |a: usize, b: usize| keys[a].iter().any(|key| keys[b].contains(key));
    let mut group_of: Vec<usize> = (0..steps.len()).collect();
    for at in 0..steps.len() {
        for before in (0..at).filter(|before| share(at, *before)) {
            let (joined, into) = (group_of[before], group_of[at]);
            group_of.iter_mut().filter(|group| **group == joined).for_each(|group| *group = into);
        }
    }
    let of = |group| (0..steps.len()).filter(|at| group_of[*at] == group).collect::<Vec<_>>();
    (0..steps.len()).map(of).filter(|group| !group.is_empty()).collect()
}

/// What a single step says is there: if it is right, one round trip is saved, and if not, the swap fails.
fn supposed<V: Shared>(place: &dyn CompareAndSwap<Version = V>, steps: &[Step]) -> Option<Found<V>> {
    let [step] = steps else { return None };
    step.transition.expects.and_then(|expects| place.supposed(expects(&step.args)))
}

async fn together<V: Shared>(
    place: &dyn CompareAndSwap<Version = V>,
    steps: &[Step],
    mode: Mode,
) -> Result<Vec<Result<Decided>>> {
    // A heap, because `sort` would be a tenth of the npm module.
    let mut keys = steps.iter().flat_map(keys_of).collect::<BinaryHeap<_>>().into_sorted_vec();
    keys.dedup();
    let mut turns = Vec::with_capacity(keys.len());
    for key in &keys {
        // Sorted keys: two calls that share several never wait for each other in a circle.
        turns.push(place.turns().take(key).await);
    }
    let mut supposed = supposed(place, steps);
    for _ in 0..ROUNDS {
        let (now, found) = match supposed.take() {
            Some(found) => (Timestamp::default(), vec![found]),
            None => place.load(&keys).await?,
        };
        let read = |key: &str| {
            let at = keys.binary_search_by(|known| known.as_str().cmp(key)).ok()?;
            let live = |record: &&Record| record.expires.is_none_or(|at| now < at);
            found[at].record.as_ref().filter(live).cloned()
        };
        let mut decision = decide(steps, mode, now, read)?;
        if decision.changes.is_empty() {
            return Ok(decision.decided);
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
            return Ok(decision.decided);
        }
    }
    let message = format!("others changed it first, {ROUNDS} times in a row");
    Err(Error::new(Kind::Conflict, message).on(&steps[0].key))
}
