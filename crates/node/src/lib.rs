//! The node: follows a rollup and serves it. What it shows as safe follows from L1 alone; what it shows before that is promised
//! by gateways, checked by executing it. Transactions go on to the gateway whose turn it is.

mod ingress;
mod run;

pub use run::{NodeConfig, run};
