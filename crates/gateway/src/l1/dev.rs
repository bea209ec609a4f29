use super::L1Source;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use forebond_rollup::op::{L1Origin, user_deposit_source};
use op_alloy_consensus::TxDeposit;
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc};

/// Seconds between L1 blocks.
const SLOT_S: u64 = 12;
/// How far the origin lags behind the head (`originDepth` on a devnet).
const ORIGIN_DEPTH: u64 = 2;
/// Deposits that may wait for the next origin.
const MAX_WAITING: usize = 1_024;
/// Gas the deposits of one L1 block may buy together, as the OP Stack's portal sells it.
const MAX_ORIGIN_GAS: u64 = 20_000_000;
/// Call data of one deposit, bytes, as in the portal.
const MAX_INPUT_BYTES: usize = 120_000;
/// Least gas of a deposit, and for each byte of its call data, as in the portal.
const MIN_GAS: u64 = 21_000;
const MIN_GAS_PER_BYTE: u64 = 40;

/// The stand-in for L1 under `--dev`, where there is none: an endless row of empty blocks, twelve
/// seconds apart, whose hashes follow from the chain's identity. Deposits are put in by hand
/// through the administrative port and come with the next origin.
#[derive(Debug)]
pub struct DevL1 {
    identity: B256,
    genesis_s: u64,
    origin_gas: u64,
    waiting: Arc<Mutex<VecDeque<Deposit>>>,
}

/// A deposit put in by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Sender on L1.
    pub from: Address,
    /// Callee; none creates a contract.
    pub to: Option<Address>,
    /// Wei minted to the sender first.
    pub mint: u128,
    /// Value, wei.
    pub value: U256,
    /// Gas bought on L1.
    pub gas_limit: u64,
    /// Call data.
    pub input: Bytes,
}

/// Why a deposit is not taken. A deposit is forced into its block, so one that no block can hold
/// would stop the chain: the portal on L1 never lets one through, and neither does the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DepositRefused {
    /// Gas outside what L1 sells.
    #[error(
        "gasLimit: expected {min} to {max} for this call data, got {got}; correct the gas limit"
    )]
    Gas {
        /// Least gas for its call data.
        min: u64,
        /// Gas all deposits of one L1 block may buy.
        max: u64,
        /// Asked for.
        got: u64,
    },
    /// Too much call data.
    #[error("input: expected at most {MAX_INPUT_BYTES} bytes, got {got_bytes}; shorten it")]
    Input {
        /// Size of its call data, bytes.
        got_bytes: usize,
    },
    /// Too many wait already.
    #[error("{MAX_WAITING} deposits wait already; try again with the next L1 block")]
    Full,
}

/// Puts deposits into a [`DevL1`].
#[derive(Clone, Debug)]
pub struct DepositDesk {
    origin_gas: u64,
    waiting: Arc<Mutex<VecDeque<Deposit>>>,
}

impl DepositDesk {
    /// Queues a deposit for the next origin that has gas left for it.
    ///
    /// # Errors
    /// [`DepositRefused`]; nothing is queued then.
    pub fn put(&self, deposit: Deposit) -> Result<(), DepositRefused> {
        let got_bytes = deposit.input.len();
        if got_bytes > MAX_INPUT_BYTES {
            return Err(DepositRefused::Input { got_bytes });
        }
        let min = MIN_GAS + MIN_GAS_PER_BYTE * got_bytes as u64;
        if !(min..=self.origin_gas).contains(&deposit.gas_limit) {
            return Err(DepositRefused::Gas {
                min,
                max: self.origin_gas,
                got: deposit.gas_limit,
            });
        }
        let mut waiting = self.waiting.lock();
        if waiting.len() >= MAX_WAITING {
            return Err(DepositRefused::Full);
        }
        waiting.push_back(deposit);
        Ok(())
    }
}

impl DevL1 {
    /// The L1 of the development chain with this identity, genesis time (Unix seconds) and gas
    /// limit of its blocks, half of which deposits may take at most.
    pub fn new(identity: B256, genesis_s: u64, block_gas_limit: u64) -> Self {
        Self {
            identity,
            genesis_s,
            origin_gas: MAX_ORIGIN_GAS.min(block_gas_limit / 2),
            waiting: Arc::default(),
        }
    }

    /// Where deposits are put in.
    pub fn desk(&self) -> DepositDesk {
        DepositDesk {
            origin_gas: self.origin_gas,
            waiting: self.waiting.clone(),
        }
    }

    fn block(&self, number: u64) -> L1Origin {
        let derive = |what: &[u8]| {
            let mut input = Vec::with_capacity(what.len() + 40);
            input.extend_from_slice(what);
            input.extend_from_slice(self.identity.as_slice());
            input.extend_from_slice(&number.to_be_bytes());
            keccak256(input)
        };
        L1Origin {
            number,
            hash: derive(b"forebond dev l1 block"),
            timestamp_s: self.genesis_s.saturating_add(number.saturating_mul(SLOT_S)),
            base_fee_wei: 1_000_000_000,
            blob_base_fee_wei: 1,
            prev_randao: derive(b"forebond dev l1 randao"),
            parent_beacon_root: derive(b"forebond dev beacon root"),
        }
    }
}

impl L1Source for DevL1 {
    fn first_origin(&mut self) -> L1Origin {
        self.block(0)
    }

    fn next_origin(&mut self, current: &L1Origin, timestamp_s: u64) -> L1Origin {
        let elapsed_s = timestamp_s.saturating_sub(self.genesis_s);
        let deep_enough = (elapsed_s / SLOT_S).saturating_sub(ORIGIN_DEPTH);
        if current.number < deep_enough {
            self.block(current.number.saturating_add(1))
        } else {
            *current
        }
    }

    fn deposits(&mut self, origin: &L1Origin) -> Vec<TxDeposit> {
        let mut waiting = self.waiting.lock();
        let mut left = self.origin_gas;
        let fit = waiting
            .iter()
            .take_while(|deposit| match left.checked_sub(deposit.gas_limit) {
                Some(rest) => {
                    left = rest;
                    true
                }
                None => false,
            })
            .count();
        waiting
            .drain(..fit)
            .zip(0u64..)
            .map(|(deposit, log_index)| TxDeposit {
                source_hash: user_deposit_source(origin.hash, log_index),
                from: deposit.from,
                to: deposit.to.map_or(TxKind::Create, TxKind::Call),
                mint: deposit.mint,
                value: deposit.value,
                gas_limit: deposit.gas_limit,
                is_system_transaction: false,
                input: deposit.input,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_advances_by_one_at_most_and_stays_behind_the_head() {
        let mut l1 = DevL1::new(B256::ZERO, 1000, 30_000_000);
        let mut origin = l1.first_origin();
        for timestamp_s in 1001..1400 {
            let next = l1.next_origin(&origin, timestamp_s);
            assert!(next.number - origin.number <= 1);
            assert!(
                next.timestamp_s + ORIGIN_DEPTH * SLOT_S
                    <= timestamp_s.max(1000 + ORIGIN_DEPTH * SLOT_S)
            );
            origin = next;
        }
        assert_eq!(origin.number, 399 / SLOT_S - ORIGIN_DEPTH);
    }

    fn deposit(gas_limit: u64, input_bytes: usize) -> Deposit {
        Deposit {
            from: Address::repeat_byte(1),
            to: None,
            mint: 0,
            value: U256::ZERO,
            gas_limit,
            input: vec![0; input_bytes].into(),
        }
    }

    #[test]
    fn deposits_of_one_origin_fit_a_block_and_the_rest_wait_for_the_next_in_order() {
        let mut l1 = DevL1::new(B256::ZERO, 1000, 30_000_000);
        let desk = l1.desk();
        for gas_limit in [9_000_000, 6_000_000, 1_000_000] {
            desk.put(deposit(gas_limit, 0)).unwrap();
        }
        let origin = l1.first_origin();
        let gas = |deposits: Vec<TxDeposit>| -> Vec<u64> {
            deposits.iter().map(|deposit| deposit.gas_limit).collect()
        };
        assert_eq!(gas(l1.deposits(&origin)), [9_000_000, 6_000_000]);
        assert_eq!(gas(l1.deposits(&origin)), [1_000_000]);
        assert_eq!(gas(l1.deposits(&origin)), [0u64; 0]);
    }

    #[test]
    fn a_deposit_that_no_block_can_hold_is_refused() {
        let desk = DevL1::new(B256::ZERO, 1000, 30_000_000).desk();
        for (gas_limit, input_bytes) in [
            (u64::MAX, 0),
            (15_000_001, 0),
            (20_999, 0),
            (21_000 + 40 * 99, 100),
        ] {
            assert!(matches!(
                desk.put(deposit(gas_limit, input_bytes)),
                Err(DepositRefused::Gas { .. })
            ));
        }
        assert_eq!(
            desk.put(deposit(15_000_000, MAX_INPUT_BYTES + 1)),
            Err(DepositRefused::Input {
                got_bytes: MAX_INPUT_BYTES + 1
            })
        );
        for _ in 0..MAX_WAITING {
            desk.put(deposit(21_000, 0)).unwrap();
        }
        assert_eq!(desk.put(deposit(21_000, 0)), Err(DepositRefused::Full));
    }
}
