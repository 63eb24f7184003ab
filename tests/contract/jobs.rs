//! What Jobs promise.

use std::sync::Arc;
use std::time::Duration;

use durastate::jobs::{
    Added, Census, Delivery, Exchange, Failed, Inspect, Inspected, Jobs, JobsOptions, Lease, Manage, NewJob, Settle,
    Settled, Settlement, Want,
};

use super::World;

const LEASE: Duration = Duration::from_secs(30);

fn open(world: &World) -> Arc<dyn Jobs> {
    world.backend.jobs("emails", JobsOptions { lease: LEASE, max_attempts: 3 }).unwrap()
}

fn job(id: &str) -> NewJob {
    NewJob { id: id.into(), named: true, payload: format!("payload of {id}"), delay: Duration::ZERO, order: None }
}

fn ordered(id: &str, order: &str) -> NewJob {
    NewJob { order: Some(order.into()), ..job(id) }
}

async fn claim(jobs: &dyn Jobs, many: usize, token: &str) -> Vec<Delivery> {
    let want = Want { jobs: many, token: token.into(), max_attempts: 3 };
    jobs.exchange(&[], Some(&want)).await.unwrap().deliveries
}

async fn settle(jobs: &dyn Jobs, lease: &Lease, outcome: Settle) -> Settled {
    let settlement = Settlement { lease: lease.clone(), outcome };
    jobs.exchange(&[settlement], None).await.unwrap().settled[0]
}

fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| &*delivery.lease.id).collect()
}

async fn census(jobs: &dyn Jobs) -> Census {
    match jobs.inspect(&Inspect::Census).await.unwrap() {
        Inspected::Census(census) => census,
        Inspected::Failed(_) => panic!("another question was answered"),
    }
}

async fn failed(jobs: &dyn Jobs) -> Vec<Failed> {
    match jobs.inspect(&Inspect::Failed { limit: 10 }).await.unwrap() {
        Inspected::Failed(failed) => failed,
        Inspected::Census(_) => panic!("another question was answered"),
    }
}

fn retry(after: Duration) -> Settle {
    Settle::Retry { after, failure: "went wrong".into() }
}

pub async fn jobs_come_in_the_order_they_were_added(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("a"), job("b")]).await.unwrap();
    jobs.add(&[job("c")]).await.unwrap();
    let first = claim(&*jobs, 2, "t1").await;
    assert_eq!(ids(&first), ["a", "b"]);
    assert_eq!((&*first[0].payload, first[0].attempts), ("payload of a", 0));
    assert_eq!(ids(&claim(&*jobs, 5, "t2").await), ["c"]);
    assert_eq!(claim(&*jobs, 5, "t3").await, []);
}

pub async fn an_id_that_is_known_adds_nothing(world: &World) {
    let jobs = open(world);
    let twice = [job("a"), NewJob { payload: "other".into(), ..job("a") }];
    assert_eq!(jobs.add(&twice).await.unwrap(), [Added::New, Added::Known]);
    let delivery = claim(&*jobs, 5, "t1").await.remove(0);
    assert_eq!((&*delivery.payload, jobs.add(&[job("a")]).await.unwrap()), ("payload of a", vec![Added::Known]));
    settle(&*jobs, &delivery.lease, Settle::Complete).await;
    assert_eq!(jobs.add(&[job("a")]).await.unwrap(), [Added::Known], "a chosen id is remembered");
}

pub async fn a_delayed_job_comes_at_its_moment_and_not_before(world: &World) {
    let jobs = open(world);
    jobs.add(&[NewJob { delay: Duration::from_millis(500), ..job("late") }, job("now")]).await.unwrap();
    assert_eq!(census(&*jobs).await, Census { ready: 1, delayed: 1, ..Census::default() });
    let want = Want { jobs: 5, token: "t1".into(), max_attempts: 3 };
    let Exchange { deliveries, next, now, .. } = jobs.exchange(&[], Some(&want)).await.unwrap();
    assert_eq!(ids(&deliveries), ["now"]);
    assert_eq!(next.unwrap().since(now), Duration::from_millis(500));
    world.clock.advance(Duration::from_micros(499_999));
    assert_eq!(claim(&*jobs, 5, "t2").await, []);
    world.clock.advance(Duration::from_micros(1));
    assert_eq!(ids(&claim(&*jobs, 5, "t3").await), ["late"]);
}

pub async fn a_completed_job_never_comes_again(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("a"), NewJob { named: false, ..job("b") }]).await.unwrap();
    for delivery in claim(&*jobs, 2, "t1").await {
        assert_eq!(settle(&*jobs, &delivery.lease, Settle::Complete).await, Settled::Done);
        assert_eq!(settle(&*jobs, &delivery.lease, Settle::Complete).await, Settled::Lost);
    }
    world.clock.advance(LEASE * 2);
    assert_eq!((claim(&*jobs, 5, "t2").await, census(&*jobs).await), (vec![], Census::default()));
}

pub async fn a_retried_job_comes_again_with_its_attempts_counted(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("a"), job("b")]).await.unwrap();
    let first = claim(&*jobs, 1, "t1").await;
    settle(&*jobs, &first[0].lease, retry(Duration::from_secs(1))).await;
    assert_eq!(ids(&claim(&*jobs, 1, "t2").await), ["b"]);
    world.clock.advance(Duration::from_secs(1));
    let again = claim(&*jobs, 1, "t3").await;
    assert_eq!((ids(&again), again[0].attempts), (vec!["a"], 1));
}

pub async fn a_released_job_comes_again_as_if_it_had_not_been_delivered(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("a"), job("b")]).await.unwrap();
    let first = claim(&*jobs, 1, "t1").await;
    settle(&*jobs, &first[0].lease, Settle::Release).await;
    let again = claim(&*jobs, 2, "t2").await;
    assert!(again.iter().all(|delivery| delivery.attempts == 0) && again.len() == 2);
}

pub async fn a_failed_job_is_listed_and_can_be_retried(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("a"), job("b")]).await.unwrap();
    for delivery in claim(&*jobs, 2, "t1").await {
        settle(&*jobs, &delivery.lease, Settle::Fail { failure: "no such address".into() }).await;
    }
    let listed = failed(&*jobs).await;
    assert_eq!(listed.iter().map(|job| &*job.id).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((&*listed[0].failure, listed[0].attempts, &*listed[0].payload), ("no such address", 1, "payload of a"));
    assert_eq!(claim(&*jobs, 5, "t2").await, []);
    assert_eq!(jobs.manage(&Manage::RetryFailed { id: Some("a".into()) }).await.unwrap(), 1);
    assert_eq!(jobs.manage(&Manage::RetryFailed { id: None }).await.unwrap(), 1);
    let again = claim(&*jobs, 5, "t3").await;
    assert_eq!((ids(&again), again[0].attempts, failed(&*jobs).await.len()), (vec!["a", "b"], 0, 0));
}

pub async fn a_lapsed_lease_lets_another_worker_go_on_and_the_old_one_is_told(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("a")]).await.unwrap();
    let old = claim(&*jobs, 1, "t1").await.remove(0);
    world.clock.advance(LEASE - Duration::from_micros(1));
    assert_eq!(claim(&*jobs, 1, "t2").await, []);
    world.clock.advance(Duration::from_micros(1));
    let new = claim(&*jobs, 1, "t3").await.remove(0);
    assert_eq!((&*new.lease.id, new.attempts), ("a", 1));
    assert_eq!(settle(&*jobs, &old.lease, Settle::Complete).await, Settled::Lost);
    assert_eq!(jobs.extend(&[old.lease, new.lease.clone()]).await.unwrap(), [Settled::Lost, Settled::Done]);
    assert_eq!(settle(&*jobs, &new.lease, Settle::Complete).await, Settled::Done);
}

pub async fn a_job_that_lapses_too_often_fails(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("a")]).await.unwrap();
    for attempt in 0..3 {
        assert_eq!(claim(&*jobs, 1, &format!("t{attempt}")).await[0].attempts, attempt);
        world.clock.advance(LEASE);
    }
    assert_eq!(jobs.manage(&Manage::Recover).await.unwrap(), 1);
    let listed = failed(&*jobs).await;
    assert_eq!((listed[0].attempts, &*listed[0].failure), (3, "Lock expired after final attempt"));
}

pub async fn an_extended_lease_does_not_lapse(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("a")]).await.unwrap();
    let held = claim(&*jobs, 1, "t1").await.remove(0);
    for round in 0..5 {
        world.clock.advance(LEASE / 2);
        assert_eq!(jobs.extend(std::slice::from_ref(&held.lease)).await.unwrap(), [Settled::Done]);
        assert_eq!(claim(&*jobs, 1, &format!("u{round}")).await, []);
    }
    assert_eq!(settle(&*jobs, &held.lease, Settle::Complete).await, Settled::Done);
}

pub async fn asking_again_with_a_token_gives_the_same_jobs_and_no_others(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("a"), job("b"), job("c")]).await.unwrap();
    let first = claim(&*jobs, 2, "t1").await;
    assert_eq!(claim(&*jobs, 2, "t1").await, first, "the answer was lost, the claims were not");
    assert_eq!(ids(&claim(&*jobs, 2, "t2").await), ["c"]);
}

pub async fn jobs_of_one_order_come_one_at_a_time(world: &World) {
    let jobs = open(world);
    jobs.add(&[ordered("a1", "a"), ordered("a2", "a"), ordered("b1", "b"), job("c")]).await.unwrap();
    let first = claim(&*jobs, 10, "t1").await;
    assert_eq!(ids(&first), ["a1", "b1", "c"]);
    assert_eq!(claim(&*jobs, 10, "t2").await, []);
    settle(&*jobs, &first[0].lease, retry(Duration::from_secs(5))).await;
    assert_eq!(claim(&*jobs, 10, "t3").await, [], "a retry keeps its place before the next of its order");
    world.clock.advance(Duration::from_secs(5));
    let again = claim(&*jobs, 10, "t4").await;
    assert_eq!(ids(&again), ["a1"]);
    settle(&*jobs, &again[0].lease, Settle::Fail { failure: String::new() }).await;
    let second = claim(&*jobs, 10, "t5").await;
    assert_eq!(ids(&second), ["a2"], "a failed one lets the next one pass");
    jobs.manage(&Manage::RetryFailed { id: Some("a1".into()) }).await.unwrap();
    assert_eq!(claim(&*jobs, 10, "t6").await, [], "and stands at the end of its order when it is retried");
    settle(&*jobs, &second[0].lease, Settle::Complete).await;
    assert_eq!(ids(&claim(&*jobs, 10, "t7").await), ["a1"]);
}

pub async fn an_exchange_settles_and_claims_at_once(world: &World) {
    let jobs = open(world);
    jobs.add(&[ordered("a1", "a"), ordered("a2", "a")]).await.unwrap();
    let first = claim(&*jobs, 1, "t1").await.remove(0);
    let settlements = [Settlement { lease: first.lease, outcome: Settle::Complete }];
    let want = Want { jobs: 1, token: "t2".into(), max_attempts: 3 };
    let exchange = jobs.exchange(&settlements, Some(&want)).await.unwrap();
    assert_eq!((exchange.settled, ids(&exchange.deliveries)), (vec![Settled::Done], vec!["a2"]));
}

pub async fn removing_and_trimming_touch_only_what_they_name(world: &World) {
    let jobs = open(world);
    jobs.add(&[job("done"), job("failed"), job("claimed"), job("waiting")]).await.unwrap();
    let claimed = claim(&*jobs, 3, "t1").await;
    settle(&*jobs, &claimed[0].lease, Settle::Complete).await;
    settle(&*jobs, &claimed[1].lease, Settle::Fail { failure: String::new() }).await;
    assert_eq!(jobs.manage(&Manage::Remove { id: "claimed".into() }).await.unwrap(), 0);
    assert_eq!(jobs.manage(&Manage::Remove { id: "waiting".into() }).await.unwrap(), 1);
    world.clock.advance(Duration::from_secs(10));
    let trim = |failed| Manage::Trim { completed: Duration::from_secs(10), failed };
    assert_eq!(jobs.manage(&trim(Some(Duration::from_secs(11)))).await.unwrap(), 1);
    assert_eq!(jobs.add(&[job("done"), job("failed")]).await.unwrap(), [Added::New, Added::Known]);
    assert_eq!(jobs.manage(&trim(Some(Duration::from_secs(10)))).await.unwrap(), 1);
    assert_eq!(census(&*jobs).await, Census { ready: 1, claimed: 1, ..Census::default() });
}
