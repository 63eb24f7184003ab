//! What tests stand on: a clock that they move, randomness that repeats, stores that fail on purpose.
#![allow(dead_code, reason = "no test file needs all of it")]

pub mod clock;
pub mod executor;
pub mod faults;
pub mod map;
pub mod random;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(unix)]
pub mod servers;
