//! Users: they send transactions at a steady rate to every gateway and follower in turn, ask for promises, check each object
//! they get, and keep of it what can be compared with the chain later.

mod calls;
mod checker;
mod latency;
mod market;
mod promise;
mod sending;
mod user;

pub(crate) use latency::{Latencies, Summary};
pub(crate) use promise::Promise;
pub(crate) use user::{Counts, SpamPlan, Spammer};
