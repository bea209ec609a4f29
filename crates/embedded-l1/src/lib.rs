//! An Ethereum L1 in one process: real execution rules, a real Fulu beacon state with its validators, `eth_` RPC and
//! Beacon API, and a script that makes happen what a rollup must survive.
//!
//! - [`consensus`]: the beacon chain's state transition and the duties of the local validators; pure
//! - [`execution`]: blocks, states, pool, blobs under Ethereum's rules as of Osaka; synchronous
//! - [`node`]: both halves as one chain, slot by slot, in virtual time or in real time
//! - [`script`]: missed slots, reorgs, hidden blobs, stalls, validators that leave, join and are slashed
//! - [`rpc`]: Ethereum's JSON-RPC and the `l1_` methods
//! - [`beacon_api`]: the Beacon API
//!
//! ```no_run
//! use forebond_embedded_l1::node::{EmbeddedL1, ServiceConfig};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let l1 = EmbeddedL1::start(ServiceConfig::default()).await?;
//! let control = l1.control();
//! control.advance_slots(8)?;
//! control.skip_next_slot()?;
//! control.advance_slots(2)?;
//! control.reorg(1)?;
//! println!("{} and {}: {:?}", l1.rpc_url(), l1.beacon_url(), control.status());
//! l1.stop().await;
//! # Ok(())
//! # }
//! ```

pub mod beacon_api;
pub mod consensus;
pub mod execution;
pub mod node;
pub mod rpc;
pub mod script;
