//! When a process clears away a little of what nobody needs any more: now and then, after changes of its own.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// After so many changes to a table one sweeps it.
const EVERY: i64 = 500;

/// How many rows one sweep removes at most: more than were added meanwhile, so that they run out.
pub(super) const SWEPT: i64 = 2 * EVERY;

/// How many rows of each table were changed.
#[derive(Default)]
pub(super) struct Sweeps(Mutex<BTreeMap<String, i64>>);

impl Sweeps {
    /// Counts these changes to a table, and tells whether it is time to sweep it. `now` is in milliseconds.
    pub(super) fn is_due(&self, table: &str, changed: usize, now: i64) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Where a count begins is left to the clock, so that processes that make few changes sweep too.
        let count = counts.entry(table.to_owned()).or_insert(now.rem_euclid(EVERY));
        let before = *count / EVERY;
        *count += changed as i64;
        before != *count / EVERY
    }
}

#[cfg(test)]
mod tests {
    use super::{EVERY, Sweeps};

    #[test]
    fn each_table_is_swept_once_in_so_many_changes_wherever_its_count_began() {
        for now in [0, 1, EVERY - 1, -1, 4_100_000_000_123] {
            let sweeps = Sweeps::default();
            for table in ["one", "another"] {
                let due = (0..10 * EVERY).filter(|_| sweeps.is_due(table, 1, now)).count();
                assert_eq!(due, 10);
            }
            assert!(sweeps.is_due("one", EVERY as usize, now));
        }
    }
}
