//! What a chain is made of.

use alloy_primitives::{Address, U256};

use super::error::StartError;
use crate::{execution::PoolLimits, script::Script};

/// What moves the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The time of day: a slot passes every `slot_duration_ms`.
    Real,
    /// Its owner, slot by slot; timestamps are as if each slot had lasted `slot_duration_ms`.
    Virtual,
}

/// A chain to be. The default is one for tests: minimal durations, virtual time.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// EIP-155 chain id, also the deposit chain id.
    pub chain_id: u64,
    /// Validators at genesis, with the interop keys 0, 1, ….
    pub validators: u64,
    /// Withdrawal credentials are the first so many development accounts in turn: validator `i` belongs to account
    /// `i % withdrawal_accounts`. 1 to 10.
    pub withdrawal_accounts: usize,
    /// Length of a slot, ms; at least 1,000, since blocks of one chain have different seconds.
    pub slot_duration_ms: u64,
    /// What moves the chain.
    pub clock: Clock,
    /// Unix seconds of slot 0; `None` = now in real time, a constant in virtual time.
    pub genesis_time_s: Option<u64>,
    /// Accounts funded at genesis beside the development accounts, wei.
    pub funded: Vec<(Address, U256)>,
    /// Verify our own signatures once more when a block is made; costs some milliseconds a slot.
    pub verify_signatures: bool,
    /// What the pool holds.
    pub pool: PoolLimits,
    /// Blocks kept, with execution states.
    pub kept_blocks: u64,
    /// Slots whose beacon states are kept; also how deep a reorg can be.
    pub kept_states: usize,
    /// What shall happen.
    pub script: Script,
}

/// Seconds of slot 0 in virtual time unless told otherwise.
const VIRTUAL_GENESIS_S: u64 = 1_750_000_000;

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            chain_id: 31_337,
            validators: 64,
            withdrawal_accounts: 1,
            slot_duration_ms: 2_000,
            clock: Clock::Virtual,
            genesis_time_s: None,
            funded: Vec::new(),
            verify_signatures: false,
            pool: PoolLimits::default(),
            kept_blocks: 16_384,
            kept_states: 1_024,
            script: Script::new(),
        }
    }
}

impl NodeConfig {
    /// Unix seconds of slot 0 when the chain starts at `now_s`.
    pub(super) fn genesis_s(&self, now_s: u64) -> u64 {
        self.genesis_time_s.unwrap_or(match self.clock {
            Clock::Real => now_s,
            Clock::Virtual => VIRTUAL_GENESIS_S,
        })
    }

    /// Checks what types can't.
    ///
    /// # Errors
    /// [`StartError::Config`] with the first value that can't work.
    pub fn validate(&self) -> Result<(), StartError> {
        let within = |what: &'static str, got: u64, min: u64, max: u64| {
            if (min..=max).contains(&got) {
                Ok(())
            } else {
                Err(StartError::Config {
                    what,
                    got,
                    min,
                    max,
                })
            }
        };
        within("validators", self.validators, 1, 1 << 16)?;
        within("slot_duration_ms", self.slot_duration_ms, 1_000, 3_600_000)?;
        within(
            "withdrawal_accounts",
            self.withdrawal_accounts as u64,
            1,
            10,
        )?;
        within("kept_blocks", self.kept_blocks, 64, 1 << 24)?;
        within("kept_states", self.kept_states as u64, 64, 1 << 20)
    }
}
