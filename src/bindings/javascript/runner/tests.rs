//! The rules of the runner, natively: the same ones are tested through JavaScript in `tests/js/runner`.

use std::cell::Cell;
use std::rc::Rc;

use super::{Event, Runner, Started};
use crate::future::{First, join, select};

type Plain = Runner<u32, u32, u32>;

fn asked(events: &[Event<u32, u32>]) -> Vec<(u64, u32)> {
    let asked = events.iter().filter_map(|event| match event {
        Event::Request { request, ask, .. } => Some((*request, *ask)),
        _ => None,
    });
    asked.collect()
}

fn pending(started: Started<u32>) -> u64 {
    match started {
        Started::Pending(task) => task,
        Started::Done(_) => panic!("it should wait"),
    }
}

#[test]
fn what_is_ready_is_answered_where_it_stands() {
    let runner = Plain::default();
    assert_eq!(runner.start(async { 7 }), Started::Done(7));
    assert!(!runner.has_work());
    assert_eq!(runner.run(), []);
}

#[test]
fn three_requests_of_one_task_leave_together_and_may_come_back_in_any_order() {
    let runner = Plain::default();
    let asking = runner.clone();
    let task = pending(runner.start(async move {
        let replies = join((1..=3).map(|ask| asking.ask(ask)).collect::<Vec<_>>()).await;
        replies.iter().fold(0, |sum, reply| sum * 10 + reply)
    }));
    let sent = asked(&runner.run());
    assert_eq!(sent.iter().map(|(_, ask)| *ask).collect::<Vec<_>>(), [1, 2, 3]);
    for (request, ask) in sent.iter().rev() {
        assert_eq!(runner.run(), []);
        runner.reply(*request, ask + 4);
    }
    assert_eq!(runner.run(), [Event::Done(task, 567)]);
}

#[test]
fn the_loser_of_a_select_is_called_off_and_its_late_reply_dropped() {
    let runner = Plain::default();
    let asking = runner.clone();
    let task = pending(runner.start(async move {
        match select(asking.ask(1), asking.ask(2)).await {
            First::A(reply) | First::B(reply) => reply,
        }
    }));
    let sent = asked(&runner.run());
    runner.reply(sent[1].0, 20);
    assert_eq!(runner.run(), [Event::Cancel(sent[0].0), Event::Done(task, 20)]);
    runner.reply(sent[0].0, 10);
    assert_eq!(runner.run(), []);
}

#[test]
fn a_cancelled_task_calls_its_requests_off_and_gives_nothing() {
    let runner = Plain::default();
    let asking = runner.clone();
    let task = pending(runner.start(async move { asking.ask(1).await }));
    let sent = asked(&runner.run());
    runner.cancel(task);
    assert_eq!(runner.run(), [Event::Cancel(sent[0].0)]);
    runner.reply(sent[0].0, 1);
    runner.reply(9999, 1);
    assert_eq!(runner.run(), []);
}

#[test]
fn detached_tasks_end_with_their_owner_and_nobody_awaits_them() {
    let runner = Plain::default();
    let (mine, other) = (runner.owner(), runner.owner());
    let ended = Rc::new(Cell::new(0));
    for owner in [mine, mine, other] {
        let (asking, ended) = (runner.clone(), ended.clone());
        runner.spawn(owner, Box::pin(async move { ended.set(ended.get() + asking.ask(owner.0).await) }));
    }
    assert!(runner.has_work());
    let events = runner.run();
    assert!(events.iter().all(|event| matches!(event, Event::Request { awaited: false, .. })));
    let sent = asked(&events);
    runner.stop(mine);
    assert_eq!(runner.run(), [Event::Cancel(sent[0].0), Event::Cancel(sent[1].0)]);
    sent.iter().for_each(|(request, _)| runner.reply(*request, 1));
    assert_eq!((runner.run(), ended.get()), (vec![], 1));
}

#[test]
fn a_thousand_tasks_each_get_their_own_reply() {
    let runner = Plain::default();
    let start = |ask: u32| {
        let asking = runner.clone();
        pending(runner.start(async move { asking.ask(ask).await + asking.ask(ask).await }))
    };
    let tasks: Vec<_> = (0..1000).map(start).collect();
    let mut done = Vec::new();
    for _ in 0..3 {
        for event in runner.run() {
            match event {
                Event::Request { request, ask, .. } => runner.reply(request, ask),
                Event::Done(task, sum) => done.push((task, sum)),
                Event::Cancel(_) => panic!("nothing was called off"),
            }
        }
    }
    assert_eq!(done, tasks.into_iter().zip((0..1000).map(|ask| 2 * ask)).collect::<Vec<_>>());
}

#[test]
fn a_reply_and_a_run_during_a_poll_wait_for_their_turn() {
    let runner = Plain::default();
    let (first, second) = (runner.clone(), runner.clone());
    let waiting = pending(runner.start(async move { first.ask(1).await }));
    let sent = asked(&runner.run());
    let owner = runner.owner();
    let within = async move {
        second.reply(sent[0].0, 5);
        assert_eq!(second.run(), [], "the run that is going on will tell");
    };
    runner.spawn(owner, Box::pin(within));
    assert_eq!(runner.run(), [Event::Done(waiting, 5)]);
}

#[test]
fn a_task_that_drops_itself_while_it_is_polled_leaves_nothing() {
    let runner = Plain::default();
    let asking = runner.clone();
    let owner = runner.owner();
    runner.spawn(
        owner,
        Box::pin(async move {
            asking.stop(owner);
            asking.ask(1).await;
        }),
    );
    let events = runner.run();
    assert!(matches!(events[..], [Event::Request { .. }, Event::Cancel(_)]));
    assert_eq!(runner.0.tasks.borrow().iter().count() + runner.0.requests.borrow().iter().count(), 0);
}

#[test]
fn a_reply_during_the_first_poll_is_not_missed() {
    let runner = Plain::default();
    let asking = runner.clone();
    let task = pending(runner.start(async move {
        let mut first = std::pin::pin!(asking.ask(1));
        let mut polls = 0;
        std::future::poll_fn(|context| {
            let polled = first.as_mut().poll(context);
            polls += 1;
            if polls == 1 {
                // What a host does that is asked within a poll, and has its answer at once.
                asking.reply(asked(&asking.run())[0].0, 5);
                assert_eq!(asking.run(), []);
            }
            polled
        })
        .await
    }));
    assert_eq!(runner.run(), [Event::Done(task, 5)]);
}
