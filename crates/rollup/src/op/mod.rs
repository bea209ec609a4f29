//! OP Stack rules, Isthmus hardfork (<https://specs.optimism.io/protocol/isthmus/overview.html>).

mod attributes;
mod block;
pub mod channel;
mod config;
mod deposits;
pub mod derive;
mod genesis;
mod predeploys;

pub use attributes::{L1Origin, attributes_deposit, user_deposit_source};
pub use block::{BlockOpening, BlockTotals, next_base_fee, open_block, seal_header};
pub use config::{ChainConfig, ChainConfigError};
pub use deposits::{DEPOSIT_TOPIC, DepositError, deposit_of};
pub use genesis::{Genesis, GenesisAccount, dev_accounts, predeploys, rewards_predeploys};

use alloy_primitives::{Address, address};

/// Fee recipient of every block: the sequencer fee vault (`0x4200…0011`).
pub const SEQUENCER_FEE_VAULT: Address = address!("4200000000000000000000000000000000000011");
/// Holds the L1 attributes (`0x4200…0015`).
pub const L1_BLOCK: Address = address!("4200000000000000000000000000000000000015");
/// Holds withdrawals; its storage root stands in the header (`0x4200…0016`).
pub const L2_TO_L1_MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");
/// Receives base fees (`0x4200…0019`).
pub const BASE_FEE_VAULT: Address = address!("4200000000000000000000000000000000000019");
/// Receives L1 data fees (`0x4200…001A`).
pub const L1_FEE_VAULT: Address = address!("420000000000000000000000000000000000001A");
/// Receives operator fees (`0x4200…001B`).
pub const OPERATOR_FEE_VAULT: Address = address!("420000000000000000000000000000000000001B");
/// Sender of the L1 attributes deposit.
pub const DEPOSITOR: Address = address!("DeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001");
