//! What the queue knows of the place where jobs are kept: five verbs. Jobs are claimed under a lease; who holds the
//! lease settles the job, and nobody else can.

use std::time::Duration;

use crate::future::{Answer, Shared};
use crate::host::Timestamp;

/// How the jobs of a queue are handled. Who reads a lease decides whether it lapsed, so all who share a queue must say
/// the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobsOptions {
    /// How long a lease holds unless it is extended.
    pub lease: Duration,
    /// A job that lapsed after so many deliveries fails instead of being delivered again.
    pub max_attempts: u32,
}

/// A job to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its name in this queue, made before it is sent: sending it again while the queue knows it adds nothing.
    pub id: String,
    /// Whether the user chose the id: such a name is remembered after the job has ended.
    pub named: bool,
    /// The encoded value; the place never looks into it.
    pub payload: String,
    /// How long it waits for its first delivery.
    pub delay: Duration,
    /// Jobs with one key here are delivered one at a time, in the order they were added.
    pub order: Option<String>,
}

/// What became of a job that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It waits now.
    New,
    /// The queue knew the id: nothing has changed.
    Known,
}

/// A claim on one job: the right to settle it until it lapses and somebody else claims the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub id: String,
    /// The token of the claim: a UUID, shared by all jobs of one exchange. A job never has the same token twice.
    pub token: String,
}

/// A job that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The claim.
    pub lease: Lease,
    /// The encoded value.
    pub payload: String,
    /// How often it had been delivered before: 0 the first time.
    pub attempts: u32,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Under this claim.
    pub lease: Lease,
    /// With this end.
    pub outcome: Settle,
}

/// The ends that a delivery can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Done: it is never delivered again.
    Complete,
    /// Again, after this delay.
    Retry {
        /// How long it waits.
        after: Duration,
        /// What went wrong.
        failure: String,
    },
    /// Never again: it goes to the failed ones.
    Fail {
        /// What went wrong.
        failure: String,
    },
    /// Given back at once, as if it had not been delivered.
    Release,
}

/// What became of a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It holds.
    Done,
    /// The lease was gone, or was settled before: nothing has changed.
    Lost,
}

/// What a worker asks for beside its settlements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// How many jobs at the most.
    pub jobs: usize,
    /// The token of the new leases, a UUID made for this call. Asking again with it gives the same jobs again and
    /// claims no others, so that an answer that was lost can be had again.
    pub token: String,
    /// A job that lapsed after so many deliveries fails instead of being delivered again.
    pub max_attempts: u32,
}

/// What an exchange gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What became of each settlement, in order.
    pub settled: Vec<Settled>,
    /// The jobs that are claimed now.
    pub deliveries: Vec<Delivery>,
    /// When the next job is due or the next lease lapses, as far as known: a hint for the next poll.
    pub next: Option<Timestamp>,
    /// The place's own time, to compare `next` with.
    pub now: Timestamp,
}

/// How many jobs are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// They can be claimed.
    pub ready: u64,
    /// They wait for their time.
    pub delayed: u64,
    /// They are claimed.
    pub claimed: u64,
    /// They failed for good.
    pub failed: u64,
}

/// A job that failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Its name.
    pub id: String,
    /// The encoded value.
    pub payload: String,
    /// How often it was delivered.
    pub attempts: u32,
    /// What went wrong the last time.
    pub failure: String,
    /// When it failed.
    pub at: Timestamp,
}

/// What can be asked about a queue without changing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspect {
    /// How many jobs there are.
    Census,
    /// The failed jobs, oldest first, at most so many.
    Failed {
        /// How many.
        limit: usize,
    },
}

/// What an inspection found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspected {
    /// To [`Inspect::Census`].
    Census(Census),
    /// To [`Inspect::Failed`].
    Failed(Vec<Failed>),
}

/// What can be done to the jobs of a queue from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manage {
    /// Make lapsed claims deliverable again, or failed when they were delivered often enough.
    Recover,
    /// Let failed jobs wait again, with no attempts counted: this one, or all.
    RetryFailed {
        /// Which one.
        id: Option<String>,
    },
    /// Remove one that waits or failed; a claimed one stays.
    Remove {
        /// Which one.
        id: String,
    },
    /// Forget the ids of jobs that were completed this long ago, and failed jobs this old.
    Trim {
        /// Age of completed ones.
        completed: Duration,
        /// Age of failed ones; none of them goes without it.
        failed: Option<Duration>,
    },
}

/// A place for the jobs of one queue.
pub trait Jobs: Shared {
    /// Adds these jobs; an id that the queue knows is left as it is.
    fn add<'a>(&'a self, jobs: &'a [NewJob]) -> Answer<'a, Vec<Added>>;

    /// Settles some and claims some, in one request. Dropping the answer may leave claims behind: call it inside
    /// [`crate::host::undone_if_abandoned`].
    fn exchange<'a>(&'a self, settlements: &'a [Settlement], want: Option<&'a Want>) -> Answer<'a, Exchange>;

    /// Lets these leases hold as long from now on as they did in the beginning, and tells which still held.
    fn extend<'a>(&'a self, leases: &'a [Lease]) -> Answer<'a, Vec<Settled>>;

    /// Answers a question, changing nothing.
    fn inspect<'a>(&'a self, question: &'a Inspect) -> Answer<'a, Inspected>;

    /// Does this, and tells to how many jobs.
    fn manage<'a>(&'a self, order: &'a Manage) -> Answer<'a, u64>;
}
