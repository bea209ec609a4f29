//! What the execution tests share: a state in plain maps, wallets, programs for the EVM, a chain
//! of our own blocks, and the stock block executor as the oracle.
#![allow(
    dead_code,
    unused_imports,
    clippy::cast_possible_truncation,
    reason = "each test uses its part of it"
)]

mod chain;
mod map_state;
mod oracle;
mod program;
mod random;
mod random_code;
mod wallet;

pub(crate) use chain::{Opened, config, genesis, open, origin, seal};
pub(crate) use map_state::MapState;
pub(crate) use oracle::{Oracle, StockBlock};
pub(crate) use program::{Program, opcode};
pub(crate) use random::{Picked, Population, random_deposit, random_transaction};
pub(crate) use wallet::{CHAIN_ID, Wallet, selector, wallets};
