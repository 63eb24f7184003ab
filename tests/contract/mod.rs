//! What must hold on every backend: one file per contract and layer, run by `suite!` in one short file per backend.
#![allow(dead_code, unused_imports, reason = "a backend runs the contracts that it has")]

pub mod cache;
pub mod expiry;
pub mod jobs;
pub mod key_value;
pub mod persistence;
pub mod results;
pub mod store;

pub use persistence::times as persistence_times;

use std::sync::Arc;

use durastate::backend::Backend;
use durastate::host::Clock;

use crate::support::clock::VirtualClock;

/// A backend under test, empty, with the clock that it takes its time from.
pub struct World {
    pub clock: Arc<VirtualClock>,
    pub backend: Arc<dyn Backend>,
}

impl World {
    pub fn new<B: Backend + 'static>(open: impl Fn(Arc<dyn Clock>) -> B) -> Self {
        let clock = VirtualClock::new();
        Self { backend: Arc::new(open(clock.clone())), clock }
    }
}

/// A test per behaviour of a contract, on the backend that the expression opens.
macro_rules! suite {
    (store, $open:expr) => {
        crate::contract::suite! { store, $open;
            what_was_written_is_read,
            what_was_removed_is_gone,
            text_and_bytes_stay_apart,
            a_listing_has_every_key_of_its_prefix,
            shelves_do_not_see_each_other,
            a_plain_key_can_not_expire,
            a_transition_changes_what_it_decided_and_nothing_else,
            a_record_is_there_until_it_expires_and_gone_at_that_moment,
            a_record_that_has_expired_already_is_removed,
            a_kept_record_keeps_its_time_to_live,
            a_refused_step_changes_nothing,
            steps_of_one_call_see_each_other,
            all_or_nothing_is_nothing_when_one_is_refused,
            a_step_that_fails_fails_alone,
            no_change_is_lost_among_many_at_once,
        }
    };
    (results, $open:expr) => {
        crate::contract::suite! { results, $open;
            a_result_that_was_written_is_read,
            a_result_that_looks_like_something_else_comes_back_as_it_was,
            a_result_that_was_removed_is_gone,
            the_last_of_several_results_for_one_key_counts,
            stores_do_not_see_each_other_whatever_they_are_called,
            a_store_takes_keys_with_any_signs,
            hundreds_of_results_are_listed_and_read_at_once,
            a_result_of_ten_megabytes_comes_back,
            a_result_is_text_where_bytes_are_not_kept,
            results_may_be_written_by_many_at_once,
        }
    };
    (results_of_tables, $open:expr) => {
        // In a table for each store its name is that of a table: which ones there are, the database says.
        crate::contract::suite! { results, $open;
            a_result_that_was_written_is_read,
            a_result_that_looks_like_something_else_comes_back_as_it_was,
            a_result_that_was_removed_is_gone,
            the_last_of_several_results_for_one_key_counts,
            a_store_takes_keys_with_any_signs,
            hundreds_of_results_are_listed_and_read_at_once,
            a_result_of_ten_megabytes_comes_back,
            a_result_is_text_where_bytes_are_not_kept,
            results_may_be_written_by_many_at_once,
        }
    };
    (expiry, $open:expr) => {
        crate::contract::suite! { expiry, $open;
            a_result_is_there_until_its_time_has_come_and_gone_at_that_moment,
            a_fraction_of_a_millisecond_counts_as_one_at_most,
            a_new_result_has_its_own_time_to_live,
            a_result_that_has_expired_may_be_written_again,
            a_result_without_any_time_to_live_takes_the_place_of_the_old_one_and_goes,
            a_result_that_outlasts_every_clock_stays,
        }
    };
    (jobs, $open:expr) => {
        crate::contract::suite! { jobs, $open;
            jobs_come_in_the_order_they_were_added,
            an_id_that_is_known_adds_nothing,
            a_delayed_job_comes_at_its_moment_and_not_before,
            a_completed_job_never_comes_again,
            a_retried_job_comes_again_with_its_attempts_counted,
            a_released_job_comes_again_as_if_it_had_not_been_delivered,
            a_failed_job_is_listed_and_can_be_retried,
            a_lapsed_lease_lets_another_worker_go_on_and_the_old_one_is_told,
            a_job_that_lapses_too_often_fails,
            an_extended_lease_does_not_lapse,
            asking_again_with_a_token_gives_the_same_jobs_and_no_others,
            jobs_of_one_order_come_one_at_a_time,
            an_exchange_settles_and_claims_at_once,
            removing_and_trimming_touch_only_what_they_name,
        }
    };
    (key_value, $open:expr) => {
        crate::contract::suite! { key_value, $open;
            text_and_bytes_come_back,
            a_view_has_its_own_keys_alone,
            clearing_a_view_leaves_its_neighbours,
            what_belongs_to_durastate_is_passed_over,
            an_empty_key_is_refused_and_nothing_changes,
            a_change_that_is_modified_is_never_lost,
            a_missing_key_is_not_modified,
            replace_tells_what_it_found,
        }
    };
    (persistence, $open:expr) => {
        crate::contract::suite! { persistence, $open;
            however_it_ended_it_comes_back,
            what_is_stored_is_the_result_to_the_byte,
            what_is_no_result_is_corrupt_for_its_key_alone_and_stays,
            for_no_time_nothing_is_stored_and_nothing_is_removed,
            of_several_for_one_key_the_last_one_counts,
            clearing_a_store_leaves_the_others_and_what_belongs_to_durastate,
            many_keys_go_at_once,
        }
    };
    (persistence_times, $open:expr) => {
        crate::contract::suite! { persistence_times, $open;
            a_result_is_there_for_as_long_as_was_said,
        }
    };
    (cache, $open:expr) => {
        crate::contract::suite! { cache, $open;
            one_of_many_who_claim_at_once_is_granted,
            who_claims_again_with_the_same_token_has_the_same_claim,
            a_lapsed_claim_lets_another_go_on_and_the_old_one_leaves_nothing,
            who_missed_a_value_just_before_it_was_stored_looks_again,
            who_was_done_is_remembered_no_longer_than_what_they_stored,
            what_is_kept_for_no_time_ends_the_claim_alone,
            what_is_forgotten_while_it_is_looked_up_is_not_kept,
            a_claim_that_is_given_back_is_the_next_ones,
            epochs_only_grow,
            many_who_ask_at_once_run_one_lookup,
            a_lookup_that_fails_lets_the_next_one_look,
            a_waiter_takes_over_when_the_lease_of_a_crashed_one_lapses,
            a_guard_settles_what_it_was_given,
            who_finds_nothing_after_all_looks_it_up,
        }
    };
    ($contract:ident, $open:expr; $($name:ident),+ $(,)?) => {
        mod $contract {
            $(#[test]
            fn $name() {
                let world = crate::contract::World::new($open);
                crate::support::executor::run(&world.clock, crate::contract::$contract::$name(&world));
            })+
        }
    };
}
pub(crate) use suite;
